import CaliberCore

/// What is wrong, in one sentence.
extension ExpressionProblem {
    var message: String {
        switch self {
        case .empty:
            "The expression is empty."
        case .tooLong(let byteCount, let limit):
            "The expression has \(byteCount) bytes; at most \(limit) are read."
        case .tooDeep(let limit):
            "The expression nests deeper than \(limit) levels."
        case .tooLarge(let limit):
            "The expression has more than \(limit) parts, `between` and `in` written out."
        case .unexpectedCharacter(let scalar, _):
            "`\(ExpressionProblem.visible(scalar))` has no meaning in an expression."
        case .unterminated(let what, let quote):
            "A \(what) begins here and its closing \(quote) is missing."
        case .syntax(let found, let expected):
            if let found {
                "`\(found)` stands where \(expected) should."
            } else {
                "The expression ends where \(expected) should stand."
            }
        case .chainedComparison(let found):
            "`\(found)` compares the result of a comparison."
        case .simpleCase(let found):
            "`\(found)` stands after `case` where `when` should."
        case .malformedLiteral(let literal):
            literal.message
        case .unknownColumn(let name, _, let scope, _, _):
            "\(scope.prefix(1).uppercased() + scope.dropFirst()) has no column `\(name)`."
        case .unknownFunction(let name, _):
            "There is no function `\(name)`."
        case .wrongArgumentCount(let function, let count):
            "`\(function.rawValue)` takes \(function.signature.countPhrase), not \(count)."
        case .emptyCoalesce:
            "`coalesce` takes at least 1 argument, not 0."
        case .metricTerm(let problem):
            problem.message
        default:
            typeMessage
        }
    }

    private var typeMessage: String {
        switch self {
        case .argumentType(let function, let position, let term, let expected):
            "Argument \(position) of `\(function.rawValue)` is \(term), not \(expected)."
        case .arithmeticTypes(let symbol, let left, let right):
            "`\(symbol.rawValue)` can't combine \(left) with \(right)."
        case .negatedType(let term):
            "\(term) has no negative."
        case .comparisonTypes(let left, let right):
            "\(left) can't be compared with \(right)."
        case .unorderedComparison(let symbol, let term):
            "`\(symbol.rawValue)` needs an order, and \(term) has none."
        case .conditionType(let term, let place):
            "\(place) is \(term), not a condition."
        case .branchTypes(let construct, let first, let other):
            "The values of `\(construct)` differ in type: \(first) and \(other)."
        case .resultType(let term, let expected):
            "The expression is \(term); it should be \(expected.phrase)."
        case .currencyMismatch(let left, let right):
            "\(left) and \(right) are of different currencies."
        case .inexactAmount(let text, let currency):
            "`\(text)` is no exact amount of \(currency.code), which has \(currency.minorDigits) decimals."
        case .fractionalDays(let term):
            "\(term) is not a number of whole days, and a date has no time of day."
        case .comparisonWithNull(let term, _):
            "Comparing `\(term.text)` with null is never true and never false."
        case .nullInList:
            "A null in the list makes `in` never false and `not in` never true."
        case .untypedNull:
            "Nothing here says what type this null has."
        default:
            ""
        }
    }

    /// A character as it can be told from its like: `，`, or `U+3000` where there is nothing to see.
    private static func visible(_ scalar: Unicode.Scalar) -> String {
        let isVisible =
            !scalar.properties.isWhitespace && scalar.properties.generalCategory != .format
            && scalar.properties.generalCategory != .control
        let hexadecimal = String(scalar.value, radix: 16, uppercase: true)
        let code = "U+" + String(repeating: "0", count: max(0, 4 - hexadecimal.count)) + hexadecimal
        return isVisible ? String(scalar) : code
    }
}

extension ExpressionProblem.MalformedLiteral {
    var message: String {
        switch self {
        case .number(let text): "`\(text)` is too large for a number."
        case .unknownUnit(let number, let unit, _): "`\(unit)` after `\(number)` is neither a unit nor an operator."
        case .amount(let text, let currency, .tooPrecise):
            "`\(text)` has more decimals than the \(currency.minorDigits) of \(currency.code)."
        case .amount(let text, let currency, .outOfRange): "`\(text) \(currency.code)` is too large for an amount."
        case .amount(let text, let currency, .malformed): "`\(text)` is no amount of \(currency.code)."
        case .duration(let text): "`\(text)` is no duration."
        case .date(let text, .noSuchDay), .timestamp(let text, .noSuchDay): "There is no such day as '\(text)'."
        case .timestamp(let text, .noSuchTime): "There is no such time as '\(text)'."
        case .date(let text, _): "'\(text)' is no date."
        case .timestamp(let text, _): "'\(text)' is no timestamp."
        }
    }

    var remedy: String? {
        switch self {
        case .number: "Write a whole number of at most 18 digits, or a decimal such as `1e20`."
        case .unknownUnit: "Write a unit of time such as `4 hours`, a currency such as `19.90 CNY`, or an operator."
        case .amount(_, let currency, _):
            "Write it like `\(DecimalText.format(1990, scale: currency.minorDigits)) \(currency.code)`."
        case .duration: "Write a whole number and a unit: `90 minutes`, `4 hours`, `1 day`."
        case .date: "Write it like `date '2026-03-01'`."
        case .timestamp: "Write it like `timestamp '2026-03-01T00:00:00+08:00'`."
        }
    }
}
