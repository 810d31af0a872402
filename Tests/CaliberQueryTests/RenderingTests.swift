import CaliberCore
import CaliberDictionary
import CaliberQuery
import CaliberTesting
import Foundation
import Testing

/// Answers and plans as people and programs read them.
@Suite struct RenderingTests {
    static func shop() -> TestShop {
        var shop = HandComputedTests.shop()
        shop.tables["orders"]?.rows[0]["channel"] = .text("抖音, \"live\"")
        shop.tables["orders"]?.rows[2]["channel"] = .text("")
        shop.tables["orders"]?.rows[2]["gift"] = .boolean(false)
        return shop
    }

    static let now = Timestamp(CivilDate(year: 2026, month: 3, day: 9), .midnight)

    private func answer() throws -> QueryAnswer {
        try RenderingTests.shop().answer(
            "gmv,orders,app_share,average_amount,average_delay,last_created",
            by: "metric_time__day,channel,gift", where: ["quantity is null"], from: "2026-03-01", to: "2026-03-04",
            order: "metric_time,-gmv", limit: 10, now: RenderingTests.now)
    }

    @Test(arguments: AnswerFormat.allCases)
    func `an answer is written the same way every time`(format: AnswerFormat) throws {
        GoldenFile.expect(try answer().render(as: format), matches: "answer.\(format.rawValue)")
    }

    @Test func `JSON is read back by another parser`() throws {
        let data = Data(try answer().render(as: .json).utf8)
        let document = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        let rows = try #require(document["data"] as? [[String: Any]])
        #expect(rows.count == 4)
        #expect(rows.contains { $0["channel"] as? String == "抖音, \"live\"" })
        #expect(document["stale"] as? Bool == true)
        for line in try answer().render(as: .ndjson).split(separator: "\n") {
            #expect(try JSONSerialization.jsonObject(with: Data(line.utf8)) is [String: Any])
        }
    }

    @Test func `decimals can be fixed`() throws {
        let shop = HandComputedTests.shop()
        let answer = try shop.answer("refund_rate,order_value,gmv")
        #expect(answer.render(as: .csv, decimals: 3).contains("\r\n0.086,3.125,12.50\r\n"))
        #expect(answer.render(as: .csv, decimals: 0).contains("\r\n0,3,12.50\r\n"))
    }

    @Test func `a plan explains what rows are told by other rows, and groups by other groups`() throws {
        let shop = RenderingTests.shop()
        var query = TestShop.query(
            "new_share,last_amount,paid_within,repeats", by: "metric_time__month,channel",
            where: ["amount > 1 and metric('orders', buyer) > 2"], to: "2026-03-04")
        query.top = TopGroups(2, by: "new_share", per: ["metric_time__month"], showsOthers: true)
        query.ranks = [RelatedTerm(metric: "new_share")]
        query.shares = [RelatedTerm(metric: "repeats")]
        GoldenFile.expect(try shop.executor().explain(try shop.planner.plan(query)).text, matches: "relations.txt")
    }

    @Test func `a plan explains itself`() throws {
        let shop = RenderingTests.shop()
        let query = TestShop.query(
            "refund_rate,net,app_share,buyers", by: "metric_time__day,product__maker__country",
            where: ["product__category = 'tea' or channel is null", "is_large"], from: "2026-03-02", order: "-net",
            limit: 5)
        let narrowed = try shop.planner.plan(
            TestShop.query("orders,heavy,foreign_gmv", by: "tier__level", from: "2026-03-04"))
        #expect(throws: DiagnosticList.self) { try shop.planner.plan(query) }
        var shared = query
        shared.filters = ["product__category = 'tea' or channel is null"]
        let explained = try shop.executor().explain(try shop.planner.plan(shared))
        GoldenFile.expect(
            explained.text + "\n" + (try shop.executor().explain(narrowed).text), matches: "explanation.txt")
    }
}
