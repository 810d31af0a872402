import CaliberCore
import CaliberDictionary

/// What figures are put beside: the same metrics at an earlier time.
public enum QueryComparison: Hashable, Sendable, CustomStringConvertible {
    /// As long a time, just before.
    case priorPeriod
    /// A year earlier; weeks are compared with those 52 weeks earlier.
    case priorYear
    case back(CalendarSpan)

    /// Reads `prior_period`, `prior_year`, or a length of time on the calendar: `7d`, `1 month`.
    public init?(text: String) {
        switch text {
        case "prior_period": self = .priorPeriod
        case "prior_year": self = .priorYear
        default:
            guard let span = CalendarSpan(text: text) else { return nil }
            self = .back(span)
        }
    }

    /// The comparisons that have a name.
    public static let names = ["prior_period", "prior_year"]

    public var description: String {
        switch self {
        case .priorPeriod: "prior_period"
        case .priorYear: "prior_year"
        case .back(let span): "\(span)"
        }
    }
}

/// A comparison with the calendar's answer to how far back it is.
package struct PlannedComparison: Sendable, Equatable {
    package let comparison: QueryComparison
    package let span: CalendarSpan
}

extension QueryComparison {
    /// How far back the earlier time is.
    ///
    /// - Parameter grain: of metric_time in the query; nil where it shows its range as one.
    /// - Returns: nil when the query has no time to be seen from.
    func span(for range: PlannedTimeRange, grain: TimeGrain?, zone: BusinessZone) -> CalendarSpan? {
        let days = RangeDays(range, zone)
        guard grain != nil || days != nil else { return nil }
        switch self {
        case .back(let span): return span
        case .priorYear: return grain == .week ? CalendarSpan(52, .week) : CalendarSpan(1, .year)
        case .priorPeriod:
            guard let days else { return CalendarSpan(1, grain?.spanUnit ?? .day) }
            return days.length(in: grain)
        }
    }
}

/// The days that a range of two ends touches.
private struct RangeDays {
    let first: CivilDate
    /// The day after the last.
    let past: CivilDate

    init?(_ range: PlannedTimeRange, _ zone: BusinessZone) {
        guard let from = range.from, let until = range.until else { return nil }
        first = zone.date(of: Timestamp(microseconds: from))
        past = CivilDate(dayNumber: zone.date(of: Timestamp(microseconds: until - 1)).dayNumber + 1)
    }

    /// Whole months go back by months, so that March is compared with February; other ranges by as many days, weeks,
    /// quarters or years as they touch, so that each row of the answer meets a whole period.
    func length(in grain: TimeGrain?) -> CalendarSpan? {
        switch grain {
        case .month?, .quarter?, .year?:
            return grain.flatMap { CalendarSpan(periods(of: $0), $0.spanUnit) }
        case .week?:
            return CalendarSpan(periods(of: .week), .week)
        case .hour?, .day?, nil:
            let isWholeMonths = first.components.day == 1 && past.components.day == 1
            return isWholeMonths
                ? CalendarSpan(periods(of: .month), .month) : CalendarSpan(Int(past.dayNumber - first.dayNumber), .day)
        }
    }

    /// How many periods of a grain the range touches.
    private func periods(of grain: TimeGrain) -> Int {
        var start = grain.start(of: first)
        var count = 0
        while start < past, count <= CalendarSpan.greatestCount {
            count += 1
            start = grain.next(after: start)
        }
        return count
    }
}

extension TimeGrain {
    /// Its length on the calendar; hours are compared with those of the day before.
    fileprivate var spanUnit: CalendarSpan.Unit {
        switch self {
        case .hour, .day: .day
        case .week: .week
        case .month: .month
        case .quarter: .quarter
        case .year: .year
        }
    }
}
