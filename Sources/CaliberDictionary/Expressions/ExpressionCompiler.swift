import CaliberCore

/// From the text of an expression to its typed tree.
public enum ExpressionCompiler {
    /// The longest text that is read, in UTF-8 bytes.
    public static let maximumTextBytes = 65_536
    /// How deep parentheses, calls and operators may nest, so that no text exhausts the stack.
    public static let maximumDepth = 100
    /// How many nodes the typed tree may have; `between` and `in` write their value out more than once.
    public static let maximumNodeCount = 20_000
    /// How deep a tree may be once derived columns are written out in it.
    public static let maximumWrittenOutDepth = 300

    /// Parses and checks an expression.
    ///
    /// - Parameters:
    ///   - location: where the text's first character stands; problems point into that file. Later lines of the text
    ///     are taken to begin in the same column, as in a YAML block. Without a line or column, they count from 1.
    ///   - expecting: what the place that holds the expression can use; nil takes any type.
    /// - Returns: the tree, or every problem found: one of syntax, else all unknown names and mismatched types.
    public static func compile(
        _ text: String, in scope: ExpressionScope, at location: SourceLocation, expecting: ExpectedType? = nil
    ) -> Result<TypedExpression, DiagnosticList> {
        let byteCount = text.utf8.count
        guard byteCount <= maximumTextBytes else {
            let problem = ExpressionProblem.tooLong(byteCount: byteCount, limit: maximumTextBytes)
            return .failure(DiagnosticList([problem.diagnostic(at: location)]))
        }
        let source = ExpressionSource(text, at: location)
        var parser = ExpressionParser(source: source, zone: scope.zone)
        var problems: [LocatedProblem]
        do throws(LocatedProblem) {
            let syntax = try parser.parse()
            var checker = ExpressionChecker(source: source, scope: scope, problems: parser.problems)
            if let expression = checker.check(syntax, expecting: expecting), checker.problems.isEmpty {
                return .success(expression)
            }
            problems = checker.problems
        } catch {
            problems = parser.problems + [error]
        }
        return .failure(
            DiagnosticList(problems.map { $0.problem.diagnostic(at: source.location(of: $0.offset)) }))
    }
}

/// What the place that holds an expression can use.
public enum ExpectedType: Hashable, Sendable {
    /// True, false or unknown: a filter, a fold's `when`, a check.
    case condition
    /// A value of one type. String types stand in for each other; a bare number is taken as an amount or a float.
    case exactly(LogicalType)
    case timestamp
    /// What can be summed and averaged: integer, number, money, duration.
    case numeric
    /// What has a least and a greatest: numeric types, timestamps and dates.
    case ordered

    /// For messages: `a condition`.
    var phrase: String {
        switch self {
        case .condition: "a condition (true or false)"
        case .exactly(let type): "of type \(type.name)"
        case .timestamp: "a timestamp"
        case .numeric: "a number, an amount or a duration"
        case .ordered: "a number, an amount, a duration, a date or a timestamp"
        }
    }

    func accepts(_ type: LogicalType) -> Bool {
        switch self {
        case .condition: type == .boolean
        case .exactly(let expected): type == expected || type.isString && expected.isString
        case .timestamp: type == .timestamp
        case .numeric: type.isNumeric
        case .ordered: type.isNumeric || type == .timestamp || type == .date
        }
    }

    /// The type that a bare number, text or null takes here.
    var literalType: LogicalType? {
        switch self {
        case .condition: .boolean
        case .exactly(let type): type
        case .timestamp: .timestamp
        case .numeric, .ordered: nil
        }
    }
}

extension LogicalType {
    /// Whether values can be added up.
    var isNumeric: Bool {
        switch self {
        case .integer, .number, .money, .moneyRate, .duration: true
        default: false
        }
    }

    /// The currency of money and of quotients of money.
    var currency: Currency? {
        switch self {
        case .money(let currency), .moneyRate(let currency): currency
        default: nil
        }
    }
}
