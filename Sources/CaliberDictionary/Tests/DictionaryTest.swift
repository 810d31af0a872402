import CaliberCore

/// One of the dictionary's own tests: events, and what must come of them. Running it is the engine's job.
public struct DictionaryTest: Sendable, Hashable {
    /// The promise that it tests.
    public let name: String
    /// CloudEvents JSON, one event each, in the order of arrival. Quoted YAML scalars are JSON texts.
    public let events: [String]
    public let rows: [ExpectedRows]
    public let queries: [ExpectedQuery]
    /// Codes of the events that must be refused, in order.
    public let quarantined: [String]
    public let location: SourceLocation

    public struct ExpectedRows: Sendable, Hashable {
        public let table: String
        public let rows: [ExpectedRow]
    }

    /// A row by its columns; those that are not listed are not compared.
    public struct ExpectedRow: Sendable, Hashable {
        public let values: [Value]
        public let location: SourceLocation

        public struct Value: Sendable, Hashable {
            public let column: String
            public let value: ExpectedValue
            public let location: SourceLocation
        }

        public func value(of column: String) -> ExpectedValue? { values.first { $0.column == column }?.value }
    }

    public enum ExpectedValue: Sendable, Hashable {
        case null
        case boolean(Bool)
        /// As written: `3`, `0.50`.
        case number(String)
        case text(String)
        /// The members of a set.
        case list([String])
    }

    public struct ExpectedQuery: Sendable, Hashable {
        /// With `@version` for an earlier one.
        public let metrics: [String]
        public let groupBy: [String]
        public let filters: [String]
        /// Output names; a minus sign before one sorts downwards.
        public let order: [String]
        public let limit: Int?
        public let startTime: String?
        public let endTime: String?
        public let comparison: String?
        public let rows: [ExpectedRow]
        public let location: SourceLocation
    }
}
