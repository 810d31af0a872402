import CaliberCore
import CaliberDictionary

extension MetricQuery {
    /// The query that a saved one means today.
    ///
    /// - Parameter today: in the query's zone.
    public init(_ saved: SavedQueryDefinition, today: CivilDate) {
        let (start, end) = saved.range.texts(today: today)
        self.init(
            metrics: saved.metrics.map { MetricReference(text: $0) }, groupBy: saved.groupBy, filters: saved.filters,
            startTime: start, endTime: end, order: saved.order.map { OrderTerm(text: $0) }, limit: saved.limit,
            timeZone: saved.timeZone, fillsMissingPeriods: saved.fillsMissingPeriods, comparison: saved.comparison)
    }
}
