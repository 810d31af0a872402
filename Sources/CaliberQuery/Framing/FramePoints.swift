import CaliberCore
import CaliberDictionary
import Synchronization

/// The periods that an answer shows, and for each metric along time the base periods that each is taken over.
struct FramePoints {
    let calendar: FrameCalendar
    /// In the order of time.
    let periods: [Period]
    /// The base periods that have rows at all; nil without rows.
    let data: Range<Int64>?
    /// The range of the query.
    let timeRange: PlannedTimeRange

    struct Period: Equatable {
        /// As the answer's groups have it; 0 where they have no time.
        let key: Int64
        let stretch: TimeStretch
    }

    /// One value to be computed: over which base periods, and which period it belongs to.
    struct Point: Equatable {
        let period: Int
        let keys: Range<Int64>
    }

    /// Whether every metric is taken over the same base periods here as there, in plans of one zone and grain.
    func areAlike(_ other: FramePoints) -> Bool {
        data == other.data && timeRange == other.timeRange && periods == other.periods
    }

    /// In the order of time; periods whose window is empty have none.
    func points(_ steps: [TimeStep]) -> [Point] {
        periods.indices.flatMap { period in
            stretches(steps[...], of: periods[period].stretch).compactMap { stretch in
                calendar.baseKeys(of: stretch).map { Point(period: period, keys: $0) }
            }
        }
    }

    private func stretches(_ steps: ArraySlice<TimeStep>, of stretch: TimeStretch) -> [TimeStretch] {
        guard let step = steps.first else { return [stretch] }
        let rest = steps.dropFirst()
        switch step {
        case .offset(let offset):
            return calendar.stretch(stretch, movedBy: offset).map { stretches(rest, of: $0) } ?? []
        case .window(let window, let aggregation):
            return moments(of: stretch, aggregation).flatMap { moment in
                calendar.window(window, endingAt: moment).map { stretches(rest, of: $0) } ?? []
            }
        }
    }

    /// The days (or hours) whose windows stand for a period: within the query's range and, where that is open, from the
    /// first to the last that has rows.
    private func moments(
        of stretch: TimeStretch, _ aggregation: CumulativeMetric.PeriodAggregation
    ) -> [Int64] {
        guard let data, let days = calendar.baseKeys(of: stretch) else { return [] }
        let low = max(days.lowerBound, timeRange.from == nil ? data.lowerBound : .min)
        let high = min(days.upperBound, timeRange.until == nil ? data.upperBound : .max)
        guard low < high, low != .min, high != .max else { return [] }
        let first = calendar.moment(ofBaseKey: low)
        // The key past the last may be no key of its own: hours are a multiple of the hour.
        let last = calendar.moment(ofBaseKey: calendar.baseKey(holding: calendar.moment(ofBaseKey: high - 1)))
        // A query without metric_time shows its end, whatever is said about longer periods.
        switch calendar.grain == nil ? .last : aggregation {
        case .first: return [first]
        case .last: return [last]
        case .average:
            var moments: [Int64] = []
            var start = Timestamp(microseconds: first)
            while start.microseconds <= last {
                moments.append(start.microseconds)
                start = calendar.zone.next(calendar.baseGrain, after: start)
            }
            return moments
        }
    }
}

/// The points of a plan's metrics as they were last worked out: which days a window has changes once a day at most, while
/// the rows of these days change all the time.
final class FramePointMemory: Sendable {
    private let last = Mutex<(frame: FramePoints, points: [[FramePoints.Point]])?>(nil)

    /// - Returns: by position, the points of each list of steps; none where there are no steps.
    func points(of frame: FramePoints, _ steps: [[TimeStep]]) -> [[FramePoints.Point]] {
        if let last = last.withLock({ $0 }), last.frame.areAlike(frame), last.points.count == steps.count {
            return last.points
        }
        let points = steps.map { $0.isEmpty ? [] : frame.points($0) }
        last.withLock { $0 = (frame, points) }
        return points
    }
}
