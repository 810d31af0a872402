import CaliberCore
import CaliberDictionary

extension ShopDictionary {
    static let metrics: [MetricDefinition] =
        simpleMetrics + compositeMetrics + relationMetrics + metricsAlongTime

    static let simpleMetrics: [MetricDefinition] = [
        simple("gmv", orders, .sum, "amount", money, filter: "gift is null or not gift", id: "M-0001"),
        simple("orders", orders, .count, nil, .integer, id: "M-0002"),
        simple("paid_amounts", orders, .count, "amount", .integer),
        simple("buyers", orders, .countDistinct, "buyer", .integer),
        simple("notes", orders, .countDistinct, "note", .integer),
        simple("huge_total", orders, .sum, "huge", .integer),
        simple("weight_total", orders, .sum, "weight", .number),
        simple("average_amount", orders, .average, "amount", .moneyRate(.cny)),
        simple("average_delay", orders, .average, "delay", .duration),
        simple("median_amount", orders, .percentile(fraction: 0.5, continuous: true), "amount", .moneyRate(.cny)),
        simple("heavy", orders, .percentile(fraction: 0.9, continuous: false), "weight", .number),
        simple("last_created", orders, .max, "created_at", .timestamp),
        simple("lightest", orders, .min, "weight", .number),
        simple("gifts", orders, .sumBoolean, "gift", .integer),
        simple("created_orders", orders, .count, nil, .integer, anchor: "created_at"),
        simple("distinct_days", orders, .countDistinct, "ship_day", .integer, filter: "is_large"),
        simple("foreign_gmv", orders, .sum, "amount", money, filter: "product__stock > 2"),
        simple("refund_total", refunds, .sum, "amount", money, fill: 0, id: "M-0003"),
        simple("refunds", refunds, .count, nil, .integer, spine: true),
        simple("product_count", products, .count, nil, .integer),
    ]

    static let compositeMetrics: [MetricDefinition] = [
        metric(
            "refund_rate", .number,
            .ratio(numerator: input("refund_total"), denominator: input("gmv")), id: "M-0010", unit: "1"),
        metric("order_value", .moneyRate(.cny), .ratio(numerator: input("gmv"), denominator: input("orders"))),
        metric(
            "net", money,
            .derived(
                expression: compile(
                    "gmv - coalesce(back, 0)",
                    [ColumnReference(name: "gmv"): money, ColumnReference(name: "back"): money]),
                inputs: [input("gmv"), input("refund_total", alias: "back")])),
        metric(
            "app_share", .number,
            .ratio(
                numerator: input("orders", alias: "app_orders", filter: compile("channel = 'app'", on: orders)),
                denominator: input("orders"))),
        metric(
            "net_rate", .number,
            .derived(
                expression: compile(
                    "1 - rate * 2",
                    [ColumnReference(name: "rate"): .number]),
                inputs: [input("app_share", alias: "rate")])),
    ]

    static func simple(
        _ name: String, _ table: TableDefinition, _ aggregation: Aggregation, _ expression: String?,
        _ type: LogicalType, filter: String? = nil, anchor: String? = nil, fill: Int64? = nil, spine: Bool = false,
        id: String? = nil, nonAdditive: NonAdditiveDimension? = nil
    ) -> MetricDefinition {
        metric(
            name, type,
            .simple(
                SimpleMetric(
                    table: table.name, aggregation: aggregation,
                    expression: expression.map { compile($0, on: table) },
                    filter: filter.map { compile($0, on: table) }, anchor: anchor ?? table.anchor,
                    fillNullsWith: fill, joinToTimeSpine: spine, nonAdditive: nonAdditive)), id: id)
    }

    static func metric(
        _ name: String, _ type: LogicalType, _ content: MetricDefinition.Content, id: String? = nil,
        version: Int = 1, unit: String? = nil
    ) -> MetricDefinition {
        let isGMV = name == "gmv"
        return MetricDefinition(
            id: id ?? "M-\(name)", name: name, version: isGMV ? 2 : version, owner: "team:finance",
            status: isGMV ? .certified : .draft, label: name == "gmv" ? "Paid GMV" : name,
            labelZH: isGMV ? "支付成交额" : nil, description: name, synonyms: isGMV ? ["turnover"] : [],
            updateFrequency: isGMV
                ? .init(everyMicroseconds: 3_600_000_000, maximumLagMicroseconds: 7_200_000_000) : nil,
            unit: unit, type: type, content: content, location: here)
    }

    static func input(
        _ metric: String, alias: String? = nil, filter: TypedExpression? = nil, offset: TimeOffset? = nil
    ) -> MetricInput {
        MetricInput(metric: metric, alias: alias ?? metric, filter: filter, offset: offset, location: here)
    }
}
