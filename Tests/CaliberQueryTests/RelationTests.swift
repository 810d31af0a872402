import CaliberCore
import CaliberDictionary
import CaliberQuery
import CaliberTesting
import Testing

/// Metrics whose rows depend on other rows: first rows, balances, conversions.
@Suite struct RelationTests {
    /// Rows of which many share a moment.
    static func shop(_ generator: inout SeededGenerator) -> TestShop {
        var shop = RandomShop.make(&generator, rowCount: Int.random(in: 0...120, using: &generator))
        let step = [1, 3_600_000_000, 43_200_000_000, 4_000_000_000_000].randomElement(using: &generator) ?? 1
        for table in ["orders", "refunds"] {
            let rows = shop.tables[table]?.rows ?? []
            shop.tables[table]?.rows = rows.map { row in
                row.merging(
                    ["paid_at", "created_at", "refunded_at"].compactMap { name in
                        guard case .integer(let moment)? = row[name] else { return nil }
                        return (name, Cell.integer(moment - moment % Int64(step)))
                    }
                ) { $1 }
            }
        }
        return shop
    }

    static func query(_ generator: inout SeededGenerator) -> MetricQuery {
        var query = RandomShop.query(&generator)
        let dimensions = (RandomShop.sharedDimensions + RandomShop.ordersDimensions).shuffled(using: &generator)
        let times = query.groupBy.filter { $0.hasPrefix("metric_time") }
        query.groupBy = times + dimensions.prefix(Int.random(in: 0...2, using: &generator))
        query.metrics = ShopDictionary.relationMetrics.map(\.name).shuffled(using: &generator)
            .prefix(Int.random(in: 1...4, using: &generator)).map { MetricReference(name: $0) }
        return query
    }

    @Test(arguments: 0..<500 as Range<UInt64>)
    func `an answer is what looking at every other row gives`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let shop = RelationTests.shop(&generator)
        for _ in 0..<2 {
            let query = RelationTests.query(&generator)
            let expected = NaiveQuery(query, on: shop).rows()
            for parallelism in [1, 3] {
                let answer = try shop.answer(query, parallelism: parallelism)
                #expect(answer.rows == expected, "\(query)")
            }
        }
    }

    static let metricFilters = [
        "metric('orders', buyer) > 2", "metric('gmv', channel) > 300", "coalesce(metric('refunds', sku), 0) <= 1",
        "metric('refund_rate', channel) > 0.01 or metric('new_buyers', channel) >= 3",
        "not (metric('orders', buyer, channel) = 1)", "metric('last_created', buyer) > created_at",
        "metric('orders', sku) is null or amount > 20",
    ]

    @Test(arguments: 3000..<3200 as Range<UInt64>)
    func `a metric in a filter has the value it has when it is asked for alone`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let shop = RelationTests.shop(&generator)
        var query = RelationTests.query(&generator)
        query.metrics += [MetricReference(name: "orders"), MetricReference(name: "median_amount")]
        query.filters = Array(RelationTests.metricFilters.shuffled(using: &generator).prefix(1)) + query.filters
        let expected = NaiveQuery(query, on: shop).rows()
        #expect(try shop.answer(query, parallelism: 2).rows == expected, "\(query)")
    }

    @Test(arguments: 0..<40 as Range<UInt64>)
    func `new values of all periods add up to the distinct values`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let shop = RelationTests.shop(&generator)
        let total = try shop.answer("new_buyers,buyers").rows[0]
        #expect(total[0] == total[1])
        let byDay = try shop.answer("new_buyers", by: "metric_time__day,channel").rows
        #expect(byDay.compactMap { $0[2].double }.reduce(0, +) == total[1].double)
    }

    @Test(arguments: 0..<40 as Range<UInt64>)
    func `a rate never exceeds one where each base row converts once`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let shop = RelationTests.shop(&generator)
        let rates = try shop.answer("paid_within,refunded_buyers", by: "metric_time__day").rows
        #expect(rates.allSatisfy { row in row.dropFirst().allSatisfy { ($0.double ?? 0) <= 1 } })
    }
}
