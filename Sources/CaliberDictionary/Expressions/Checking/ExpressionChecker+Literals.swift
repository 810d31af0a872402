import CaliberCore

/// What numbers without a unit, texts and nulls become beside other values.
extension ExpressionChecker {
    /// The operand as a tree. An open literal takes `type`; without one, its own.
    ///
    /// - Returns: nil when the operand is invalid or can't be what is asked; the problem is then reported.
    mutating func settle(_ operand: CheckedOperand, as type: LogicalType?) -> TypedExpression? {
        switch operand.content {
        case .typed(let expression):
            return expression
        case .invalid:
            return nil
        case .text(let text):
            let isFitting = type?.isString ?? false
            return TypedExpression(.literal(.text(text)), isFitting ? type ?? .text : .text)
        case .null:
            guard let type else { return report(.untypedNull, at: operand.range) }
            return TypedExpression(.literal(.null), type)
        case .number(let digits):
            return number(digits, as: type, range: operand.range)
        }
    }

    /// Whether an open literal can stand for a value of a type; a typed operand can when it has it.
    func canTake(_ operand: CheckedOperand, _ type: LogicalType) -> Bool {
        switch operand.content {
        case .typed(let expression): expression.type == type
        case .invalid, .null: true
        case .text: type.isString
        case .number(let digits):
            switch type {
            case .integer: CheckedOperand.isWhole(digits)
            case .number, .money, .moneyRate: true
            default: false
            }
        }
    }

    private mutating func number(_ digits: String, as type: LogicalType?, range: Range<Int>) -> TypedExpression? {
        switch type {
        case .money(let currency), .moneyRate(let currency):
            do throws(DecimalText.Failure) {
                let amountMinor = try DecimalText.parse(digits, scale: currency.minorDigits)
                return TypedExpression(.literal(.integer(amountMinor)), .money(currency))
            } catch {
                return report(.inexactAmount(text: digits, currency: currency), at: range)
            }
        case .number:
            return float(digits, range: range)
        default:
            guard CheckedOperand.isWhole(digits) else { return float(digits, range: range) }
            guard let value = Int64(digits) else {
                return report(.malformedLiteral(.number(text: digits)), at: range)
            }
            return TypedExpression(.literal(.integer(value)), .integer)
        }
    }

    private mutating func float(_ digits: String, range: Range<Int>) -> TypedExpression? {
        guard let value = Double(digits), value.isFinite else {
            return report(.malformedLiteral(.number(text: digits)), at: range)
        }
        // Negative zero equals zero and would print differently.
        return TypedExpression(.literal(.number(value == 0 ? 0 : value)), .number)
    }

    /// The type that all values of a `case`, `coalesce`, `least` or `greatest` are brought to.
    ///
    /// - Returns: nil when there is none; the problem is then reported, unless a part is invalid.
    mutating func commonType(of operands: [CheckedOperand], construct: String, range: Range<Int>) -> LogicalType? {
        var common: (type: LogicalType, operand: CheckedOperand)?
        for operand in operands {
            guard let type = operand.ownType else { continue }
            guard let (soFar, first) = common else {
                common = (type, operand)
                continue
            }
            guard let joined = ExpressionChecker.join(soFar, type) else {
                reportBranches(construct, first, operand)
                return nil
            }
            common = (joined, first)
        }
        guard !operands.contains(where: \.isInvalid) else { return nil }
        guard let (type, first) = common else { return literalsType(operands, construct: construct, range: range) }
        for operand in operands where !canJoin(operand, type) {
            reportBranches(construct, first, operand)
            return nil
        }
        let hasFraction = operands.contains { $0.ownType == nil && $0.looseType == .number }
        return type == .integer && hasFraction ? .number : type
    }

    private mutating func reportBranches(_ construct: String, _ first: CheckedOperand, _ other: CheckedOperand) {
        let terms = (term(first), term(other))
        if let left = terms.0.type.currency, let right = terms.1.type.currency, left != right {
            report(.currencyMismatch(terms.0, terms.1), at: other.range)
        } else {
            report(.branchTypes(construct: construct, terms.0, terms.1), at: other.range)
        }
    }

    /// Whether an operand can be brought to a type that was found by `join`.
    private func canJoin(_ operand: CheckedOperand, _ type: LogicalType) -> Bool {
        if case .number = operand.content, type == .integer { return true }
        return operand.ownType != nil || canTake(operand, type)
    }

    /// The common type where every value is an open literal: numbers, or a choice among few texts.
    private mutating func literalsType(
        _ operands: [CheckedOperand], construct: String, range: Range<Int>
    ) -> LogicalType? {
        let values = operands.filter { !$0.isNull }
        guard let first = values.first else {
            report(.untypedNull, at: range)
            return nil
        }
        let isText = first.looseType == .text
        if let other = values.first(where: { ($0.looseType == .text) != isText }) {
            reportBranches(construct, first, other)
            return nil
        }
        if isText { return .category }
        return values.contains { $0.looseType == .number } ? .number : .integer
    }

    /// The narrowest type that holds values of both.
    static func join(_ left: LogicalType, _ right: LogicalType) -> LogicalType? {
        if left == right { return left }
        if left.isString && right.isString { return .text }
        switch (left, right) {
        case (.integer, .number), (.number, .integer): return .number
        case (.money(let one), .moneyRate(let other)), (.moneyRate(let one), .money(let other)):
            return one == other ? .moneyRate(one) : nil
        default: return nil
        }
    }
}
