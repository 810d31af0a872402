/// A word or sign of an expression.
struct ExpressionToken: Equatable {
    enum Kind: Equatable {
        /// Digits, with or without a fraction and an exponent; never a sign.
        case number
        case text(String)
        /// A name, with dots where it has them.
        case name(String)
        /// A name in double quotes: one that is a keyword or has other characters than letters, digits and `_`.
        case quotedName(String)
        case keyword(Keyword)
        case sign(Sign)
        case end
    }

    /// Words that are no names, whatever their case.
    enum Keyword: String, CaseIterable {
        case and, or, not, `in`, `is`, null, between, `case`, when, then, `else`, end, `true`, `false`
    }

    enum Sign: Equatable {
        case plus, minus, times, slash, percent, open, close, comma
        case comparison(ComparisonOperator)
    }

    let kind: Kind
    /// Offsets into the source.
    let range: Range<Int>
}
