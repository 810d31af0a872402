/// The smallest change that would bring an order back over the review line.
public struct WayBack: Codable, Hashable, Sendable {
    public enum Kind: String, Codable, Hashable, Sendable {
        /// One change is enough.
        case single
        /// No single change is, these together are.
        case several
        /// All changes that can be made are not enough; these go furthest.
        case unreachable
    }

    public var kind: Kind
    /// For `single` the smallest one; else all that are needed, or all there are, the strongest first.
    public var changes: [Change]
    /// Other single changes that are enough, the smallest first.
    public var alternatives: [Change]
    public var healthAfter: Health

    /// Another value of one column, or another level of one category.
    public struct Change: Codable, Hashable, Sendable {
        /// The column, or the category's group.
        public var id: String
        /// Nil for a value that is missing, and for a category.
        public var from: Double?
        public var to: Double?
        public var fromLevel: String?
        public var toLevel: String?
        /// How far the values move, in training's standard deviations: what makes one change smaller than another.
        public var deviations: Double
        /// Of the order with this change, and those before it in a set.
        public var healthAfter: Health
        /// No training row had such a value.
        public var isBeyondTraining: Bool
        public var unit: String?
    }
}
