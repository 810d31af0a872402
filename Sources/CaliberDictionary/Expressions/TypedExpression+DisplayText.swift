extension TypedExpression {
    /// The expression as a person would write it, with the parentheses it needs and no more. Compiled in the same scope
    /// it means the same.
    public var displayText: String {
        switch node {
        case .literal(let literal):
            return TypedExpression.sourceText(of: literal, type)
        case .column(let reference):
            return reference.sourceText
        case .negate(let operand):
            // A sign before a number would make one literal of the two.
            let isLiteral = if case .literal = operand.node { true } else { false }
            return "-" + (isLiteral ? "(\(operand.displayText))" : operand.text(within: .sign))
        case .not(let operand):
            return negatedDisplayText(operand)
        case .arithmetic(let symbol, let left, let right):
            let level: Precedence = symbol == .add || symbol == .subtract ? .sum : .product
            return "\(left.text(within: level)) \(symbol.rawValue) \(right.text(within: level.tighter))"
        case .comparison(let symbol, let left, let right):
            return "\(left.text(within: .sum)) \(symbol.rawValue) \(right.text(within: .sum))"
        case .and(let parts):
            return parts.map { $0.text(within: .negation) }.joined(separator: " and ")
        case .or(let parts):
            return parts.map { $0.text(within: .conjunction) }.joined(separator: " or ")
        case .isMember(let value, let members):
            return membershipText(value, members, word: "in")
        case .isNull(let operand):
            return operand.text(within: .sum) + " is null"
        case .choose(let branches, let otherwise):
            let choices = branches.map { " when \($0.condition.displayText) then \($0.value.displayText)" }
            return "case" + choices.joined() + (otherwise.map { " else " + $0.displayText } ?? "") + " end"
        case .coalesce(let operands):
            return "coalesce(\(operands.map(\.displayText).joined(separator: ", ")))"
        case .call(let function, let arguments):
            return "\(function.rawValue)(\(arguments.map(\.displayText).joined(separator: ", ")))"
        }
    }

    private func negatedDisplayText(_ operand: TypedExpression) -> String {
        switch operand.node {
        case .isMember(let value, let members): membershipText(value, members, word: "not in")
        case .isNull(let value): value.text(within: .sum) + " is not null"
        default: "not " + operand.text(within: .negation)
        }
    }

    private func membershipText(_ value: TypedExpression, _ members: [Literal], word: String) -> String {
        let texts = members.map { TypedExpression.sourceText(of: $0, value.type) }
        return "\(value.text(within: .sum)) \(word) (\(texts.joined(separator: ", ")))"
    }

    /// How tightly an expression's outermost operator binds, loosest first.
    private enum Precedence: Int, Comparable {
        case disjunction, conjunction, negation, comparison, sum, product, sign, operand

        var tighter: Precedence { Precedence(rawValue: rawValue + 1) ?? .operand }

        static func < (left: Precedence, right: Precedence) -> Bool { left.rawValue < right.rawValue }
    }

    private var precedence: Precedence {
        switch node {
        case .literal, .column, .choose, .coalesce, .call: .operand
        case .negate: .sign
        case .arithmetic(.add, _, _), .arithmetic(.subtract, _, _): .sum
        case .arithmetic: .product
        case .comparison, .isMember, .isNull: .comparison
        case .not(let operand):
            switch operand.node {
            case .isMember, .isNull: .comparison
            default: .negation
            }
        case .and: .conjunction
        case .or: .disjunction
        }
    }

    /// The text where at least `level` is needed, in parentheses where it binds looser.
    private func text(within level: Precedence) -> String {
        precedence < level ? "(\(displayText))" : displayText
    }
}
