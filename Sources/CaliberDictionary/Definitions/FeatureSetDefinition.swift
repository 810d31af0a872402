import CaliberCore

/// What is known of a row of one table at the moments at which it is scored: the columns of a model's input.
///
/// A value is *as of* its moment on both clocks: only what had happened by then, and had arrived by then, counts.
public struct FeatureSetDefinition: Hashable, Sendable {
    public let name: String
    public let description: String?
    public let owner: String
    public let table: String
    /// When a row is scored.
    public let moments: [ScoringMoment]
    /// A row for which this is true is scored no more; over the table's stored columns. nil: always.
    public let closed: TypedExpression?
    /// Whose history counts.
    public let entities: [FeatureEntity]
    /// What happens to them.
    public let facts: [FactDefinition]
    /// The columns, in the order of the file.
    public let features: [FeatureDefinition]
    public let location: SourceLocation

    public init(
        name: String, description: String?, owner: String, table: String, moments: [ScoringMoment],
        closed: TypedExpression?, entities: [FeatureEntity], facts: [FactDefinition], features: [FeatureDefinition],
        location: SourceLocation
    ) {
        self.name = name
        self.description = description
        self.owner = owner
        self.table = table
        self.moments = moments
        self.closed = closed
        self.entities = entities
        self.facts = facts
        self.features = features
        self.location = location
    }
}

/// An event at which a row is scored, as soon as it has arrived.
public struct ScoringMoment: Hashable, Sendable {
    /// `paid`.
    public let name: String
    public let contract: String
    /// Over the event's fields, and the row's columns behind the table's name; nil: every event.
    public let condition: TypedExpression?
    /// Whether the row as of the first such moment is one to learn from.
    public let trains: Bool

    public init(name: String, contract: String, condition: TypedExpression?, trains: Bool) {
        self.name = name
        self.contract = contract
        self.condition = condition
        self.trains = trains
    }
}

/// Something that has a history: `buyer`, by the column `buyer_id`.
public struct FeatureEntity: Hashable, Sendable {
    public let name: String
    /// A stored column of the table.
    public let column: String

    public init(name: String, column: String) {
        self.name = name
        self.column = column
    }
}

/// A kind of thing that happens to entities: an order is placed, a refund settled.
public struct FactDefinition: Hashable, Sendable {
    public let name: String
    public let contract: String
    /// When it happened: the event's time, or a timestamp field of it.
    public let time: FoldDefinition.Field
    /// Over the event's fields, and the row's columns behind the table's name; nil: every event.
    public let condition: TypedExpression?
    public let values: [FactValue]

    public init(
        name: String, contract: String, time: FoldDefinition.Field, condition: TypedExpression?, values: [FactValue]
    ) {
        self.name = name
        self.contract = contract
        self.time = time
        self.condition = condition
        self.values = values
    }
}

/// What is measured of a fact; in the same scope as its condition.
public struct FactValue: Hashable, Sendable {
    public let name: String
    public let expression: TypedExpression

    public init(name: String, expression: TypedExpression) {
        self.name = name
        self.expression = expression
    }
}

/// One column of a model's input.
public struct FeatureDefinition: Hashable, Sendable {
    public let name: String
    public let content: Content
    public let scale: Scale
    public let description: String?
    /// What to do when it speaks against an order.
    public let advice: String?
    /// The same in Chinese.
    public let adviceZh: String?
    /// Features of one group are one reason: the levels of a category.
    public let group: String?
    /// Whether somebody can change it: only such features are proposed as the smallest change.
    public let isActionable: Bool
    /// Which change would be made to better an order: nobody makes parcels later. Either where nil.
    public let better: Direction?
    /// Bounds of its value, where it has any.
    public let minimum: Double?
    public let maximum: Double?
    /// What the value is, down to the event fields: two features with one meaning have the same values.
    public let meaning: String
    public let location: SourceLocation

    public enum Content: Hashable, Sendable {
        /// Over the row's stored columns as far as they are known, and `now`.
        case expression(TypedExpression)
        case history(HistoryFeature)
    }

    public enum Direction: String, Hashable, Sendable, CaseIterable {
        case lower
        case higher
    }

    public enum Scale: String, Hashable, Sendable, CaseIterable {
        case linear
        /// `sign(x) · ln(1 + |x|)`: for counts and amounts, of which each further one says less.
        case log
    }

    public init(
        name: String, content: Content, scale: Scale, description: String?, advice: String?,
        adviceZh: String?, group: String?, isActionable: Bool, better: Direction?, minimum: Double?, maximum: Double?,
        meaning: String, location: SourceLocation
    ) {
        self.name = name
        self.content = content
        self.meaning = meaning
        self.scale = scale
        self.description = description
        self.advice = advice
        self.adviceZh = adviceZh
        self.group = group
        self.isActionable = isActionable
        self.better = better
        self.minimum = minimum
        self.maximum = maximum
        self.location = location
    }
}

/// A figure of what happened to the row's entity within a window that ends at the moment of scoring.
public struct HistoryFeature: Hashable, Sendable {
    /// Positions in the set.
    public let entity: Int
    public let fact: Int
    public let statistic: Statistic
    /// The position of the fact's value; nil for statistics of the facts themselves.
    public let value: Int?
    /// Of a rate: the fact that it is a share of.
    public let per: Int?
    /// Microseconds; nil: ever.
    public let window: Int64?
    /// Of a z-score: the history that the window is held against, in microseconds; nil: ever.
    public let baseline: Int64?
    /// Of a deviation: the row's own value, over its columns.
    public let own: TypedExpression?

    public enum Statistic: String, Hashable, Sendable, CaseIterable {
        /// How many facts.
        case count
        /// How many facts for each of another fact.
        case rate
        case sum, mean, max
        /// How many different values.
        case distinct
        /// Time since the last fact, and since the first.
        case since, age
        /// How far the window's mean is from the baseline's, in standard errors.
        case zscore
        /// How far the number of facts in the window is from what the baseline lets expect, in deviations of a Poisson
        /// count.
        case surge
        /// How far the row's own value is from the window's mean, in deviations.
        case deviation
    }

    public init(
        entity: Int, fact: Int, statistic: Statistic, value: Int?, per: Int?, window: Int64?, baseline: Int64?,
        own: TypedExpression?
    ) {
        self.entity = entity
        self.fact = fact
        self.statistic = statistic
        self.value = value
        self.per = per
        self.window = window
        self.baseline = baseline
        self.own = own
    }
}

/// What a model learns to foresee.
public struct LabelDefinition: Hashable, Sendable {
    public let name: String
    public let description: String?
    public let owner: String
    public let table: String
    /// True for a row that went bad; over the table's stored columns. Unknown leaves the row out.
    public let expression: TypedExpression
    /// The timestamp column that the maturity counts from.
    public let since: String
    /// Microseconds after which nothing is expected to change any more.
    public let maturity: Int64
    /// What it is true of, down to the event fields.
    public let meaning: String
    /// The column of a reviewer's word, and which of its values mean bad and good: those override the expression, and
    /// are mature at once.
    public let verdict: Verdict?
    public let location: SourceLocation

    public struct Verdict: Hashable, Sendable {
        public let column: String
        public let bad: [String]
        public let good: [String]

        public init(column: String, bad: [String], good: [String]) {
            self.column = column
            self.bad = bad
            self.good = good
        }
    }

    public init(
        name: String, description: String?, owner: String, table: String, expression: TypedExpression, since: String,
        maturity: Int64, meaning: String, verdict: Verdict?, location: SourceLocation
    ) {
        self.meaning = meaning
        self.name = name
        self.description = description
        self.owner = owner
        self.table = table
        self.expression = expression
        self.since = since
        self.maturity = maturity
        self.verdict = verdict
        self.location = location
    }
}
