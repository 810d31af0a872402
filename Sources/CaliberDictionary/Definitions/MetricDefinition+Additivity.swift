extension MetricDefinition {
    /// Whether figures of separate groups and periods add up to the figure of all of them.
    ///
    /// Sums and counts do; distinct counts, extremes, averages, percentiles, quotients and balances do not. A derived
    /// metric is not looked into.
    public var isAdditive: Bool {
        guard case .simple(let simple) = content else { return false }
        switch simple.aggregation {
        case .sum, .count, .sumBoolean, .countNew: return simple.nonAdditive == nil
        case .countDistinct, .min, .max, .average, .percentile: return false
        }
    }
}
