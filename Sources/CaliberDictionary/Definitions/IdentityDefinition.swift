import CaliberCore

/// Who is one buyer: which fields carry identifiers of people, how far each is to be trusted, and what no person can have.
public struct IdentityDefinition: Hashable, Sendable {
    public let name: String
    public let description: String?
    public let owner: String
    /// Thousandths: what weak evidence must weigh together to join two groups that each have strong evidence of their own.
    public let bridgeWeight: Int
    /// Thousandths: what weak evidence must weigh together to join anybody to anybody.
    public let attachWeight: Int
    /// In the order of their priority: where evidence contradicts itself, the last falls first.
    public let identifiers: [Identifier]
    public let location: SourceLocation

    public init(
        name: String, description: String?, owner: String, bridgeWeight: Int, attachWeight: Int,
        identifiers: [Identifier], location: SourceLocation
    ) {
        self.name = name
        self.description = description
        self.owner = owner
        self.bridgeWeight = bridgeWeight
        self.attachWeight = attachWeight
        self.identifiers = identifiers
        self.location = location
    }

    public func identifier(named name: String) -> Identifier? { identifiers.first { $0.name == name } }

    /// A kind of thing that people are known by: a telephone number, a device.
    public struct Identifier: Hashable, Sendable {
        public let name: String
        public let role: Role
        public let strength: Strength
        /// Thousandths of what joins two groups by itself; 1000 of a strong one.
        public let weight: Int
        /// The weight halves with each such time between a sighting and the value's last one, microseconds; nil: never.
        public let halfLife: Int64?
        /// How many values one person may have; nil: any number.
        public let values: Limit?
        /// How many accounts may share one value before it says nothing of anybody; nil: any number.
        public let sharedBy: Limit?
        public let blocked: BlockedValues
        public let carriers: [Carrier]
        public let location: SourceLocation

        public init(
            name: String, role: Role, strength: Strength, weight: Int, halfLife: Int64?, values: Limit?,
            sharedBy: Limit?, blocked: BlockedValues, carriers: [Carrier], location: SourceLocation
        ) {
            self.name = name
            self.role = role
            self.strength = strength
            self.weight = weight
            self.halfLife = halfLife
            self.values = values
            self.sharedBy = sharedBy
            self.blocked = blocked
            self.carriers = carriers
            self.location = location
        }
    }

    public enum Role: String, Hashable, Sendable, CaseIterable {
        /// A user's id at a platform: what orders belong to.
        case account
        /// A trait that accounts have, and may share.
        case value
        /// A thing that ties events to each other, such as an order's number; it is no trait of a person.
        case link
    }

    public enum Strength: String, Hashable, Sendable, CaseIterable { case strong, weak }

    /// At most so many within any stretch of time.
    public struct Limit: Hashable, Sendable {
        public let most: Int
        /// Microseconds; nil: ever.
        public let window: Int64?

        public init(most: Int, window: Int64? = nil) {
            self.most = most
            self.window = window
        }
    }

    /// Values that are nobody's: `0000`, `null`, the telephones of the team's tests.
    public struct BlockedValues: Hashable, Sendable {
        public let values: Set<String>
        public let patterns: [ValuePattern]

        public init(values: Set<String>, patterns: [ValuePattern]) {
            self.values = values
            self.patterns = patterns
        }
    }

    /// Where an identifier's values come from. `within` names what they are unique in, such as the channel.
    public enum Carrier: Hashable, Sendable {
        case field(contract: String, field: String, within: String?)
        case column(table: String, column: String, within: String?)
    }
}
