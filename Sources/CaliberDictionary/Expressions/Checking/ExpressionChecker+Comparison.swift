import CaliberCore

/// What may be compared with what.
extension ExpressionChecker {
    mutating func comparison(
        _ symbol: ComparisonOperator, _ left: CheckedOperand, _ right: CheckedOperand, range: Range<Int>
    ) -> CheckedOperand {
        guard !left.isInvalid, !right.isInvalid else { return invalid(range) }
        guard !left.isNull, !right.isNull else {
            report(.comparisonWithNull(term(left.isNull ? right : left), isEquality: symbol == .equal), at: range)
            return invalid(range)
        }
        guard let type = comparedType(left, right, range: range), isOrdered(symbol, type, left),
            let leftExpression = settle(left, as: type), let rightExpression = settle(right, as: type)
        else { return invalid(range) }
        return made(
            .comparison(symbol, leftExpression, rightExpression), .boolean, range: range,
            nodeCount: left.nodeCount + right.nodeCount)
    }

    /// The type that open literals of a comparison take; nil when the two don't compare, which is then reported.
    private mutating func comparedType(
        _ left: CheckedOperand, _ right: CheckedOperand, range: Range<Int>
    ) -> LogicalType? {
        guard let leftType = left.looseType, let rightType = right.looseType else { return nil }
        var type: LogicalType?
        switch (left.ownType, right.ownType) {
        case (nil, let own?): type = canTake(left, own) ? own : ExpressionChecker.join(leftType, own)
        case (let own?, nil): type = canTake(right, own) ? own : ExpressionChecker.join(own, rightType)
        default: type = ExpressionChecker.join(leftType, rightType)
        }
        if let type, type != .set { return type }
        if let one = leftType.currency, let other = rightType.currency, one != other {
            report(.currencyMismatch(term(left), term(right)), at: range)
        } else {
            report(.comparisonTypes(term(left), term(right)), at: range)
        }
        return nil
    }

    private mutating func isOrdered(
        _ symbol: ComparisonOperator, _ type: LogicalType, _ left: CheckedOperand
    ) -> Bool {
        guard type == .boolean, symbol != .equal, symbol != .notEqual else { return true }
        report(.unorderedComparison(symbol, term(left)), at: left.range)
        return false
    }

    /// `low <= value and value <= high`.
    @inline(never)
    mutating func between(
        _ syntax: SyntaxNode, _ lowSyntax: SyntaxNode, _ highSyntax: SyntaxNode, _ whole: SyntaxNode
    ) -> CheckedOperand {
        let value = check(syntax)
        let low = check(lowSyntax)
        let high = check(highSyntax)
        let bounds = [
            comparison(.greaterOrEqual, value, low, range: low.range),
            comparison(.lessOrEqual, value, high, range: high.range),
        ]
        let conditions = bounds.compactMap { bound -> TypedExpression? in
            if case .typed(let expression) = bound.content { expression } else { nil }
        }
        guard conditions.count == bounds.count else { return invalid(whole.range) }
        return made(
            .and(conditions), .boolean, range: whole.range,
            nodeCount: bounds[0].nodeCount + bounds[1].nodeCount)
    }

    /// `value in (…)`: literals as one list, other members as comparisons beside it.
    @inline(never)
    mutating func membership(
        _ syntax: SyntaxNode, _ memberSyntax: [SyntaxNode], _ whole: SyntaxNode
    ) -> CheckedOperand {
        let value = check(syntax)
        var literals: [TypedExpression.Literal] = []
        var alternatives: [TypedExpression] = []
        var nodeCount = value.nodeCount
        var isValid = !value.isInvalid
        var listed: TypedExpression?
        for syntax in memberSyntax {
            let member = check(syntax)
            guard !member.isNull else {
                report(.nullInList, at: member.range)
                isValid = false
                continue
            }
            // Nothing can be said of a member while the value is unknown, except what is wrong with itself.
            guard !value.isInvalid,
                case .typed(let equality) = comparison(.equal, value, member, range: member.range)
                    .content, case .comparison(_, let left, let right) = equality.node
            else {
                isValid = false
                continue
            }
            if case .literal(let literal) = right.node, left.type.storage == right.type.storage,
                listed == nil || listed == left
            {
                literals.append(literal)
                listed = left
                nodeCount += 1
            } else {
                alternatives.append(equality)
                nodeCount += value.nodeCount + member.nodeCount + 1
            }
        }
        guard isValid else { return invalid(whole.range) }
        if let listed { alternatives.insert(TypedExpression(.isMember(listed, literals), .boolean), at: 0) }
        guard alternatives.count == 1, let only = alternatives.first else {
            return made(.or(alternatives), .boolean, range: whole.range, nodeCount: nodeCount)
        }
        return made(only.node, .boolean, range: whole.range, nodeCount: nodeCount)
    }
}
