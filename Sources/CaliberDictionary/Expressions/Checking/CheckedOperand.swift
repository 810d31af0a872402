/// A part of an expression after its names and types are known.
///
/// Numbers without a unit, texts and nulls stay open until they meet something: `100.00` beside an amount is an amount.
struct CheckedOperand {
    enum Content {
        case typed(TypedExpression)
        /// As it was written, with its sign.
        case number(String)
        case text(String)
        case null
        /// A part whose problem has been reported; what is around it reports nothing more because of it.
        case invalid
    }

    let content: Content
    /// Offsets into the source.
    let range: Range<Int>
    let nodeCount: Int

    var isInvalid: Bool {
        if case .invalid = content { return true }
        return false
    }

    var isNull: Bool {
        if case .null = content { return true }
        return false
    }

    /// The type it has by itself; nil when it depends on its neighbours.
    var ownType: LogicalType? {
        if case .typed(let expression) = content { return expression.type }
        return nil
    }

    /// The type it has when nothing else decides; nil for null and what is invalid.
    var looseType: LogicalType? {
        switch content {
        case .typed(let expression): expression.type
        case .number(let digits): CheckedOperand.isWhole(digits) ? .integer : .number
        case .text: .text
        case .null, .invalid: nil
        }
    }

    static func isWhole(_ digits: String) -> Bool {
        !digits.contains { $0 == "." || $0 == "e" || $0 == "E" }
    }
}
