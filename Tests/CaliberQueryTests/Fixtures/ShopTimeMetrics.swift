import CaliberCore
import CaliberDictionary

extension ShopDictionary {
    /// Windows over every aggregation, offsets, and both together.
    static let metricsAlongTime: [MetricDefinition] = [
        over("gmv", .trailing(days(7)), .last, "gmv_7d"),
        over("gmv", .trailing(days(7)), .first, "gmv_7d_first"),
        over("gmv", .trailing(days(3)), .average, "gmv_3d_daily", type: .moneyRate(.cny)),
        over("gmv", .toDate(.month), .last, "gmv_mtd"),
        over("gmv", .toDate(.year), .last, "gmv_ytd"),
        over("gmv", .allTime, .last, "gmv_ever"),
        over("orders", .trailing(months(1)), .last, "orders_1mo"),
        over("orders", .toDate(.week), .average, "orders_wtd_daily", type: .number),
        over("buyers", .trailing(days(5)), .last, "buyers_5d"),
        over("buyers", .toDate(.month), .first, "buyers_mtd"),
        over("notes", .allTime, .last, "notes_ever"),
        over("median_amount", .trailing(days(4)), .last, "median_4d"),
        over("heavy", .toDate(.quarter), .average, "heavy_qtd_daily", type: .number),
        over("average_amount", .trailing(days(10)), .last, "average_amount_10d"),
        over("average_delay", .toDate(.month), .average, "average_delay_mtd_daily", type: .duration),
        over("weight_total", .trailing(days(6)), .last, "weight_6d"),
        over("lightest", .trailing(days(6)), .last, "lightest_6d"),
        over("last_created", .trailing(days(2)), .first, "last_created_2d"),
        over("gifts", .trailing(months(2)), .last, "gifts_2mo"),
        over("foreign_gmv", .toDate(.week), .last, "foreign_gmv_wtd"),
        over("refund_total", .trailing(days(7)), .average, "refund_total_7d_daily", type: .moneyRate(.cny)),
        over("created_orders", .trailing(days(7)), .last, "created_orders_7d"),
        over("order_value", .trailing(days(7)), .last, "order_value_7d", type: .moneyRate(.cny)),
        over("refund_rate", .toDate(.month), .last, "refund_rate_mtd", type: .number),
        metric(
            "gmv_growth", .number,
            .derived(
                expression: compile(
                    "gmv / before - 1",
                    [ColumnReference(name: "gmv"): money, ColumnReference(name: "before"): money]),
                inputs: [input("gmv"), input("gmv", alias: "before", offset: .back(months(1)))])),
        metric(
            "gmv_last_week", money,
            .derived(
                expression: compile("before", [ColumnReference(name: "before"): money]),
                inputs: [input("gmv", alias: "before", offset: .back(days(7)))])),
        metric(
            "gmv_last_month", money,
            .derived(
                expression: compile("before", [ColumnReference(name: "before"): money]),
                inputs: [input("gmv", alias: "before", offset: .back(months(1)))])),
        metric(
            "gmv_at_start", money,
            .derived(
                expression: compile("start", [ColumnReference(name: "start"): money]),
                inputs: [input("gmv", alias: "start", offset: .toStart(of: .month))])),
        metric(
            "gmv_mtd_last_month", money,
            .derived(
                expression: compile("before", [ColumnReference(name: "before"): money]),
                inputs: [input("gmv_mtd", alias: "before", offset: .back(months(1)))])),
        metric(
            "buyers_last_year", .integer,
            .derived(
                expression: compile("before", [ColumnReference(name: "before"): .integer]),
                inputs: [input("buyers", alias: "before", offset: .back(months(12)))])),
    ]

    static func days(_ count: Int) -> CalendarSpan { CalendarSpan(count, .day)! }
    static func months(_ count: Int) -> CalendarSpan { CalendarSpan(count, .month)! }

    static func over(
        _ input: String, _ window: CumulativeMetric.Window, _ aggregation: CumulativeMetric.PeriodAggregation,
        _ name: String, type: LogicalType? = nil
    ) -> MetricDefinition {
        let own = (simpleMetrics + compositeMetrics).first { $0.name == input }
        return metric(
            name, type ?? own?.type ?? .integer,
            .cumulative(
                CumulativeMetric(
                    input: self.input(input, alias: "input"), window: window, periodAggregation: aggregation)))
    }
}
