/// How coarsely a metric's time is cut: each grain's periods tile the time line of one business zone.
public enum TimeGrain: String, Sendable, CaseIterable, Comparable {
    case hour, day, week, month, quarter, year

    public static func < (left: TimeGrain, right: TimeGrain) -> Bool { left.rank < right.rank }

    private var rank: Int { TimeGrain.allCases.firstIndex(of: self)! }

    /// The first day of the period that holds `date`. Weeks begin on Monday (ISO 8601). For `hour`, the day itself.
    public func start(of date: CivilDate) -> CivilDate {
        let (year, month, _) = date.components
        switch self {
        case .hour, .day: return date
        case .week: return CivilDate(dayNumber: date.dayNumber - Int32(date.isoWeekday - 1))
        case .month: return CivilDate(year: year, month: month, day: 1)
        case .quarter: return CivilDate(year: year, month: (month - 1) / 3 * 3 + 1, day: 1)
        case .year: return CivilDate(year: year, month: 1, day: 1)
        }
    }

    /// The first day of the next period after the one that begins on `start`. For `hour`, the next day.
    public func next(after start: CivilDate) -> CivilDate {
        switch self {
        case .hour, .day: CivilDate(dayNumber: start.dayNumber + 1)
        case .week: CivilDate(dayNumber: start.dayNumber + 7)
        case .month: start.adding(months: 1)
        case .quarter: start.adding(months: 3)
        case .year: start.adding(months: 12)
        }
    }
}
