import CaliberCore

/// What someone asks: metrics, cut by dimensions, over rows that pass the filters.
public struct MetricQuery: Hashable, Sendable {
    public var metrics: [MetricReference]
    /// Dimension names: `channel`, `metric_time__day`, `paid_at__month`, `product__category`.
    public var groupBy: [String]
    /// Conditions over a metric's own table and what it joins; all must be true. Each is compiled alone, so none can
    /// change how another is read.
    public var filters: [String]
    /// The first moment or day that counts, on each metric's own anchor. ISO 8601.
    public var startTime: String?
    /// The last moment that counts; a day counts to its end. ISO 8601.
    public var endTime: String?
    public var order: [OrderTerm]
    public var limit: Int?
    /// The zone that days are days of, an IANA name or an offset; nil is the dictionary's.
    public var timeZone: String?
    /// Periods of `metric_time` without rows appear in the answer.
    public var fillsMissingPeriods: Bool
    /// The largest groups; nil shows all.
    public var top: TopGroups?
    /// Columns with the place of a metric's value among those of all groups.
    public var ranks: [RelatedTerm]
    /// Columns with a metric's value as a part of the value of all groups together.
    public var shares: [RelatedTerm]
    /// The earlier time to put every figure beside: `prior_period`, `prior_year`, `7 days`; see `QueryComparison`.
    public var comparison: String?

    public init(
        metrics: [MetricReference], groupBy: [String] = [], filters: [String] = [], startTime: String? = nil,
        endTime: String? = nil, order: [OrderTerm] = [], limit: Int? = nil, timeZone: String? = nil,
        fillsMissingPeriods: Bool = false, top: TopGroups? = nil, ranks: [RelatedTerm] = [],
        shares: [RelatedTerm] = [], comparison: String? = nil
    ) {
        self.metrics = metrics
        self.groupBy = groupBy
        self.filters = filters
        self.startTime = startTime
        self.endTime = endTime
        self.order = order
        self.limit = limit
        self.timeZone = timeZone
        self.fillsMissingPeriods = fillsMissingPeriods
        self.top = top
        self.ranks = ranks
        self.shares = shares
        self.comparison = comparison
    }
}

/// A metric as a query names it: `gmv`, `M-0012`, or a version of it, `gmv@2`.
public struct MetricReference: Hashable, Sendable, CustomStringConvertible {
    /// The metric's name or id.
    public let name: String
    /// nil: the newest.
    public let version: Int?

    public init(name: String, version: Int? = nil) {
        self.name = name
        self.version = version
    }

    /// Reads `gmv` or `gmv@2`; anything else after the last `@` stays part of the name, and is then not found.
    public init(text: String) {
        if let at = text.lastIndex(of: "@"), let version = Int(text[text.index(after: at)...]), version > 0 {
            self.init(name: String(text[..<at]), version: version)
        } else {
            self.init(name: text)
        }
    }

    public var description: String { version.map { "\(name)@\($0)" } ?? name }
}

/// A column of the answer to sort by.
public struct OrderTerm: Hashable, Sendable, CustomStringConvertible {
    /// A dimension or a metric of the query.
    public let name: String
    public let descending: Bool

    public init(name: String, descending: Bool = false) {
        self.name = name
        self.descending = descending
    }

    /// Reads `paid_gmv`, or `-paid_gmv` for descending.
    public init(text: String) {
        if text.hasPrefix("-") {
            self.init(name: String(text.dropFirst()), descending: true)
        } else {
            self.init(name: text)
        }
    }

    public var description: String { (descending ? "-" : "") + name }
}
