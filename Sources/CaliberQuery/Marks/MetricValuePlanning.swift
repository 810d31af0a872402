import CaliberCore
import CaliberDictionary

/// Makes the values of metrics that expressions ask for (`metric('orders_paid', buyer_id) > 2`) columns of their rows.
struct MetricValuePlanning {
    let dictionary: MetricDictionary
    let scope: TableScope
    /// The query's, in which periods of the metrics' own filters are cut.
    let timeZone: String?

    /// The scan with a mark for each metric's value, in whose place the mark's column stands.
    func marked(_ scan: PlannedScan) throws(QueryProblem) -> PlannedScan {
        let terms = scan.expressions.flatMap(\.references).compactMap(\.metric).withoutRepeats
        guard !terms.isEmpty else { return scan }
        var names: [MetricTerm: String] = [:]
        var marks = scan.marks
        for term in terms {
            // One name for one term, wherever it stands.
            let name =
                "__metric_"
                + ([term.versionedName.replacing("@", with: "_v")] + ["by"]
                + term.by.map(\.qualifiedName)).joined(separator: "_")
            marks.append(try mark(named: name, term))
            names[term] = name
        }
        func replaced(_ expression: TypedExpression) -> TypedExpression {
            expression.replacing { reference in
                guard let term = reference.metric, let name = names[term] else { return nil }
                let type = marks.first { $0.name == name }?.type ?? .integer
                return TypedExpression(.column(ColumnReference(name: name)), type)
            }
        }
        return PlannedScan(
            table: scan.table, anchor: scan.anchor, anchorName: scan.anchorName,
            dimensions: scan.dimensions.map {
                ScanDimension(
                    expression: replaced($0.expression), grain: $0.grain, calendarGrain: $0.calendarGrain)
            },
            filter: scan.filter.map(replaced), masks: scan.masks.map(replaced),
            aggregates: scan.aggregates.map { aggregate in
                PlannedAggregate(
                    aggregation: aggregate.aggregation, expression: aggregate.expression.map(replaced),
                    mask: aggregate.mask)
            }, joins: scan.joins, marks: marks)
    }

    private func mark(named name: String, _ term: MetricTerm) throws(QueryProblem) -> PlannedMark {
        let query = MetricQuery(
            metrics: [MetricReference(name: term.metric, version: term.version)], groupBy: term.by.map(\.qualifiedName),
            timeZone: timeZone)
        guard let plan = try? QueryPlanner(dictionary: dictionary, definitionHash: { _ in "" }).plan(query),
            let metric = plan.metrics.first
        else { throw .filterMetricUnplanned(metric: term.versionedName, by: term.by.map(\.qualifiedName)) }
        var dimensions: [ScanDimension] = []
        for column in term.by {
            guard let type = scope.type(of: column) else {
                throw .unknownDimension(
                    name: column.qualifiedName, metric: term.metric, table: scope.table.name, nearest: [])
            }
            let expression = try scope.storedForm(of: TypedExpression(.column(column), type), anchor: nil)
            dimensions.append(ScanDimension(expression: expression, grain: nil))
        }
        let rows = PlannedScan(
            table: scope.table, anchor: nil, anchorName: nil, dimensions: dimensions, filter: nil, masks: [],
            aggregates: [], joins: try scope.joins(of: dimensions.map(\.expression)))
        return PlannedMark(name: name, type: metric.definition.type, content: .metricValues(rows, term, plan))
    }
}

extension MetricDictionary {
    /// The metrics that a query's filter asks the values of, as its expression sees them.
    func metricScope(of text: String) -> MetricScope {
        var known: [String: MetricScope.Known] = [:]
        for mention in MetricTerm.mentions(in: text) {
            let (name, version) = MetricTerm.reference(mention)
            guard let metric = metric(named: name, version: version) else { continue }
            var tree = MetricTree(dictionary: self)
            guard (try? tree.node(of: metric, filters: [], depth: 0)) != nil else { continue }
            let columns = tree.leaves.map(\.simple.table).withoutRepeats.compactMap { name in
                table(named: name).map { table in
                    Dictionary(
                        TableScope(table: table, dictionary: self).columns.map { ($0.reference, $0.type) },
                        uniquingKeysWith: { first, _ in first })
                }
            }
            known[mention] = .found(metric.type, dimensions: MetricScope.dimensions(of: columns))
        }
        return MetricScope(metrics: known, names: metrics.map(\.name))
    }
}
