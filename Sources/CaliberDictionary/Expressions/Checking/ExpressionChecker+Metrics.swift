import CaliberCore

/// `metric('orders_paid', buyer_id)`.
extension ExpressionChecker {
    @inline(never)
    mutating func metricValue(_ syntax: [SyntaxNode], _ whole: SyntaxNode) -> CheckedOperand {
        guard let metrics = scope.metrics else {
            report(.metricTerm(.notHere), at: whole.range)
            return invalid(whole.range)
        }
        guard let first = syntax.first, case .text(let text) = first.kind, syntax.count > 1 else {
            report(.metricTerm(.usage), at: whole.range)
            return invalid(whole.range)
        }
        let (name, version) = MetricTerm.reference(text)
        guard let known = metrics.metrics[text] else {
            report(
                .metricTerm(
                    .unknown(name: text, nearest: NameSuggestion.nearest(to: name, among: metrics.names))),
                at: first.range)
            return invalid(whole.range)
        }
        guard case .found(let type, let dimensions) = known else { return invalid(whole.range) }
        var by: [ColumnReference] = []
        for argument in syntax.dropFirst() {
            guard let column = entity(argument, of: text, dimensions) else { return invalid(whole.range) }
            by.append(column)
        }
        let term = MetricTerm(metric: name, version: version, by: by)
        return made(.column(ColumnReference(term)), type, range: whole.range, nodeCount: syntax.count)
    }

    /// A column of the row that is a dimension of the metric too; anything else is reported.
    private mutating func entity(
        _ syntax: SyntaxNode, of metric: String, _ dimensions: [String: LogicalType]
    ) -> ColumnReference? {
        guard case .name = syntax.kind else {
            report(.metricTerm(.usage), at: syntax.range)
            return nil
        }
        guard case .typed(let expression) = check(syntax).content, case .column(let reference) = expression.node else {
            return nil
        }
        let name = reference.qualifiedName
        guard expression.type != .timestamp else {
            report(.metricTerm(.byMoment(column: name)), at: syntax.range)
            return nil
        }
        guard let type = dimensions[name] else {
            report(
                .metricTerm(
                    .noDimension(
                        name: name, metric: metric,
                        nearest: NameSuggestion.nearest(to: name, among: dimensions.keys))), at: syntax.range)
            return nil
        }
        guard type == expression.type || type.isString && expression.type.isString else {
            report(
                .metricTerm(.otherType(column: name, type: expression.type, metric: metric, dimensionType: type)),
                at: syntax.range)
            return nil
        }
        return reference
    }
}

/// What is wrong with asking for a metric's value in an expression.
public enum MetricTermProblem: Hashable, Sendable {
    case notHere
    case usage
    case unknown(name: String, nearest: [String])
    case byMoment(column: String)
    case noDimension(name: String, metric: String, nearest: [String])
    case otherType(column: String, type: LogicalType, metric: String, dimensionType: LogicalType)

    var code: String {
        switch self {
        case .notHere, .usage: "metric-in-expression"
        case .unknown: "unknown-metric"
        case .noDimension: "unknown-dimension"
        case .byMoment, .otherType: "type-mismatch"
        }
    }

    var message: String {
        switch self {
        case .notHere: "A metric's value can't be asked for here."
        case .usage: "`metric` takes a metric's name in single quotes and at least one column."
        case .unknown(let name, _): "There is no metric `\(name)`."
        case .byMoment(let column): "`\(column)` is a moment; a metric's value is asked for by what a row belongs to."
        case .noDimension(let name, let metric, _): "Metric `\(metric)` has no dimension `\(name)`."
        case .otherType(let column, let type, let metric, let dimensionType):
            "`\(column)` is \(type.name) here and \(dimensionType.name) for metric `\(metric)`."
        }
    }

    var remedy: String? {
        switch self {
        case .notHere: "Filters of metrics and of queries take it, columns and contracts do not."
        case .usage: "Write `metric('orders_paid', buyer_id) > 2`."
        case .unknown: "`caliber list metrics` shows them all."
        case .byMoment: "Name a column such as buyer_id."
        case .noDimension: "The column must have one name in the row and in the metric's tables."
        case .otherType: "Declare the columns with one type."
        }
    }

    var suggestions: [String] {
        switch self {
        case .unknown(_, let nearest), .noDimension(_, _, let nearest): nearest
        default: []
        }
    }
}
