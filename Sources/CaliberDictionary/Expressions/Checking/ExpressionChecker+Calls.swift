import CaliberCore

/// Functions, `coalesce` and `case`.
extension ExpressionChecker {
    @inline(never)
    mutating func choice(
        _ branches: [SyntaxNode.Branch], _ otherwise: SyntaxNode?, _ whole: SyntaxNode
    ) -> CheckedOperand {
        var conditions: [TypedExpression] = []
        var values: [CheckedOperand] = []
        var nodeCount = 0
        for branch in branches {
            let operand = check(branch.condition)
            nodeCount += operand.nodeCount
            if let condition = condition(operand, place: "What follows `when`") { conditions.append(condition) }
            values.append(check(branch.value))
        }
        if let otherwise { values.append(check(otherwise)) }
        guard let type = commonType(of: values, construct: "case", range: whole.range),
            let settled = settle(values, as: type), conditions.count == branches.count
        else { return invalid(whole.range) }
        let chosen = zip(conditions, settled).map { TypedExpression.Branch(condition: $0, value: $1) }
        return made(
            .choose(branches: chosen, otherwise: otherwise == nil ? nil : settled.last), type, range: whole.range,
            nodeCount: values.reduce(nodeCount) { $0 + $1.nodeCount })
    }

    private mutating func settle(_ operands: [CheckedOperand], as type: LogicalType) -> [TypedExpression]? {
        var settled: [TypedExpression] = []
        for operand in operands {
            if let expression = settle(operand, as: type) { settled.append(expression) }
        }
        return settled.count == operands.count ? settled : nil
    }

    @inline(never)
    mutating func call(_ name: String, _ syntax: [SyntaxNode], _ whole: SyntaxNode) -> CheckedOperand {
        let lowered = name.lowercased()
        if lowered == "coalesce" { return coalescence(syntax, whole) }
        if lowered == "metric" { return metricValue(syntax, whole) }
        let arguments = syntax.map { check($0) }
        guard let function = Function(rawValue: lowered) else {
            let names = Function.allCases.map(\.rawValue) + ["coalesce"] + (scope.metrics == nil ? [] : ["metric"])
            report(
                .unknownFunction(name: name, nearest: NameSuggestion.nearest(to: lowered, among: names)),
                at: whole.range)
            return invalid(whole.range)
        }
        guard function.signature.accepts(count: arguments.count) else {
            report(.wrongArgumentCount(function, count: arguments.count), at: whole.range)
            return invalid(whole.range)
        }
        let fitting: [TypedExpression]?
        if case .ordered = function.signature.parameters[0] {
            fitting = alike(arguments, of: function, whole)
        } else {
            fitting = arranged(arguments, of: function)
        }
        guard let fitting else { return invalid(whole.range) }
        let isRate = fitting.contains { if case .moneyRate = $0.type { true } else { false } }
        let isFloat = fitting.contains { $0.type == .number }
        var type = function.resultType(of: fitting.map(\.type))
        if case .ordered = function.signature.parameters[0] {
            if isRate, let currency = type.currency { type = .moneyRate(currency) }
            if isFloat, type == .integer { type = .number }
        }
        return made(
            .call(function, fitting), type, range: whole.range, nodeCount: arguments.reduce(0) { $0 + $1.nodeCount })
    }

    /// Arguments that each have a parameter of their own.
    private mutating func arranged(_ arguments: [CheckedOperand], of function: Function) -> [TypedExpression]? {
        var settled: [TypedExpression] = []
        for (position, argument) in arguments.enumerated() {
            let parameter = function.signature.parameter(at: position)
            guard let expression = settle(argument, as: argument.isNull ? parameter.nullType : nil) else { continue }
            guard parameter.accepts(expression.type) else {
                report(
                    .argumentType(function, position: position + 1, term(argument), expected: parameter.phrase),
                    at: argument.range)
                continue
            }
            settled.append(expression)
        }
        return settled.count == arguments.count ? settled : nil
    }

    /// Arguments that are brought to one type.
    private mutating func alike(
        _ arguments: [CheckedOperand], of function: Function, _ whole: SyntaxNode
    ) -> [TypedExpression]? {
        guard let type = commonType(of: arguments, construct: function.rawValue, range: whole.range) else {
            return nil
        }
        let parameter = function.signature.parameters[0]
        guard parameter.accepts(type) else {
            for (position, argument) in arguments.enumerated() where !argument.isNull {
                report(
                    .argumentType(
                        function, position: position + 1, term(argument), expected: parameter.phrase),
                    at: argument.range)
                break
            }
            return nil
        }
        return settle(arguments, as: type)
    }

    @inline(never)
    private mutating func coalescence(_ syntax: [SyntaxNode], _ whole: SyntaxNode) -> CheckedOperand {
        let arguments = syntax.map { check($0) }
        guard !arguments.isEmpty else {
            report(.emptyCoalesce, at: whole.range)
            return invalid(whole.range)
        }
        guard let type = commonType(of: arguments, construct: "coalesce", range: whole.range),
            let settled = settle(arguments, as: type)
        else { return invalid(whole.range) }
        return made(
            .coalesce(settled), type, range: whole.range, nodeCount: arguments.reduce(0) { $0 + $1.nodeCount })
    }
}
