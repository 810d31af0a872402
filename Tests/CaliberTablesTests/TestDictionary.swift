import CaliberCore
import CaliberDictionary
import CaliberTesting

/// Contracts, tables and events at random, from small sets of values so that ties and repeats are common.
struct TestDictionary {
    static let place = SourceLocation(file: "test.yaml", line: 1, column: 1)
    var contracts: [ContractDefinition]
    var conditions: [TestCondition]
    var tables: [TableDefinition] = []

    init() {
        func field(_ name: String, _ type: LogicalType, required: Bool = false) -> FieldDefinition {
            FieldDefinition(name: name, type: type, required: required, location: TestDictionary.place)
        }
        contracts = ["order.created", "payment.callback", "refund.settled"].map { name in
            ContractDefinition(
                name: name, version: 1, owner: nil, description: nil,
                fields: [
                    field("order_id", .identifier), field("line", .integer), field("amount", .money(.cny)),
                    field("weight", .number), field("at", .timestamp, required: true),
                    field("status", .category, required: true),
                    field("buyer", .identifier), field("note", .text), field("tags", .set), field("ok", .boolean),
                    field("wait", .duration),
                ], undeclaredFields: .reject, checks: [], location: TestDictionary.place)
        }
        func column(_ name: String, _ type: LogicalType) -> TypedExpression {
            TypedExpression(.column(ColumnReference(name: name)), type)
        }
        conditions = [
            TestCondition(
                expression: column("ok", .boolean), holds: { $0["ok"] == .boolean(true) }),
            TestCondition(
                expression: TypedExpression(
                    .comparison(
                        .equal, column("status", .category), TypedExpression(.literal(.text("paid")), .category)),
                    .boolean),
                holds: { $0["status"] == .text("paid") }),
            TestCondition(
                expression: TypedExpression(
                    .comparison(
                        .greater, column("amount", .money(.cny)),
                        TypedExpression(.literal(.integer(0)), .money(.cny))), .boolean),
                holds: { if case .integer(let amount) = $0["amount"] { amount > 0 } else { false } }),
        ]
    }

    var dictionary: MetricDictionary {
        MetricDictionary(
            settings: DictionarySettings(name: "test", timeZone: .utc, currency: .cny),
            contracts: contracts, tables: tables, metrics: [], earlierMetrics: [], sources: [])
    }

    // MARK: At random

    /// A table of some keys and up to 14 folds, with an anchor more often than not.
    mutating func addRandomTable(named name: String, using generator: inout SeededGenerator) {
        let keys: [[KeyColumn]] = [
            [KeyColumn(name: "order_id", type: .identifier)],
            [KeyColumn(name: "order_id", type: .identifier), KeyColumn(name: "line", type: .integer)],
            [
                KeyColumn(
                    name: "number", type: .integer,
                    fields: Dictionary(uniqueKeysWithValues: contracts.map { ($0.name, "line") }))
            ],
            [KeyColumn(name: "order_id", type: .identifier), KeyColumn(name: "at", type: .timestamp)],
        ]
        let key = keys[Int.random(in: 0..<keys.count, using: &generator)]
        var columns = (0..<Int.random(in: 1...14, using: &generator)).map { number in
            randomColumn("c\(number)", using: &generator)
        }
        var anchor: String?
        switch Int.random(in: 0..<10, using: &generator) {
        case 0..<2: break
        case 2 where key.contains { $0.name == "at" }: anchor = "at"
        default:
            let kinds: [FoldDefinition.Kind] = [.first, .last, .min, .max]
            columns.append(
                fold(
                    "anchored_at", .timestamp, kinds[Int.random(in: 0..<4, using: &generator)], "payment.callback",
                    "at",
                    condition: Bool.random(using: &generator) ? 0 : nil))
            anchor = "anchored_at"
        }
        tables.append(table(name, key: key, anchor: anchor, columns: columns))
    }

    func table(
        _ name: String, key: [KeyColumn], anchor: String?, columns: [ColumnDefinition],
        validity: ValidityDefinition? = nil
    ) -> TableDefinition {
        TableDefinition(
            name: name, description: nil, owner: nil, key: key, anchor: anchor,
            columns: key.map {
                ColumnDefinition(
                    name: $0.name, type: $0.type, content: .key, description: nil, location: TestDictionary.place)
            } + columns, joins: [], validity: validity, location: TestDictionary.place)
    }

    func fold(
        _ name: String, _ type: LogicalType, _ kind: FoldDefinition.Kind, _ contract: String, _ field: String?,
        condition: Int? = nil
    ) -> ColumnDefinition {
        let source: FoldDefinition.Field? =
            switch field {
            case nil: nil
            case "$time": .eventTime
            case "$id": .eventID
            case let name?: contracts[0].fieldIndex(named: name).map { .data($0) }
            }
        return ColumnDefinition(
            name: name, type: type,
            content: .fold(
                FoldDefinition(
                    kind: kind, contract: contract, field: source,
                    condition: condition.map { conditions[$0].expression })),
            description: nil, location: TestDictionary.place)
    }

    private func randomColumn(_ name: String, using generator: inout SeededGenerator) -> ColumnDefinition {
        let contract = contracts[Int.random(in: 0..<contracts.count, using: &generator)].name
        let condition = Int.random(in: 0..<6, using: &generator)
        let kinds = FoldDefinition.Kind.allCases
        let kind = kinds[Int.random(in: 0..<kinds.count, using: &generator)]
        let fields: [(String, LogicalType)]
        switch kind {
        case .count:
            let field = Bool.random(using: &generator) ? "buyer" : nil
            return fold(name, .integer, .count, contract, field, condition: condition < 3 ? condition : nil)
        case .sum: fields = [("amount", .money(.cny)), ("line", .integer), ("wait", .duration)]
        case .any: fields = [("ok", .boolean)]
        case .set: fields = [("status", .set), ("tags", .set), ("buyer", .set), ("note", .set)]
        case .first, .last, .min, .max:
            fields = contracts[0].fields.map { ($0.name, $0.type) } + [("$time", .timestamp), ("$id", .text)]
        }
        let (field, type) = fields[Int.random(in: 0..<fields.count, using: &generator)]
        return fold(name, type, kind, contract, field, condition: condition < 3 ? condition : nil)
    }

    func randomEvents(_ count: Int, using generator: inout SeededGenerator) -> [TestEvent] {
        let orderCount = Int.random(in: 1...max(count / 2, 1), using: &generator)
        let hasHugeAmounts = Int.random(in: 0..<4, using: &generator) == 0
        return (0..<count).map { number in
            func chance(_ parts: Int) -> Bool { Int.random(in: 0..<parts, using: &generator) == 0 }
            func pick(_ texts: [String]) -> TestEvent.Value {
                .text(texts[Int.random(in: 0..<texts.count, using: &generator)])
            }
            func integer(_ range: ClosedRange<Int64>) -> TestEvent.Value {
                .integer(Int64.random(in: range, using: &generator))
            }
            let amount = hasHugeAmounts && chance(3) ? integer(.min ... .max) : integer(-500...500)
            return TestEvent(
                contract: contracts[Int.random(in: 0..<contracts.count, using: &generator)],
                time: chance(8) ? nil : Int64.random(in: 0...20, using: &generator),
                tie: Int64.random(in: -3...3, using: &generator), id: "event-\(number)",
                values: [
                    chance(20) ? nil : .text("order-\(Int.random(in: 0..<orderCount, using: &generator))"),
                    chance(20) ? nil : integer(0...Int64(max(orderCount / 3, 1))),
                    chance(6) ? nil : amount,
                    chance(4) ? nil : .number(Double(Int.random(in: -4...4, using: &generator)) / 4),
                    integer(-1000...1000),
                    pick(["created", "paid", "shipped", "closed", ""]),
                    chance(4) ? nil : .text("buyer-\(Int.random(in: 0...9, using: &generator))"),
                    chance(3) ? nil : .text("Nr. \(Int.random(in: 0...99, using: &generator)) \u{516C}"),
                    chance(3) ? nil : pick(["", "a", "b", "a\u{1F}b", "b\u{1F}c", "a\u{1F}c\u{1F}d"]),
                    chance(4) ? nil : .boolean(Bool.random(using: &generator)),
                    chance(5) ? nil : integer(0...1000),
                ])
        }
    }
}
