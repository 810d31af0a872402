/// An expression as it was written, before names and types are known.
struct SyntaxNode {
    indirect enum Kind {
        /// A number without a unit, sign included. What it counts depends on what it meets.
        case number(String)
        case text(String)
        case null
        /// A literal that says its own type: a date, an amount, a duration, true.
        case literal(TypedExpression)
        case name(String, isQuoted: Bool)
        case negate(SyntaxNode)
        case not(SyntaxNode)
        case arithmetic(ArithmeticOperator, SyntaxNode, SyntaxNode)
        case comparison(ComparisonOperator, SyntaxNode, SyntaxNode)
        case and([SyntaxNode])
        case or([SyntaxNode])
        case isMember(SyntaxNode, [SyntaxNode])
        case between(SyntaxNode, low: SyntaxNode, high: SyntaxNode)
        case isNull(SyntaxNode)
        case choose([Branch], otherwise: SyntaxNode?)
        case call(String, [SyntaxNode])
        /// A literal whose problem has been reported.
        case invalid
    }

    struct Branch {
        let condition: SyntaxNode
        let value: SyntaxNode
    }

    let kind: Kind
    /// Offsets into the source.
    let range: Range<Int>
    /// Levels of nodes, this one included.
    let depth: Int
}
