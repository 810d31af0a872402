import CaliberCore

/// What to write instead.
extension ExpressionProblem {
    private static let knownNamesLimit = 12

    var remedy: String? {
        switch self {
        case .empty: "Write a column, `paid`, or a condition, `status = 'paid'`."
        case .tooLong, .tooDeep, .tooLarge: "Give parts of it names, as derived columns."
        case .unexpectedCharacter(_, let replacement):
            replacement.map { $0 == " " ? "Write an ordinary space." : "Write `\($0)`." }
        case .unterminated(_, let quote): "Close it with \(quote); a \(quote) inside is written twice."
        case .syntax(let found, _): syntaxRemedy(found)
        case .chainedComparison: "Join two comparisons, `a < b and b < c`, or put the first in parentheses."
        case .simpleCase: "Write the comparison out: `case when status = 'paid' then … end`."
        case .malformedLiteral(let literal): literal.remedy
        case .unknownColumn(let name, let isQuoted, _, let nearest, let known):
            columnRemedy(name, isQuoted: isQuoted, isSuggested: !nearest.isEmpty, known)
        case .unknownFunction(let name, let nearest): functionRemedy(name, isSuggested: !nearest.isEmpty)
        case .wrongArgumentCount(let function, _): "Write `\(function.signature.usage)`."
        case .emptyCoalesce: "Write `coalesce(a, b)`."
        case .metricTerm(let problem): problem.remedy
        default: typeRemedy
        }
    }

    private func syntaxRemedy(_ found: String?) -> String? {
        switch found?.lowercased() {
        case "like", "ilike", "similar", "rlike":
            "Write `starts_with(a, 'x')`, `ends_with(a, 'x')` or `contains(a, 'x')`."
        case "from", "where", "group", "order", "join":
            "Write the expression alone; tables, filters and groups have their own keys."
        case "as": "The name stands in its own key; leave `as …` out."
        case "not": "Write `not` before the whole comparison, or `!=`."
        default: nil
        }
    }

    private func columnRemedy(_ name: String, isQuoted: Bool, isSuggested: Bool, _ known: [String]) -> String? {
        if isQuoted && !isSuggested { return "Double quotes mark a name; write '\(name)' for text." }
        if isSuggested { return nil }
        guard !known.isEmpty else { return "No column can be used here." }
        let names = known.prefix(ExpressionProblem.knownNamesLimit).joined(separator: ", ")
        let rest = known.count - ExpressionProblem.knownNamesLimit
        return "Its columns are \(names)" + (rest > 0 ? " and \(rest) more." : ".")
    }

    private func functionRemedy(_ name: String, isSuggested: Bool) -> String? {
        switch name.lowercased() {
        case "sum", "count", "avg", "average", "min", "max", "median", "count_distinct":
            "Aggregation is named by the metric's `agg`; an expression is about one row."
        case "if", "iif", "decode": "Write `case when … then … else … end`."
        case "ifnull", "nvl", "isnull": "Write `coalesce(a, b)`."
        case "now", "today", "current_date", "current_timestamp", "random":
            "A definition gives the same answer every time; filter by time in the query."
        case "cast", "convert", "to_date", "to_timestamp": "Types are declared in the contract; literals name theirs."
        default: isSuggested ? nil : "The functions are \(Function.allCases.map(\.rawValue).joined(separator: ", "))."
        }
    }

    private var typeRemedy: String? {
        switch self {
        case .argumentType(_, _, let term, _): ExpressionProblem.unitRemedy(term)
        case .arithmeticTypes(let symbol, let left, let right): ExpressionProblem.arithmeticRemedy(symbol, left, right)
        case .comparisonTypes(let left, let right):
            ExpressionProblem.comparisonRemedy(left, right) ?? ExpressionProblem.comparisonRemedy(right, left)
        case .unorderedComparison: "Compare it with `=` or `!=`."
        case .conditionType(let term, _): ExpressionProblem.conditionRemedy(term)
        case .branchTypes: "Give every branch the same type."
        case .resultType(let term, let expected): ExpressionProblem.resultRemedy(term, expected)
        case .currencyMismatch:
            "Convert one of them before they meet, or keep them in columns and metrics of their own."
        case .inexactAmount(_, let currency):
            "Write at most \(currency.minorDigits) decimals, such as \(ExpressionProblem.exampleAmount(currency))."
        case .fractionalDays: "Write whole days, `1 day`, or calculate with timestamps."
        case .comparisonWithNull(let term, let isEquality):
            "Write `\(term.text) is \(isEquality ? "" : "not ")null`."
        case .nullInList: "Leave it out, and ask for it beside: `… or a is null`."
        case .untypedNull: "Put it beside a value of a type."
        default: nil
        }
    }

    static func exampleAmount(_ currency: Currency) -> String {
        "`\(DecimalText.format(1990, scale: currency.minorDigits)) \(currency.code)`"
    }

    /// A number as an amount, or an example where it is none.
    private static func amount(_ number: String, _ currency: Currency) -> String {
        guard let amountMinor = try? DecimalText.parse(number, scale: currency.minorDigits) else {
            return exampleAmount(currency)
        }
        return "`\(Money(amountMinor: amountMinor, currency: currency))`"
    }

    private static func unitRemedy(_ term: Term) -> String? {
        switch term.type {
        case .timestamp, .date, .duration, .money:
            term.literalText == nil ? nil : "Write the literal with its type."
        default: nil
        }
    }

    private static func arithmeticRemedy(_ symbol: ArithmeticOperator, _ left: Term, _ right: Term) -> String? {
        if left.type.isString || right.type.isString { return "Text can't be calculated with." }
        let isSum = symbol == .add || symbol == .subtract
        for (term, other) in [(left, right), (right, left)] {
            if isSum, let currency = term.type.currency, other.type == .integer || other.type == .number {
                guard other.isBareNumber else {
                    return "An amount and a count differ in unit; divide or multiply them."
                }
                return "Write the amount with its currency, \(amount(other.text, currency))."
            }
            let isTime = term.type == .timestamp || term.type == .date || term.type == .duration
            if isSum, isTime, other.type == .integer || other.type == .number {
                return "Write the number with its unit: `\(other.isBareNumber ? other.text : "4") hours`."
            }
            if term.type == .timestamp, other.type == .date { return "Take the day of the timestamp: `date(…)`." }
        }
        switch (left.type, right.type, symbol) {
        case (.money, .money, .multiply): return "An amount times an amount has no unit; multiply by a count or a rate."
        case (.timestamp, .timestamp, .add), (.date, .date, .add):
            return "Two moments can't be added; their difference is a duration."
        case (.duration, _, .multiply), (.duration, _, .divide), (_, .duration, .multiply):
            return "Turn the duration into a number first: `hours(…)`."
        case (_, _, .remainder): return "`%` is for whole numbers."
        default: return nil
        }
    }

    private static func comparisonRemedy(_ term: Term, _ other: Term) -> String? {
        if let text = other.literalText {
            switch term.type {
            case .timestamp: return "Write `timestamp '\(text)'`."
            case .date: return "Write `date '\(text)'`."
            case .duration, .money, .integer, .number: return "Write the value without quotes."
            case .boolean: return "Write `true` or `false`."
            default: break
            }
        }
        switch (term.type, other.type) {
        case (.timestamp, .date): return "Compare the day: `date(\(term.text))`."
        case (.duration, .integer), (.duration, .number):
            return "Write the number with its unit: `\(other.isBareNumber ? other.text : "4") hours`."
        case (.set, _): return "Ask whether it holds a value: `has(\(term.text), 'x')`."
        case (.category, .integer), (.identifier, .integer), (.text, .integer):
            return other.isBareNumber ? "Write it as text: '\(other.text)'." : nil
        case (.money, .integer), (.money, .number): return "An amount and a count differ in unit."
        default: return nil
        }
    }

    private static func conditionRemedy(_ term: Term) -> String? {
        switch term.type {
        case .category, .identifier, .text: "Compare it, `\(term.text) = 'x'`, or ask `\(term.text) is not null`."
        case .set: "Ask whether it holds a value: `has(\(term.text), 'x')`."
        default: "Compare it, or ask `\(term.text) is not null`."
        }
    }

    private static func resultRemedy(_ term: Term, _ expected: ExpectedType) -> String? {
        switch (expected, term.type) {
        case (.condition, _): conditionRemedy(term)
        case (.exactly(.number), .integer): "Write `\(term.text) * 1.0`, or declare the type integer."
        case (.exactly(.money), .moneyRate): "Write `round(\(term.text))`, or declare the type money rate."
        case (.exactly(.integer), .number): "Write `round(\(term.text))`, or declare the type number."
        case (.exactly(.number), .duration), (.exactly(.integer), .duration), (.exactly(.number), .moneyRate):
            "Declare the type \(term.type.name)."
        case (.exactly(.date), .timestamp): "Write `date(\(term.text))`."
        case (.numeric, .boolean): "Count the rows for which it is true with `agg: sum_boolean`."
        default: nil
        }
    }
}
