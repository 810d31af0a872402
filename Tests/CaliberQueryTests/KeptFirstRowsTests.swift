import CaliberCore
import CaliberDictionary
import CaliberQuery
import CaliberTesting
import Testing

/// First rows of values that follow the table's changes are those that are found anew.
@Suite struct KeptFirstRowsTests {
    @Test(arguments: 7000..<7160 as Range<UInt64>)
    func `kept first rows are those found anew under any updates`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var orders = LivingOrders(shop: RandomShop.make(&generator, rowCount: 30))
        let buyerCount = [3, 12, 40].randomElement(using: &generator) ?? 3
        let momentCount = [2, 10, 60].randomElement(using: &generator) ?? 10
        fill(&orders, buyerCount, momentCount, &generator)
        let cache = PartialCache(
            byteLimit: [0, 12_000, 60_000, 50_000_000, 50_000_000].randomElement(using: &generator) ?? 0)
        let queries = (0..<4).map { _ in query(&generator, momentCount) }
        for round in 0..<10 {
            for query in queries.shuffled(using: &generator).prefix(3) {
                let plan = try orders.shop.planner.plan(query)
                let plain = try orders.executor(usesCache: false).evaluate(plan, now: CacheTests.now)
                let parallelism = [1, 3].randomElement(using: &generator) ?? 1
                if Int.random(in: 0..<4, using: &generator) == 0 {
                    _ = try orders.executor(cache: cache).explain(plan)
                }
                let prunes = Int.random(in: 0..<4, using: &generator) > 0
                let kept = try orders.executor(parallelism: parallelism, cache: cache, prunes: prunes)
                    .evaluate(plan, now: CacheTests.now)
                #expect(kept.rows == plain.rows, "seed \(seed), round \(round): \(query)")
                #expect(cache.byteCount <= cache.byteLimit)
            }
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                change(&orders, buyerCount, momentCount, &generator)
            }
        }
    }

    /// Twenty segments of five rows, buyer b0 first in the first and again in each fifth.
    private func twentySegments() -> LivingOrders {
        var orders = LivingOrders(shop: TestShop())
        for segment in 0..<20 {
            let rows = (0..<5).map { row in
                orders.order(
                    at: LivingOrders.firstMoment + Int64(segment * 5 + row) * LivingOrders.step,
                    buyer: row == 0 ? "b\(segment % 5)" : "c\(segment)-\(row)")
            }
            orders.append(rows)
        }
        return orders
    }

    @Test func `only segments whose rows or marks changed are scanned`() throws {
        var orders = twentySegments()
        let cache = PartialCache(byteLimit: 50_000_000)
        let plan = try orders.shop.planner.plan(TestShop.query("new_buyers", by: "metric_time__day,channel"))
        func scanned() throws -> Int {
            let outlook = try orders.executor(cache: cache).explain(plan).text
            let kept = try orders.executor(cache: cache).evaluate(plan, now: CacheTests.now)
            let plain = try orders.executor(usesCache: false).evaluate(plan, now: CacheTests.now)
            #expect(kept.rows == plain.rows)
            let count = kept.statistics.segmentsScanned
            #expect(outlook.contains("\(kept.statistics.segmentsCached) cached, \(count) scanned"), "\(outlook)")
            return count
        }
        #expect(try scanned() == 20)
        #expect(try scanned() == 0)
        orders.change(7) { $0[2]["amount"] = .integer(5) }
        #expect(try scanned() == 1)
        #expect(try scanned() == 0)
        // c9-3 comes earlier than where it was first: its old segment loses a mark.
        orders.change(3) { $0[1]["buyer"] = .text("c9-3") }
        #expect(try scanned() == 2)
        // It goes from there again: the old one gets the mark back.
        orders.change(3) { $0[1]["buyer"] = .text("c3-1") }
        #expect(try scanned() == 2)
        // b0 is next in the sixth.
        orders.change(0) { $0[0]["buyer"] = .null }
        #expect(try scanned() == 2)
        // The only row of a value goes.
        orders.change(11) { $0.remove(at: 4) }
        #expect(try scanned() == 1)
        orders.split(4, at: 2)
        #expect(try scanned() == 2)
        orders.join(4)
        #expect(try scanned() == 1)
        let last = LivingOrders.firstMoment + 200 * LivingOrders.step
        orders.append([orders.order(at: last, buyer: "b1"), orders.order(at: last, buyer: "new")])
        #expect(try scanned() == 1)
        // Rows that wait count for nobody.
        orders.append([orders.order(at: nil, buyer: "waiting")])
        #expect(try scanned() == 0)
        #expect(try scanned() == 0)
    }

    @Test func `of rows of one moment in two segments the first by key has the mark, whichever changes`() throws {
        var orders = twentySegments()
        let cache = PartialCache(byteLimit: 50_000_000)
        let plan = try orders.shop.planner.plan(TestShop.query("new_buyers", by: "channel"))
        let border = LivingOrders.firstMoment + 24 * LivingOrders.step
        func answer() throws -> [[AnswerValue]] {
            let kept = try orders.executor(cache: cache).evaluate(plan, now: CacheTests.now)
            let plain = try orders.executor(usesCache: false).evaluate(plan, now: CacheTests.now)
            #expect(kept.rows == plain.rows)
            return Array(kept.rows)
        }
        let before = try answer()
        orders.change(4) {
            $0[4]["buyer"] = .text("both")
            $0[4]["channel"] = .text("web")
            $0[4]["order_id"] = .text("y")
        }
        orders.change(5) {
            $0[0]["buyer"] = .text("both")
            $0[0]["paid_at"] = .integer(border)
            $0[0]["channel"] = .text("douyin")
            $0[0]["order_id"] = .text("x")
        }
        let second = try answer()
        #expect(second.count == before.count + 1)
        #expect(second.contains { $0[0] == .text("douyin") })
        orders.change(5) { $0[0]["order_id"] = .text("z") }
        #expect(try answer().contains { $0[0] == .text("web") })
        orders.change(4) { $0[4]["order_id"] = .text("zz") }
        #expect(try answer().contains { $0[0] == .text("douyin") })
        // In a segment that did not change itself: b0 is next in the eleventh, twice at one moment.
        orders.change(10) {
            $0[1] = $0[0].merging(["order_id": .text("a"), "channel": .text("gift")]) { $1 }
            $0[0]["order_id"] = .text("b")
        }
        #expect(try answer().contains { $0[0] == .text("gift") } == false)
        orders.change(0) { $0[0]["buyer"] = .null }
        orders.change(5) { $0[0]["buyer"] = .text("both") }
        #expect(try answer().contains { $0[0] == .text("gift") })
    }

    @Test func `queries to different ends share the marks`() throws {
        let orders = twentySegments()
        let cache = PartialCache(byteLimit: 50_000_000)
        func scanned(_ end: String?) throws -> Int {
            let plan = try orders.shop.planner.plan(TestShop.query("new_buyers", to: end))
            let kept = try orders.executor(cache: cache).evaluate(plan, now: CacheTests.now)
            #expect(kept.rows == (try orders.executor(usesCache: false).evaluate(plan, now: CacheTests.now)).rows)
            return kept.statistics.segmentsScanned
        }
        #expect(try scanned(nil) == 20)
        // The segment that the end cuts through.
        #expect(try scanned("2026-02-26T12:30:00Z") <= 1)
        #expect(try scanned(nil) == 0)
    }

    @Test func `marks that do not fit are not kept`() throws {
        let orders = twentySegments()
        let plan = try orders.shop.planner.plan(TestShop.query("new_buyers"))
        let cache = PartialCache(byteLimit: 2_000)
        for _ in 0..<2 {
            let found = try orders.executor(cache: cache).evaluate(plan, now: CacheTests.now)
            #expect(found.statistics.segmentsScanned == 20)
            #expect(cache.byteCount <= cache.byteLimit)
        }
    }

    // MARK: Random orders

    private func query(_ generator: inout SeededGenerator, _ momentCount: Int) -> MetricQuery {
        let metrics = ["new_buyers", "new_buyers", "new_large_buyers", "new_tea_buyers", "new_share", "new_notes"]
        var query = TestShop.query(
            metrics.randomElement(using: &generator) ?? "",
            by: [
                "", "channel", "metric_time__hour", "metric_time__day,channel", "buyer", "product__category",
                "order_id",
            ]
            .randomElement(using: &generator) ?? "")
        let filter = ["channel = 'app'", "amount > 20", "product__category = 'tea'"].randomElement(using: &generator)
        if Int.random(in: 0..<3, using: &generator) == 0 { query.filters = [filter].compactMap { $0 } }
        func moment() -> String {
            let steps = Int64.random(in: 0...Int64(momentCount), using: &generator)
            return Timestamp(microseconds: LivingOrders.firstMoment + steps * LivingOrders.step)
                .formatted(offsetSeconds: 0)
        }
        if Int.random(in: 0..<3, using: &generator) == 0 { query.endTime = moment() }
        if query.endTime == nil, Int.random(in: 0..<4, using: &generator) == 0 { query.startTime = moment() }
        return query
    }

    private func fill(
        _ orders: inout LivingOrders, _ buyerCount: Int, _ momentCount: Int, _ generator: inout SeededGenerator
    ) {
        let segmentRowCount = [1, 4, 12].randomElement(using: &generator) ?? 4
        let rowCount = Int.random(in: 20...120, using: &generator)
        let moments = (0..<rowCount).map { _ in moment(momentCount, &generator) ?? LivingOrders.firstMoment }.sorted()
        for start in stride(from: 0, to: rowCount, by: segmentRowCount) {
            let end = min(start + segmentRowCount, rowCount)
            let rows = (start..<end).map { order(&orders, at: moments[$0], buyerCount, &generator) }
            orders.append(rows)
        }
    }

    private func moment(_ count: Int, _ generator: inout SeededGenerator) -> Int64? {
        if Int.random(in: 0..<12, using: &generator) == 0 { return nil }
        return LivingOrders.firstMoment + Int64.random(in: 0..<Int64(count), using: &generator) * LivingOrders.step
    }

    private func buyer(_ count: Int, _ generator: inout SeededGenerator) -> String? {
        Int.random(in: 0..<10, using: &generator) == 0 ? nil : "b\(Int.random(in: 0..<count, using: &generator))"
    }

    private func order(
        _ orders: inout LivingOrders, at moment: Int64?, _ buyerCount: Int, _ generator: inout SeededGenerator
    ) -> [String: Cell] {
        orders.order(
            at: moment, buyer: buyer(buyerCount, &generator),
            [
                "amount": .integer(Int64.random(in: 0...20_000, using: &generator)),
                "channel": .text(["app", "web"].randomElement(using: &generator) ?? "app"),
                "sku": .text("s\(Int.random(in: 0..<5, using: &generator))"),
                "note": .text("note \(Int.random(in: 0..<5, using: &generator))"),
            ])
    }

    private func change(
        _ orders: inout LivingOrders, _ buyerCount: Int, _ momentCount: Int, _ generator: inout SeededGenerator
    ) {
        guard let part = orders.parts.indices.randomElement(using: &generator) else { return }
        let row = Int.random(in: 0..<orders.parts[part].rows.count, using: &generator)
        let other = order(&orders, at: moment(momentCount, &generator), buyerCount, &generator)
        switch Int.random(in: 0..<16, using: &generator) {
        case 0, 1: orders.change(part) { $0[row]["buyer"] = other["buyer"] }
        case 2: orders.change(part) { $0[row]["amount"] = other["amount"] }
        case 3: orders.change(part) { $0[row]["order_id"] = other["order_id"] }
        case 4, 5: orders.place(other, &generator)
        case 6: orders.change(part) { $0.remove(at: row) }
        case 7, 8, 9:
            var moved = orders.parts[part].rows[row]
            orders.change(part) { $0.remove(at: row) }
            moved["paid_at"] = other["paid_at"]
            orders.place(moved, &generator)
        case 10: orders.split(part, at: row)
        case 11: orders.join(part)
        case 12: orders.touch(part)
        case 13:
            let last = orders.parts.filter(\.isAnchored).last?.rows.last.flatMap(LivingOrders.moment)
            orders.append([order(&orders, at: last ?? LivingOrders.firstMoment, 2 * buyerCount, &generator)])
        case 14:
            guard orders.shop.tables["products"]?.rows.isEmpty == false else { return }
            orders.shop.tables["products"]?.rows[0]["category"] = .text(Bool.random(using: &generator) ? "tea" : "cups")
        default: if Int.random(in: 0..<3, using: &generator) == 0 { orders.renewPools() }
        }
    }
}
