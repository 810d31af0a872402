import CaliberCore
import CaliberDictionary
import CaliberQuery
import CaliberTesting
import Testing

/// The SQL that a plan shows for windows, earlier periods and comparisons gives the plan's answer in DuckDB.
@Suite struct FrameSQLTests {
    @Test(arguments: 0..<60 as Range<UInt64>)
    func `the shown SQL gives the answer`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let shop = RandomShop.make(&generator, rowCount: Int.random(in: 1...80, using: &generator))
        let query = FrameSQL.query(&generator)
        let plan = try shop.planner.plan(query)
        let sql = try shop.executor().explain(plan).sql
        let oracle = try DuckDBOracle()
        for table in ["orders", "refunds"] { try FrameSQL.load(table, of: shop, into: oracle) }
        let expected = try oracle.query(sql)
        let answer = try shop.answer(query)
        #expect(answer.fields.map(\.name) == expected.columns)
        let isDimension = answer.fields.map { !$0.isMetric }
        let actual = FrameSQL.comparable(answer.rows.map { row in row.map(FrameSQL.number) }, isDimension)
        let wanted = FrameSQL.comparable(
            expected.rows.map { row in row.map(FrameSQL.number) }, isDimension)
        #expect(actual.map(\.description) == wanted.map(\.description), "\(query)\n\(sql)")
    }
}

enum FrameSQL {
    static let metrics = [
        "gmv", "gmv_7d", "gmv_7d_first", "gmv_3d_daily", "gmv_mtd", "gmv_ever", "orders_1mo", "buyers_5d", "buyers_mtd",
        "median_4d", "heavy_qtd_daily", "average_amount_10d", "weight_6d", "lightest_6d", "order_value_7d",
        "gmv_growth",
        "gmv_last_week", "gmv_last_month", "gmv_at_start", "gmv_mtd_last_month", "orders",
    ]

    static func query(_ generator: inout SeededGenerator) -> MetricQuery {
        let names = metrics.shuffled(using: &generator).prefix(Int.random(in: 1...3, using: &generator))
        var query = MetricQuery(metrics: names.map { MetricReference(name: $0) })
        if Bool.random(using: &generator) { query.groupBy.append("channel") }
        let grains = [TimeGrain.day, .day, .week, .month, .quarter]
        let isTimed = Int.random(in: 0..<4, using: &generator) > 0
        if isTimed, let grain = grains.randomElement(using: &generator) {
            query.groupBy.append("metric_time__\(grain.rawValue)")
        } else {
            query.metrics.removeAll { $0.name == "gmv_at_start" }
            if query.metrics.isEmpty { query.metrics = [MetricReference(name: "gmv_7d")] }
        }
        if !isTimed || Bool.random(using: &generator) {
            // Whole months: where a range cuts a month, SQL's own arithmetic ends it elsewhere.
            let ranges = [
                ("1969-12-01", "1970-02-28"), ("2025-12-01", "2026-02-28"), ("2018-02-01", "2018-03-31"),
                ("2026-03-01", "2026-05-31"),
            ]
            if let range = ranges.randomElement(using: &generator) { (query.startTime, query.endTime) = range }
        }
        if Int.random(in: 0..<3, using: &generator) == 0 { query.comparison = "prior_period" }
        return query
    }

    /// A wide table with moments as DuckDB's own.
    static func load(_ name: String, of shop: TestShop, into oracle: DuckDBOracle) throws {
        guard let table = shop.tables[name] else { return }
        let stored = table.definition.columns.filter { column in
            if case .derived = column.content { false } else { true }
        }
        let rows = table.rows.map { row in
            stored.map { column -> DuckDBOracle.Value in
                switch row[column.name] ?? .null {
                case .null: .null
                case .integer(let value): .integer(value)
                case .number(let value): .number(value)
                case .boolean(let value): .boolean(value)
                case .text(let value): .text(value)
                }
            }
        }
        try oracle.load("raw_\(name)", columns: stored.map { ($0.name, type(of: $0.type)) }, rows: rows)
        let columns = stored.map { column in
            column.type == .timestamp ? "make_timestamptz(\(column.name)) AS \(column.name)" : column.name
        }
        _ = try oracle.query(
            "CREATE TABLE \(name) AS SELECT \(columns.joined(separator: ", ")) FROM raw_\(name)")
    }

    private static func type(of type: LogicalType) -> String {
        switch type.storage {
        case .mask: "BOOLEAN"
        case .integer: "BIGINT"
        case .float: "DOUBLE"
        case .code: "VARCHAR"
        }
    }

    /// Rows with a figure, in the order of their texts; numbers to ten digits.
    static func comparable(_ rows: [[String]], _ isDimension: [Bool]) -> [[String]] {
        rows.filter { row in zip(row, isDimension).contains { !$1 && $0 != "null" } }
            .sorted { $0.lexicographicallyPrecedes($1) }
    }

    static func number(_ value: AnswerValue) -> String {
        switch value {
        case .null: "null"
        case .boolean(let value): "\(value)"
        case .text(let text): text
        case .integer(let value): rounded(Double(value))
        case .number(let value): rounded(value)
        }
    }

    static func number(_ value: DuckDBOracle.Value) -> String {
        switch value {
        case .null: return "null"
        case .boolean(let value): return "\(value)"
        case .integer(let value): return rounded(Double(value))
        case .number(let value): return rounded(value)
        case .text(let text):
            var copy = text
            let date = copy.withUTF8 { bytes in try? TimestampText.parseDate(bytes) }
            return date.map { rounded(Double($0.dayNumber)) } ?? Double(text).map(rounded) ?? text
        case .list: return "list"
        }
    }

    private static func rounded(_ value: Double) -> String {
        guard value != 0 else { return "0" }
        var scale = 1.0
        var size = abs(value)
        while size < 1e6 {
            size *= 10
            scale *= 10
        }
        return "\((value * scale).rounded() / scale)"
    }
}
