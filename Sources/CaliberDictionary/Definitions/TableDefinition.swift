import CaliberCore

/// A wide table: one row per key, each column a fold of the events that carry the key.
public struct TableDefinition: Hashable, Sendable {
    public let name: String
    public let description: String?
    public let owner: String?
    /// Columns that together name a row. Each event that folds into the table carries a field for each of them.
    public let key: [KeyColumn]
    /// The timestamp column that rows are ordered by and metrics are counted at; nil for a dimension table.
    public let anchor: String?
    public let columns: [ColumnDefinition]
    public let joins: [JoinDefinition]
    /// Set when each row holds for a span of time only (a price list).
    public let validity: ValidityDefinition?
    public let location: SourceLocation

    public init(
        name: String, description: String?, owner: String?, key: [KeyColumn], anchor: String?,
        columns: [ColumnDefinition], joins: [JoinDefinition], validity: ValidityDefinition?, location: SourceLocation
    ) {
        self.name = name
        self.description = description
        self.owner = owner
        self.key = key
        self.anchor = anchor
        self.columns = columns
        self.joins = joins
        self.validity = validity
        self.location = location
    }

    public func column(named name: String) -> ColumnDefinition? {
        columns.first { $0.name == name }
    }

    /// The contracts whose events fold into this table, in the order of first use.
    public var contracts: [String] {
        var names: [String] = []
        for case .fold(let fold) in columns.map(\.content) where !names.contains(fold.contract) {
            names.append(fold.contract)
        }
        return names
    }
}

/// One part of a table's key. It is a column like any other, and named by the same rules.
public struct KeyColumn: Hashable, Sendable {
    public let name: String
    /// `identifier` for text, or `integer`, `date`, `timestamp`.
    public let type: LogicalType
    /// The event field that carries it, where its name differs from the column's, by contract.
    public let fields: [String: String]

    public init(name: String, type: LogicalType, fields: [String: String] = [:]) {
        self.name = name
        self.type = type
        self.fields = fields
    }

    public func field(in contract: String) -> String { fields[contract] ?? name }
}

public struct ColumnDefinition: Hashable, Sendable {
    public let name: String
    public let type: LogicalType
    public let content: Content
    public let description: String?
    public let location: SourceLocation

    public enum Content: Hashable, Sendable {
        /// Kept in the table.
        case fold(FoldDefinition)
        /// Computed when asked, from other columns of the row.
        case derived(TypedExpression)
        /// A part of the key.
        case key
    }

    public init(
        name: String, type: LogicalType, content: Content, description: String?, location: SourceLocation
    ) {
        self.name = name
        self.type = type
        self.content = content
        self.description = description
        self.location = location
    }
}

/// How one column gathers a field over all events of a row.
///
/// The result depends on the *set* of accepted events alone, not on their order of arrival.
public struct FoldDefinition: Hashable, Sendable {
    public let kind: Kind
    public let contract: String
    /// nil for `count`. `time` and `id` of the envelope are written `contract.$time`, `contract.$id`.
    public let field: Field?
    /// Only events for which this is true are folded; a column reference in it names a field of the contract.
    public let condition: TypedExpression?

    public enum Field: Hashable, Sendable {
        /// An index into the contract's fields.
        case data(Int)
        /// The event's `time`.
        case eventTime
        /// The event's `id`.
        case eventID
    }

    public enum Kind: String, Hashable, Sendable, CaseIterable {
        /// The value of the earliest or latest event by event time, among events where the field is present.
        case first, last
        case sum, count, min, max
        /// True when any event's (boolean) field is true.
        case any
        /// All distinct values.
        case set
    }

    public init(kind: Kind, contract: String, field: Field?, condition: TypedExpression?) {
        self.kind = kind
        self.contract = contract
        self.field = field
        self.condition = condition
    }
}

/// A many-to-one step from a table's row to at most one row of another table.
public struct JoinDefinition: Hashable, Sendable {
    /// The prefix of joined columns: `product` in `product__category`.
    public let name: String
    public let table: String
    /// Columns of this table, in the order of the other table's key (or of its validity entity).
    public let on: [String]
    /// Where the other table has validity ranges: the timestamp column of this table that picks the range.
    public let validAt: String?
    public let location: SourceLocation

    public init(name: String, table: String, on: [String], validAt: String?, location: SourceLocation) {
        self.name = name
        self.table = table
        self.on = on
        self.validAt = validAt
        self.location = location
    }
}

/// Rows of one entity hold one after the other: from `from` (inclusive) until `to` (exclusive; null is open).
public struct ValidityDefinition: Hashable, Sendable {
    /// The key columns without `from`.
    public let entity: [String]
    public let from: String
    public let to: String?

    public init(entity: [String], from: String, to: String?) {
        self.entity = entity
        self.from = from
        self.to = to
    }
}
