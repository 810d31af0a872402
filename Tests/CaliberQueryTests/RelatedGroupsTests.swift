import CaliberCore
import CaliberDictionary
import CaliberQuery
import CaliberTesting
import Testing

/// Largest groups, others, ranks and shares.
@Suite struct RelatedGroupsTests {
    @Test(arguments: 0..<200 as Range<UInt64>)
    func `others are counted from their own rows, whatever the aggregation`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let shop = RandomShop.make(&generator, rowCount: Int.random(in: 0...120, using: &generator))
        var query = RandomShop.query(&generator)
        query.metrics = RandomShop.ordersOnly.shuffled(using: &generator).prefix(4).map { MetricReference(name: $0) }
        if query.groupBy.isEmpty { query.groupBy = ["buyer"] }
        let width = query.groupBy.count
        let by = Int.random(in: 0..<4, using: &generator)
        let per = (0..<width).shuffled(using: &generator).prefix(Int.random(in: 0..<width, using: &generator))
        let count = Int.random(in: 1...6, using: &generator)
        let plain = NaiveQuery(query, on: shop)
        let rows = plain.rows()
        // What is shown, from all groups in their usual order.
        var shown: Set<[AnswerValue]> = []
        for members in Dictionary(grouping: rows.indices, by: { row in per.map { rows[row][$0] } }).values {
            let sorted = members.sorted { left, right in
                RelatedGroupsTests.isLarger(rows[left][width + by], rows[right][width + by]) ?? (left < right)
            }
            shown.formUnion(sorted.prefix(count).map { Array(rows[$0].prefix(width)) })
        }
        var merged = plain
        merged.regrouped = { key in
            shown.contains(key) ? key : key.indices.map { per.contains($0) ? key[$0] : .text("others") }
        }
        query.top = TopGroups(
            count, by: query.metrics[by].name, per: per.map { query.groupBy[$0] }, showsOthers: true)
        let answer = try shop.answer(query, parallelism: 2)
        #expect(Set(answer.rows) == Set(merged.rows()), "\(query)")
        #expect(answer.rows.count == merged.rows().count)
        query.top?.showsOthers = false
        #expect(
            Set(try shop.answer(query).rows) == Set(rows.filter { shown.contains(Array($0.prefix(width))) }))
    }

    /// Nulls after all values; nil for equal ones.
    static func isLarger(_ left: AnswerValue, _ right: AnswerValue) -> Bool? {
        if left == right { return nil }
        if case .integer(let one) = left, case .integer(let other) = right { return one > other }
        guard let one = left.double else { return false }
        guard let other = right.double else { return true }
        return one == other ? nil : one > other
    }

    @Test(arguments: 0..<100 as Range<UInt64>)
    func `a share is a part of what all rows together give`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let shop = RelationTests.shop(&generator)
        var query = RandomShop.query(&generator)
        let metric = ["gmv", "buyers", "weight_total", "gifts", "new_buyers", "repeats"].randomElement(
            using: &generator)
        query.metrics = [MetricReference(name: metric ?? "gmv")]
        query.groupBy = ["metric_time__month", "channel", "status"]
        let within = [[], ["channel"], ["metric_time__month", "status"]].randomElement(using: &generator) ?? []
        let positions = within.compactMap { query.groupBy.firstIndex(of: $0) }
        var totals = NaiveQuery(query, on: shop)
        let parts = totals.rows()
        totals.regrouped = { key in key.indices.map { positions.contains($0) ? key[$0] : .null } }
        let sums = Dictionary(
            totals.rows().map { (Array($0.prefix(3)), $0[3].double) }, uniquingKeysWith: { first, _ in first })
        query.shares = [RelatedTerm(metric: metric ?? "gmv", within: within)]
        let answer = try shop.answer(query)
        #expect(answer.rows.map { Array($0.prefix(4)) } == parts)
        for row in answer.rows {
            let total = sums[(0..<3).map { positions.contains($0) ? row[$0] : .null }] ?? nil
            let expected: AnswerValue
            if let part = row[3].double, let total, total != 0 {
                expected = .number(part / total)
            } else {
                expected = .null
            }
            #expect(row[4] == expected)
        }
    }

    // MARK: By hand

    private static func shop() -> TestShop {
        var shop = TestShop()
        let rows: [(buyer: String, channel: String, amount: Int64)] = [
            ("b1", "app", 500), ("b2", "app", 300), ("b1", "web", 300), ("b3", "kiosk", 200), ("b1", "kiosk", 100),
            ("b2", "shop", 100), ("b4", "others", 50),
        ]
        shop.tables["orders"]?.rows = rows.enumerated().map { number, row in
            [
                "order_id": .text("o\(number)"), "paid_at": .moment("2026-03-0\(number + 1)T01:00:00Z"),
                "channel": .text(row.channel), "buyer": .text(row.buyer), "amount": .integer(row.amount),
            ]
        }
        return shop
    }

    private func query(_ change: (inout MetricQuery) -> Void) -> MetricQuery {
        var query = TestShop.query("gmv,buyers,average_amount", by: "channel")
        change(&query)
        return query
    }

    @Test func `the largest come first, others last, and each buyer of the others counts once`() throws {
        let answer = try RelatedGroupsTests.shop().answer(
            query {
                $0.top = TopGroups(2, showsOthers: true)
                $0.ranks = [RelatedTerm(metric: "gmv")]
                $0.shares = [RelatedTerm(metric: "gmv"), RelatedTerm(metric: "buyers")]
            })
        #expect(
            answer.fields.map(\.name) == [
                "channel", "gmv", "buyers", "average_amount", "gmv__rank", "gmv__share", "buyers__share",
            ])
        #expect(
            answer.lines == [
                "app,8.00,2,4.0000,1,\(800.0 / 1550),0.5", "kiosk,3.00,2,1.5000,2,\(300.0 / 1550),0.5",
                "others,4.50,3,1.5000,,\(450.0 / 1550),0.75",
            ])
        #expect(answer.othersRows == [2])
        #expect(answer.total == 3)
    }

    @Test func `ties share a rank, leave a gap, and are chosen in their usual order`() throws {
        let shop = RelatedGroupsTests.shop()
        let ranked = query { $0.ranks = [RelatedTerm(metric: "buyers")] }
        #expect(try shop.answer(ranked).rows.map { $0[4] } == [1, 1, 3, 3, 3].map { .integer($0) })
        let top = query { $0.top = TopGroups(3, by: "buyers") }
        #expect(try shop.answer(top).rows.map { $0[0] } == ["app", "kiosk", "others"].map { .text($0) })
    }

    @Test func `groups are chosen for each period`() throws {
        var query = TestShop.query("gmv", by: "channel,metric_time__week")
        query.top = TopGroups(1, per: ["metric_time__week"], showsOthers: true)
        #expect(
            try RelatedGroupsTests.shop().answer(query).lines == [
                "app,2026-02-23,5.00", "app,2026-03-02,3.00", "others,2026-03-02,7.50",
            ])
        query.order = [OrderTerm(text: "-gmv")]
        #expect(try RelatedGroupsTests.shop().answer(query).lines.first == "others,2026-03-02,7.50")
    }

    @Test func `an answer says which rows are others`() throws {
        let json = try RelatedGroupsTests.shop().answer(query { $0.top = TopGroups(4, showsOthers: true) })
            .render(as: .json)
        #expect(json.contains("\"others_rows\": [\n    4\n  ]"))
        #expect(json.contains("\"top\": {\n      \"count\": 4,\n      \"others\": true\n    }"))
    }
}
