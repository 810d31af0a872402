import CaliberCore

/// How fiscal years are cut by a rule: whole weeks in a pattern, or months.
///
/// Years of weeks end on one weekday near the end of a month. Where that leaves 53 weeks, the last is the last week of
/// the last period.
public struct FiscalRule: Hashable, Sendable {
    /// Weeks of the three periods of a quarter; nil: periods are months.
    public let weeksOfPeriods: [Int]?
    /// The month at whose end the year ends, 1 to 12.
    public let endMonth: Int
    /// The weekday that the year ends on, 1 for Monday; weeks begin on the one after it. Unused for months.
    public let endWeekday: Int
    public let choice: Choice
    /// The year is named by the calendar year that it begins in, not the one that it ends in.
    public let isNamedByStart: Bool

    public enum Choice: String, Hashable, Sendable, CaseIterable {
        /// The weekday nearest to the month's last day, before or after it.
        case nearest
        /// The last one within the month.
        case last
    }

    public init(weeksOfPeriods: [Int]?, endMonth: Int, endWeekday: Int, choice: Choice, isNamedByStart: Bool) {
        self.weeksOfPeriods = weeksOfPeriods
        self.endMonth = endMonth
        self.endWeekday = endWeekday
        self.choice = choice
        self.isNamedByStart = isNamedByStart
    }

    /// Fiscal years that are tabled, by the calendar year that they end in; days outside of them are in no period.
    static let endYears = 1970...2100

    /// The day after the last of the year that ends at the end of `endMonth` of a calendar year, or near it.
    func past(endYear: Int) -> CivilDate {
        let monthEnd =
            CivilDate(year: endYear, month: endMonth, day: CivilDate.dayCount(year: endYear, month: endMonth))
        guard weeksOfPeriods != nil else { return CivilDate(dayNumber: monthEnd.dayNumber + 1) }
        let daysBack = (monthEnd.isoWeekday - endWeekday + 7) % 7
        let isAfter = choice == .nearest && daysBack > 3
        return CivilDate(dayNumber: monthEnd.dayNumber + Int32(isAfter ? 7 - daysBack : -daysBack) + 1)
    }

    private func name(endYear: Int) -> Int { isNamedByStart && endMonth < 12 ? endYear - 1 : endYear }

    /// Every year, period, quarter and week that is tabled.
    package var periods: [PeriodCalendar.Unit: [CalendarPeriod]] {
        var years: [FiscalYear] = []
        for endYear in FiscalRule.endYears {
            let (first, past) = (past(endYear: endYear - 1), past(endYear: endYear))
            years.append(FiscalYear(year: name(endYear: endYear), starts: starts(from: first), past: past))
        }
        return FiscalYear.periods(of: years, hasWeeks: weeksOfPeriods != nil)
    }

    /// The first day of each of the twelve periods.
    private func starts(from first: CivilDate) -> [CivilDate] {
        guard let pattern = weeksOfPeriods else { return (0..<12).map { first.adding(months: $0) } }
        var starts: [CivilDate] = []
        var day = first.dayNumber
        for period in 0..<12 {
            starts.append(CivilDate(dayNumber: day))
            day += Int32(pattern[period % 3] * 7)
        }
        return starts
    }
}

/// One fiscal year by the days its periods begin on.
struct FiscalYear {
    let year: Int
    /// Ascending, the first of the year among them.
    let starts: [CivilDate]
    let past: CivilDate

    /// The years, periods, quarters where periods come in threes, and weeks where they are whole.
    ///
    /// - Parameter years: in the order of time.
    static func periods(of years: [FiscalYear], hasWeeks: Bool) -> [PeriodCalendar.Unit: [CalendarPeriod]] {
        var found: [PeriodCalendar.Unit: [CalendarPeriod]] = [
            .period: years.flatMap { $0.cut(at: $0.starts) },
            .year: years.map { CalendarPeriod(first: $0.starts[0], past: $0.past, year: $0.year, place: 1) },
        ]
        if years.allSatisfy({ $0.starts.count == 12 }) {
            found[.quarter] = years.flatMap { year in
                year.cut(at: [0, 3, 6, 9].map { year.starts[$0] })
            }
        }
        if hasWeeks {
            found[.week] = years.flatMap { year in
                year.cut(
                    at: stride(from: year.starts[0].dayNumber, to: year.past.dayNumber, by: 7).map {
                        CivilDate(dayNumber: $0)
                    })
            }
        }
        return found
    }

    /// Whether every period is whole weeks.
    var isOfWeeks: Bool {
        (starts + [past]).allSatisfy { ($0.dayNumber - starts[0].dayNumber) % 7 == 0 }
    }

    private func cut(at starts: [CivilDate]) -> [CalendarPeriod] {
        zip(starts, starts.dropFirst() + [past]).enumerated().map { position, days in
            CalendarPeriod(first: days.0, past: days.1, year: year, place: position + 1)
        }
    }
}
