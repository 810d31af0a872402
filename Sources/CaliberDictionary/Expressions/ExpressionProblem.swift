import CaliberCore

/// Why a text is no expression, or not one that fits its place.
///
/// Indirect, so that the parser's deep recursion carries a pointer and not the largest case.
public indirect enum ExpressionProblem: Error, Hashable, Sendable {
    // The text as a whole.
    case empty
    case tooLong(byteCount: Int, limit: Int)
    case tooDeep(limit: Int)
    case tooLarge(limit: Int)
    // Signs and words.
    case unexpectedCharacter(Unicode.Scalar, replacement: String?)
    case unterminated(what: String, quote: String)
    /// `found` is nil at the end of the text.
    case syntax(found: String?, expected: String)
    case chainedComparison(found: String)
    case simpleCase(found: String)
    case malformedLiteral(MalformedLiteral)
    // Names.
    case unknownColumn(name: String, isQuoted: Bool, scope: String, nearest: [String], known: [String])
    case unknownFunction(name: String, nearest: [String])
    case wrongArgumentCount(Function, count: Int)
    case emptyCoalesce
    case metricTerm(MetricTermProblem)
    // Types.
    case argumentType(Function, position: Int, Term, expected: String)
    case arithmeticTypes(ArithmeticOperator, Term, Term)
    case negatedType(Term)
    case comparisonTypes(Term, Term)
    /// `<` and its like on values that have no order.
    case unorderedComparison(ComparisonOperator, Term)
    case conditionType(Term, place: String)
    case branchTypes(construct: String, Term, Term)
    case resultType(Term, expected: ExpectedType)
    case currencyMismatch(Term, Term)
    case inexactAmount(text: String, currency: Currency)
    case fractionalDays(Term)
    // Nulls.
    case comparisonWithNull(Term, isEquality: Bool)
    case nullInList
    case untypedNull

    /// A part of an expression as it was written, and its type.
    public struct Term: Hashable, Sendable {
        public let text: String
        public let type: LogicalType
        /// Set for a text literal: what it says.
        public let literalText: String?
        /// Whether it is a number without a unit.
        public let isBareNumber: Bool

        public init(text: String, type: LogicalType, literalText: String? = nil, isBareNumber: Bool = false) {
            self.text = text
            self.type = type
            self.literalText = literalText
            self.isBareNumber = isBareNumber
        }
    }

    /// A literal that says what it is but can't be read.
    public enum MalformedLiteral: Hashable, Sendable {
        case number(text: String)
        case unknownUnit(number: String, unit: String, nearest: [String])
        case amount(text: String, currency: Currency, DecimalText.Failure)
        case duration(text: String)
        case date(text: String, TimestampText.Failure)
        case timestamp(text: String, TimestampText.Failure)
    }

    public func diagnostic(at location: SourceLocation) -> Diagnostic {
        Diagnostic(code, message, at: location, remedy: remedy, suggestions: suggestions)
    }

    /// Stable, for machines.
    public var code: String {
        switch self {
        case .empty: "expression-empty"
        case .tooLong: "expression-too-long"
        case .tooDeep: "expression-too-deep"
        case .tooLarge: "expression-too-large"
        case .unexpectedCharacter: "unexpected-character"
        case .unterminated: "unterminated-text"
        case .syntax, .chainedComparison, .simpleCase: "expression-syntax"
        case .malformedLiteral: "malformed-literal"
        case .unknownColumn: "unknown-column"
        case .unknownFunction: "unknown-function"
        case .wrongArgumentCount, .emptyCoalesce: "wrong-argument-count"
        case .argumentType, .arithmeticTypes, .negatedType, .comparisonTypes, .unorderedComparison, .conditionType,
            .branchTypes, .resultType, .fractionalDays:
            "type-mismatch"
        case .currencyMismatch: "currency-mismatch"
        case .inexactAmount: "inexact-amount"
        case .comparisonWithNull, .nullInList: "comparison-with-null"
        case .untypedNull: "untyped-null"
        case .metricTerm(let problem): problem.code
        }
    }

    var suggestions: [String] {
        switch self {
        case .unknownColumn(_, _, _, let nearest, _), .unknownFunction(_, let nearest),
            .malformedLiteral(.unknownUnit(_, _, let nearest)):
            nearest
        case .metricTerm(let problem): problem.suggestions
        default: []
        }
    }
}

extension ExpressionProblem.Term: CustomStringConvertible {
    /// `` `paid` (money(CNY)) ``.
    public var description: String { "`\(text)` (\(type.name))" }
}
