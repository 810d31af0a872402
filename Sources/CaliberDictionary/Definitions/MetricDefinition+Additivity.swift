extension MetricDefinition {
    /// Whether figures of separate groups and periods add up to the figure of all of them.
    ///
    /// Sums and counts do; distinct counts, extremes, averages, percentiles and quotients do not. A derived metric is
    /// not looked into.
    public var isAdditive: Bool {
        guard case .simple(let simple) = content else { return false }
        switch simple.aggregation {
        case .sum, .count, .sumBoolean: return true
        case .countDistinct, .min, .max, .average, .percentile: return false
        }
    }
}
