import CaliberCore
import CaliberDictionary
import CaliberQuery
import CaliberTesting

/// The shop with calendars of its own, and metrics that go by them.
struct CalendarShop {
    var shop: TestShop
    let calendars: [PeriodCalendar]

    init(_ shop: TestShop, calendars: [PeriodCalendar]) {
        self.calendars = calendars
        self.shop = shop
        self.shop.dictionary = ShopDictionary.dictionary(
            tables: ShopDictionary.tables, metrics: ShopDictionary.metrics + CalendarShop.metrics(calendars))
        self.shop.dictionary.calendars = calendars.map {
            CalendarDefinition(
                calendar: $0, label: $0.name, labelZH: nil, description: nil, owner: "team:finance", content: .years,
                location: ShopDictionary.here)
        }
    }

    var grains: [CalendarGrain] { calendars.flatMap(\.grains) }

    /// A fiscal calendar by a random rule, and seasons with random gaps, around the days that random rows have.
    static func random(_ shop: TestShop, _ generator: inout SeededGenerator) -> CalendarShop {
        let patterns: [[Int]?] = [[4, 4, 5], [4, 5, 4], [5, 4, 4], nil]
        let rule = FiscalRule(
            weeksOfPeriods: patterns.randomElement(using: &generator) ?? nil,
            endMonth: Int.random(in: 1...12, using: &generator),
            endWeekday: Int.random(in: 1...7, using: &generator),
            choice: Bool.random(using: &generator) ? .nearest : .last,
            isNamedByStart: Bool.random(using: &generator))
        return CalendarShop(
            shop,
            calendars: [
                PeriodCalendar(name: "fiscal", version: 1, periods: rule.periods),
                seasons(&generator),
            ])
    }

    private static func seasons(_ generator: inout SeededGenerator) -> PeriodCalendar {
        var periods: [CalendarPeriod] = []
        for year in [1969, 1970, 2017, 2018, 2025, 2026] {
            var day = CivilDate(year: year, month: 1, day: 1).dayNumber
            for place in [0, 1, 2].shuffled(using: &generator) where Int.random(in: 0..<5, using: &generator) > 0 {
                day += Int32.random(in: 0...40, using: &generator)
                let past = day + Int32.random(in: 1...70, using: &generator)
                periods.append(
                    CalendarPeriod(
                        first: CivilDate(dayNumber: day), past: CivilDate(dayNumber: past), year: year, place: place))
                day = past
            }
        }
        return PeriodCalendar(
            name: "season", version: 1, periods: [.season: periods], seasonNames: ["618", "it's 11", "年货节"])
    }

    private static func metrics(_ calendars: [PeriodCalendar]) -> [MetricDefinition] {
        calendars.flatMap(\.grains).flatMap { grain -> [MetricDefinition] in
            let name = grain.name
            return [
                ShopDictionary.over("gmv", .toDate(.custom(grain)), .last, "gmv_\(name)_to_date"),
                ShopDictionary.over("buyers", .toDate(.custom(grain)), .first, "buyers_\(name)_to_date"),
                ShopDictionary.over(
                    "orders", .toDate(.custom(grain)), .average, "orders_\(name)_to_date_daily", type: .number),
                ShopDictionary.metric(
                    "buyers_earlier_\(name)", .integer,
                    .derived(
                        expression: ShopDictionary.compile("before", [ColumnReference(name: "before"): .integer]),
                        inputs: [ShopDictionary.input("buyers", alias: "before", offset: .earlier(1, grain))])),
                ShopDictionary.metric(
                    "gmv_at_start_\(name)", ShopDictionary.money,
                    .derived(
                        expression: ShopDictionary.compile(
                            "start", [ColumnReference(name: "start"): ShopDictionary.money]),
                        inputs: [ShopDictionary.input("gmv", alias: "start", offset: .toStart(of: .custom(grain)))])),
            ]
        }
    }
}

extension TestShop {
    /// A season of spring 2026 that the year before had as well, and one that it had not; weeks of a 4-4-5 year that
    /// ends near the end of March.
    static let seasons = PeriodCalendar(
        name: "season", version: 1,
        periods: [
            .season: [
                CalendarPeriod(first: day("2025-03-01"), past: day("2025-03-08"), year: 2025, place: 0),
                CalendarPeriod(first: day("2026-03-03"), past: day("2026-03-10"), year: 2026, place: 0),
                CalendarPeriod(first: day("2026-03-20"), past: day("2026-03-22"), year: 2026, place: 1),
            ]
        ], seasonNames: ["女神节", "春分"])

    static let fiscal = PeriodCalendar(
        name: "fiscal", version: 1,
        periods: FiscalRule(
            weeksOfPeriods: [4, 4, 5], endMonth: 3, endWeekday: 7, choice: .nearest, isNamedByStart: false
        ).periods)

    static func day(_ text: String) -> CivilDate {
        var copy = text
        return copy.withUTF8 { bytes in (try? TimestampText.parseDate(bytes)) ?? CivilDate(dayNumber: 0) }
    }
}
