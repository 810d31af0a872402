import CaliberCore

/// A stretch of whole days that a calendar gives a name.
public struct CalendarPeriod: Hashable, Sendable {
    public let first: CivilDate
    /// The day after the last.
    public let past: CivilDate
    /// The fiscal year, or the year that a season is of.
    public let year: Int
    /// Which one of its year: the week, period or quarter, from 1; of a season, its position among the names.
    public let place: Int

    public init(first: CivilDate, past: CivilDate, year: Int, place: Int) {
        self.first = first
        self.past = past
        self.year = year
        self.place = place
    }

    public var last: CivilDate { CivilDate(dayNumber: past.dayNumber - 1) }
    public var dayCount: Int { Int(past.dayNumber - first.dayNumber) }
}

/// The days of a business cut its own way: fiscal weeks, periods, quarters and years, or seasons with gaps between them.
///
/// Periods of one unit are ascending and have no day in common. Days outside of all of them are in no period.
public struct PeriodCalendar: Sendable {
    public enum Unit: String, Sendable, CaseIterable { case week, period, quarter, year, season }

    public let name: String
    /// Rises when days that were in one period come into another.
    public let version: Int
    private let periodsOfUnit: [Unit: [CalendarPeriod]]
    /// By `CalendarPeriod.place` of seasons.
    public let seasonNames: [String]

    package init(
        name: String, version: Int, periods: [Unit: [CalendarPeriod]], seasonNames: [String] = []
    ) {
        self.name = name
        self.version = version
        periodsOfUnit = periods
        self.seasonNames = seasonNames
    }

    public func periods(of unit: Unit) -> [CalendarPeriod] { periodsOfUnit[unit] ?? [] }

    /// What time can be cut by, the finest first.
    public var grains: [CalendarGrain] {
        Unit.allCases.filter { periodsOfUnit[$0] != nil }.map { CalendarGrain(calendar: self, unit: $0) }
    }

    func grain(of unit: Unit) -> CalendarGrain? { grains.first { $0.unit == unit } }

    /// The grain that a year before is counted in: fiscal years, or the seasons of a year before.
    public var yearGrain: CalendarGrain? { grain(of: .year) ?? grain(of: .season) }

    /// By whose periods days are put beside those of an earlier year: weeks, or periods where there are no weeks.
    var finestUnit: Unit { grains.first?.unit ?? .season }
}

extension PeriodCalendar: Hashable {
    public static func == (left: PeriodCalendar, right: PeriodCalendar) -> Bool {
        left.name == right.name && left.version == right.version && left.seasonNames == right.seasonNames
            && left.periodsOfUnit == right.periodsOfUnit
    }

    /// A name stands once in a dictionary, so thousands of periods need not be gone through.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(name)
        hasher.combine(version)
    }
}

/// One way in which a calendar cuts time: `fiscal_week` of the calendar fiscal, `season` of the calendar season.
public struct CalendarGrain: Hashable, Sendable {
    public let calendar: PeriodCalendar
    public let unit: PeriodCalendar.Unit

    public init(calendar: PeriodCalendar, unit: PeriodCalendar.Unit) {
        self.calendar = calendar
        self.unit = unit
    }

    /// As a query writes it after `__`.
    public var name: String { unit == .season ? calendar.name : "\(calendar.name)_\(unit.rawValue)" }

    public var periods: [CalendarPeriod] { calendar.periods(of: unit) }

    /// Some days between the first and the last may be in no period.
    public var hasGaps: Bool { unit == .season }

    /// What people read: `FY2026-W14`, `FY2026-P03`, `FY2026-Q1`, `FY2026`, `双11 2025`.
    public func label(of period: CalendarPeriod) -> String {
        func padded(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return switch unit {
        case .week: "FY\(period.year)-W\(padded(period.place))"
        case .period: "FY\(period.year)-P\(padded(period.place))"
        case .quarter: "FY\(period.year)-Q\(period.place)"
        case .year: "FY\(period.year)"
        case .season:
            (calendar.seasonNames.indices.contains(period.place) ? calendar.seasonNames[period.place] + " " : "")
                + "\(period.year)"
        }
    }

    /// The position of the period that holds a day; nil where none does.
    ///
    /// Complexity: O(log of the periods).
    public func index(holding day: CivilDate) -> Int? {
        let periods = periods
        let next = firstIndex(beginningAfter: day)
        return next > 0 && periods[next - 1].past > day ? next - 1 : nil
    }

    public func period(holding day: CivilDate) -> CalendarPeriod? { index(holding: day).map { periods[$0] } }

    /// How many periods begin on or before a day.
    func firstIndex(beginningAfter day: CivilDate) -> Int {
        let periods = periods
        var low = 0
        var high = periods.count
        while low < high {
            let middle = (low + high) / 2
            if periods[middle].first <= day { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// The days around one that are in the same period, or in the same gap.
    ///
    /// - Returns: the period is nil for a gap.
    public func stretch(holding day: CivilDate) -> (first: CivilDate, past: CivilDate, period: CalendarPeriod?) {
        let periods = periods
        let next = firstIndex(beginningAfter: day)
        let past = next < periods.count ? periods[next].first : CivilDate(dayNumber: .max)
        guard next > 0 else { return (CivilDate(dayNumber: .min), past, nil) }
        let period = periods[next - 1]
        return period.past > day ? (period.first, period.past, period) : (period.past, past, nil)
    }

    /// The periods that have a day in common with a stretch of days.
    ///
    /// - Parameters:
    ///   - first: nil from the calendar's beginning.
    ///   - past: the day after the last; nil to the calendar's end.
    public func periods(from first: CivilDate?, until past: CivilDate?) -> ArraySlice<CalendarPeriod> {
        let periods = periods
        var start = first.map { firstIndex(beginningAfter: $0) } ?? 0
        if let first, start > 0, periods[start - 1].past > first { start -= 1 }
        let end = past.map { firstIndex(beginningAfter: CivilDate(dayNumber: $0.dayNumber - 1)) } ?? periods.count
        return periods[min(start, end)..<end]
    }
}
