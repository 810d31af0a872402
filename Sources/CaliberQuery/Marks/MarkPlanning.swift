import CaliberCore
import CaliberDictionary

/// From what a leaf asks about other rows to the passes over rows that tell it.
struct MarkPlanning {
    let dictionary: MetricDictionary
    /// The scope and the anchor of the scan that will read the mark.
    let scope: TableScope
    let anchor: String?
    /// What the query cuts by, as the answer's columns and as this scan computes them.
    let dimensions: [(planned: PlannedDimension, scan: ScanDimension)]
    /// The query's filters over stored columns.
    let filter: TypedExpression?
    let timeZone: String?

    func mark(named name: String, for request: MarkRequest) throws(QueryProblem) -> PlannedMark {
        PlannedMark(name: name, type: request.type, content: try content(request))
    }

    private func content(_ request: MarkRequest) throws(QueryProblem) -> PlannedMark.Content {
        switch request {
        case .firstRows(let simple):
            let values = try [simple.expression].compactMap { $0 }.map { value throws(QueryProblem) in
                try stored(value: value, scope)
            }
            return .firstRows(try rows(scope, anchor, filter: try stored(simple.filter, scope), values: values))
        case .endMoments(_, let own, let dimension):
            let moment = try column(dimension.column, scope)
            let groupings = try dimension.groupings.map { name throws(QueryProblem) in
                ScanDimension(expression: try column(name, scope), grain: nil)
            }
            // Periods of the time that must not be added up, by whichever of its names.
            let periods = dimensions.filter { $0.planned.isMetricTime || $0.scan.expression == moment }
                .map(\.scan).filter { $0.grain != nil }
            let conditions = [filter, try stored(own, scope)].compactMap { $0 }
            return .endMoments(
                try rows(
                    scope, anchor, filter: .conjunction(conditions),
                    dimensions: [ScanDimension(expression: moment, grain: nil)] + groupings + periods),
                dimension.choice)
        case .conversions(let base, let conversion, let metric):
            return try conversions(base, conversion, metric)
        }
    }

    private func conversions(
        _ base: SimpleMetric, _ conversion: SimpleMetric, _ metric: ConversionMetric
    ) throws(QueryProblem) -> PlannedMark.Content {
        guard let table = dictionary.table(named: conversion.table) else {
            throw .unknownTable(
                name: conversion.table,
                nearest: NameSuggestion.nearest(to: conversion.table, among: dictionary.tables.map(\.name)))
        }
        let other = TableScope(table: table, dictionary: dictionary)
        let baseNames = metric.entity + metric.constantProperties.map(\.baseColumn)
        let conversionNames = metric.entity + metric.constantProperties.map(\.conversionColumn)
        let conversionAnchor = conversion.anchor ?? table.anchor
        guard let conversionAnchor, let anchor else {
            let missing = anchor == nil ? scope.table.name : table.name
            throw .metricWithoutTime(metric: metric.conversion.metric, table: missing, use: "a conversion metric")
        }
        return .conversions(
            base: try rows(
                scope, anchor, filter: try stored(base.countedRows, scope),
                values: try baseNames.map { name throws(QueryProblem) in try column(name, scope) }),
            conversion: try rows(
                other, conversionAnchor, filter: try stored(conversion.countedRows, other),
                values: try conversionNames.map { name throws(QueryProblem) in try column(name, other) }),
            PlannedConversion(
                conversionAnchor: conversionAnchor, windowMicroseconds: metric.windowMicroseconds,
                countsOnce: metric.countOnce == .base,
                isOneSequence: base.table == conversion.table && anchor == conversionAnchor))
    }

    // MARK: Rows

    private func rows(
        _ scope: TableScope, _ anchor: String?, filter: TypedExpression?, values: [TypedExpression]
    ) throws(QueryProblem) -> PlannedScan {
        try rows(
            scope, anchor, filter: filter, dimensions: values.map { ScanDimension(expression: $0, grain: nil) })
    }

    private func rows(
        _ scope: TableScope, _ anchor: String?, filter: TypedExpression?, dimensions: [ScanDimension]
    ) throws(QueryProblem) -> PlannedScan {
        let moment = try anchor.map { name throws(QueryProblem) in try column(name, scope) }
        let expressions = [moment, filter].compactMap { $0 } + dimensions.map(\.expression)
        let scan = PlannedScan(
            table: scope.table, anchor: moment, anchorName: anchor, dimensions: dimensions, filter: filter, masks: [],
            aggregates: [], joins: try scope.joins(of: expressions))
        return try MetricValuePlanning(dictionary: dictionary, scope: scope, timeZone: timeZone).marked(scan)
    }

    private func column(_ name: String, _ scope: TableScope) throws(QueryProblem) -> TypedExpression {
        let reference = ColumnReference(name: name)
        guard let type = scope.type(of: reference) else {
            throw .unknownDimension(
                name: name, metric: "of a conversion or a balance", table: scope.table.name,
                nearest: NameSuggestion.nearest(to: name, among: scope.table.columns.map(\.name)))
        }
        return try scope.storedForm(of: TypedExpression(.column(reference), type), anchor: nil)
    }

    private func stored(value: TypedExpression, _ scope: TableScope) throws(QueryProblem) -> TypedExpression {
        try scope.storedForm(of: value, anchor: nil)
    }

    private func stored(_ expression: TypedExpression?, _ scope: TableScope) throws(QueryProblem) -> TypedExpression? {
        guard let expression else { return nil }
        return try scope.storedForm(of: expression, anchor: nil)
    }
}

extension SimpleMetric {
    /// The rows that a count counts: those that pass its filter and have what it counts.
    var countedRows: TypedExpression? {
        let present = expression.map { value in
            TypedExpression(.not(TypedExpression(.isNull(value), .boolean)), .boolean)
        }
        return TypedExpression.conjunction([filter, present].compactMap { $0 })
    }
}
