/// What became of the events that a fold was given, counted per table that their contract folds into.
public struct FoldAccount: Equatable, Sendable {
    /// Events times the tables that they reached a row of.
    public internal(set) var folded = 0
    /// Events that carry no value for a part of a table's key: they reach no row of it.
    public internal(set) var keyMissing = 0
    /// How often a sum left the range of 64 bits; its column is null until later events bring it back.
    public internal(set) var sumsOutOfRange = 0

    public init() {}

    public static func += (left: inout FoldAccount, right: FoldAccount) {
        left.folded += right.folded
        left.keyMissing += right.keyMissing
        left.sumsOutOfRange += right.sumsOutOfRange
    }
}
