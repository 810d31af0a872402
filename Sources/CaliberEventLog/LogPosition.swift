/// How far into the log: the number of accepted events that stand at or before it. 0 is before the first.
public struct LogPosition: Hashable, Comparable, Sendable, CustomStringConvertible {
    public let sequence: Int64

    public init(sequence: Int64) {
        self.sequence = sequence
    }

    public static let start = LogPosition(sequence: 0)

    public var description: String { String(sequence) }

    public static func < (left: LogPosition, right: LogPosition) -> Bool { left.sequence < right.sequence }
}
