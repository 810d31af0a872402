import CaliberCore
import CaliberDictionary

/// Random well-typed expressions over columns of every type: what the compiler could have made of some text.
public struct RandomExpressions {
    public var generator: SeededGenerator

    public init(seed: UInt64) {
        generator = SeededGenerator(seed: seed)
    }

    /// The columns that the expressions read: at least one of each type, some of them joined.
    public static let columns: [(reference: ColumnReference, type: LogicalType)] = [
        (ColumnReference(name: "gift"), .boolean), (ColumnReference(name: "first_order"), .boolean),
        (ColumnReference(name: "items"), .integer), (ColumnReference(name: "grams"), .integer),
        (ColumnReference(name: "rate"), .number), (ColumnReference(name: "product.score"), .number),
        (ColumnReference(name: "paid"), .money(.cny)),
        (ColumnReference(path: ["product"], name: "price"), .money(.cny)),
        (ColumnReference(name: "average"), .moneyRate(.cny)),
        (ColumnReference(name: "paid_at"), .timestamp), (ColumnReference(name: "shipped_at"), .timestamp),
        (ColumnReference(name: "due_on"), .date), (ColumnReference(name: "delay"), .duration),
        (ColumnReference(name: "channel"), .category),
        (ColumnReference(path: ["product"], name: "category"), .category),
        (ColumnReference(name: "buyer"), .identifier), (ColumnReference(name: "订单"), .identifier),
        (ColumnReference(name: "case"), .text), (ColumnReference(name: "coupons"), .set),
    ]

    public static let scope = ExpressionScope(
        description: "table orders", columns: Dictionary(uniqueKeysWithValues: columns.map { ($0.reference, $0.type) }),
        currency: .cny, zone: .utc)

    public static let types: [LogicalType] = [
        .boolean, .integer, .number, .money(.cny), .moneyRate(.cny), .timestamp, .date, .duration, .category,
        .identifier, .text, .set,
    ]

    /// Words that random texts and columns are made of, so that comparisons find something.
    public static let words = ["", "a", "ab", "abc", "b", "B", "Ünï", "订单", "a'b", "it''s"]

    public mutating func type() -> LogicalType { pick(RandomExpressions.types) }

    /// An expression of a type, a literal or a column at depth 0.
    public mutating func expression(of type: LogicalType, depth: Int) -> TypedExpression {
        if depth > 0, chance(85) { return compound(type, depth - 1) }
        let hasLiterals = type != .set && type != .moneyRate(.cny)
        return hasLiterals && chance(40) ? literal(type) : column(type)
    }

    /// An expression that is no literal: something that gives the literals beside it their type.
    public mutating func varying(_ type: LogicalType, depth: Int) -> TypedExpression {
        let expression = expression(of: type, depth: depth)
        if case .literal = expression.node { return column(type) }
        return expression
    }

    public mutating func literal(_ type: LogicalType) -> TypedExpression {
        TypedExpression(.literal(literalValue(type)), type)
    }

    mutating func literalValue(_ type: LogicalType) -> TypedExpression.Literal {
        switch type {
        case .boolean: .boolean(chance(50))
        case .integer: .integer(chance(10) ? pick([.max, .min, -1, 0]) : Int64.random(in: -20...20, using: &generator))
        case .number, .moneyRate: .number(pick([0, 1, -1.5, 0.1, 2.5, 1e-7, 123_456.789, 1e21, 9e307]))
        case .money: .integer(Int64.random(in: -5000...5000, using: &generator))
        case .timestamp:
            .integer(Int64.random(in: -60_000_000_000_000_000...250_000_000_000_000_000, using: &generator))
        case .date: .integer(Int64.random(in: -10_000...40_000, using: &generator))
        case .duration:
            .integer(
                pick([1000, 1_000_000, 60_000_000, 3_600_000_000, 86_400_000_000])
                    * Int64.random(in: -30...30, using: &generator))
        case .category, .identifier, .text, .set: .text(pick(RandomExpressions.words))
        }
    }

    public mutating func column(_ type: LogicalType) -> TypedExpression {
        let fitting = RandomExpressions.columns.filter { $0.type == type }
        return TypedExpression(.column(pick(fitting).reference), type)
    }

    mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &generator) < percent }

    mutating func pick<Element>(_ elements: [Element]) -> Element {
        elements[Int.random(in: 0..<elements.count, using: &generator)]
    }
}
