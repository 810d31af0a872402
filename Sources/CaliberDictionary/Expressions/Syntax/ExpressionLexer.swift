/// Cuts the text of an expression into tokens.
struct ExpressionLexer {
    private let scalars: [Unicode.Scalar]
    private var index = 0

    init(_ scalars: [Unicode.Scalar]) {
        self.scalars = scalars
    }

    /// Every token, `end` last.
    mutating func tokens() throws(LocatedProblem) -> [ExpressionToken] {
        var tokens: [ExpressionToken] = []
        while true {
            let token = try next()
            tokens.append(token)
            if token.kind == .end { return tokens }
        }
    }

    private mutating func next() throws(LocatedProblem) -> ExpressionToken {
        while let scalar = peek(), scalar.isASCII, scalar.properties.isWhitespace { index += 1 }
        let start = index
        guard let scalar = peek() else { return ExpressionToken(kind: .end, range: start..<start) }
        let kind: ExpressionToken.Kind
        if scalar.isDecimalDigit {
            kind = number()
        } else if scalar.beginsName {
            kind = word()
        } else if scalar == "'" {
            kind = .text(try quoted(by: "'", problem: .unterminated(what: "text", quote: "'")))
        } else if scalar == "\"" {
            kind = .quotedName(try quoted(by: "\"", problem: .unterminated(what: "name", quote: "\"")))
        } else {
            kind = .sign(try sign(scalar))
        }
        return ExpressionToken(kind: kind, range: start..<index)
    }

    private func peek(_ distance: Int = 0) -> Unicode.Scalar? {
        index + distance < scalars.count ? scalars[index + distance] : nil
    }

    private mutating func number() -> ExpressionToken.Kind {
        digits()
        if peek() == ".", peek(1)?.isDecimalDigit == true {
            index += 1
            digits()
        }
        if let exponent = peek(), exponent == "e" || exponent == "E" {
            let signLength = peek(1) == "+" || peek(1) == "-" ? 1 : 0
            if peek(1 + signLength)?.isDecimalDigit == true {
                index += 1 + signLength
                digits()
            }
        }
        return .number
    }

    private mutating func digits() {
        while peek()?.isDecimalDigit == true { index += 1 }
    }

    private mutating func word() -> ExpressionToken.Kind {
        let start = index
        while let scalar = peek() {
            let isInnerDot = scalar == "." && peek(1)?.beginsName == true
            guard scalar.continuesName || isInnerDot else { break }
            index += 1
        }
        let word = String(String.UnicodeScalarView(scalars[start..<index]))
        if let keyword = ExpressionToken.Keyword(rawValue: word.lowercased()) { return .keyword(keyword) }
        return .name(word)
    }

    /// Text up to the closing quote; a doubled quote stands for one.
    private mutating func quoted(
        by quote: Unicode.Scalar, problem: ExpressionProblem
    ) throws(LocatedProblem) -> String {
        let start = index
        index += 1
        var content = String.UnicodeScalarView()
        while let scalar = peek() {
            index += 1
            if scalar != quote {
                content.append(scalar)
            } else if peek() == quote {
                content.append(quote)
                index += 1
            } else {
                return String(content)
            }
        }
        throw LocatedProblem(problem: problem, offset: start)
    }

    private mutating func sign(_ scalar: Unicode.Scalar) throws(LocatedProblem) -> ExpressionToken.Sign {
        if let following = peek(1), let comparison = ExpressionLexer.twoScalarComparison(scalar, following) {
            index += 2
            return .comparison(comparison)
        }
        let sign: ExpressionToken.Sign
        switch scalar {
        case "+": sign = .plus
        case "-": sign = .minus
        case "*": sign = .times
        case "/": sign = .slash
        case "%": sign = .percent
        case "(": sign = .open
        case ")": sign = .close
        case ",": sign = .comma
        case "=": sign = .comparison(.equal)
        case "<": sign = .comparison(.less)
        case ">": sign = .comparison(.greater)
        default:
            throw LocatedProblem(
                problem: .unexpectedCharacter(scalar, replacement: ExpressionLexer.replacement(for: scalar)),
                offset: index)
        }
        index += 1
        return sign
    }

    private static func twoScalarComparison(
        _ first: Unicode.Scalar, _ second: Unicode.Scalar
    ) -> ComparisonOperator? {
        switch (first, second) {
        case ("=", "="): .equal
        case ("!", "="), ("<", ">"): .notEqual
        case ("<", "="): .lessOrEqual
        case (">", "="): .greaterOrEqual
        default: nil
        }
    }

    /// What to write in place of a character of another language or another keyboard.
    private static func replacement(for scalar: Unicode.Scalar) -> String? {
        switch scalar {
        case "&": return "and"
        case "|": return "or"
        case "!": return "not"
        case "≠": return "!="
        case "≤": return "<="
        case "≥": return ">="
        case "×": return "*"
        case "÷": return "/"
        case "–", "—", "−": return "-"
        case "‘", "’", "“", "”", "`": return "'"
        case "、", "，": return ","
        case "。": return "."
        default: break
        }
        if scalar.properties.isWhitespace || scalar == "\u{FEFF}" || scalar == "\u{200B}" {
            return " "
        }
        // The full-width forms of ASCII stand in ASCII's order, from U+FF01.
        guard (0xFF01...0xFF5E).contains(scalar.value) else { return nil }
        return Unicode.Scalar(scalar.value - 0xFF01 + 0x21).map(String.init)
    }
}

extension Unicode.Scalar {
    var isDecimalDigit: Bool { ("0"..."9").contains(self) }
    var beginsName: Bool { self == "_" || self == "$" || properties.isAlphabetic }
    var continuesName: Bool { beginsName || isDecimalDigit }
}
