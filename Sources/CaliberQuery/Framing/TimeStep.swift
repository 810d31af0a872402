import CaliberCore
import CaliberDictionary

/// One step from the period that an answer's row shows to the rows that its figure is taken over: to an earlier time,
/// or to a window. Steps go from the outermost metric to the innermost.
package enum TimeStep: Hashable, Sendable {
    case offset(TimeOffset)
    case window(CumulativeMetric.Window, CumulativeMetric.PeriodAggregation)
}

extension TimeStep: CustomStringConvertible {
    /// `over the last 7 days`, `1 month earlier`.
    package var description: String {
        switch self {
        case .offset(let offset): "\(offset)"
        case .window(let window, .first): "over \(window), of longer periods the first day's"
        case .window(let window, .last): "over \(window), of longer periods the last day's"
        case .window(let window, .average): "over \(window), of longer periods the days' average"
        }
    }
}

/// How a scan is cut for metrics that are taken over other times than the rows of the answer show: by days (or hours),
/// which are then put together to windows and earlier periods.
package struct ScanFrame: Sendable {
    /// Of every window and earlier period, whatever the answer's own range.
    package let timeRange: PlannedTimeRange
    package let baseGrain: TimeGrain
    /// The answer's dimensions but `metric_time`, then the base period.
    package let dimensions: [PlannedDimension]
}
