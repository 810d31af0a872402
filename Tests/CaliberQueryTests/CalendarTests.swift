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
