import CaliberCore

/// One governed definition that a figure is counted by.
public struct MetricDefinition: Hashable, Sendable {
    /// Immutable and never reused: `M-0012`.
    public let id: String
    public let name: String
    /// Rises whenever the meaning changes.
    public let version: Int
    public let owner: String
    public let status: Status
    public let label: String
    public let labelZH: String?
    public let description: String
    public let synonyms: [String]
    public let updateFrequency: UpdateFrequency?
    /// What the answer is counted in, for people: `CNY`, `orders`, `%`.
    public let unit: String?
    /// The type of its values.
    public let type: LogicalType
    public let content: Content
    public let location: SourceLocation

    public enum Status: String, Hashable, Sendable, CaseIterable { case draft, certified, deprecated }

    public struct UpdateFrequency: Hashable, Sendable {
        public let everyMicroseconds: Int64
        public let maximumLagMicroseconds: Int64

        public init(everyMicroseconds: Int64, maximumLagMicroseconds: Int64) {
            self.everyMicroseconds = everyMicroseconds
            self.maximumLagMicroseconds = maximumLagMicroseconds
        }
    }

    public enum Content: Hashable, Sendable {
        case simple(SimpleMetric)
        case ratio(numerator: MetricInput, denominator: MetricInput)
        /// Column references in `expression` name input aliases.
        case derived(expression: TypedExpression, inputs: [MetricInput])
        case conversion(ConversionMetric)
        case cumulative(CumulativeMetric)
    }

    public init(
        id: String, name: String, version: Int, owner: String, status: Status, label: String, labelZH: String?,
        description: String, synonyms: [String], updateFrequency: UpdateFrequency?, unit: String?, type: LogicalType,
        content: Content, location: SourceLocation
    ) {
        self.id = id
        self.name = name
        self.version = version
        self.owner = owner
        self.status = status
        self.label = label
        self.labelZH = labelZH
        self.description = description
        self.synonyms = synonyms
        self.updateFrequency = updateFrequency
        self.unit = unit
        self.type = type
        self.content = content
        self.location = location
    }
}

extension MetricDefinition {
    /// The metrics that it is built from; a ratio's go by the aliases `numerator` and `denominator`, a cumulative one's
    /// by `input`, a conversion's by `base` and `conversion`.
    public var inputs: [MetricInput] { content.inputs }
}

extension MetricDefinition.Content {
    var inputs: [MetricInput] {
        switch self {
        case .simple: []
        case .ratio(let numerator, let denominator): [numerator, denominator]
        case .derived(_, let inputs): inputs
        case .cumulative(let cumulative): [cumulative.input]
        case .conversion(let conversion): [conversion.base, conversion.conversion]
        }
    }
}

/// An aggregate over the rows of one table.
public struct SimpleMetric: Hashable, Sendable {
    public let table: String
    public let aggregation: Aggregation
    /// What is aggregated; nil counts rows.
    public let expression: TypedExpression?
    /// Rows for which this is not true are left out.
    public let filter: TypedExpression?
    /// The timestamp column that the metric is counted at (`agg_time_dimension`), the table's anchor by default.
    /// Rows where it is null are not counted. nil (a dimension table): the metric has no time.
    public let anchor: String?
    /// Stands in for null in the answer (`fill_nulls_with`), in the metric's own unit (minor units for money).
    public let fillNullsWith: Int64?
    /// Periods without rows appear in the answer (`join_to_timespine`).
    public let joinToTimeSpine: Bool
    /// For balances and stock levels: along time only the rows of one moment count (`non_additive_dimension`).
    public let nonAdditive: NonAdditiveDimension?

    public init(
        table: String, aggregation: Aggregation, expression: TypedExpression?, filter: TypedExpression?,
        anchor: String?, fillNullsWith: Int64? = nil, joinToTimeSpine: Bool = false,
        nonAdditive: NonAdditiveDimension? = nil
    ) {
        self.table = table
        self.aggregation = aggregation
        self.expression = expression
        self.filter = filter
        self.anchor = anchor
        self.fillNullsWith = fillNullsWith
        self.joinToTimeSpine = joinToTimeSpine
        self.nonAdditive = nonAdditive
    }
}

public enum Aggregation: Hashable, Sendable {
    case sum, count, countDistinct, min, max, average
    /// Rows for which a boolean expression is true.
    case sumBoolean
    /// Values at the first of all rows that have them, counted there and never again: new customers.
    case countNew
    /// The value below which `fraction` (0...1) of the values lie. Discrete: the first value at or past the fraction;
    /// continuous: interpolated between neighbours. As SQL's PERCENTILE_DISC and PERCENTILE_CONT. `median` is
    /// `percentile(0.5, continuous)`.
    case percentile(fraction: Double, continuous: Bool)
}

/// A metric as a part of another.
public struct MetricInput: Hashable, Sendable {
    public let metric: String
    /// nil: the newest version.
    public let version: Int?
    public let alias: String
    /// Narrows the input's rows, beside its own filter.
    public let filter: TypedExpression?
    /// It is taken at an earlier time; nil: at the same.
    public let offset: TimeOffset?
    public let location: SourceLocation

    public init(
        metric: String, version: Int? = nil, alias: String, filter: TypedExpression?, offset: TimeOffset? = nil,
        location: SourceLocation
    ) {
        self.metric = metric
        self.version = version
        self.alias = alias
        self.filter = filter
        self.offset = offset
        self.location = location
    }
}
