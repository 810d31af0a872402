extension TypedExpression {
    /// The columns that the expression reads, each once, in the order of first use.
    public var references: [ColumnReference] {
        var seen: Set<ColumnReference> = []
        var ordered: [ColumnReference] = []
        visit { expression in
            if case .column(let reference) = expression.node, seen.insert(reference).inserted {
                ordered.append(reference)
            }
        }
        return ordered
    }

    /// Whether the tree has more nodes or more levels than can be handled. Derived columns that use derived columns may
    /// grow far beyond their text when they are written out: ask after each column. Counts no further than the limits.
    public func isLarger(
        thanNodeCount nodeCountLimit: Int = ExpressionCompiler.maximumNodeCount,
        depth depthLimit: Int = ExpressionCompiler.maximumWrittenOutDepth
    ) -> Bool {
        var rest = nodeCountLimit
        return isLarger(thanNodeCount: &rest, depth: depthLimit)
    }

    private func isLarger(thanNodeCount rest: inout Int, depth: Int) -> Bool {
        rest -= 1
        guard rest >= 0, depth > 0 else { return true }
        for part in parts where part.isLarger(thanNodeCount: &rest, depth: depth - 1) { return true }
        return false
    }

    /// The same expression with columns replaced: how derived columns are written out.
    ///
    /// - Parameter substitute: what stands for a column, of the column's type; nil keeps it.
    public func replacing(
        _ substitute: (ColumnReference) throws -> TypedExpression?
    ) rethrows -> TypedExpression {
        if case .column(let reference) = node { return try substitute(reference) ?? self }
        return TypedExpression(try replacedNode(substitute), type)
    }

    private func replacedNode(_ substitute: (ColumnReference) throws -> TypedExpression?) rethrows -> Node {
        switch node {
        case .literal, .column: return node
        case .negate(let operand): return .negate(try operand.replacing(substitute))
        case .not(let operand): return .not(try operand.replacing(substitute))
        case .arithmetic(let symbol, let left, let right):
            return .arithmetic(symbol, try left.replacing(substitute), try right.replacing(substitute))
        case .comparison(let symbol, let left, let right):
            return .comparison(symbol, try left.replacing(substitute), try right.replacing(substitute))
        case .and(let parts): return .and(try parts.map { try $0.replacing(substitute) })
        case .or(let parts): return .or(try parts.map { try $0.replacing(substitute) })
        case .isMember(let value, let members): return .isMember(try value.replacing(substitute), members)
        case .isNull(let operand): return .isNull(try operand.replacing(substitute))
        case .choose(let branches, let otherwise):
            return .choose(
                branches: try branches.map { branch in
                    Branch(
                        condition: try branch.condition.replacing(substitute),
                        value: try branch.value.replacing(substitute))
                }, otherwise: try otherwise?.replacing(substitute))
        case .coalesce(let operands): return .coalesce(try operands.map { try $0.replacing(substitute) })
        case .call(let function, let arguments):
            return .call(function, try arguments.map { try $0.replacing(substitute) })
        }
    }

    /// All of the conditions together; nil when there are none.
    public static func conjunction(_ parts: [TypedExpression]) -> TypedExpression? {
        let flat = parts.flatMap { part in
            if case .and(let inner) = part.node { inner } else { [part] }
        }
        return flat.count > 1 ? TypedExpression(.and(flat), .boolean) : flat.first
    }

    /// Calls `body` for this node and all below it, parents first.
    private func visit(_ body: (TypedExpression) -> Void) {
        body(self)
        for part in parts { part.visit(body) }
    }

    /// The nodes directly below this one, in the order they are written.
    package var parts: [TypedExpression] {
        switch node {
        case .literal, .column: []
        case .negate(let operand), .not(let operand), .isNull(let operand), .isMember(let operand, _): [operand]
        case .arithmetic(_, let left, let right), .comparison(_, let left, let right): [left, right]
        case .and(let parts), .or(let parts), .coalesce(let parts), .call(_, let parts): parts
        case .choose(let branches, let otherwise):
            branches.flatMap { [$0.condition, $0.value] } + (otherwise.map { [$0] } ?? [])
        }
    }
}
