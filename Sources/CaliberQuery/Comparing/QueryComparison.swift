import CaliberCore
import CaliberDictionary

/// What figures are put beside: the same metrics at an earlier time.
public enum QueryComparison: Hashable, Sendable, CustomStringConvertible {
    /// As long a time, just before.
    case priorPeriod
    /// A year earlier; weeks are compared with those 52 weeks earlier.
    case priorYear
    case back(CalendarSpan)
    /// So many periods of a calendar.
    case earlier(Int, CalendarGrain)

    /// Reads `prior_period`, `prior_year`, a length of time on the calendar (`7d`, `1 month`), or a number of periods of
    /// a declared one: `1 fiscal_year`.
    public init?(text: String, calendars: [PeriodCalendar] = []) {
        switch text {
        case "prior_period": self = .priorPeriod
        case "prior_year": self = .priorYear
        default:
            if let span = CalendarSpan(text: text) {
                self = .back(span)
            } else if case .earlier(let count, let grain)? = TimeOffset(text: text, calendars: calendars) {
                self = .earlier(count, grain)
            } else {
                return nil
            }
        }
    }

    /// The comparisons that have a name.
    public static let names = ["prior_period", "prior_year"]

    public var description: String {
        switch self {
        case .priorPeriod: "prior_period"
        case .priorYear: "prior_year"
        case .back(let span): "\(span)"
        case .earlier(let count, let grain): "\(count) \(grain.name)\(count == 1 ? "" : "s")"
        }
    }
}

/// A comparison with the calendar's answer to how far back it is.
package struct PlannedComparison: Sendable, Equatable {
    package let comparison: QueryComparison
    package let offset: TimeOffset
}

extension QueryComparison {
    /// How far back the earlier time is.
    ///
    /// - Parameter grain: of metric_time in the query; nil where it shows its range as one.
    /// - Returns: nil when the query has no time to be seen from.
    func offset(for range: PlannedTimeRange, grain: PeriodGrain?, zone: BusinessZone) -> TimeOffset? {
        let days = RangeDays(range, zone)
        guard grain != nil || days != nil else { return nil }
        switch (self, grain) {
        case (.back(let span), _): return .back(span)
        case (.earlier(let count, let grain), _): return .earlier(count, grain)
        case (.priorPeriod, .custom(let grain)?):
            // A season is put beside that of its name, not the one before.
            let count = grain.unit == .season ? 1 : days?.periodCount(of: grain) ?? 1
            return .earlier(max(count, 1), grain)
        case (.priorYear, .custom(let grain)?):
            return grain.calendar.yearGrain.map { .earlier(1, $0) }
        case (.priorYear, _): return .back(grain == .week ? CalendarSpan(52, .week) : CalendarSpan(1, .year))
        case (.priorPeriod, _):
            guard let days else { return .back(CalendarSpan(1, grain?.common?.spanUnit ?? .day)) }
            return .back(days.length(in: grain?.common))
        }
    }
}

extension TimeOffset {
    fileprivate static func back(_ span: CalendarSpan?) -> TimeOffset? {
        guard let span else { return nil }
        let offset: TimeOffset = .back(span)
        return offset
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

    func periodCount(of grain: CalendarGrain) -> Int { grain.periods(from: first, until: past).count }

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
