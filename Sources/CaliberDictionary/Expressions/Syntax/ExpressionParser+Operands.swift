import CaliberCore

/// The innermost parts: literals, names, calls, `case`.
///
/// Nesting passes through `operand` at every level, so what is not on the way to the next one is kept out of its frame.
extension ExpressionParser {
    mutating func operand() throws(LocatedProblem) -> SyntaxNode {
        let token = current
        let start = token.range.lowerBound
        switch token.kind {
        case .number:
            return try quantity(isNegative: false, from: start)
        case .text(let text):
            advance()
            return try node(.text(text), from: start)
        case .quotedName(let name):
            advance()
            return try node(.name(name, isQuoted: true), from: start)
        case .name(let name):
            advance()
            return try named(name, from: start)
        case .keyword(.true), .keyword(.false):
            advance()
            return try node(
                .literal(TypedExpression(.literal(.boolean(token.kind == .keyword(.true))), .boolean)), from: start)
        case .keyword(.null):
            advance()
            return try node(.null, from: start)
        case .keyword(.case):
            return try choice()
        case .sign(.open):
            advance()
            let inner = try nestedExpression()
            try expect(.close, ")")
            return inner
        default:
            throw unexpected(expected: "a column, a value or a function")
        }
    }

    /// A word that is no keyword: a call, a dated literal, or a column.
    @inline(never)
    private mutating func named(_ name: String, from start: Int) throws(LocatedProblem) -> SyntaxNode {
        if take(.open) {
            if take(.close) { return try node(.call(name, []), from: start) }
            let arguments = try list(until: "`,` or `)`")
            return try node(.call(name, arguments), from: start, over: arguments)
        }
        if case .text(let text) = current.kind {
            switch name.lowercased() {
            case "date":
                advance()
                return try dateLiteral(text, from: start)
            case "timestamp":
                advance()
                return try timestampLiteral(text, from: start)
            default:
                break
            }
        }
        return try node(.name(name, isQuoted: false), from: start)
    }

    @inline(never)
    private mutating func choice() throws(LocatedProblem) -> SyntaxNode {
        let start = current.range.lowerBound
        advance()
        guard current.kind == .keyword(.when) else {
            throw LocatedProblem(
                problem: .simpleCase(found: source.excerpt(current.range)), offset: current.range.lowerBound)
        }
        var branches: [SyntaxNode.Branch] = []
        while take(.when) {
            let condition = try nestedExpression()
            try expect(.then)
            branches.append(SyntaxNode.Branch(condition: condition, value: try nestedExpression()))
        }
        let otherwise = take(.else) ? try nestedExpression() : nil
        guard take(.end) else {
            throw unexpected(expected: otherwise == nil ? "`when`, `else` or `end`" : "`end`")
        }
        let parts = branches.flatMap { [$0.condition, $0.value] } + (otherwise.map { [$0] } ?? [])
        return try node(.choose(branches, otherwise: otherwise), from: start, over: parts)
    }

    // MARK: Literals

    /// A number, with the unit after it where there is one: `19.90 CNY`, `4 hours`.
    @inline(never)
    mutating func quantity(isNegative: Bool, from start: Int) throws(LocatedProblem) -> SyntaxNode {
        let digits = source.text(current.range)
        let text = isNegative ? "-" + digits : digits
        advance()
        guard case .name(let unit) = current.kind else { return try node(.number(text), from: start) }
        advance()
        if let currency = Currency(code: unit) { return try amount(text, currency, from: start) }
        if DurationText.parse("1 " + unit.lowercased()) != nil {
            return try duration(digits, unit: unit, isNegative: isNegative, from: start)
        }
        return try malformed(
            .unknownUnit(number: text, unit: unit, nearest: ExpressionParser.nearestUnits(to: unit)), from: start)
    }

    private static func nearestUnits(to unit: String) -> [String] {
        let units = ["seconds", "minutes", "hours", "days", "weeks", "second", "minute", "hour", "day", "week"]
        return NameSuggestion.nearest(to: unit, among: units + Currency.knownCodes)
    }

    private mutating func amount(
        _ text: String, _ currency: Currency, from start: Int
    ) throws(LocatedProblem) -> SyntaxNode {
        let amountMinor: Int64
        do throws(DecimalText.Failure) {
            amountMinor = try DecimalText.parse(text, scale: currency.minorDigits)
        } catch {
            return try malformed(.amount(text: text, currency: currency, error), from: start)
        }
        return try literal(.integer(amountMinor), .money(currency), from: start)
    }

    private mutating func duration(
        _ digits: String, unit: String, isNegative: Bool, from start: Int
    ) throws(LocatedProblem) -> SyntaxNode {
        guard let microseconds = DurationText.parse(digits + " " + unit.lowercased()) else {
            return try malformed(.duration(text: digits + " " + unit), from: start)
        }
        return try literal(.integer(isNegative ? -microseconds : microseconds), .duration, from: start)
    }

    private mutating func dateLiteral(_ text: String, from start: Int) throws(LocatedProblem) -> SyntaxNode {
        let date: CivilDate
        do throws(TimestampText.Failure) { date = try TimestampText.date(text) } catch {
            return try malformed(.date(text: text, error), from: start)
        }
        return try literal(.integer(Int64(date.dayNumber)), .date, from: start)
    }

    private mutating func timestampLiteral(_ text: String, from start: Int) throws(LocatedProblem) -> SyntaxNode {
        let timestamp: Timestamp
        do throws(TimestampText.Failure) { timestamp = try TimestampText.parse(text, zone: zone) } catch {
            return try malformed(.timestamp(text: text, error), from: start)
        }
        return try literal(.integer(timestamp.microseconds), .timestamp, from: start)
    }

    private func literal(
        _ literal: TypedExpression.Literal, _ type: LogicalType, from start: Int
    ) throws(LocatedProblem) -> SyntaxNode {
        try node(.literal(TypedExpression(.literal(literal), type)), from: start)
    }

    private mutating func malformed(
        _ literal: ExpressionProblem.MalformedLiteral, from start: Int
    ) throws(LocatedProblem) -> SyntaxNode {
        problems.append(LocatedProblem(problem: .malformedLiteral(literal), offset: start))
        return try node(.invalid, from: start)
    }
}

extension TimestampText {
    /// Reads `2026-03-01`.
    static func date(_ text: String) throws(Failure) -> CivilDate {
        var copy = text
        let result: Result<CivilDate, Failure> = copy.withUTF8 { bytes in
            do throws(Failure) { return .success(try parseDate(bytes)) } catch { return .failure(error) }
        }
        return try result.get()
    }
}
