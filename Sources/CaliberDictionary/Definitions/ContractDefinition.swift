import CaliberCore

/// One event type: what its `data` must look like for an event to be accepted.
public struct ContractDefinition: Hashable, Sendable {
    /// The CloudEvents `type`: `payment.callback`.
    public let name: String
    public let version: Int
    public let owner: String?
    public let description: String?
    public let fields: [FieldDefinition]
    public let undeclaredFields: UndeclaredFields
    /// Conditions over the event's fields that must not be false, `shipped_at >= packed_at`; unknown counts as kept.
    public let checks: [ContractCheck]
    public let location: SourceLocation

    public enum UndeclaredFields: String, Hashable, Sendable, CaseIterable {
        /// The event goes to quarantine.
        case reject
        /// The event is accepted, the field stays in the log and can be declared later.
        case keep
        /// The event is accepted, the field is left out of the log.
        case drop
    }

    public init(
        name: String, version: Int, owner: String?, description: String?, fields: [FieldDefinition],
        undeclaredFields: UndeclaredFields, checks: [ContractCheck], location: SourceLocation
    ) {
        self.name = name
        self.version = version
        self.owner = owner
        self.description = description
        self.fields = fields
        self.undeclaredFields = undeclaredFields
        self.checks = checks
        self.location = location
    }

    public func fieldIndex(named name: String) -> Int? {
        fields.firstIndex { $0.name == name }
    }
}

/// A named condition of a contract.
public struct ContractCheck: Hashable, Sendable {
    public let name: String
    public let expression: TypedExpression
    /// What to tell the sender of an event that breaks it.
    public let hint: String?
    public let location: SourceLocation

    public init(name: String, expression: TypedExpression, hint: String?, location: SourceLocation) {
        self.name = name
        self.expression = expression
        self.hint = hint
        self.location = location
    }
}

/// One field of an event's `data`. A dot in the name steps into a nested object: `address.province`.
public struct FieldDefinition: Hashable, Sendable {
    public let name: String
    public let type: LogicalType
    public let required: Bool
    /// The field that names an amount's currency; an event whose currency is not `type`'s goes to quarantine.
    public let currencyField: String?
    /// What a timestamp without an offset means; nil makes such a text a violation.
    public let timeZone: BusinessZone?
    /// A regular expression that the whole text must match.
    public let pattern: String?
    public let allowed: [String]?
    /// Inclusive bounds, in the type's own unit (minor units, microseconds).
    public let minimum: Int64?
    public let maximum: Int64?
    /// Inclusive bounds of the text's length in characters.
    public let lengths: ClosedRange<Int>?
    public let description: String?
    public let location: SourceLocation

    public init(
        name: String, type: LogicalType, required: Bool, currencyField: String? = nil, timeZone: BusinessZone? = nil,
        pattern: String? = nil, allowed: [String]? = nil, minimum: Int64? = nil, maximum: Int64? = nil,
        lengths: ClosedRange<Int>? = nil, description: String? = nil, location: SourceLocation
    ) {
        self.name = name
        self.type = type
        self.required = required
        self.currencyField = currencyField
        self.timeZone = timeZone
        self.pattern = pattern
        self.allowed = allowed
        self.minimum = minimum
        self.maximum = maximum
        self.lengths = lengths
        self.description = description
        self.location = location
    }
}
