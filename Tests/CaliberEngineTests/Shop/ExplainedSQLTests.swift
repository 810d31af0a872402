import CaliberDictionary
import CaliberEngine
import CaliberEventLog
import CaliberQuery
import CaliberSimulator
import CaliberTesting
import Testing

/// The SQL that an explanation prints, run by DuckDB over the same rows: it says what the engine does.
@Suite struct ExplainedSQLTests {
    private static let cases: [(query: MetricQuery, kinds: [ExpectedColumn.Kind])] = [
        (query("new_buyers,orders_paid", by: "channel"), [.text, .integer, .integer]),
        (
            query("new_buyers", by: "channel", where: ["paid > 100"], from: "2025-05-01"),
            [.text, .integer]
        ),
        (query("repurchase_rate_30d", by: "channel", where: ["province != '广东'"]), [.text, .number]),
        // Many a buyer has orders of one kind and none of the other.
        (query("orders_reviewed,open_deposits", by: "buyer_id"), [.text, .integer, .integer]),
        (query("same_product_payments_24h", by: "channel"), [.text, .integer]),
        (query("latest_order_value", by: "channel", where: ["paid > 50"], from: "2025-03-01"), [.text, .money]),
        (
            query("gmv,buyers", by: "channel", where: ["metric('orders_paid', buyer_id) > 2"]),
            [.text, .money, .integer]
        ),
        (
            query("latest_order_value", by: "channel", where: ["metric('gmv', province, channel) > 1000"]),
            [.text, .money]
        ),
        (
            query("buyers", by: "channel,province") { query in
                query.top = TopGroups(2, per: ["channel"])
                query.ranks = [RelatedTerm(metric: "buyers", within: ["channel"])]
            }, [.text, .text, .integer, .integer]
        ),
        (
            query("gmv", by: "channel") { query in
                query.top = TopGroups(3)
                query.shares = [RelatedTerm(metric: "gmv")]
            }, [.text, .money, .number]
        ),
    ]

    private static func query(
        _ metrics: String, by groupBy: String, where filters: [String] = [], from start: String? = nil,
        _ change: (inout MetricQuery) -> Void = { _ in }
    ) -> MetricQuery {
        var query = MetricQuery(
            metrics: metrics.split(separator: ",").map { MetricReference(name: String($0)) },
            groupBy: groupBy.split(separator: ",").map(String.init), filters: filters, startTime: start)
        change(&query)
        return query
    }

    @Test func `the printed SQL gives the engine's rows`() throws {
        let deployment = try EngineDeployment(try ShopDictionary.load())
        var settings = SimulationSettings(seed: 12, orderCount: 1500)
        settings.repeatShare = 0.05
        _ = try deployment.engine.ingest([SimulatedShop(settings).input])
        let session = try deployment.engine.session()
        let oracle = try DuckDBOracle()
        try oracle.query("SET TimeZone = 'UTC'")
        for table in ["orders", "products", "prices"] {
            let rows = try session.rows(of: table)
            try oracle.load(rows, as: "raw_" + table)
            let moments = rows.columns.filter { column in
                if case .derived = column.content { return false }
                return column.type == .timestamp
            }.map { "make_timestamptz(\($0.name)) AS \($0.name)" }
            let replaced = moments.isEmpty ? "" : " REPLACE (\(moments.joined(separator: ", ")))"
            try oracle.query("CREATE VIEW \(table) AS SELECT *\(replaced) FROM raw_\(table)")
        }
        for (query, kinds) in Self.cases {
            let answer = try session.answer(query)
            let text = try session.explain(query)
            let sql = try #require(text.split(separator: "Equivalent SQL:\n").last)
            let expected = try oracle.query(String(sql))
            let columns = zip(answer.fields, kinds).map { ExpectedColumn(name: $0.name, kind: $1) }
            let difference = AnswerComparison(columns: columns, isOrdered: true).difference(answer, expected)
            #expect(difference == nil, "\(query.metrics) by \(query.groupBy): \(sql)")
            #expect(!answer.rows.isEmpty)
        }
    }
}
