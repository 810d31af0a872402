import CaliberCore

/// How the credit for conversions is shared out among the channels that led to them: which rows are touches and which
/// conversions, whose they are, what channel a touch came by, and how far back a path goes.
public struct AttributionDefinition: Hashable, Sendable {
    public let name: String
    public let description: String?
    public let owner: String
    public let touches: Rows
    public let conversions: Rows
    /// What credit is shared of beside the number of conversions, unless somebody names another: `gmv`.
    public let metric: String
    /// In order: a touch is of the channel of the first that holds.
    public let rules: [ChannelRule]
    /// The channel of touches that no rule takes.
    public let unmatched: String
    public let paths: PathRules
    public let weights: CreditWeights
    public let location: SourceLocation

    /// The rows of a table, whose they are, and when they were.
    public struct Rows: Hashable, Sendable {
        public let table: String
        /// A text over stored columns that names the buyer; rows for which it is null are left out.
        public let buyer: TypedExpression
        /// A stored timestamp column.
        public let at: String
        /// Rows for which it is not true are left out; over stored columns.
        public let condition: TypedExpression?

        public init(table: String, buyer: TypedExpression, at: String, condition: TypedExpression?) {
            self.table = table
            self.buyer = buyer
            self.at = at
            self.condition = condition
        }
    }

    public struct ChannelRule: Hashable, Sendable {
        public let channel: String
        /// Over the touches' stored columns.
        public let condition: TypedExpression
        /// Whether the buyer came by themselves: what `last_non_direct` passes over.
        public let isDirect: Bool

        public init(channel: String, condition: TypedExpression, isDirect: Bool) {
            self.channel = channel
            self.condition = condition
            self.isDirect = isDirect
        }
    }

    public init(
        name: String, description: String?, owner: String, touches: Rows, conversions: Rows, metric: String,
        rules: [ChannelRule], unmatched: String, paths: PathRules, weights: CreditWeights, location: SourceLocation
    ) {
        self.name = name
        self.description = description
        self.owner = owner
        self.touches = touches
        self.conversions = conversions
        self.metric = metric
        self.rules = rules
        self.unmatched = unmatched
        self.paths = paths
        self.weights = weights
        self.location = location
    }

    /// Every channel once, in the order of the rules, the unmatched one last.
    public var channels: [String] {
        var seen: Set<String> = []
        return (rules.map(\.channel) + [unmatched]).filter { seen.insert($0).inserted }
    }

    public var directChannels: Set<String> { Set(rules.filter(\.isDirect).map(\.channel)) }
}

/// Which touches make a path.
public struct PathRules: Hashable, Sendable {
    /// How long before a conversion a touch still counts, microseconds.
    public var lookback: Int64
    /// At most so many touches, the latest; nil: all.
    public var stepLimit: Int?
    public var transform: Transform
    public var direct: Direct
    public var repeated: Repeated

    /// What becomes of touches of one channel. The names are those of fractribution and Snowplow.
    public enum Transform: String, Hashable, Sendable, CaseIterable {
        /// Touches of one channel in a row are one: `A A B A` is `A B A`.
        case exposure
        /// A channel stands once, where it was met first: `A A B A` is `A B`.
        case first
        /// Touches of a channel stand together where it was met first: `A A B A` is `A A A B`.
        case frequency
        /// Every touch stands for itself.
        case unique
        /// Another word for `unique`.
        case none
    }

    public enum Direct: String, Hashable, Sendable, CaseIterable {
        case keep
        /// Touches by which the buyer came by themselves are left out, unless the path has no other.
        case drop
    }

    /// What a touch before an earlier conversion does for a later one.
    public enum Repeated: String, Hashable, Sendable, CaseIterable {
        /// It counts for every conversion in whose window it is.
        case share
        /// A path begins after the buyer's conversion before.
        case restart
    }

    public init(
        lookback: Int64, stepLimit: Int? = nil, transform: Transform = .exposure, direct: Direct = .keep,
        repeated: Repeated = .share
    ) {
        self.lookback = lookback
        self.stepLimit = stepLimit
        self.transform = transform
        self.direct = direct
        self.repeated = repeated
    }
}

/// How the models that have a say in it weigh a path's touches.
public struct CreditWeights: Hashable, Sendable {
    /// Position based: per cent of a path's credit for its first touch.
    public var firstPercent: Int
    /// For its last touch; those between share the rest.
    public var lastPercent: Int
    /// Time decay: a touch so long before another has half its credit, microseconds.
    public var halfLife: Int64

    public init(firstPercent: Int = 40, lastPercent: Int = 40, halfLife: Int64 = 7 * 86_400_000_000) {
        self.firstPercent = firstPercent
        self.lastPercent = lastPercent
        self.halfLife = halfLife
    }
}
