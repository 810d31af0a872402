import CaliberCore
import CaliberDictionary
import CaliberTesting
import Testing

/// Fiscal years by rules that firms publish.
@Suite struct FiscalRuleTests {
    /// The US National Retail Federation's 4-5-4 calendar: the year ends on the Saturday nearest to the end of January
    /// and is named by the year it begins in.
    static let retail = calendar(
        FiscalRule(weeksOfPeriods: [4, 5, 4], endMonth: 1, endWeekday: 6, choice: .nearest, isNamedByStart: true))

    static func calendar(_ rule: FiscalRule) -> PeriodCalendar {
        PeriodCalendar(name: "fiscal", version: 1, periods: rule.periods)
    }

    private func spans(_ calendar: PeriodCalendar, _ unit: PeriodCalendar.Unit, of year: Int) -> [String] {
        let grain = CalendarGrain(calendar: calendar, unit: unit)
        return grain.periods.filter { $0.year == year }.map { "\(grain.label(of: $0)) \($0.first) \($0.last)" }
    }

    @Test(arguments: [
        (2006, "2006-01-29", "2007-02-03"), (2012, "2012-01-29", "2013-02-02"), (2017, "2017-01-29", "2018-02-03"),
        (2022, "2022-01-30", "2023-01-28"), (2023, "2023-01-29", "2024-02-03"), (2024, "2024-02-04", "2025-02-01"),
        (2025, "2025-02-02", "2026-01-31"),
    ])
    func `retail years begin and end where they are published to`(year: Int, first: String, last: String) {
        #expect(spans(Self.retail, .year, of: year) == ["FY\(year) \(first) \(last)"])
    }

    @Test func `the retail years of 53 weeks are the published ones`() {
        let long = Self.retail.periods(of: .year).filter { (2000...2025).contains($0.year) && $0.dayCount == 371 }
        #expect(long.map(\.year) == [2000, 2006, 2012, 2017, 2023])
    }

    @Test func `periods of a retail year have four, five and four weeks, the last one five where there are 53`() {
        let periods = Self.retail.periods(of: .period).filter { $0.year == 2023 }
        #expect(periods.map { $0.dayCount / 7 } == [4, 5, 4, 4, 5, 4, 4, 5, 4, 4, 5, 5])
        #expect(spans(Self.retail, .period, of: 2023).first == "FY2023-P01 2023-01-29 2023-02-25")
        #expect(spans(Self.retail, .period, of: 2023).last == "FY2023-P12 2023-12-31 2024-02-03")
        #expect(spans(Self.retail, .week, of: 2023).last == "FY2023-W53 2024-01-28 2024-02-03")
        #expect(
            spans(Self.retail, .quarter, of: 2024) == [
                "FY2024-Q1 2024-02-04 2024-05-04", "FY2024-Q2 2024-05-05 2024-08-03",
                "FY2024-Q3 2024-08-04 2024-11-02", "FY2024-Q4 2024-11-03 2025-02-01",
            ])
    }

    /// Years that end on the last Saturday of September, as a large firm reports them.
    @Test(arguments: [
        (2006, "2005-09-25", "2006-09-30"), (2012, "2011-09-25", "2012-09-29"), (2016, "2015-09-27", "2016-09-24"),
        (2017, "2016-09-25", "2017-09-30"), (2022, "2021-09-26", "2022-09-24"), (2023, "2022-09-25", "2023-09-30"),
        (2024, "2023-10-01", "2024-09-28"),
    ])
    func `years that end on a month's last weekday`(year: Int, first: String, last: String) {
        let calendar = Self.calendar(
            FiscalRule(weeksOfPeriods: [5, 4, 4], endMonth: 9, endWeekday: 6, choice: .last, isNamedByStart: false))
        #expect(spans(calendar, .year, of: year) == ["FY\(year) \(first) \(last)"])
    }

    @Test func `years of months have months as periods, and no weeks`() {
        let calendar = Self.calendar(
            FiscalRule(weeksOfPeriods: nil, endMonth: 3, endWeekday: 7, choice: .nearest, isNamedByStart: false))
        #expect(calendar.grains.map(\.name) == ["fiscal_period", "fiscal_quarter", "fiscal_year"])
        #expect(spans(calendar, .year, of: 2024) == ["FY2024 2023-04-01 2024-03-31"])
        #expect(spans(calendar, .period, of: 2024)[10] == "FY2024-P11 2024-02-01 2024-02-29")
    }

    @Test(arguments: 0..<200 as Range<UInt64>)
    func `periods of every unit tile the days, each in the one that holds its weeks`(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let patterns: [[Int]?] = [[4, 4, 5], [4, 5, 4], [5, 4, 4], nil]
        let rule = FiscalRule(
            weeksOfPeriods: patterns.randomElement(using: &generator) ?? nil,
            endMonth: Int.random(in: 1...12, using: &generator), endWeekday: Int.random(in: 1...7, using: &generator),
            choice: Bool.random(using: &generator) ? .nearest : .last,
            isNamedByStart: Bool.random(using: &generator))
        let calendar = Self.calendar(rule)
        for grain in calendar.grains {
            for (period, next) in zip(grain.periods, grain.periods.dropFirst()) {
                #expect(period.past == next.first, "\(rule)")
                #expect(period.first < period.past, "\(rule)")
            }
            for _ in 0..<20 {
                let day = CivilDate(dayNumber: Int32.random(in: 400...47_000, using: &generator))
                let found = grain.period(holding: day)
                #expect(found.map { $0.first <= day && day < $0.past } == true, "\(rule), \(day)")
            }
        }
        for year in calendar.periods(of: .year) {
            let weeks = calendar.periods(of: .week).filter { $0.year == year.year }
            #expect(rule.weeksOfPeriods == nil || weeks.count == 52 || weeks.count == 53, "\(rule), \(year)")
        }
        let labels = calendar.grains.flatMap { grain in grain.periods.map(grain.label(of:)) }
        #expect(Set(labels).count == labels.count, "\(rule)")
    }
}

/// What is put beside periods of earlier years.
@Suite struct EarlierPeriodTests {
    private let retail = FiscalRuleTests.retail

    private func beside(
        _ label: String, _ unit: PeriodCalendar.Unit, _ count: Int, _ long: PeriodCalendar.Unit
    ) -> String {
        let grain = CalendarGrain(calendar: retail, unit: unit)
        let longGrain = CalendarGrain(calendar: retail, unit: long)
        guard let period = grain.periods.first(where: { grain.label(of: $0) == label }) else { return "no such" }
        guard let first = longGrain.start(period.first, earlierBy: count, shownBy: grain),
            let past = longGrain.end(period.past, earlierBy: count, shownBy: grain)
        else { return "nothing" }
        return "\(first) \(CivilDate(dayNumber: past.dayNumber - 1))"
    }

    @Test func `a period is put beside the whole period of its number, a 53rd week beside nothing`() {
        #expect(beside("FY2024-P12", .period, 1, .year) == "2023-12-31 2024-02-03")
        #expect(beside("FY2023-P12", .period, 1, .year) == "2023-01-01 2023-01-28")
        #expect(beside("FY2024-W52", .week, 1, .year) == "2024-01-21 2024-01-27")
        #expect(beside("FY2023-W53", .week, 1, .year) == "nothing")
        #expect(beside("FY2024-W01", .week, 1, .week) == "2024-01-28 2024-02-03")
        #expect(beside("FY2024-Q1", .quarter, 1, .quarter) == "2023-10-29 2024-02-03")
        #expect(beside("FY2024-P01", .period, 2, .year) == "2022-01-30 2022-02-26")
        #expect(beside("FY2024", .year, 1, .year) == "2023-01-29 2024-02-03")
        #expect(beside("FY2024-W09", .week, 1, .quarter) == "2023-12-24 2023-12-30")
    }

    @Test func `days are put beside the same day of the same week`() {
        let years = CalendarGrain(calendar: retail, unit: .year)
        let monday = CivilDate(year: 2024, month: 2, day: 5)
        #expect(years.start(monday, earlierBy: 1, shownBy: nil) == CivilDate(year: 2023, month: 1, day: 30))
        #expect(years.start(CivilDate(year: 2024, month: 1, day: 30), earlierBy: 1, shownBy: nil) == nil)
    }
}
