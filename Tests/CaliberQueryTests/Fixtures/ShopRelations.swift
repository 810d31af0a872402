import CaliberCore
import CaliberDictionary

extension ShopDictionary {
    /// Metrics whose rows depend on other rows.
    static let relationMetrics: [MetricDefinition] = firstRowMetrics + balances + conversions + filtered

    /// What filters of the fixture ask for.
    static let filterMetrics = MetricScope(
        metrics: [
            "orders": .found(.integer, dimensions: ["buyer": .identifier, "channel": .category, "sku": .identifier]),
            "gmv": .found(money, dimensions: ["channel": .category]),
            "refunds": .found(.integer, dimensions: ["sku": .identifier]),
            "refund_rate": .found(.number, dimensions: ["channel": .category]),
            "new_buyers": .found(.integer, dimensions: ["channel": .category]),
            "last_created": .found(.timestamp, dimensions: ["buyer": .identifier]),
        ], names: [])

    /// Metrics over rows that another metric's value chooses.
    static let filtered: [MetricDefinition] = [
        simple("loyal_gmv", orders, .sum, "amount", money, filter: "metric('orders', buyer) > 2"),
        simple(
            "new_loyal_buyers", orders, .countNew, "buyer", .integer, filter: "metric('orders', buyer, channel) > 1"),
        simple(
            "last_refunded", orders, .count, nil, .integer, filter: "coalesce(metric('refunds', sku), 0) > 1",
            nonAdditive: NonAdditiveDimension(column: "paid_at", choice: .max, groupings: ["buyer"])),
    ]

    static let firstRowMetrics: [MetricDefinition] = [
        simple("new_buyers", orders, .countNew, "buyer", .integer),
        // Not stored in the order of its moments, and counted over some rows only.
        simple("new_app_buyers", orders, .countNew, "buyer", .integer, filter: "channel = 'app'", anchor: "created_at"),
        simple("new_large_buyers", orders, .countNew, "buyer", .integer, filter: "is_large", fill: 0),
        simple("new_tea_buyers", orders, .countNew, "buyer", .integer, filter: "product__category = 'tea'"),
        // Every segment has strings of its own.
        simple("new_notes", orders, .countNew, "note", .integer),
        simple("new_quantities", orders, .countNew, "quantity * 2", .integer),
        simple("new_makers", orders, .countNew, "product__brand", .integer),
        metric(
            "new_share", .number,
            .ratio(
                numerator: input("new_buyers", alias: "web", filter: compile("channel = 'web'", on: orders)),
                denominator: input("orders"))),
    ]

    static let balances: [MetricDefinition] = [
        simple(
            "last_amount", orders, .sum, "amount", money,
            nonAdditive: NonAdditiveDimension(column: "paid_at", choice: .max, groupings: ["buyer"])),
        simple(
            "first_weight", orders, .sum, "weight", .number, filter: "amount > 10",
            nonAdditive: NonAdditiveDimension(column: "created_at", choice: .min, groupings: ["channel", "sku"])),
        simple(
            "last_orders", orders, .count, nil, .integer,
            nonAdditive: NonAdditiveDimension(column: "paid_at", choice: .max, groupings: [])),
        simple(
            "last_buyers", orders, .countDistinct, "buyer", .integer,
            nonAdditive: NonAdditiveDimension(column: "paid_at", choice: .max, groupings: ["status"])),
    ]

    static let conversions: [MetricDefinition] = [
        conversion("paid_within", base: "created_orders", "orders", entity: ["buyer"], days: 9),
        conversion("repeats", base: "orders", "orders", entity: ["buyer"], calculation: .conversions),
        conversion(
            "repeats_of_product", base: "orders", "orders", entity: ["buyer"],
            properties: [.init(baseColumn: "sku", conversionColumn: "sku")], days: 30, countOnce: .none),
        conversion("refunded_buyers", base: "buyers", "refunds", entity: ["sku"], days: 12),
        conversion(
            "refunds_after", base: "created_orders", "refunds", entity: ["channel", "sku"], days: 20,
            calculation: .conversions, countOnce: .none),
        conversion("refund_of_paid", base: "paid_amounts", "refunds", entity: ["sku"], calculation: .conversions),
    ]

    private static func conversion(
        _ name: String, base: String, _ conversion: String, entity: [String],
        properties: [ConversionMetric.ConstantProperty] = [], days: Int64? = nil,
        calculation: ConversionMetric.Calculation = .conversionRate, countOnce: ConversionMetric.CountOnce = .base
    ) -> MetricDefinition {
        metric(
            name, calculation == .conversions ? .integer : .number,
            .conversion(
                ConversionMetric(
                    base: input(
                        base, alias: "base", filter: name == "paid_within" ? compile("amount > 0", on: orders) : nil),
                    conversion: input(conversion, alias: "conversion"), entity: entity,
                    constantProperties: properties, windowMicroseconds: days.map { $0 * 86_400_000_000 },
                    calculation: calculation, countOnce: countOnce)))
    }
}
