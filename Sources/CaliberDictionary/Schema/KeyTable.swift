import CaliberCore

/// The keys that one kind of definition has. The loader checks files with it, and the JSON Schema for editors is
/// printed from it, so the two cannot drift apart. Other files that people write are checked by tables of their own.
package struct KeyTable: Sendable {
    /// With an article, for messages: `a metric`.
    let name: String
    /// The name in the JSON Schema: `metric`.
    let schemaName: String
    let description: String
    let keys: [Key]
    private let positions: [String: Int]

    package init(_ schemaName: String, named name: String, _ description: String, _ keys: [Key]) {
        self.name = name
        self.schemaName = schemaName
        self.description = description
        self.keys = keys
        positions = Dictionary(uniqueKeysWithValues: keys.enumerated().map { ($1.name, $0) })
    }

    func key(named name: String) -> Key? { positions[name].map { keys[$0] } }
}

package struct Key: Sendable {
    enum Presence: Sendable { case required, optional, owner }

    let name: String
    let kind: ValueKind
    let presence: Presence
    /// One or two sentences: what the key says.
    let description: String
    /// Types of metric that the key belongs to; nil for all.
    let metricTypes: [MetricTypeName]?

    private init(
        _ name: String, _ kind: ValueKind, _ presence: Presence, _ description: String, _ types: [MetricTypeName]?
    ) {
        self.name = name
        self.kind = kind
        self.presence = presence
        self.description = description
        metricTypes = types
    }

    package static func required(_ name: String, _ kind: ValueKind, _ description: String) -> Key {
        Key(name, kind, .required, description, nil)
    }

    package static func optional(
        _ name: String, _ kind: ValueKind, _ description: String, types: [MetricTypeName]? = nil
    ) -> Key {
        Key(name, kind, .optional, description, types)
    }

    /// Required, with a message of its own when missing.
    static func owner(_ description: String) -> Key { Key("owner", .text, .owner, description, nil) }
}

package enum MetricTypeName: String, Sendable, CaseIterable { case simple, ratio, derived, cumulative, conversion }

/// What a value looks like, before names are looked up.
package indirect enum ValueKind: Sendable {
    /// Any scalar that is not null, taken as it is written.
    case text
    /// A text in the expression language.
    case expression
    case wholeNumber(ClosedRange<Int64>)
    /// A number, or a text that holds one: `0.95`, `"19.90"`.
    case decimal
    case boolean
    case choice([String])
    /// A number and a unit: `4 hours`.
    case duration
    /// A number and a unit of the calendar: `7 days`, `1 month`.
    case calendarSpan
    case list(ValueKind)
    case section(KeyTable)
    /// A mapping whose keys are names of the writer's choosing.
    case named(ValueKind, keys: String)
    /// The first kind that has the value's shape (scalar, list, mapping) decides.
    case oneOf([ValueKind])
    /// Any scalar or null.
    case scalar
    case anything
}
