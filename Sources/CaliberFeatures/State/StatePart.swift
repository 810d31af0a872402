/// What a part of a stream's state is of. A part has the same number as long as it is of the same thing, so that one whose
/// bytes have not changed need not be written again.
struct StatePart: Hashable {
    enum Kind: Int64, CaseIterable {
        /// What is told of the whole, and facts that wait; the first part.
        case summary
        /// Strings of the rows' keys.
        case rowKeys
        /// Strings of a slot of the rows.
        case strings
        case rows
        /// Few facts of keys of an entity.
        case histories
        /// Many facts of keys of an entity.
        case busyKeys
    }

    let kind: Kind
    /// The slot or the entity.
    var owner = 0
    /// Which stretch of it.
    var stretch = 0

    /// Rises from part to part.
    var number: Int64 { kind.rawValue << 48 | Int64(owner) << 32 | Int64(stretch) }

    init(_ kind: Kind, owner: Int = 0, stretch: Int = 0) {
        self.kind = kind
        self.owner = owner
        self.stretch = stretch
    }

    /// - Returns: nil for a number that no part has.
    init?(number: Int64) {
        guard let kind = Kind(rawValue: number >> 48) else { return nil }
        self.init(kind, owner: Int(number >> 32 & 0xFFFF), stretch: Int(number & 0xFFFF_FFFF))
    }

    /// Strings, rows and keys of a stretch.
    static let stringCount = 1 << 14
    static let rowCount = 1 << 12
    static let keyCount = 1 << 13
    /// A stretch of busy keys ends when it is as long as this.
    static let busyByteCount = 1 << 20
}
