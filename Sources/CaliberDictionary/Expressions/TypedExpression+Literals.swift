import CaliberCore

extension TypedExpression {
    /// A literal as it is written in an expression: `19.90 CNY`, `date '2026-03-01'`, `4 hours`.
    static func sourceText(of literal: Literal, _ type: LogicalType) -> String {
        switch literal {
        case .boolean(let value): value ? "true" : "false"
        case .number(let value): "\(value)"
        case .text(let text): quoted(text)
        case .null: "null"
        case .integer(let value): sourceText(of: value, type)
        }
    }

    private static func sourceText(of value: Int64, _ type: LogicalType) -> String {
        switch type {
        case .money(let currency), .moneyRate(let currency):
            DecimalText.format(value, scale: currency.minorDigits) + " " + currency.code
        case .timestamp: "timestamp '\(Timestamp(microseconds: value))'"
        case .date: "date '\(CivilDate(dayNumber: Int32(clamping: value)))'"
        case .duration: durationText(value)
        default: String(value)
        }
    }

    /// The largest unit that a duration is a whole number of. Durations are written in whole milliseconds at least.
    private static func durationText(_ microseconds: Int64) -> String {
        let units: [(name: String, length: Int64)] = [
            ("day", 86_400_000_000), ("hour", 3_600_000_000), ("minute", 60_000_000), ("second", 1_000_000),
        ]
        for unit in units where microseconds % unit.length == 0 && microseconds != 0 {
            let count = microseconds / unit.length
            return "\(count) \(unit.name)" + (count == 1 || count == -1 ? "" : "s")
        }
        return microseconds == 0 ? "0 seconds" : "\(microseconds / 1000) ms"
    }

    static func quoted(_ text: String) -> String { quoted(text, by: "'") }

    /// The text between quotes, with those inside doubled. Goes by scalars, as the lexer does: a quote that carries an
    /// accent is one character with it, and is a quote all the same.
    static func quoted(_ text: String, by quote: Unicode.Scalar) -> String {
        var quoted = String.UnicodeScalarView([quote])
        for scalar in text.unicodeScalars {
            if scalar == quote { quoted.append(quote) }
            quoted.append(scalar)
        }
        quoted.append(quote)
        return String(quoted)
    }

    /// A literal with its type and in its smallest unit, so that equal values have one text.
    static func canonicalText(of literal: Literal, _ type: LogicalType) -> String {
        switch literal {
        case .boolean(let value): value ? "true" : "false"
        case .number(let value): "\(value)"
        // Strings of all types compare with each other, so which of them a text is adds nothing.
        case .text(let text): quoted(text)
        case .null: "null(\(type.name))"
        case .integer(let value): type == .integer ? String(value) : "\(type.name) \(value)"
        }
    }
}

extension ColumnReference {
    /// As an expression writes it: in quotes where it could be read as something else.
    var sourceText: String {
        if metric != nil { return name }
        let name = qualifiedName
        guard !ColumnReference.isPlainName(name) else { return name }
        return TypedExpression.quoted(name, by: "\"")
    }

    private static func isPlainName(_ name: String) -> Bool {
        guard ExpressionToken.Keyword(rawValue: name.lowercased()) == nil else { return false }
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        return parts.allSatisfy { part in
            guard let first = part.unicodeScalars.first, first.beginsName else { return false }
            return part.unicodeScalars.allSatisfy(\.continuesName)
        }
    }

    /// Told apart from a column of the row's own whose name holds the same letters.
    var canonicalText: String { (path + [name]).map(ColumnReference.escaped).joined(separator: "->") }

    private static func escaped(_ part: String) -> String {
        part.unicodeScalars.allSatisfy { $0.continuesName || $0 == "." }
            ? part
            : TypedExpression.quoted(part, by: "\"")
    }
}
