/// The groups with the largest values, the rest left out or put together.
public struct TopGroups: Hashable, Sendable {
    public var count: Int
    /// The metric of the query whose values decide; nil is the first.
    public var by: String?
    /// Dimensions of the query for each of whose values groups are chosen alone: `metric_time__month`.
    public var per: [String]
    /// The rest appears as one more row, aggregated together from its own rows.
    public var showsOthers: Bool

    public init(_ count: Int, by: String? = nil, per: [String] = [], showsOthers: Bool = false) {
        self.count = count
        self.by = by
        self.per = per
        self.showsOthers = showsOthers
    }
}

/// A column that holds a metric's value in one group against those of other groups: its rank, or its share of them.
public struct RelatedTerm: Hashable, Sendable, CustomStringConvertible {
    /// A metric of the query.
    public let metric: String
    /// Dimensions of the query: only groups that agree in them are compared; none: all groups.
    public let within: [String]

    public init(metric: String, within: [String] = []) {
        self.metric = metric
        self.within = within
    }

    /// Reads `gmv`, or `gmv:within=channel,metric_time__month`.
    public init(text: String) {
        guard let range = text.firstRange(of: ":within=") else {
            self.init(metric: text)
            return
        }
        let names = text[range.upperBound...].split(separator: ",").map { name in
            name.split(separator: " ").joined(separator: " ")
        }
        self.init(metric: String(text[..<range.lowerBound]), within: names)
    }

    public var description: String { within.isEmpty ? metric : "\(metric):within=\(within.joined(separator: ","))" }
}
