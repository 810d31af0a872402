import CaliberCore

/// Recursive descent over the tokens, one function for each level of precedence, loosest first:
/// `or`, `and`, `not`, comparisons, `+ -`, `* / %`, sign, operand.
///
/// The first mistake of syntax ends the parse; a malformed literal is noted and parsing goes on.
struct ExpressionParser {
    let source: ExpressionSource
    let zone: BusinessZone
    var problems: [LocatedProblem] = []
    private var tokens: [ExpressionToken] = []
    private var index = 0
    private var nesting = 0

    init(source: ExpressionSource, zone: BusinessZone) {
        self.source = source
        self.zone = zone
    }

    mutating func parse() throws(LocatedProblem) -> SyntaxNode {
        var lexer = ExpressionLexer(source.scalars)
        tokens = try lexer.tokens()
        guard current.kind != .end else { throw LocatedProblem(problem: .empty, offset: 0) }
        let expression = try disjunction()
        guard current.kind == .end else { throw unexpected(expected: "an operator or the end") }
        return expression
    }

    // MARK: Tokens

    var current: ExpressionToken { tokens[index] }

    /// The token after the current one.
    var following: ExpressionToken { tokens[min(index + 1, tokens.count - 1)] }

    mutating func advance() {
        if index < tokens.count - 1 { index += 1 }
    }

    mutating func take(_ keyword: ExpressionToken.Keyword) -> Bool {
        guard current.kind == .keyword(keyword) else { return false }
        advance()
        return true
    }

    mutating func take(_ sign: ExpressionToken.Sign) -> Bool {
        guard current.kind == .sign(sign) else { return false }
        advance()
        return true
    }

    mutating func expect(_ keyword: ExpressionToken.Keyword) throws(LocatedProblem) {
        guard take(keyword) else { throw unexpected(expected: "`\(keyword.rawValue)`") }
    }

    mutating func expect(_ sign: ExpressionToken.Sign, _ text: String) throws(LocatedProblem) {
        guard take(sign) else { throw unexpected(expected: "`\(text)`") }
    }

    func unexpected(expected: String) -> LocatedProblem {
        let found = current.kind == .end ? nil : source.excerpt(current.range)
        return LocatedProblem(
            problem: .syntax(found: found, expected: expected), offset: current.range.lowerBound)
    }

    // MARK: Nodes

    /// A node from `start` up to the last token taken.
    func node(
        _ kind: SyntaxNode.Kind, from start: Int, over parts: [SyntaxNode] = []
    ) throws(LocatedProblem) -> SyntaxNode {
        var depth = 0
        for part in parts { depth = max(depth, part.depth) }
        guard depth < ExpressionCompiler.maximumDepth else { throw tooDeep(at: start) }
        let end = index == 0 ? 0 : tokens[index - 1].range.upperBound
        return SyntaxNode(kind: kind, range: start..<max(start, end), depth: depth + 1)
    }

    private func tooDeep(at offset: Int) -> LocatedProblem {
        LocatedProblem(problem: .tooDeep(limit: ExpressionCompiler.maximumDepth), offset: offset)
    }

    /// An expression inside another: in parentheses, an argument, a branch.
    mutating func nestedExpression() throws(LocatedProblem) -> SyntaxNode {
        try enterNesting()
        defer { nesting -= 1 }
        return try disjunction()
    }

    private mutating func enterNesting() throws(LocatedProblem) {
        nesting += 1
        guard nesting <= ExpressionCompiler.maximumDepth else { throw tooDeep(at: current.range.lowerBound) }
    }

    // MARK: Precedence

    private mutating func disjunction() throws(LocatedProblem) -> SyntaxNode {
        let first = try conjunction()
        guard current.kind == .keyword(.or) else { return first }
        var parts = [first]
        while take(.or) { parts.append(try conjunction()) }
        return try node(.or(parts), from: first.range.lowerBound, over: parts)
    }

    private mutating func conjunction() throws(LocatedProblem) -> SyntaxNode {
        let first = try negation()
        guard current.kind == .keyword(.and) else { return first }
        var parts = [first]
        while take(.and) { parts.append(try negation()) }
        return try node(.and(parts), from: first.range.lowerBound, over: parts)
    }

    private mutating func negation() throws(LocatedProblem) -> SyntaxNode {
        let start = current.range.lowerBound
        guard take(.not) else { return try comparison() }
        try enterNesting()
        defer { nesting -= 1 }
        let operand = try negation()
        return try node(.not(operand), from: start, over: [operand])
    }

    private mutating func comparison() throws(LocatedProblem) -> SyntaxNode {
        let left = try sum()
        let result: SyntaxNode
        switch current.kind {
        case .sign(.comparison(let symbol)):
            advance()
            let right = try sum()
            result = try node(.comparison(symbol, left, right), from: left.range.lowerBound, over: [left, right])
        case .keyword(.is):
            result = try nullTest(left)
        case .keyword(.in), .keyword(.between):
            result = try membership(left)
        case .keyword(.not):
            advance()
            guard current.kind == .keyword(.in) || current.kind == .keyword(.between) else {
                throw unexpected(expected: "`in` or `between`")
            }
            let test = try membership(left)
            result = try node(.not(test), from: left.range.lowerBound, over: [test])
        default:
            return left
        }
        if case .sign(.comparison) = current.kind {
            throw LocatedProblem(
                problem: .chainedComparison(found: source.excerpt(current.range)), offset: current.range.lowerBound)
        }
        return result
    }

    /// `is null`, `is not null`.
    private mutating func nullTest(_ value: SyntaxNode) throws(LocatedProblem) -> SyntaxNode {
        advance()
        let isNegated = take(.not)
        try expect(.null)
        let test = try node(.isNull(value), from: value.range.lowerBound, over: [value])
        return isNegated ? try node(.not(test), from: value.range.lowerBound, over: [test]) : test
    }

    /// `in (…)`, `between … and …`.
    private mutating func membership(_ value: SyntaxNode) throws(LocatedProblem) -> SyntaxNode {
        if take(.between) {
            let low = try sum()
            try expect(.and)
            let high = try sum()
            return try node(
                .between(value, low: low, high: high), from: value.range.lowerBound, over: [value, low, high])
        }
        try expect(.in)
        try expect(.open, "(")
        let members = try list(until: "`,` or `)`")
        return try node(.isMember(value, members), from: value.range.lowerBound, over: [value] + members)
    }

    /// Expressions between commas, and the closing parenthesis.
    mutating func list(until expected: String) throws(LocatedProblem) -> [SyntaxNode] {
        var members = [try nestedExpression()]
        while take(.comma) { members.append(try nestedExpression()) }
        guard take(.close) else { throw unexpected(expected: expected) }
        return members
    }

    private mutating func sum() throws(LocatedProblem) -> SyntaxNode {
        var left = try product()
        while true {
            let symbol: ArithmeticOperator
            switch current.kind {
            case .sign(.plus): symbol = .add
            case .sign(.minus): symbol = .subtract
            default: return left
            }
            advance()
            let right = try product()
            left = try node(.arithmetic(symbol, left, right), from: left.range.lowerBound, over: [left, right])
        }
    }

    private mutating func product() throws(LocatedProblem) -> SyntaxNode {
        var left = try signed()
        while true {
            let symbol: ArithmeticOperator
            switch current.kind {
            case .sign(.times): symbol = .multiply
            case .sign(.slash): symbol = .divide
            case .sign(.percent): symbol = .remainder
            default: return left
            }
            advance()
            let right = try signed()
            left = try node(.arithmetic(symbol, left, right), from: left.range.lowerBound, over: [left, right])
        }
    }

    private mutating func signed() throws(LocatedProblem) -> SyntaxNode {
        let start = current.range.lowerBound
        if take(.plus) {
            guard current.kind == .number else { throw unexpected(expected: "a number") }
            return try quantity(isNegative: false, from: start)
        }
        guard take(.minus) else { return try operand() }
        if current.kind == .number { return try quantity(isNegative: true, from: start) }
        try enterNesting()
        defer { nesting -= 1 }
        let value = try signed()
        return try node(.negate(value), from: start, over: [value])
    }
}
