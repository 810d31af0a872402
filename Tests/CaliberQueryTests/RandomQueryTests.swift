import CaliberCore
import CaliberDictionary
import CaliberQuery
import CaliberTesting
import Testing

/// Random rows, random queries: the engine says what counting row by row says, whatever runs at once.
@Suite struct RandomQueryTests {
    @Test(arguments: 0..<400 as Range<UInt64>)
    func `an answer is what counting row by row gives`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let shop = RandomShop.make(&generator, rowCount: Int.random(in: 0...120, using: &generator))
        for _ in 0..<3 {
            let query = RandomShop.query(&generator)
            let expected = NaiveQuery(query, on: shop).rows()
            let answer = try shop.answer(query)
            #expect(answer.rows == expected, "\(query)")
        }
    }

    @Test(arguments: 1000..<1060 as Range<UInt64>)
    func `an answer is the same to the bit however many threads read`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var shop = RandomShop.make(&generator, rowCount: 400)
        shop.tables["orders"]?.segmentRowCount = 7
        let query = RandomShop.query(&generator)
        let serial = try shop.answer(query, parallelism: 1)
        for parallelism in [2, 3, 8] {
            let parallel = try shop.answer(query, parallelism: parallelism)
            #expect(parallel.rows == serial.rows)
            #expect(parallel.render(as: .json) == serial.render(as: .json))
        }
    }

    @Test(arguments: 2000..<2004 as Range<UInt64>)
    func `group spaces too large for arrays are hashed`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var shop = RandomShop.make(&generator, rowCount: 3000)
        shop.tables["orders"]?.segmentRowCount = 2500
        let query = TestShop.query(
            "gmv,orders,buyers,median_amount", by: "amount,buyer,created_at__hour,quantity,note,weight")
        let answer = try shop.answer(query, parallelism: 2)
        #expect(answer.statistics.segmentsHashed > 0)
        #expect(answer.rows.count > 2000)
        #expect(
            Set(answer.rows) == Set(NaiveQuery(query, on: shop).rows()))
    }
}

enum RandomShop {
    static func make(_ generator: inout SeededGenerator, rowCount: Int) -> TestShop {
        var shop = TestShop()
        // Some tables lie in 1969, some cross the turn of a year, some a clock change.
        let bases = [
            "1969-12-30T00:00:00Z", "2025-12-28T00:00:00Z", "2018-02-16T00:00:00Z", "2018-11-02T00:00:00Z",
            "2026-03-28T00:00:00Z",
        ]
        guard case .integer(let base) = Cell.moment(bases.randomElement(using: &generator) ?? "") else { return shop }
        let span = Int64.random(in: 1...60, using: &generator) * 86_400_000_000
        shop.tables["orders"]?.rows = (0..<rowCount).map { order($0, base, span, &generator) }
        shop.tables["orders"]?.segmentRowCount = Int.random(in: 1...50, using: &generator)
        shop.tables["refunds"]?.rows = (0..<rowCount / 3).map { number in
            [
                "refund_id": .text("r\(number)"), "refunded_at": moment(base, span, 0.1, &generator),
                "channel": text(["app", "web", "kiosk"], 0.2, &generator), "sku": sku(&generator),
                "amount": .integer(Int64.random(in: 0...5000, using: &generator)),
            ]
        }
        shop.tables["refunds"]?.segmentRowCount = Int.random(in: 1...20, using: &generator)
        shop.tables["products"]?.rows = (0..<5).map { number in
            [
                "sku": .text("s\(number)"), "category": text(["tea", "cups", "茶"], 0.2, &generator),
                "brand": text(["x", "y", "z"], 0.2, &generator), "listed_at": moment(base, span, 0.2, &generator),
                "stock": .integer(Int64.random(in: 0...5, using: &generator)),
            ]
        }
        shop.tables["brands"]?.rows = ["x", "y"].map { brand in
            ["brand": .text(brand), "country": text(["CN", "BR"], 0.3, &generator)]
        }
        shop.tables["tiers"]?.rows = (0..<4).flatMap { number -> [[String: Cell]] in
            let middle = base + Int64.random(in: 0...span, using: &generator)
            return [
                [
                    "sku": .text("s\(number)"), "valid_from": .integer(base - span), "valid_to": .integer(middle),
                    "level": .text("low"),
                ],
                ["sku": .text("s\(number)"), "valid_from": .integer(middle), "level": .text("high")],
            ]
        }
        return shop
    }

    private static func order(
        _ number: Int, _ base: Int64, _ span: Int64, _ generator: inout SeededGenerator
    ) -> [String: Cell] {
        [
            "order_id": .text("o\(number)"), "paid_at": moment(base, span, 0.1, &generator),
            "created_at": moment(base, span, 0.15, &generator),
            "channel": text(["app", "web", "douyin", "门店"], 0.15, &generator),
            "status": text(["paid", "sent", "done"], 0.05, &generator),
            "buyer": text((0..<20).map { "b\($0)" }, 0.1, &generator), "sku": sku(&generator),
            "amount": integer(-500...20_000, 0.1, &generator), "quantity": integer(1...4, 0.1, &generator),
            // Eighths, so that sums of floats are exact in any order.
            "weight": Bool.random(using: &generator)
                ? .number(Double(Int.random(in: -80...80, using: &generator)) / 8) : .null,
            "huge": integer(Int64.min / 2...Int64.max / 2, 0.1, &generator),
            "gift": Int.random(in: 0..<3, using: &generator) == 0
                ? .null : .boolean(Bool.random(using: &generator)),
            "ship_day": integer(-400...400, 0.2, &generator),
            "note": text((0..<9).map { "note \($0)" }, 0.3, &generator),
        ]
    }

    private static func isNull(_ share: Double, _ generator: inout SeededGenerator) -> Bool {
        Double.random(in: 0..<1, using: &generator) < share
    }

    private static func moment(
        _ base: Int64, _ span: Int64, _ nulls: Double, _ generator: inout SeededGenerator
    ) -> Cell {
        if isNull(nulls, &generator) { return .null }
        let moment = base + Int64.random(in: 0...span, using: &generator)
        // Half of them on the hour, where periods meet.
        return .integer(Bool.random(using: &generator) ? moment : moment - moment % 3_600_000_000)
    }

    private static func text(_ texts: [String], _ nulls: Double, _ generator: inout SeededGenerator) -> Cell {
        isNull(nulls, &generator) ? .null : texts.randomElement(using: &generator).map(Cell.text) ?? .null
    }

    private static func integer(
        _ range: ClosedRange<Int64>, _ nulls: Double, _ generator: inout SeededGenerator
    ) -> Cell {
        isNull(nulls, &generator) ? .null : .integer(Int64.random(in: range, using: &generator))
    }

    private static func sku(_ generator: inout SeededGenerator) -> Cell {
        text((0..<7).map { "s\($0)" }, 0.1, &generator)
    }

    // MARK: Queries

    static let shared = ["gmv", "orders", "created_orders", "refund_total", "refund_rate", "net", "refunds_plain"]
    static let ordersOnly = [
        "gmv", "orders", "paid_amounts", "buyers", "notes", "huge_total", "weight_total", "average_amount",
        "average_delay", "median_amount", "heavy", "last_created", "lightest", "gifts", "created_orders",
        "distinct_days", "foreign_gmv", "order_value", "app_share", "net_rate",
    ]
    static let sharedDimensions = ["channel", "product__category", "product__maker__country", "product__is_stocked"]
    static let ordersDimensions = [
        "status", "buyer", "gift", "quantity", "is_large", "note", "order_id", "tier__level", "ship_day",
        "ship_day__month", "created_at__week", "paid_at__hour", "product__listed_at__quarter",
    ]
    static let sharedFilters = [
        "channel = 'app'", "channel in ('web', 'app')", "product__category != 'tea'", "amount > 20 or channel is null",
        "product__stock >= 2", "not (channel = 'app' and amount < 100)", "hour(metric_time) < 12",
    ]
    static let ordersFilters = [
        "gift", "is_large", "tier__level = 'high'", "weight * 2 > 3", "quantity = 2 or buyer = 'b1'",
        "status is not null", "weekday(created_at) = 1", "note != 'note 3'",
    ]

    static func query(_ generator: inout SeededGenerator) -> MetricQuery {
        let spansTables = Int.random(in: 0..<3, using: &generator) == 0
        let metrics = (spansTables ? shared.filter { $0 != "refunds_plain" } : ordersOnly).shuffled(using: &generator)
        let dimensions = (spansTables ? sharedDimensions : sharedDimensions + ordersDimensions)
            .shuffled(using: &generator)
        let filters = (spansTables ? sharedFilters : sharedFilters + ordersFilters).shuffled(using: &generator)
        let grains = TimeGrain.allCases.shuffled(using: &generator)
        var groupBy = Array(dimensions.prefix(Int.random(in: 0...2, using: &generator)))
        if Bool.random(using: &generator) {
            groupBy.insert(
                "metric_time__\(grains[0].rawValue)", at: Int.random(in: 0...groupBy.count, using: &generator))
        }
        var query = MetricQuery(
            metrics: metrics.prefix(Int.random(in: 1...4, using: &generator)).map { MetricReference(name: $0) },
            groupBy: groupBy, filters: Array(filters.prefix(Int.random(in: 0...2, using: &generator))))
        query.timeZone =
            ["America/Sao_Paulo", "Asia/Shanghai", "Australia/Lord_Howe", "UTC", "-03:30", nil]
            .randomElement(using: &generator) ?? nil
        if Int.random(in: 0..<3, using: &generator) == 0 {
            query.startTime = ["1970-01-01", "2026-01-01", "2018-02-18T01:30:00", "2018-11-04"]
                .randomElement(using: &generator)
        }
        if query.startTime == nil, Int.random(in: 0..<3, using: &generator) == 0 {
            query.endTime = ["1970-01-03", "2026-01-05T03:00:00Z", "2018-02-17", "2018-11-10", "2026-04-02"]
                .randomElement(using: &generator)
        }
        return query
    }
}
