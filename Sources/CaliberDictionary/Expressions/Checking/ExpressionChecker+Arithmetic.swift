import CaliberCore

/// What may be calculated with what, and what comes out.
extension ExpressionChecker {
    @inline(never)
    mutating func negation(_ syntax: SyntaxNode, _ whole: SyntaxNode) -> CheckedOperand {
        let operand = check(syntax)
        if case .number(let digits) = operand.content {
            let turned = digits.hasPrefix("-") ? String(digits.dropFirst()) : "-" + digits
            return CheckedOperand(content: .number(turned), range: whole.range, nodeCount: 1)
        }
        guard let expression = settle(operand, as: .number) else { return invalid(whole.range) }
        guard expression.type.isNumeric else {
            report(.negatedType(term(operand)), at: operand.range)
            return invalid(whole.range)
        }
        return made(.negate(expression), expression.type, range: whole.range, nodeCount: operand.nodeCount)
    }

    @inline(never)
    mutating func arithmetic(
        _ symbol: ArithmeticOperator, _ leftSyntax: SyntaxNode, _ rightSyntax: SyntaxNode, _ whole: SyntaxNode
    ) -> CheckedOperand {
        let left = check(leftSyntax)
        let right = check(rightSyntax)
        guard !left.isInvalid, !right.isInvalid else { return invalid(whole.range) }
        guard let leftType = left.looseType ?? ExpressionChecker.nullType(symbol, beside: right.looseType),
            let rightType = right.looseType ?? ExpressionChecker.nullType(symbol, beside: left.looseType)
        else {
            report(.untypedNull, at: left.range)
            return invalid(whole.range)
        }
        guard let type = ExpressionChecker.arithmeticType(symbol, leftType, rightType) else {
            reportArithmetic(symbol, left, leftType, right, rightType, whole)
            return invalid(whole.range)
        }
        // A whole number beside a float is a float: `rate * 2` and `rate * 2.0` are one.
        let literalType: LogicalType? = type == .number && (leftType == .number || rightType == .number) ? .number : nil
        guard let leftExpression = settle(left, as: left.isNull ? leftType : literalType),
            let rightExpression = settle(right, as: right.isNull ? rightType : literalType)
        else { return invalid(whole.range) }
        if type == .date, isFractionalDays(rightType == .duration ? rightExpression : leftExpression) {
            report(.fractionalDays(term(rightType == .duration ? right : left)), at: whole.range)
            return invalid(whole.range)
        }
        return made(
            .arithmetic(symbol, leftExpression, rightExpression), type, range: whole.range,
            nodeCount: left.nodeCount + right.nodeCount)
    }

    private mutating func reportArithmetic(
        _ symbol: ArithmeticOperator, _ left: CheckedOperand, _ leftType: LogicalType, _ right: CheckedOperand,
        _ rightType: LogicalType, _ whole: SyntaxNode
    ) {
        let terms = (term(left, type: leftType), term(right, type: rightType))
        if let one = leftType.currency, let other = rightType.currency, one != other {
            report(.currencyMismatch(terms.0, terms.1), at: whole.range)
        } else {
            report(.arithmeticTypes(symbol, terms.0, terms.1), at: whole.range)
        }
    }

    private func isFractionalDays(_ duration: TypedExpression) -> Bool {
        guard case .literal(.integer(let microseconds)) = duration.node else { return false }
        return microseconds % Timestamp.microsecondsPerDay != 0
    }

    /// What a null is taken for beside a value.
    private static func nullType(_ symbol: ArithmeticOperator, beside other: LogicalType?) -> LogicalType? {
        guard let other else { return nil }
        switch symbol {
        case .add, .subtract: return other == .timestamp || other == .date ? .duration : other
        case .multiply, .divide: return other == .duration && symbol == .divide ? .duration : .integer
        case .remainder: return .integer
        }
    }

    /// The type of a result; nil where the operands don't fit.
    static func arithmeticType(
        _ symbol: ArithmeticOperator, _ left: LogicalType, _ right: LogicalType
    ) -> LogicalType? {
        switch symbol {
        case .add: sumType(left, right) ?? momentType(left, right) ?? momentType(right, left)
        case .subtract: differenceType(left, right)
        case .multiply: productType(left, right) ?? productType(right, left)
        case .divide: quotientType(left, right)
        case .remainder: left == .integer && right == .integer ? .integer : nil
        }
    }

    private static func sumType(_ left: LogicalType, _ right: LogicalType) -> LogicalType? {
        guard let joined = join(left, right), joined.isNumeric else { return nil }
        return joined
    }

    /// A moment moved by a duration.
    private static func momentType(_ moment: LogicalType, _ duration: LogicalType) -> LogicalType? {
        duration == .duration && (moment == .timestamp || moment == .date) ? moment : nil
    }

    private static func differenceType(_ left: LogicalType, _ right: LogicalType) -> LogicalType? {
        if left == right, left == .timestamp || left == .date { return .duration }
        return sumType(left, right) ?? momentType(left, right)
    }

    private static func productType(_ left: LogicalType, _ right: LogicalType) -> LogicalType? {
        switch (left, right) {
        case (.integer, .integer): .integer
        case (.number, .number), (.number, .integer): .number
        case (.money(let currency), .integer): .money(currency)
        case (.money(let currency), .number), (.moneyRate(let currency), .number),
            (.moneyRate(let currency), .integer):
            .moneyRate(currency)
        case (.duration, .integer): .duration
        default: nil
        }
    }

    private static func quotientType(_ left: LogicalType, _ right: LogicalType) -> LogicalType? {
        switch (left, right) {
        case (.integer, .integer), (.integer, .number), (.number, .integer), (.number, .number): .number
        case (.duration, .duration): .number
        case (.money(let currency), .integer), (.money(let currency), .number), (.moneyRate(let currency), .integer),
            (.moneyRate(let currency), .number):
            .moneyRate(currency)
        default:
            if let one = left.currency, let other = right.currency, one == other { .number } else { nil }
        }
    }
}
