import CaliberCore

/// How the rows of a foreign export become events, so that real files go in without code.
public struct SourceDefinition: Hashable, Sendable {
    /// The CloudEvents `source` of its events.
    public let name: String
    public let description: String?
    public let format: Format
    /// The columns that are read; others are ignored.
    public let columns: [SourceColumn]
    public let events: [SourceEvent]
    public let location: SourceLocation

    public struct Format: Hashable, Sendable {
        /// One ASCII character.
        public let delimiter: Character
        /// Texts that mean no value; the empty text always does.
        public let nulls: [String]
        public let trims: Bool

        public init(delimiter: Character = ",", nulls: [String] = [], trims: Bool = false) {
            self.delimiter = delimiter
            self.nulls = nulls
            self.trims = trims
        }
    }

    public init(
        name: String, description: String?, format: Format, columns: [SourceColumn], events: [SourceEvent],
        location: SourceLocation
    ) {
        self.name = name
        self.description = description
        self.format = format
        self.columns = columns
        self.events = events
        self.location = location
    }
}

public struct SourceColumn: Hashable, Sendable {
    public let name: String
    /// A file without it can't be read; without an optional one, its values are empty.
    public let isRequired: Bool

    public init(name: String, isRequired: Bool = true) {
        self.name = name
        self.isRequired = isRequired
    }
}

/// One event that a row of a source gives rise to.
public struct SourceEvent: Hashable, Sendable {
    /// The contract.
    public let contract: String
    /// Identifies the event within the source: `{order_id}-paid`. Braces name columns.
    public let id: TextTemplate
    public let time: TextTemplate
    /// What `time` means when it names no offset.
    public let timeZone: BusinessZone?
    /// The event arises only when this column has a value (`when: order_approved_at`) or has one of these values.
    public let condition: Condition?
    /// The event's `data`, in contract field order. A field whose template is empty for a row is left out.
    public let data: [FieldMapping]
    public let location: SourceLocation

    public struct Condition: Hashable, Sendable {
        public let column: String
        /// nil: any value.
        public let values: [String]?

        public init(column: String, values: [String]?) {
            self.column = column
            self.values = values
        }
    }

    public struct FieldMapping: Hashable, Sendable {
        public let field: String
        public let value: TextTemplate
        /// Foreign codes to ours; a value that is not listed passes as it is, unless `strict`.
        public let map: [String: String]

        public init(field: String, value: TextTemplate, map: [String: String] = [:]) {
            self.field = field
            self.value = value
            self.map = map
        }
    }

    public init(
        contract: String, id: TextTemplate, time: TextTemplate, timeZone: BusinessZone?, condition: Condition?,
        data: [FieldMapping], location: SourceLocation
    ) {
        self.contract = contract
        self.id = id
        self.time = time
        self.timeZone = timeZone
        self.condition = condition
        self.data = data
        self.location = location
    }
}

/// Text with holes for column values.
public struct TextTemplate: Hashable, Sendable {
    public enum Part: Hashable, Sendable {
        case literal(String)
        /// An index into the source's columns.
        case column(Int)
    }

    public let parts: [Part]
    public init(parts: [Part]) { self.parts = parts }
}
