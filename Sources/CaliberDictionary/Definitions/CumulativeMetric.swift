import CaliberCore

/// A metric over more time than the period it is shown for: the last seven days, the month so far, all time.
public struct CumulativeMetric: Hashable, Sendable {
    public let input: MetricInput
    public let window: Window
    public let periodAggregation: PeriodAggregation

    public enum Window: Hashable, Sendable {
        /// Ends with the day; months reach back to the same day of an earlier month.
        case trailing(CalendarSpan)
        /// From the start of the period that holds the day.
        case toDate(PeriodGrain)
        case allTime
    }

    /// Which day's value stands for a period that is longer than a day (`period_agg`).
    public enum PeriodAggregation: String, Hashable, Sendable, CaseIterable { case first, last, average }

    public init(input: MetricInput, window: Window, periodAggregation: PeriodAggregation) {
        self.input = input
        self.window = window
        self.periodAggregation = periodAggregation
    }
}

/// How far back an input is taken, seen from the period that the metric around it is shown for.
public enum TimeOffset: Hashable, Sendable {
    /// `offset_window`.
    case back(CalendarSpan)
    /// `offset_to_grain`: the first of the query's periods within the period of this grain.
    case toStart(of: PeriodGrain)
    /// `offset_window` in periods of a calendar: what stands beside it so many of them earlier.
    case earlier(Int, CalendarGrain)
}

extension CumulativeMetric.Window: CustomStringConvertible {
    /// `the last 7 days`, `month to date`, `all time`.
    public var description: String {
        switch self {
        case .trailing(let span): "the last \(span)"
        case .toDate(let grain): "\(grain.name) to date"
        case .allTime: "all time"
        }
    }
}

extension TimeOffset: CustomStringConvertible {
    /// `1 month earlier`, `at the start of the month`.
    public var description: String {
        switch self {
        case .back(let span): "\(span) earlier"
        case .toStart(let grain): "at the start of the \(grain.name)"
        case .earlier(1, let grain) where grain.unit == .season: "the same \(grain.name) a year earlier"
        case .earlier(let count, let grain) where grain.unit == .season:
            "the same \(grain.name) \(count) years earlier"
        case .earlier(let count, let grain): "\(count) \(grain.name)\(count == 1 ? "" : "s") earlier"
        }
    }
}

extension CumulativeMetric.Window {
    /// What a metric's meaning says: as people read it, and which version of which calendar it goes by.
    var canonicalText: String {
        if case .toDate(let grain) = self { "\(grain.canonicalText) to date" } else { description }
    }

    /// The calendar that it goes by; nil for the common one.
    public var calendarGrain: CalendarGrain? {
        if case .toDate(let grain) = self { grain.custom } else { nil }
    }
}

extension TimeOffset {
    var canonicalText: String {
        switch self {
        case .back: description
        case .toStart(let grain): "at the start of the \(grain.canonicalText)"
        case .earlier(let count, let grain): "\(count) earlier by \(PeriodGrain.custom(grain).canonicalText)"
        }
    }

    public var calendarGrain: CalendarGrain? {
        switch self {
        case .back: nil
        case .toStart(let grain): grain.custom
        case .earlier(_, let grain): grain
        }
    }
}
