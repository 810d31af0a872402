/// The time along which a balance must not be added up: of each period only the rows of one moment count.
public struct NonAdditiveDimension: Hashable, Sendable {
    /// A timestamp column of the metric's table.
    public let column: String
    public let choice: Choice
    /// Columns of the metric's table for each of whose values the moment is chosen alone; none: one moment for all.
    public let groupings: [String]

    public enum Choice: String, Hashable, Sendable, CaseIterable {
        /// The rows of the first moment.
        case min
        /// The rows of the last moment.
        case max
    }

    public init(column: String, choice: Choice, groupings: [String]) {
        self.column = column
        self.choice = choice
        self.groupings = groupings
    }
}
