/// A question that every engine is asked. Caliber is asked by metric; the peers' SQL stands in `Peers/`, by name.
struct BenchmarkQuery {
    let name: String
    let title: String
    let metrics: [String]
    var groupBy: [String] = []
    var order: [String] = []
    var limit: Int?
    /// Columns whose values are quotients or interpolated.
    var realColumns: Set<Int> = []
    /// A count of orders. Where it is 0, Caliber filled in a day without orders, as the metrics' `join_to_timespine` asks;
    /// SQL has no such row.
    var countColumn: Int?

    var isOrdered: Bool { !order.isEmpty }

    static let all = [
        BenchmarkQuery(name: "q01", title: "total GMV", metrics: ["gmv"]),
        BenchmarkQuery(
            name: "q03", title: "GMV, orders, refund rate by day × channel",
            metrics: ["gmv", "orders_paid", "refund_rate"], groupBy: ["metric_time__day", "channel"],
            realColumns: [4], countColumn: 3),
        BenchmarkQuery(
            name: "q05", title: "distinct buyers by channel", metrics: ["buyers"], groupBy: ["channel"]),
        BenchmarkQuery(
            name: "q07", title: "top 20 campaigns by GMV", metrics: ["gmv"], groupBy: ["campaign"],
            order: ["-gmv"], limit: 20),
        BenchmarkQuery(
            name: "q09", title: "exact p50 and p95 of hours paid → shipped by channel",
            metrics: ["ship_hours_median", "ship_hours_p95"], groupBy: ["channel"], realColumns: [1, 2]),
    ]

    /// Asked first of a new process.
    static let coldStart = "q03"
}
