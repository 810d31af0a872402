import CaliberDictionary

extension TypedExpression {
    /// The conditions that must all be true, or nil when there are none.
    static func conjunction(_ conditions: [TypedExpression]) -> TypedExpression? {
        var flat: [TypedExpression] = []
        for condition in conditions {
            if case .and(let operands) = condition.node { flat += operands } else { flat.append(condition) }
        }
        return flat.count > 1 ? TypedExpression(.and(flat), .boolean) : flat.first
    }
}
