/// A question that every engine is asked of the table of orders. Caliber is asked by metric; the peers' own forms stand in
/// `Peers/`, by name.
struct BenchmarkQuery {
    let name: String
    let title: String
    let metrics: [String]
    var groupBy: [String] = []
    var filters: [String] = []
    var startTime: String?
    var order: [String] = []
    var limit: Int?
    /// Columns of the answer whose values are quotients or interpolated.
    var realColumns: Set<Int> = []
    /// Columns of the table that no engine can answer without reading: the bound of a scan.
    let readColumns: [String]

    var isOrdered: Bool { !order.isEmpty }

    static let all = [
        BenchmarkQuery(name: "q01", title: "total GMV", metrics: ["gmv"], readColumns: ["paid"]),
        BenchmarkQuery(
            name: "q02", title: "GMV by day, last 90 days", metrics: ["gmv"], groupBy: ["metric_time__day"],
            startTime: recentDay, readColumns: ["paid_at", "paid"]),
        BenchmarkQuery(
            name: "q03", title: "GMV, orders, refund rate by day × channel",
            metrics: ["gmv", "orders", "refund_rate"], groupBy: ["metric_time__day", "channel"], realColumns: [4],
            readColumns: ["paid_at", "channel", "paid", "refunded"]),
        BenchmarkQuery(
            name: "q04", title: "GMV, orders by month × province", metrics: ["gmv", "orders"],
            groupBy: ["metric_time__month", "province"], readColumns: ["paid_at", "province", "paid"]),
        BenchmarkQuery(
            name: "q05", title: "distinct buyers by channel", metrics: ["buyers"], groupBy: ["channel"],
            readColumns: ["channel", "buyer_id"]),
        BenchmarkQuery(
            name: "q06", title: "distinct buyers by day", metrics: ["buyers"], groupBy: ["metric_time__day"],
            readColumns: ["paid_at", "buyer_id"]),
        BenchmarkQuery(
            name: "q07", title: "top 20 campaigns by GMV", metrics: ["gmv"], groupBy: ["campaign"], order: ["-gmv"],
            limit: 20, readColumns: ["campaign", "paid"]),
        BenchmarkQuery(
            name: "q08", title: "GMV by week, 3 channels, 1 province, not gift, not refunded", metrics: ["gmv"],
            groupBy: ["metric_time__week"],
            filters: [
                "channel in ('douyin', 'tmall', 'jd')", "province = 'zhejiang'", "is_gift = false",
                "is_refunded = false",
            ], readColumns: ["paid_at", "channel", "province", "is_gift", "is_refunded", "paid"]),
        BenchmarkQuery(
            name: "q09", title: "exact p50 and p95 of seconds paid → shipped by channel",
            metrics: ["ship_delay_p50", "ship_delay_p95"], groupBy: ["channel"], realColumns: [1, 2],
            readColumns: ["paid_at", "shipped_at", "channel"]),
        BenchmarkQuery(
            name: "q10", title: "7-day rolling GMV", metrics: ["rolling_gmv"], groupBy: ["metric_time__day"],
            readColumns: ["paid_at", "paid"]),
        BenchmarkQuery(
            name: "q11", title: "GMV month over month", metrics: ["gmv", "gmv_growth"],
            groupBy: ["metric_time__month"], realColumns: [2], readColumns: ["paid_at", "paid"]),
        BenchmarkQuery(
            name: "q12", title: "new customers by day, by the flag", metrics: ["new_customers"],
            groupBy: ["metric_time__day"], readColumns: ["paid_at", "is_new_buyer"]),
        BenchmarkQuery(
            name: "q13", title: "new customers by day, from each buyer's first payment",
            metrics: ["first_time_buyers"], groupBy: ["metric_time__day"], readColumns: ["paid_at", "buyer_id"]),
    ]

    /// The first of the last 90 days of the table of orders.
    static let recentDay = "2025-10-02"

    /// Asked first of a new process, and again and again as the table grows.
    static let dashboard = "q03"

    static func named(_ name: String) -> BenchmarkQuery {
        guard let query = all.first(where: { $0.name == name }) else {
            preconditionFailure("\(name) is one of the queries")
        }
        return query
    }
}
