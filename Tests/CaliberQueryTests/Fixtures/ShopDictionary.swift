import CaliberCore
import CaliberDictionary

/// A small shop: orders and refunds with anchors, products and brands to join, price tiers that hold for a time.
enum ShopDictionary {
    static let here = SourceLocation(file: "shop.yaml", line: 1, column: 1)
    static let zone = BusinessZone(identifier: "Asia/Shanghai")!
    static let money = LogicalType.money(.cny)

    static let orders = table(
        "orders", key: [("order_id", .identifier)], anchor: "paid_at",
        columns: [
            ("paid_at", .timestamp), ("created_at", .timestamp), ("channel", .category), ("status", .category),
            ("buyer", .identifier), ("sku", .identifier), ("amount", money), ("quantity", .integer),
            ("weight", .number), ("huge", .integer), ("gift", .boolean), ("ship_day", .date), ("note", .text),
        ],
        derived: [("is_large", .boolean, "amount > 50"), ("delay", .duration, "paid_at - created_at")],
        joins: [
            JoinDefinition(name: "product", table: "products", on: ["sku"], validAt: nil, location: here),
            JoinDefinition(name: "tier", table: "tiers", on: ["sku"], validAt: "created_at", location: here),
        ])

    static let refunds = table(
        "refunds", key: [("refund_id", .identifier)], anchor: "refunded_at",
        columns: [
            ("refunded_at", .timestamp), ("channel", .category), ("sku", .identifier), ("amount", money),
            ("quantity", .category),
        ],
        joins: [JoinDefinition(name: "product", table: "products", on: ["sku"], validAt: nil, location: here)])

    static let products = table(
        "products", key: [("sku", .identifier)], anchor: nil,
        columns: [
            ("category", .category), ("brand", .identifier), ("listed_at", .timestamp), ("stock", .integer),
        ],
        derived: [("is_stocked", .boolean, "stock > 0")],
        joins: [JoinDefinition(name: "maker", table: "brands", on: ["brand"], validAt: nil, location: here)])

    static let brands = table(
        "brands", key: [("brand", .identifier)], anchor: nil,
        columns: [("country", .category), ("category", .category)])

    static let tiers = table(
        "tiers", key: [("sku", .identifier), ("valid_from", .timestamp)], anchor: nil,
        columns: [("valid_to", .timestamp), ("level", .category)],
        validity: ValidityDefinition(entity: ["sku"], from: "valid_from", to: "valid_to"))

    static let tables = [orders, refunds, products, brands, tiers]

    static let dictionary = dictionary(tables: tables, metrics: metrics)

    static func dictionary(
        tables: [TableDefinition], metrics: [MetricDefinition], earlier: [MetricDefinition] = []
    ) -> MetricDictionary {
        MetricDictionary(
            settings: DictionarySettings(name: "shop", timeZone: zone, currency: .cny), contracts: [], tables: tables,
            metrics: metrics, earlierMetrics: earlier, sources: [])
    }

    static func table(
        _ name: String, key: [(String, LogicalType)], anchor: String?, columns: [(String, LogicalType)],
        derived: [(String, LogicalType, String)] = [], joins: [JoinDefinition] = [],
        validity: ValidityDefinition? = nil
    ) -> TableDefinition {
        let fold = FoldDefinition(kind: .last, contract: name, field: .eventTime, condition: nil)
        var definitions = key.map {
            ColumnDefinition(name: $0.0, type: $0.1, content: .key, description: nil, location: here)
        }
        definitions += columns.map {
            ColumnDefinition(name: $0.0, type: $0.1, content: .fold(fold), description: nil, location: here)
        }
        let scope = Dictionary(
            uniqueKeysWithValues: (key + columns).map { (ColumnReference(name: $0.0), $0.1) })
        definitions += derived.map {
            ColumnDefinition(
                name: $0.0, type: $0.1, content: .derived(compile($0.2, scope)), description: nil, location: here)
        }
        return TableDefinition(
            name: name, description: nil, owner: nil, key: key.map { KeyColumn(name: $0.0, type: $0.1) },
            anchor: anchor, columns: definitions, joins: joins, validity: validity, location: here)
    }

    static func compile(_ text: String, _ columns: [ColumnReference: LogicalType]) -> TypedExpression {
        let scope = ExpressionScope(
            description: "the fixture", columns: columns, currency: .cny, zone: zone, metrics: filterMetrics)
        switch ExpressionCompiler.compile(text, in: scope, at: here) {
        case .success(let expression): return expression
        case .failure(let problems): preconditionFailure("fixture expression \"\(text)\": \(problems)")
        }
    }

    /// An expression over a table's columns and those of the tables it joins.
    static func compile(_ text: String, on table: TableDefinition) -> TypedExpression {
        var columns: [ColumnReference: LogicalType] = [:]
        for column in table.columns { columns[ColumnReference(name: column.name)] = column.type }
        for join in table.joins {
            for column in tables.first(where: { $0.name == join.table })?.columns ?? [] {
                columns[ColumnReference(path: [join.name], name: column.name)] = column.type
            }
        }
        return compile(text, columns)
    }
}
