/// The literal pieces of a skeleton's lines, one more than there are values.
final class LineTemplate: Sendable {
    /// One behind the other.
    let pieces: [UInt8]
    let lengths: [UInt32]

    init(pieces: [[UInt8]]) {
        self.pieces = pieces.flatMap { $0 }
        lengths = pieces.map { UInt32($0.count) }
    }
}
