import CaliberCore

/// What a metric counts of each row, where channels can share it: the metric is the sum of its rows' values.
public struct AttributedMeasure: Hashable, Sendable {
    /// A whole number a row (minor units for money), over stored columns; nil: every row counts one.
    public let value: TypedExpression?
    /// Rows for which it is not true have no value; over stored columns.
    public let condition: TypedExpression?
    /// `money` or `integer`.
    public let type: LogicalType

    /// Reads a metric's definition.
    ///
    /// - Throws: why channels can't share it.
    package init(
        _ metric: MetricDefinition, conversions: AttributionDefinition.Rows, table: TableDefinition,
        at location: SourceLocation? = nil
    ) throws(AttributionProblem) {
        func refuse(_ reason: String) -> AttributionProblem {
            .metricNotShared(metric: metric.name, reason: reason, at: location)
        }
        guard case .simple(let simple) = metric.content else {
            throw refuse("it is put together from other metrics")
        }
        guard simple.table == conversions.table else {
            throw refuse("it is counted on table \(quoted(simple.table)), not on \(quoted(conversions.table))")
        }
        guard simple.anchor == conversions.at else {
            throw refuse(
                "it is counted at \(quoted(simple.anchor ?? "no time")), and paths end at \(quoted(conversions.at))")
        }
        guard simple.nonAdditive == nil else { throw refuse("it is a balance, which does not add up over rows") }
        func stored(_ expression: TypedExpression?) throws(AttributionProblem) -> TypedExpression? {
            guard let expression else { return nil }
            guard let written = expression.overStoredColumns(of: table) else {
                throw refuse("it looks at columns of other tables")
            }
            return written
        }
        condition = try stored(simple.filter)
        let expression = try stored(simple.expression)
        switch (simple.aggregation, expression) {
        case (.count, nil):
            (value, type) = (nil, .integer)
        case (.count, let counted?):
            // A row counts where it has a value.
            value = TypedExpression(
                .choose(
                    branches: [
                        TypedExpression.Branch(
                            condition: TypedExpression(.not(TypedExpression(.isNull(counted), .boolean)), .boolean),
                            value: TypedExpression(.literal(.integer(1)), .integer))
                    ], otherwise: nil), .integer)
            type = .integer
        case (.sumBoolean, let counted?):
            value = TypedExpression(
                .choose(
                    branches: [
                        TypedExpression.Branch(
                            condition: counted, value: TypedExpression(.literal(.integer(1)), .integer))
                    ], otherwise: nil), .integer)
            type = .integer
        case (.sum, let summed?):
            switch summed.type {
            case .money, .integer: (value, type) = (summed, summed.type)
            default: throw refuse("it adds up values of type \(summed.type.name), which are not whole units")
            }
        default:
            throw refuse("it does not add up over rows")
        }
    }
}

extension TypedExpression {
    /// With derived columns written out; nil where it needs a join or the value of a metric.
    package func overStoredColumns(of table: TableDefinition) -> TypedExpression? {
        var isStored = true
        let written = replacing { reference -> TypedExpression? in
            guard isStored, reference.path.isEmpty, reference.metric == nil,
                let column = table.column(named: reference.name)
            else {
                isStored = false
                return nil
            }
            guard case .derived(let derived) = column.content else { return nil }
            guard let inner = derived.overStoredColumns(of: table) else {
                isStored = false
                return nil
            }
            return inner
        }
        return isStored ? written : nil
    }
}
