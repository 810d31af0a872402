import CaliberCore

extension TypedExpression {
    /// The meaning as text: what definitions are hashed by. Two expressions that mean the same by these rules have one
    /// canonical text:
    ///
    /// - operands of `and`, `or`, `+`, `*`, `=`, `!=`, `least` and `greatest` have no order; `and` and `or` no repeats
    ///   and no inner parentheses;
    /// - `a > b` is `b < a`; `between` is its two comparisons; `in` has no order and no repeats, and is `=` with one
    ///   member;
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
        var texts: Set<String> = []
        gather(parts, word, isNegated: isNegated, into: &texts)
        let sorted = texts.sorted()
        return sorted.count == 1 ? sorted[0] : "(\(sorted.joined(separator: " \(word) ")))"
    }

    /// The parts of nested connectives of one kind, as one flat list.
    private func gather(
        _ parts: [TypedExpression], _ word: String, isNegated: Bool, into texts: inout Set<String>
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
                gather(innerParts, word, isNegated: isInnerNegated, into: &texts)
            default:
                texts.insert(inner.canonicalText(isNegated: isInnerNegated))
            }
        }
    }

    private func membership(_ value: TypedExpression, _ members: [Literal], isNegated: Bool) -> String {
        let texts = Set(members.map { TypedExpression.canonicalText(of: $0, value.type) }).sorted()
        guard texts.count > 1 else {
            let symbol = isNegated ? ComparisonOperator.notEqual : .equal
            return TypedExpression.comparison(symbol, value.canonicalText, texts.first ?? "")
        }
        return "(\(value.canonicalText) \(isNegated ? "not in" : "in") (\(texts.joined(separator: ", "))))"
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
