import CaliberCore
import CaliberDictionary
import CaliberQuery
import CaliberTesting
import Testing

/// Windows and earlier periods over random rows are what listing their days one by one gives.
@Suite struct RandomFrameTests {
    @Test(arguments: 0..<300 as Range<UInt64>)
    func `a metric along time is what counting day by day gives`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let shop = RandomShop.make(&generator, rowCount: Int.random(in: 0...80, using: &generator))
        for _ in 0..<2 {
            let query = RandomFrames.query(&generator)
            let expected = NaiveQuery(query, on: shop).rows()
            let answer = try shop.answer(query, parallelism: Int.random(in: 1...3, using: &generator))
            #expect(answer.rows.count == expected.count, "\(query)")
            for (row, wanted) in zip(answer.rows, expected) where !RandomFrames.agree(row, wanted) {
                Issue.record("\(row) is not \(wanted): \(query)")
            }
        }
    }

    @Test(arguments: 500..<520 as Range<UInt64>)
    func `it is the same to the bit however many threads read`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var shop = RandomShop.make(&generator, rowCount: 300)
        shop.tables["orders"]?.segmentRowCount = 9
        let query = RandomFrames.query(&generator)
        let serial = try shop.answer(query, parallelism: 1)
        for parallelism in [2, 5] {
            #expect(try shop.answer(query, parallelism: parallelism).rows == serial.rows)
        }
    }
}

enum RandomFrames {
    static let ordersOnly = ShopDictionary.metricsAlongTime.map(\.name).filter { !$0.hasPrefix("refund") }
    static let shared = ["gmv_7d", "refund_total_7d_daily", "refund_rate_mtd", "gmv_mtd", "gmv_ever", "gmv_last_week"]
    static let ordinary = ["gmv", "orders", "buyers"]

    static func query(_ generator: inout SeededGenerator) -> MetricQuery {
        let spansTables = Int.random(in: 0..<4, using: &generator) == 0
        var metrics = (spansTables ? shared : ordersOnly).shuffled(using: &generator)
            .prefix(Int.random(in: 1...3, using: &generator)).map { $0 }
        if Bool.random(using: &generator) { metrics += ordinary.shuffled(using: &generator).prefix(1) }
        let dimensions =
            (spansTables
            ? RandomShop.sharedDimensions : ["channel", "status", "gift", "product__category", "quantity", "ship_day"])
            .shuffled(using: &generator)
        var groupBy = Array(dimensions.prefix(Int.random(in: 0...2, using: &generator)))
        let isTimed = Int.random(in: 0..<5, using: &generator) > 0
        if isTimed {
            let grain = [TimeGrain.day, .day, .week, .month, .quarter, .year].randomElement(using: &generator) ?? .day
            groupBy.insert("metric_time__\(grain.rawValue)", at: Int.random(in: 0...groupBy.count, using: &generator))
        }
        if !isTimed { metrics.removeAll { $0 == "gmv_at_start" } }
        if metrics.isEmpty { metrics = ["gmv_7d"] }
        var query = MetricQuery(
            metrics: metrics.map { MetricReference(name: $0) }, groupBy: groupBy,
            filters: Int.random(in: 0..<3, using: &generator) == 0 ? ["channel = 'app' or channel is null"] : [])
        query.timeZone =
            ["America/Sao_Paulo", "Asia/Shanghai", "Australia/Lord_Howe", "UTC", nil]
            .randomElement(using: &generator) ?? nil
        // An offset without metric_time needs both ends.
        let ranges = [
            ("1969-12-31", "1970-02-03"), ("2025-12-31", "2026-02-27"), ("2018-02-18", "2018-03-28"),
            ("2018-11-04", "2018-12-31"), ("2026-04-01", "2026-05-29"),
        ]
        if !isTimed || Bool.random(using: &generator), let range = ranges.randomElement(using: &generator) {
            query.startTime = range.0
            query.endTime = range.1
            if isTimed, Int.random(in: 0..<3, using: &generator) == 0 { query.startTime = nil }
            if isTimed, Int.random(in: 0..<3, using: &generator) == 0 { query.endTime = nil }
        }
        return query
    }

    /// Averages of averages are floats, summed in another order.
    static func agree(_ row: [AnswerValue], _ wanted: [AnswerValue]) -> Bool {
        zip(row, wanted).allSatisfy { value, other in
            guard case .number(let first) = value, case .number(let second) = other else { return value == other }
            return abs(first - second) <= 1e-9 * max(1, abs(first), abs(second))
        }
    }
}
