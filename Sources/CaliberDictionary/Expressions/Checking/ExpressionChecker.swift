import CaliberCore

/// Resolves names and types. Problems are collected: what depends on a faulty part is passed over in silence.
///
/// Every kind of node has a function, and so a stack frame, of its own: recursion takes no more than it needs.
struct ExpressionChecker {
    let source: ExpressionSource
    let scope: ExpressionScope
    var problems: [LocatedProblem]

    /// - Returns: the tree; nil when there are problems.
    mutating func check(_ syntax: SyntaxNode, expecting expected: ExpectedType?) -> TypedExpression? {
        let operand = check(syntax)
        guard let expected else { return settle(operand, as: nil) }
        guard let expression = settle(operand, as: literalType(operand, for: expected)) else { return nil }
        guard expected.accepts(expression.type) else {
            let problem = ExpressionProblem.resultType(term(operand), expected: expected)
            return report(problem, at: operand.range)
        }
        if case .exactly(let type) = expected { return TypedExpression(expression.node, type) }
        return expression
    }

    /// What an open literal becomes in a place: only what it can be, so that a mismatch is reported as one.
    private func literalType(_ operand: CheckedOperand, for expected: ExpectedType) -> LogicalType? {
        guard let type = expected.literalType else { return operand.isNull ? .number : nil }
        switch operand.content {
        case .number: return canTake(operand, type) ? type : nil
        case .text: return type.isString ? type : nil
        default: return type
        }
    }

    mutating func check(_ syntax: SyntaxNode) -> CheckedOperand {
        switch syntax.kind {
        case .number(let digits): return open(.number(digits), syntax)
        case .text(let text): return open(.text(text), syntax)
        case .null: return open(.null, syntax)
        case .literal(let literal): return open(.typed(literal), syntax)
        case .invalid: return open(.invalid, syntax)
        case .name(let name, let isQuoted): return column(name, isQuoted: isQuoted, syntax)
        case .negate(let operand): return negation(operand, syntax)
        case .not(let operand): return inversion(operand, syntax)
        case .arithmetic(let symbol, let left, let right): return arithmetic(symbol, left, right, syntax)
        case .comparison(let symbol, let left, let right):
            return comparison(symbol, check(left), check(right), range: syntax.range)
        case .and(let parts): return connective(parts, "`and`", TypedExpression.Node.and, syntax)
        case .or(let parts): return connective(parts, "`or`", TypedExpression.Node.or, syntax)
        case .isMember(let value, let members): return membership(value, members, syntax)
        case .between(let value, let low, let high): return between(value, low, high, syntax)
        case .isNull(let value): return nullTest(value, syntax)
        case .choose(let branches, let otherwise): return choice(branches, otherwise, syntax)
        case .call(let name, let arguments): return call(name, arguments, syntax)
        }
    }

    // MARK: Results

    private func open(_ content: CheckedOperand.Content, _ syntax: SyntaxNode) -> CheckedOperand {
        CheckedOperand(content: content, range: syntax.range, nodeCount: 1)
    }

    func invalid(_ range: Range<Int>) -> CheckedOperand {
        CheckedOperand(content: .invalid, range: range, nodeCount: 1)
    }

    /// A node over checked parts, unless they have grown too many.
    mutating func made(
        _ node: TypedExpression.Node, _ type: LogicalType, range: Range<Int>, nodeCount: Int
    ) -> CheckedOperand {
        guard nodeCount < ExpressionCompiler.maximumNodeCount else {
            report(.tooLarge(limit: ExpressionCompiler.maximumNodeCount), at: range)
            return invalid(range)
        }
        return CheckedOperand(
            content: .typed(TypedExpression(node, type)), range: range, nodeCount: nodeCount + 1)
    }

    @discardableResult
    mutating func report(_ problem: ExpressionProblem, at range: Range<Int>) -> TypedExpression? {
        problems.append(LocatedProblem(problem: problem, offset: range.lowerBound))
        return nil
    }

    /// The part for a message.
    func term(_ operand: CheckedOperand, type: LogicalType? = nil) -> ExpressionProblem.Term {
        var literalText: String?
        var isBareNumber = false
        switch operand.content {
        case .text(let text): literalText = text
        case .number: isBareNumber = true
        default: break
        }
        return ExpressionProblem.Term(
            text: source.excerpt(operand.range), type: type ?? operand.looseType ?? .text, literalText: literalText,
            isBareNumber: isBareNumber)
    }

    // MARK: Conditions

    @inline(never)
    private mutating func column(_ name: String, isQuoted: Bool, _ syntax: SyntaxNode) -> CheckedOperand {
        if let (reference, type) = scope.column(named: name) {
            return open(.typed(TypedExpression(.column(reference), type)), syntax)
        }
        report(
            .unknownColumn(
                name: name, isQuoted: isQuoted, scope: scope.description, nearest: scope.nearestNames(to: name),
                known: scope.names),
            at: syntax.range)
        return invalid(syntax.range)
    }

    /// A part that must be a condition.
    mutating func condition(_ operand: CheckedOperand, place: String) -> TypedExpression? {
        if operand.isNull { return settle(operand, as: .boolean) }
        guard let expression = settle(operand, as: nil) else { return nil }
        guard expression.type == .boolean else {
            return report(.conditionType(term(operand), place: place), at: operand.range)
        }
        return expression
    }

    @inline(never)
    private mutating func inversion(_ syntax: SyntaxNode, _ whole: SyntaxNode) -> CheckedOperand {
        let operand = check(syntax)
        guard let expression = condition(operand, place: "What `not` inverts") else { return invalid(whole.range) }
        return made(.not(expression), .boolean, range: whole.range, nodeCount: operand.nodeCount)
    }

    @inline(never)
    private mutating func connective(
        _ parts: [SyntaxNode], _ name: String, _ node: ([TypedExpression]) -> TypedExpression.Node, _ whole: SyntaxNode
    ) -> CheckedOperand {
        var conditions: [TypedExpression] = []
        var nodeCount = 0
        for part in parts {
            let operand = check(part)
            nodeCount += operand.nodeCount
            if let expression = condition(operand, place: "A part of \(name)") { conditions.append(expression) }
        }
        guard conditions.count == parts.count else { return invalid(whole.range) }
        return made(node(conditions), .boolean, range: whole.range, nodeCount: nodeCount)
    }

    @inline(never)
    private mutating func nullTest(_ syntax: SyntaxNode, _ whole: SyntaxNode) -> CheckedOperand {
        let operand = check(syntax)
        guard let expression = settle(operand, as: nil) else { return invalid(whole.range) }
        return made(.isNull(expression), .boolean, range: whole.range, nodeCount: operand.nodeCount)
    }
}
