import CaliberCore
import CaliberDictionary
import CaliberQuery
import CaliberTesting
import Testing

/// Every problem in the words people read.
@Suite struct DiagnosticTests {
    private func problems(_ query: MetricQuery, in shop: TestShop = TestShop()) -> String {
        do {
            _ = try shop.answer(query)
            return "no problem\n"
        } catch {
            return "\(error)\n"
        }
    }

    private static let relatedCases: [(String, MetricQuery)] = {
        func query(
            _ metrics: String, by groupBy: String = "channel", top: TopGroups? = nil, rank: [String] = [],
            share: [String] = []
        ) -> MetricQuery {
            var query = TestShop.query(metrics, by: groupBy)
            query.top = top
            query.ranks = rank.map { RelatedTerm(text: $0) }
            query.shares = share.map { RelatedTerm(text: $0) }
            return query
        }
        return [
            ("a filter by an unknown metric", TestShop.query("gmv", where: ["metric('order', buyer) > 1"])),
            (
                "a filter by a metric without the dimension",
                TestShop.query("gmv", where: ["metric('refunds', buyer) > 1"])
            ),
            ("a filter by a metric of nothing", TestShop.query("gmv", where: ["metric('refunds') > 1"])),
            ("a filter by a metric at a moment", TestShop.query("gmv", where: ["metric('orders', paid_at) > 1"])),
            ("a filter by a metric of another type", TestShop.query("gmv", where: ["metric('refunds', quantity) > 1"])),
            ("a metric that is no condition", TestShop.query("gmv", where: ["metric('orders', buyer)"])),
            ("the largest none", query("gmv", top: TopGroups(0))),
            ("the largest of one", query("gmv", by: "", top: TopGroups(3))),
            ("the largest of nothing else", query("gmv", top: TopGroups(3, per: ["channel"]))),
            ("the largest by a metric that is not asked for", query("gmv,orders", top: TopGroups(3, by: "order"))),
            ("the largest per what is not grouped by", query("gmv", top: TopGroups(3, per: ["chanel"]))),
            ("a rank twice", query("gmv", rank: ["gmv", "gmv"])),
            ("a rank within what is not grouped by", query("gmv", rank: ["gmv:within=status"])),
            ("a share of an average", query("average_amount", share: ["average_amount"])),
            ("a share of a quotient", query("refund_rate", share: ["refund_rate"])),
            ("a share of a median", query("median_amount", share: ["median_amount"])),
            ("a share of a largest", query("last_created", share: ["last_created"])),
            ("a share of a formula over a rate", query("net_rate", share: ["net_rate"])),
            ("a share of balances over periods", query("last_amount", by: "metric_time", share: ["last_amount"])),
            (
                "others of balances over periods",
                query("last_amount", by: "metric_time", top: TopGroups(1, showsOthers: true))
            ),
        ]
    }()
    private func compared(_ query: MetricQuery, with comparison: String) -> MetricQuery {
        var query = query
        query.comparison = comparison
        return query
    }

    @Test func `queries that can't be planned say why`() {
        var cases: [(String, MetricQuery)] = [
            ("no metric", TestShop.query("")),
            ("a slip of the pen", TestShop.query("gvm")),
            ("nothing like it", TestShop.query("zzzzzzzz")),
            ("a version that never was", TestShop.query("gmv@7")),
            ("one metric twice", TestShop.query("gmv,M-0001")),
            ("a slip in a dimension", TestShop.query("gmv", by: "chanel")),
            ("no such dimension", TestShop.query("gmv", by: "zzzzzzzz")),
            ("a joined column without its prefix", TestShop.query("gmv", by: "stock")),
            ("a joined time without its prefix", TestShop.query("gmv", by: "listed_at__month")),
            ("several joined columns", TestShop.query("gmv", by: "category")),
            ("one metric lacks it", TestShop.query("gmv,refunds", by: "status")),
            ("types differ", TestShop.query("gmv,refunds", by: "quantity")),
            ("one dimension twice", TestShop.query("gmv", by: "metric_time,metric_time__day")),
            (
                "more dimensions than fit",
                TestShop.query("gmv", by: [String](repeating: "channel", count: 33).joined(separator: ","))
            ),
            ("an unknown grain", TestShop.query("gmv", by: "metric_time__fortnight")),
            ("an unknown grain of a column", TestShop.query("gmv", by: "created_at__dya")),
            ("a grain of no time", TestShop.query("gmv", by: "channel__month")),
            ("a grain too fine", TestShop.query("gmv", by: "ship_day__hour")),
            ("metric_time of no time", TestShop.query("product_count", by: "metric_time__day")),
            ("a range of no time", TestShop.query("product_count", from: "2026-01-01")),
            ("no time", TestShop.query("gmv", from: "yesterday", to: "2026-02-30")),
            ("a range that ends before it starts", TestShop.query("gmv", from: "2026-03-02", to: "2026-03-01")),
            ("no zone", TestShop.query("gmv", zone: "Mars/Olympus")),
            ("no column to order by", TestShop.query("gmv", by: "channel", order: "-gmw")),
            ("a limit of nothing", TestShop.query("gmv", limit: 0)),
            ("filled without time", TestShop.query("gmv", by: "channel", fill: true)),
            ("a filter with an unknown name", TestShop.query("gmv", where: ["chanel = 'app'"])),
            ("a filter that one metric lacks", TestShop.query("gmv,refunds", where: ["status = 'paid'"])),
            ("a filter that is no condition", TestShop.query("gmv", where: ["amount"])),
            ("a window by two grains", TestShop.query("gmv_7d", by: "metric_time__day,metric_time__month")),
            ("a window by the time of its rows", TestShop.query("gmv_7d", by: "paid_at__day")),
            ("an offset from no time", TestShop.query("gmv_growth", by: "channel", from: "2026-03-01")),
            ("a month's start of no period", TestShop.query("gmv_at_start", from: "2026-03-01", to: "2026-03-31")),
            ("compared with nothing", compared(TestShop.query("gmv", by: "metric_time__day"), with: "prior_perio")),
            ("compared without a time", compared(TestShop.query("gmv", from: "2026-03-01"), with: "prior_year")),
            (
                "compared without an anchor",
                compared(TestShop.query("product_count", by: "category"), with: "prior_year")
            ),
            (
                "everything at once",
                TestShop.query("gmv", by: "chanel", where: ["amout > 1"], order: "nothing", limit: -1, zone: "x")
            ),
        ]
        cases += DiagnosticTests.relatedCases
        var text = ""
        for (name, query) in cases { text += "# \(name)\n\(problems(query))\n" }
        GoldenFile.expect(text, matches: "query-problems.txt")
    }

    @Test func `dictionaries that can't be queried say why`() {
        let here = ShopDictionary.here
        func shop(_ joins: [JoinDefinition], _ metrics: [MetricDefinition]) -> TestShop {
            let orders = ShopDictionary.table(
                "orders", key: [("order_id", .identifier)], anchor: "paid_at",
                columns: [("paid_at", .timestamp), ("sku", .identifier), ("amount", ShopDictionary.money)],
                derived: [("sku_key", .identifier, "lower(sku)")], joins: joins)
            return TestShop(
                dictionary: ShopDictionary.dictionary(
                    tables: [orders, ShopDictionary.tiers, ShopDictionary.products],
                    metrics: [ShopDictionary.simple("orders", orders, .count, nil, .integer)] + metrics))
        }
        func join(_ table: String, on columns: [String]) -> JoinDefinition {
            JoinDefinition(name: "other", table: table, on: columns, validAt: nil, location: here)
        }
        let lost = ShopDictionary.metric(
            "lost", .number,
            .ratio(numerator: ShopDictionary.input("gone"), denominator: ShopDictionary.input("orders")))
        let loop = ShopDictionary.metric(
            "loop", .number,
            .ratio(numerator: ShopDictionary.input("loop"), denominator: ShopDictionary.input("orders")))
        let text = ShopDictionary.simple("first_sku", ShopDictionary.orders, .min, "sku", .identifier)
        let cases: [(String, TestShop, MetricQuery)] = [
            (
                "no moment for rows that hold for a time", shop([join("tiers", on: ["sku"])], []),
                TestShop.query("orders", by: "other__level")
            ),
            (
                "a key that is not covered", shop([join("products", on: ["sku", "sku"])], []),
                TestShop.query("orders", where: ["other__stock > 1"])
            ),
            (
                "a join by a derived column", shop([join("products", on: ["sku_key"])], []),
                TestShop.query("orders", by: "other__category")
            ),
            ("an input that is not there", shop([], [lost]), TestShop.query("lost")),
            ("a metric of itself", shop([], [loop]), TestShop.query("loop")),
            ("the least of strings", shop([], [text]), TestShop.query("first_sku")),
        ]
        var output = ""
        for (name, shop, query) in cases { output += "# \(name)\n\(problems(query, in: shop))\n" }
        GoldenFile.expect(output, matches: "dictionary-problems.txt")
    }

    @Test func `problems of the data say why`() {
        var shop = TestShop()
        let huge = Cell.integer(Int64.max)
        shop.tables["orders"]?.rows = (0..<4).map {
            ["order_id": .text("o\($0)"), "paid_at": .moment("2026-03-0\($0 + 1)T00:00:00Z"), "amount": huge]
        }
        var text = "# a total beyond what can be computed with\n" + problems(TestShop.query("net"), in: shop)
        text += "\n# too many periods\n"
        text += problems(
            TestShop.query("gmv", by: "metric_time__hour", from: "1000-01-01", to: "2999-12-31", fill: true), in: shop)
        GoldenFile.expect(text, matches: "data-problems.txt")
        // The sum itself is exact, however large.
        #expect(try! shop.answer("gmv").lines == ["368934881474191032.28"])
    }
}
