import CaliberCore
import CaliberQuery
import Testing

/// Answers that were computed by hand.
@Suite struct HandComputedTests {
    static func shop() -> TestShop {
        var shop = TestShop()
        func order(
            _ id: String, paid: String?, created: String?, channel: String?, sku: String?, amount: Int64?,
            gift: Bool? = nil, buyer: String? = nil
        ) -> [String: Cell] {
            [
                "order_id": .text(id), "paid_at": paid.map { .moment($0) } ?? .null,
                "created_at": created.map { .moment($0) } ?? .null, "channel": channel.map(Cell.text) ?? .null,
                "sku": sku.map(Cell.text) ?? .null, "amount": amount.map(Cell.integer) ?? .null,
                "gift": gift.map(Cell.boolean) ?? .null, "buyer": buyer.map(Cell.text) ?? .null,
            ]
        }
        shop.tables["orders"]?.rows = [
            // Shanghai is eight hours east: 16:00Z is the next day's midnight.
            order(
                "o1", paid: "2026-03-01T15:59:59.999999Z", created: "2026-03-01T10:00:00Z", channel: "app", sku: "s1",
                amount: 1000, buyer: "b1"),
            order(
                "o2", paid: "2026-03-01T16:00:00Z", created: "2026-03-01T15:00:00Z", channel: "app", sku: "s2",
                amount: 250, gift: false, buyer: "b2"),
            order(
                "o3", paid: "2026-03-02T01:00:00Z", created: "2026-02-28T01:00:00Z", channel: "web", sku: "s1",
                amount: 301, gift: true, buyer: "b1"),
            order("o4", paid: "2026-03-04T01:00:00Z", created: nil, channel: nil, sku: "s9", amount: nil, buyer: "b3"),
            order("o5", paid: nil, created: "2026-03-01T01:00:00Z", channel: "web", sku: nil, amount: 999, buyer: "b4"),
        ]
        shop.tables["products"]?.rows = [
            ["sku": .text("s1"), "category": .text("tea"), "brand": .text("x"), "stock": .integer(3)],
            ["sku": .text("s2"), "category": .text("cups"), "brand": .text("y"), "stock": .integer(0)],
        ]
        shop.tables["brands"]?.rows = [["brand": .text("x"), "country": .text("CN")]]
        shop.tables["tiers"]?.rows = [
            [
                "sku": .text("s1"), "valid_from": .moment("2026-01-01T00:00:00Z"),
                "valid_to": .moment("2026-03-01T00:00:00Z"), "level": .text("low"),
            ],
            ["sku": .text("s1"), "valid_from": .moment("2026-03-01T00:00:00Z"), "level": .text("high")],
        ]
        shop.tables["refunds"]?.rows = [
            [
                "refund_id": .text("r1"), "refunded_at": .moment("2026-03-02T03:00:00Z"), "channel": .text("app"),
                "amount": .integer(100),
            ],
            [
                "refund_id": .text("r2"), "refunded_at": .moment("2026-03-05T03:00:00Z"), "channel": .null,
                "amount": .integer(7),
            ],
        ]
        return shop
    }

    @Test func `days are days of the business zone and gifts are left out of GMV`() throws {
        let answer = try HandComputedTests.shop().answer("gmv,orders", by: "metric_time__day")
        #expect(answer.lines == ["2026-03-01,10.00,1", "2026-03-02,2.50,2", "2026-03-04,,1"])
    }

    @Test func `a query's zone moves the days`() throws {
        let answer = try HandComputedTests.shop().answer("orders", by: "metric_time__day", zone: "UTC")
        #expect(answer.lines == ["2026-03-01,2", "2026-03-02,1", "2026-03-04,1"])
    }

    @Test func `without dimensions there is one row, even over nothing`() throws {
        #expect(try HandComputedTests.shop().answer("gmv,orders,buyers").lines == ["12.50,4,3"])
        #expect(try TestShop().answer("gmv,orders,buyers,gifts,median_amount").lines == [",0,0,,"])
        #expect(try TestShop().answer("gmv,orders", by: "channel").lines.isEmpty)
    }

    @Test func `an answer over two tables joins their groups, null with null`() throws {
        let answer = try HandComputedTests.shop().answer("gmv,refund_total,refund_rate,net", by: "channel")
        #expect(
            answer.lines == ["app,12.50,1.00,0.08,11.50", ",,0.07,,"])
    }

    @Test func `each metric counts at its own anchor`() throws {
        let answer = try HandComputedTests.shop().answer("orders,created_orders,refunds", by: "metric_time__month")
        #expect(answer.lines == ["2026-02-01,,1,", "2026-03-01,4,3,2"])
    }

    @Test func `joined columns group and filter, through two tables too`() throws {
        let shop = HandComputedTests.shop()
        #expect(
            try shop.answer("orders", by: "product__category").lines == ["cups,1", "tea,2", ",1"])
        #expect(
            try shop.answer("orders", by: "product__maker__country").lines == ["CN,2", ",2"])
        #expect(try shop.answer("orders", where: ["product__category = 'tea'", "channel = 'app'"]).lines == ["1"])
        #expect(try shop.answer("foreign_gmv").lines == ["13.01"])
        #expect(try shop.answer("orders", by: "product__is_stocked").lines == ["false,1", "true,2", ",1"])
    }

    @Test func `a row that holds for a time is joined at its moment`() throws {
        let answer = try HandComputedTests.shop().answer("orders", by: "tier__level")
        #expect(answer.lines == ["high,1", "low,1", ",2"])
    }

    @Test func `a time range ends with the whole last day, or with the last moment`() throws {
        let shop = HandComputedTests.shop()
        #expect(try shop.answer("orders", from: "2026-03-01", to: "2026-03-01").lines == ["1"])
        #expect(try shop.answer("orders", from: "2026-03-02", to: "2026-03-02").lines == ["2"])
        #expect(try shop.answer("orders", to: "2026-03-02T00:00:00").lines == ["2"])
        #expect(try shop.answer("orders", to: "2026-03-01T23:59:59.999998").lines == ["0"])
        #expect(try shop.answer("created_orders", from: "2026-03-01T18:00:00+08:00").lines == ["2"])
    }

    @Test func `missing periods are filled between the first and the last`() throws {
        let shop = HandComputedTests.shop()
        #expect(
            try shop.answer("orders", by: "metric_time__day", fill: true).lines
                == ["2026-03-01,1", "2026-03-02,2", "2026-03-03,", "2026-03-04,1"])
        #expect(
            try shop.answer("refunds", by: "metric_time__day", from: "2026-03-01", to: "2026-03-02").lines
                == ["2026-03-01,", "2026-03-02,1"])
        #expect(
            try shop.answer(
                "refund_total", by: "metric_time__day,channel", from: "2026-03-02", to: "2026-03-03", fill: true
            ).lines == ["2026-03-02,app,1.00", "2026-03-03,app,0.00"])
    }

    @Test func `order and limit choose rows, nulls always last`() throws {
        let shop = HandComputedTests.shop()
        #expect(try shop.answer("orders", by: "channel", order: "-channel").lines == ["web,1", "app,2", ",1"])
        #expect(try shop.answer("gmv", by: "channel", order: "-gmv", limit: 1).lines == ["app,12.50"])
        let limited = try shop.answer("orders", by: "channel", limit: 1)
        #expect(limited.lines == ["app,2"])
        #expect(limited.total == 3)
    }

    @Test func `averages and medians of money have two more decimals`() throws {
        #expect(
            try HandComputedTests.shop().answer("average_amount,median_amount,order_value").lines
                == ["5.1700,3.0100,3.1250"])
    }

    @Test func `filters are conjoined whole`() throws {
        let answer = try HandComputedTests.shop().answer(
            "orders", where: ["channel = 'web' or channel = 'app'", "amount < 5 or amount > 8"])
        #expect(answer.lines == ["3"])
    }

    @Test func `a metric is queried by id and by version`() throws {
        let shop = HandComputedTests.shop()
        #expect(try shop.answer("M-0001").lines == ["12.50"])
        #expect(try shop.answer("gmv@2").lines == ["12.50"])
    }

    @Test func `a metric is stale when its newest row is older than promised`() throws {
        let shop = HandComputedTests.shop()
        let latest = try TimestampText.parse("2026-03-04T01:00:00Z", zone: nil)
        let allowed = Timestamp(microseconds: latest.microseconds + 3 * 3_600_000_000)
        #expect(try !shop.answer("gmv", to: "2026-03-01", now: allowed).isStale)
        #expect(try shop.answer("gmv", now: Timestamp(microseconds: allowed.microseconds + 1)).isStale)
        #expect(try !shop.answer("orders", now: Timestamp(microseconds: allowed.microseconds + 1)).isStale)
        #expect(try TestShop().answer("gmv").isStale)
    }

    @Test func `segments outside the time range are not read`() throws {
        let answer = try HandComputedTests.shop().answer("orders", from: "2026-03-04")
        #expect(answer.lines == ["1"])
        #expect(answer.statistics.segmentsTotal == 3)
        #expect(answer.statistics.segmentsScanned == 1)
        #expect(answer.statistics.rowsScanned == 1)
    }

    @Test func `dimensions and their values can be listed`() throws {
        let shop = HandComputedTests.shop()
        let names = try shop.planner.listDimensions(metrics: [MetricReference(name: "refund_rate")]).map(\.name)
        #expect(names.first == "metric_time")
        #expect(names.contains("product__maker__country"))
        #expect(!names.contains("status"))
        #expect(!names.contains("quantity"))
        let plan = try shop.planner.planDimensionValues(
            of: "channel", metrics: [MetricReference(name: "orders")])
        #expect(try shop.executor().dimensionValues(plan) == ["app", "web"])
    }
}
