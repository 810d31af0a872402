import CaliberCore

extension TypedExpression {
    /// The meaning as text: what definitions are hashed by. Two expressions that mean the same by these rules have one
    /// canonical text:
    ///
    /// - operands of `and`, `or`, `+`, `*`, `=`, `!=`, `least` and `greatest` have no order; `and` and `or` no repeats
    ///   and no inner parentheses;
    /// - `a > b` is `b < a`; `between` is its two comparisons; `in` has no order and no repeats, is `=` with one
    ///   member and takes in what it is joined to by `or`: `x = 'a' or x = 'b'` is `x in ('a', 'b')`;
    /// - `not` moves inwards as far as it goes (De Morgan; `not a < b` is `b <= a`), which is right in three-valued
    ///   logic too, and two of them vanish; two signs vanish likewise;
    /// - `else null` is no `else`; literals are in their smallest unit (`60 minutes` is `1 hour`).
    ///
    /// It is for machines: every operation stands in parentheses. What a day is depends on the business zone beside.
    public var canonicalText: String { canonicalText(isNegated: false) }

    private func canonicalText(isNegated: Bool) -> String {
        switch node {
        case .not(let operand):
            return operand.canonicalText(isNegated: !isNegated)
        case .and(let parts):
            return connective(parts, isNegated ? "or" : "and", isNegated: isNegated)
        case .or(let parts):
            return connective(parts, isNegated ? "and" : "or", isNegated: isNegated)
        case .comparison(let symbol, let left, let right):
            return TypedExpression.comparison(
                isNegated ? symbol.inverse : symbol, left.canonicalText, right.canonicalText)
        case .isMember(let value, let members):
            return membership(value, members, isNegated: isNegated)
        case .literal(.boolean(let value)) where isNegated:
            return value ? "false" : "true"
        default:
            let text = plainCanonicalText
            return isNegated ? "(not \(text))" : text
        }
    }

    /// The text of a node that a `not` does not enter.
    private var plainCanonicalText: String {
        switch node {
        case .literal(let literal):
            return TypedExpression.canonicalText(of: literal, type)
        case .column(let reference):
            return reference.canonicalText
        case .negate(let operand):
            return operand.negatedText
        case .arithmetic(let symbol, let left, let right):
            var operands = [left.canonicalText, right.canonicalText]
            if symbol == .add || symbol == .multiply { operands.sort() }
            return "(\(operands[0]) \(symbol.rawValue) \(operands[1]))"
        case .isNull(let operand):
            return "(\(operand.canonicalText) is null)"
        case .choose(let branches, let otherwise):
            return choiceText(branches, otherwise)
        case .coalesce(let operands):
            return "coalesce(\(operands.map(\.canonicalText).joined(separator: ", ")))"
        case .call(let function, let arguments):
            var texts = arguments.map(\.canonicalText)
            if function == .least || function == .greatest { texts.sort() }
            return "\(function.rawValue)(\(texts.joined(separator: ", ")))"
        case .not, .and, .or, .comparison, .isMember:
            return canonicalText(isNegated: false)
        }
    }

    /// The canonical text of this value with its sign turned.
    private var negatedText: String {
        switch node {
        case .negate(let inner): inner.canonicalText
        case .literal(.integer(let value)) where value != .min:
            TypedExpression.canonicalText(of: .integer(-value), type)
        case .literal(.number(let value)) where value != 0:
            TypedExpression.canonicalText(of: .number(-value), type)
        default: "(- \(canonicalText))"
        }
    }

    private func connective(_ parts: [TypedExpression], _ word: String, isNegated: Bool) -> String {
        var texts: Set<ExactText> = []
        var members: [ExactText: Set<ExactText>] = [:]
        gather(parts, word, isNegated: isNegated, into: &texts, &members)
        for (value, members) in members {
            texts.insert(
                ExactText(TypedExpression.membership(value.text, members, isNegated: word == "and")))
        }
        let sorted = texts.sorted().map(\.text)
        return sorted.count == 1 ? sorted[0] : "(\(sorted.joined(separator: " \(word) ")))"
    }

    /// The parts of nested connectives of one kind, as one flat list; those that hold one value against literals
    /// as the literals by the value.
    private func gather(
        _ parts: [TypedExpression], _ word: String, isNegated: Bool, into texts: inout Set<ExactText>,
        _ members: inout [ExactText: Set<ExactText>]
    ) {
        for part in parts {
            var inner = part
            var isInnerNegated = isNegated
            while case .not(let operand) = inner.node {
                inner = operand
                isInnerNegated.toggle()
            }
            switch inner.node {
            case .and(let innerParts) where word == (isInnerNegated ? "or" : "and"),
                .or(let innerParts) where word == (isInnerNegated ? "and" : "or"):
                gather(innerParts, word, isNegated: isInnerNegated, into: &texts, &members)
            default:
                if let (value, literals) = inner.alternatives(isNegated: isInnerNegated, word) {
                    members[value, default: []].formUnion(literals)
                } else {
                    texts.insert(ExactText(inner.canonicalText(isNegated: isInnerNegated)))
                }
            }
        }
    }

    /// What stands on both sides of `x = 'a'` or `x in ('a', 'b')` among `or`, and of their opposites among `and`;
    /// nil for any other condition.
    private func alternatives(isNegated: Bool, _ word: String) -> (value: ExactText, literals: Set<ExactText>)? {
        switch node {
        case .isMember(let value, let members) where isNegated == (word == "and"):
            return (value.exactText, TypedExpression.texts(of: members, value.type))
        case .comparison(let symbol, let left, let right)
        where (isNegated ? symbol.inverse : symbol) == (word == "and" ? .notEqual : .equal):
            switch (left.isValueLiteral, right.isValueLiteral) {
            case (false, true): return (left.exactText, [right.exactText])
            case (true, false): return (right.exactText, [left.exactText])
            default: return nil
            }
        default: return nil
        }
    }

    private var exactText: ExactText { ExactText(canonicalText) }

    private static func texts(of members: [Literal], _ type: LogicalType) -> Set<ExactText> {
        Set(members.map { ExactText(canonicalText(of: $0, type)) })
    }

    private var isValueLiteral: Bool {
        guard case .literal(let literal) = node else { return false }
        return literal != .null
    }

    private func membership(_ value: TypedExpression, _ members: [Literal], isNegated: Bool) -> String {
        TypedExpression.membership(
            value.canonicalText, TypedExpression.texts(of: members, value.type), isNegated: isNegated)
    }

    private static func membership(_ value: String, _ members: Set<ExactText>, isNegated: Bool) -> String {
        let texts = members.sorted().map(\.text)
        guard texts.count > 1 else {
            return comparison(isNegated ? .notEqual : .equal, value, texts.first ?? "")
        }
        return "(\(value) \(isNegated ? "not in" : "in") (\(texts.joined(separator: ", "))))"
    }

    private func choiceText(_ branches: [Branch], _ otherwise: TypedExpression?) -> String {
        var text = "case"
        for branch in branches {
            text += " when \(branch.condition.canonicalText) then \(branch.value.canonicalText)"
        }
        if let otherwise, otherwise.node != .literal(.null) { text += " else \(otherwise.canonicalText)" }
        return "(\(text) end)"
    }

    private static func comparison(_ symbol: ComparisonOperator, _ left: String, _ right: String) -> String {
        switch symbol {
        case .equal, .notEqual: "(\(min(left, right)) \(symbol.rawValue) \(max(left, right)))"
        case .less, .lessOrEqual: "(\(left) \(symbol.rawValue) \(right))"
        case .greater, .greaterOrEqual: comparison(symbol.mirrored, right, left)
        }
    }
}

/// A text that is equal to another byte by byte alone. Values are compared by their bytes, and a `String` is equal to
/// any other way of composing its characters.
private struct ExactText: Hashable, Comparable {
    let text: String

    init(_ text: String) { self.text = text }

    static func == (left: ExactText, right: ExactText) -> Bool { left.text.utf8.elementsEqual(right.text.utf8) }

    static func < (left: ExactText, right: ExactText) -> Bool {
        left.text.utf8.lexicographicallyPrecedes(right.text.utf8)
    }

    func hash(into hasher: inout Hasher) {
        for byte in text.utf8 { hasher.combine(byte) }
    }
}

extension ComparisonOperator {
    /// What holds of `b` and `a` when this holds of `a` and `b`.
    package var mirrored: ComparisonOperator {
        switch self {
        case .equal, .notEqual: self
        case .less: .greater
        case .lessOrEqual: .greaterOrEqual
        case .greater: .less
        case .greaterOrEqual: .lessOrEqual
        }
    }

    /// What holds when this does not.
    var inverse: ComparisonOperator {
        switch self {
        case .equal: .notEqual
        case .notEqual: .equal
        case .less: .greaterOrEqual
        case .lessOrEqual: .greater
        case .greater: .lessOrEqual
        case .greaterOrEqual: .less
        }
    }
}
