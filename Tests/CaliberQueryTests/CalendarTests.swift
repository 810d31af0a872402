import CaliberCore
import CaliberDictionary
import CaliberQuery
import CaliberTesting
import Testing

/// Answers by the periods of declared calendars: fiscal years and seasons with gaps.
@Suite struct CalendarTests {
    @Test(arguments: 7000..<7200 as Range<UInt64>)
    func `an answer by periods is what looking up each row's day gives`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let made = RandomShop.make(&generator, rowCount: Int.random(in: 0...120, using: &generator))
        let shop = CalendarShop.random(made, &generator)
        let cache = PartialCache(byteLimit: 50_000_000)
        for _ in 0..<3 {
            let query = Self.query(shop, &generator)
            let expected = NaiveQuery(query, on: shop.shop).rows()
            let plan = try shop.shop.planner.plan(query)
            let plain = try shop.shop.executor(usesCache: false, prunes: false).evaluate(plan, now: CacheTests.now)
            #expect(plain.rows == expected, "\(query)")
            for parallelism in [1, 3] {
                let cached = try shop.shop.executor(parallelism: parallelism, cache: cache)
                    .evaluate(plan, now: CacheTests.now)
                #expect(cached.rows == plain.rows, "\(query)")
            }
            // Days, and other calendars, share what segments gave.
            var byDay = query
            byDay.groupBy = query.groupBy.map { $0.hasPrefix("metric_time__") ? "metric_time__day" : $0 }
            let dayPlan = try shop.shop.planner.plan(byDay)
            let days = try shop.shop.executor(cache: cache).evaluate(dayPlan, now: CacheTests.now)
            #expect(days.rows == (try shop.shop.answer(byDay).rows), "\(byDay)")
            let again = try shop.shop.executor(cache: cache).evaluate(plan, now: CacheTests.now)
            #expect(again.rows == plain.rows, "\(query)")
        }
    }

    private static func query(_ shop: CalendarShop, _ generator: inout SeededGenerator) -> MetricQuery {
        var query = RandomShop.query(&generator)
        let grains = shop.grains.map(\.name).shuffled(using: &generator)
        query.groupBy.removeAll { $0.hasPrefix("metric_time") || $0.hasPrefix("ship_day") }
        query.groupBy.insert(
            "metric_time__\(grains[0])", at: Int.random(in: 0...query.groupBy.count, using: &generator))
        let isOfOrders = !query.metrics.contains { RandomShop.shared.contains($0.name) }
        if isOfOrders, Bool.random(using: &generator) {
            query.groupBy.append(
                ["created_at__\(grains[1 % grains.count])", "ship_day__\(grains[2 % grains.count])"]
                    .randomElement(using: &generator) ?? "")
        }
        return query
    }

    @Test(arguments: 7500..<7540 as Range<UInt64>)
    func `a period beside an earlier one has that period's figures`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let made = RandomShop.make(&generator, rowCount: 120)
        let shop = CalendarShop.random(made, &generator)
        for grain in shop.grains {
            var query = TestShop.query(
                "gmv,buyers,median_amount,average_amount", by: "channel,metric_time__\(grain.name)")
            query.comparison = "prior_period"
            let answer = try shop.shop.answer(query)
            for row in answer.rows {
                guard case .text(let label) = row[1],
                    let period = grain.periods.first(where: { grain.label(of: $0) == label })
                else { continue }
                let position = grain.periods.firstIndex(of: period) ?? 0
                let earlier =
                    grain.unit == .season
                    ? grain.periods.first { $0.year == period.year - 1 && $0.place == period.place }
                    : position > 0 ? grain.periods[position - 1] : nil
                let wanted = try earlier.map { earlier in
                    try shop.shop.answer(
                        "gmv,buyers,median_amount,average_amount", by: "channel", from: "\(earlier.first)",
                        to: "\(earlier.last)"
                    ).rows.first { $0[0] == row[0] }
                }
                let priors = [3, 7, 11, 15].map { row[$0] }
                #expect(
                    priors == (wanted ?? nil).map { Array($0.dropFirst()) } ?? [.null, .null, .null, .null], "\(row)")
            }
        }
    }

    @Test(arguments: 7600..<7700 as Range<UInt64>)
    func `the shown SQL gives the answer by periods`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let made = RandomShop.make(&generator, rowCount: Int.random(in: 1...80, using: &generator))
        let shop = CalendarShop.random(made, &generator)
        let query = Self.queryAlongTime(shop, &generator)
        let plan: QueryPlan
        do { plan = try shop.shop.planner.plan(query) } catch let problems as DiagnosticList {
            #expect(problems.diagnostics.allSatisfy { $0.code == "nothing-earlier" }, "\(problems)")
            return
        }
        let sql = try shop.shop.executor().explain(plan).sql
        let oracle = try DuckDBOracle()
        for table in ["orders", "refunds"] { try FrameSQL.load(table, of: shop.shop, into: oracle) }
        let expected = try oracle.query(sql)
        let answer = try shop.shop.answer(query)
        #expect(answer.fields.map(\.name) == expected.columns)
        let isDimension = answer.fields.map { !$0.isMetric }
        let actual = FrameSQL.comparable(answer.rows.map { row in row.map(FrameSQL.number) }, isDimension)
        let wanted = FrameSQL.comparable(expected.rows.map { row in row.map(FrameSQL.number) }, isDimension)
        #expect(actual.map(\.description) == wanted.map(\.description), "\(query)\n\(sql)")
    }

    @Test(arguments: 7800..<7860 as Range<UInt64>)
    func `a balance has its last moment in each period, and the shown SQL says so`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let made = RandomShop.make(&generator, rowCount: Int.random(in: 1...80, using: &generator))
        let shop = CalendarShop.random(made, &generator)
        let grain = shop.grains.randomElement(using: &generator) ?? shop.grains[0]
        let query = TestShop.query("last_amount,last_orders,last_buyers", by: "metric_time__\(grain.name),channel")
        #expect(try shop.shop.answer(query).rows == NaiveQuery(query, on: shop.shop).rows(), "\(query)")
        guard seed < 7820 else { return }
        // Counts of a group that another metric's rows make are null here and 0 in SQL, so one metric is asked for.
        let one = TestShop.query("last_amount", by: "metric_time__\(grain.name),channel")
        let answer = try shop.shop.answer(one)
        let oracle = try DuckDBOracle()
        for table in ["orders", "refunds"] { try FrameSQL.load(table, of: shop.shop, into: oracle) }
        let sql = try shop.shop.executor().explain(shop.shop.planner.plan(one)).sql
        let expected = try oracle.query(sql)
        let isDimension = answer.fields.map { !$0.isMetric }
        let actual = FrameSQL.comparable(answer.rows.map { row in row.map(FrameSQL.number) }, isDimension)
        let wanted = FrameSQL.comparable(expected.rows.map { row in row.map(FrameSQL.number) }, isDimension)
        #expect(actual.map(\.description) == wanted.map(\.description), "\(query)\n\(sql)")
    }

    @Test(arguments: 7900..<7940 as Range<UInt64>)
    func `seasons and the days in none add up to the total`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let shop = CalendarShop.random(RandomShop.make(&generator, rowCount: 100), &generator)
        let total = try shop.shop.answer("orders,huge_total")
        for grain in shop.grains {
            let parts = try shop.shop.answer("orders,huge_total", by: "metric_time__\(grain.name)")
            for column in 1...2 {
                let sum = parts.rows.reduce(Int128(0)) { sum, row in
                    if case .integer(let value) = row[column] { sum + value } else { sum }
                }
                #expect(.integer(sum) == total.rows[0][column - 1] || parts.rows.isEmpty, "\(grain.name)")
            }
        }
    }

    private static let march: CalendarShop = {
        var shop = TestShop()
        let days = [
            ("2025-03-01", 10), ("2025-03-07", 20), ("2026-03-02", 1), ("2026-03-03", 2), ("2026-03-09", 4),
            ("2026-03-10", 8), ("2026-03-21", 16), ("2026-03-29", 32), ("2026-03-30", 64),
        ]
        shop.tables["orders"]?.rows = days.enumerated().map { number, day in
            [
                "order_id": .text("o\(number)"), "paid_at": Cell.moment("\(day.0)T12:00:00+08:00"),
                "amount": .integer(Int64(day.1) * 100), "buyer": .text("b\(number % 2)"), "channel": .text("app"),
            ]
        }
        return CalendarShop(shop, calendars: [TestShop.fiscal, TestShop.seasons])
    }()

    @Test func `a season is beside that of its name, and days in none beside nothing`() throws {
        var query = TestShop.query("gmv", by: "metric_time__season", order: "-metric_time__season")
        #expect(
            try Self.march.shop.answer(query).lines == [
                "春分 2026,16.00", "女神节 2026,6.00", "女神节 2025,30.00", ",105.00",
            ])
        query.order = []
        for comparison in ["prior_period", "prior_year", "1 season"] {
            query.comparison = comparison
            #expect(
                try Self.march.shop.answer(query).lines == [
                    "女神节 2025,30.00,,,", "女神节 2026,6.00,30.00,-24.00,-0.8", "春分 2026,16.00,,,", ",105.00,,,",
                ])
        }
        // As far as the range goes, the earlier season goes as well.
        (query.startTime, query.endTime) = ("2026-03-03", "2026-03-08")
        #expect(try Self.march.shop.answer(query).lines == ["女神节 2026,2.00,10.00,-8.00,-0.8"])
    }

    @Test func `the fiscal year begins anew where the last one ends`() throws {
        let query = TestShop.query(
            "gmv,gmv_fiscal_year_to_date", by: "metric_time__fiscal_week", from: "2026-03-16", to: "2026-04-05",
            fill: true)
        #expect(
            try Self.march.shop.answer(query).lines == [
                "FY2026-W51,16.00,31.00", "FY2026-W52,32.00,63.00", "FY2027-W01,64.00,64.00",
            ])
    }

    @Test func `what makes no sense is refused with the reason`() {
        func told(_ metrics: String, by groupBy: String, comparison: String?) -> String {
            var query = TestShop.query(metrics, by: groupBy, from: "2026-03-20", to: "2026-03-21")
            query.comparison = comparison
            do {
                return try Self.march.shop.answer(query).lines.joined(separator: "\n")
            } catch {
                return "\(error)"
            }
        }
        #expect(
            told("gmv", by: "metric_time__season", comparison: "prior_period")
                == "error[nothing-earlier]: There is nothing to compare with (prior_period): calendar season has no period "
                + "the same season a year earlier for any period of the query. Ask for later periods, or declare the "
                + "earlier ones in the calendar.")
        #expect(
            told("gmv", by: "metric_time__fiscal_moth", comparison: nil)
                == "error[unknown-grain]: \"fiscal_moth\" in \"metric_time__fiscal_moth\" is no grain. Did you mean "
                + "\"fiscal_week\" or \"fiscal_year\"? Grains are hour, day, week, month, quarter, year; of calendars, fiscal_week, fiscal_period, fiscal_quarter, fiscal_year, "
                + "season.")
        #expect(
            told("gmv", by: "metric_time__day", comparison: "1 fiscal_yaer").hasPrefix("error[unknown-comparison]"))
    }

    private static func queryAlongTime(_ shop: CalendarShop, _ generator: inout SeededGenerator) -> MetricQuery {
        let grain = shop.grains.randomElement(using: &generator) ?? shop.grains[0]
        let other = shop.grains.randomElement(using: &generator) ?? grain
        let metrics = [
            "gmv", "buyers", "median_amount", "gmv_7d", "gmv_mtd", "gmv_\(other.name)_to_date",
            "buyers_\(other.name)_to_date", "orders_\(other.name)_to_date_daily", "buyers_earlier_\(other.name)",
            "gmv_at_start_\(other.name)", "gmv_growth",
        ].shuffled(using: &generator)
        var query = MetricQuery(
            metrics: metrics.prefix(Int.random(in: 1...3, using: &generator)).map { MetricReference(name: $0) })
        query.groupBy = ["metric_time__\(Int.random(in: 0..<4, using: &generator) == 0 ? "day" : grain.name)"]
        if Bool.random(using: &generator) { query.groupBy.append("channel") }
        if Bool.random(using: &generator) {
            let ranges = [
                ("1969-12-01", "1970-02-28"), ("2025-12-01", "2026-02-28"), ("2018-02-01", "2018-03-31"),
                ("2026-03-01", "2026-05-31"),
            ]
            if let range = ranges.randomElement(using: &generator) { (query.startTime, query.endTime) = range }
        }
        if Int.random(in: 0..<2, using: &generator) == 0 {
            query.comparison = ["prior_period", "prior_year", "1 \(other.name)"].randomElement(using: &generator)
        }
        return query
    }
}
