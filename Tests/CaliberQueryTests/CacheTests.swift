import CaliberCore
import CaliberQuery
import CaliberTesting
import Testing

/// What is kept between queries never shows in an answer.
@Suite struct CacheTests {
    @Test(arguments: 5000..<5060 as Range<UInt64>)
    func `a cached answer is the scanned answer under any updates`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var shop = RandomShop.make(&generator, rowCount: 160)
        let cache = PartialCache(byteLimit: [0, 20_000, 50_000_000].randomElement(using: &generator) ?? 0)
        let queries = (0..<3).map { _ in RandomShop.query(&generator) }
        for _ in 0..<6 {
            for query in queries {
                let plan = try shop.planner.plan(query)
                let plain = try shop.executor(usesCache: false, prunes: false).evaluate(plan, now: Self.now)
                for parallelism in [1, 3] {
                    let cached = try shop.executor(parallelism: parallelism, cache: cache).evaluate(plan, now: Self.now)
                    #expect(cached.rows == plain.rows, "seed \(seed): \(query)")
                    #expect(cached.render(as: .json) == plain.render(as: .json), "seed \(seed): \(query)")
                }
                let unpruned = try shop.executor(cache: cache, prunes: false).evaluate(plan, now: Self.now)
                #expect(unpruned.rows == plain.rows, "seed \(seed): \(query)")
            }
            change(&shop, &generator)
        }
    }

    @Test func `asked again, nothing is read; after one order changed, its segment is`() throws {
        var generator = SeededGenerator(seed: 1)
        var shop = RandomShop.make(&generator, rowCount: 300)
        shop.tables["orders"]?.segmentRowCount = 10
        let cache = PartialCache(byteLimit: 10_000_000)
        let plan = try shop.planner.plan(TestShop.query("gmv,orders,buyers,median_amount", by: "channel"))
        let first = try shop.executor(cache: cache).evaluate(plan, now: Self.now).statistics
        #expect(first.segmentsScanned > 20)
        #expect(first.segmentsCached == 0)
        let second = try shop.executor(cache: cache).evaluate(plan, now: Self.now).statistics
        #expect(second.segmentsScanned == 0)
        #expect(second.segmentsCached == first.segmentsScanned)
        guard let paid = shop.tables["orders"]?.rows.firstIndex(where: { $0["paid_at"] != .null }) else { return }
        shop.tables["orders"]?.rows[paid]["amount"] = .integer(123_456)
        let third = try shop.executor(cache: cache).evaluate(plan, now: Self.now)
        #expect(third.statistics.segmentsScanned == 1)
        #expect(third.rows == (try shop.executor().evaluate(plan, now: Self.now).rows))
    }

    @Test(arguments: 8000..<8060 as Range<UInt64>)
    func `distinct counts follow the segments of a growing table`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var orders = LivingOrders(shop: TestShop())
        let buyerCount = [4, 30, 90].randomElement(using: &generator) ?? 4
        func buyer() -> Cell { .text("b\(Int.random(in: 0..<buyerCount, using: &generator))") }
        for segment in 0..<16 {
            orders.append(
                (0..<6).map { row in
                    let channel = ["app", "web"].randomElement(using: &generator) ?? "app"
                    return orders.order(
                        at: LivingOrders.firstMoment + Int64(segment * 6 + row) * LivingOrders.step, buyer: nil,
                        ["buyer": buyer(), "channel": .text(channel)])
                })
        }
        let cache = PartialCache(byteLimit: 50_000_000)
        let plans = try ["", "channel"].map { try orders.shop.planner.plan(TestShop.query("buyers", by: $0)) }
        for round in 0..<25 {
            for plan in plans {
                let plain = try orders.executor(usesCache: false).evaluate(plan, now: Self.now)
                let kept = try orders.executor(parallelism: [1, 3][round / 12 % 2], cache: cache)
                    .evaluate(plan, now: Self.now)
                #expect(kept.rows == plain.rows, "seed \(seed), round \(round)")
            }
            for _ in 0..<Int.random(in: 1...2, using: &generator) {
                let part = Int.random(in: 0..<orders.parts.count, using: &generator)
                // Mostly a segment comes again with all the buyers it had, sometimes without one of them or with another.
                let change: (name: String, value: Cell) =
                    Int.random(in: 0..<3, using: &generator) == 0 ? ("buyer", buyer()) : ("amount", .integer(7))
                orders.change(part) { $0[Int.random(in: 0..<$0.count, using: &generator)][change.name] = change.value }
            }
        }
    }

    @Test func `rows that hold at one moment are told with every answer that joins them, kept or not`() throws {
        var shop = TestShop()
        func tier(_ level: String, from: Int64, to: Int64) -> [String: Cell] {
            ["sku": .text("a"), "valid_from": .integer(from), "valid_to": .integer(to), "level": .text(level)]
        }
        shop.tables["orders"]?.rows = [
            [
                "order_id": .text("1"), "sku": .text("a"), "created_at": .integer(25), "paid_at": .integer(30),
                "amount": .integer(100),
            ]
        ]
        shop.tables["tiers"]?.rows = [tier("silver", from: 10, to: 30), tier("gold", from: 20, to: 40)]
        let cache = PartialCache(byteLimit: 10_000_000)
        let plan = try shop.planner.plan(TestShop.query("gmv", by: "tier__level"))
        for scannedSegmentCount in [1, 0] {
            let answer = try shop.executor(cache: cache).evaluate(plan, now: Self.now)
            #expect(answer.lines == ["gold,1.00"])
            #expect(answer.warnings.map(\.code) == ["validity-overlap"])
            #expect(answer.render(as: .json).contains("\"code\":\"validity-overlap\""))
            #expect(answer.statistics.segmentsScanned == scannedSegmentCount)
        }
        shop.tables["tiers"]?.rows = [tier("silver", from: 10, to: 20), tier("gold", from: 20, to: 40)]
        let sound = try shop.executor(cache: cache).evaluate(plan, now: Self.now)
        #expect(sound.warnings.isEmpty)
        #expect(sound.statistics.segmentsScanned == 1)
    }

    @Test func `the cache stays within its limit`() throws {
        var generator = SeededGenerator(seed: 2)
        let shop = RandomShop.make(&generator, rowCount: 500)
        let cache = PartialCache(byteLimit: 40_000)
        for _ in 0..<40 {
            let plan = try shop.planner.plan(RandomShop.query(&generator))
            _ = try shop.executor(cache: cache).evaluate(plan, now: Self.now)
            #expect(cache.byteCount <= cache.byteLimit)
        }
    }

    static let now = Timestamp(microseconds: 0)

    /// A few rows change, come or go, in orders and in the tables that queries join.
    private func change(_ shop: inout TestShop, _ generator: inout SeededGenerator) {
        let other = RandomShop.make(&generator, rowCount: 40)
        for table in ["orders", "orders", "refunds", "products"] {
            guard Int.random(in: 0..<3, using: &generator) > 0,
                let donor = other.tables[table]?.rows.randomElement(using: &generator),
                var rows = shop.tables[table]?.rows, !rows.isEmpty
            else { continue }
            let place = Int.random(in: 0..<rows.count, using: &generator)
            switch Int.random(in: 0..<4, using: &generator) {
            case 0: rows.remove(at: place)
            case 1 where table != "products": rows.append(donor)
            default:
                let keys = rows[place].filter { ["order_id", "refund_id", "sku"].contains($0.key) }
                rows[place] = donor.merging(keys) { _, own in own }
            }
            shop.tables[table]?.rows = rows
        }
    }
}
