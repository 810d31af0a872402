import CaliberCore
import CaliberDictionary

extension MetricTree {
    /// The mark that a simple metric's rows need, if any.
    ///
    /// - Parameters:
    ///   - filter: the metric's own and those around it.
    ///   - around: those of the metrics around it, which apply to marked rows like a query's own.
    func simpleMark(_ simple: SimpleMetric, filter: TypedExpression?, around: [TypedExpression]) -> Mark? {
        if simple.aggregation == .countNew {
            let request = MarkRequest.firstRows(simple)
            let name = markName(of: request)
            return Mark(name: name, request: request, filter: .conjunction(around + [MetricTree.flag(name)]))
        }
        guard let dimension = simple.nonAdditive else { return nil }
        let request = MarkRequest.endMoments(simple, filter: filter, dimension)
        let name = markName(of: request)
        return Mark(
            name: name, request: request,
            filter: .conjunction([filter].compactMap { $0 } + [MetricTree.flag(name)]))
    }

    /// Base rows with the number of conversions that go to each; their share, where a rate is asked for.
    mutating func conversionNode(
        _ metric: ConversionMetric, of definition: MetricDefinition, filters: [TypedExpression], steps: [TimeStep]
    ) throws(QueryProblem) -> MetricNode {
        let (baseDefinition, base) = try counted(metric.base, of: definition)
        let (_, conversion) = try counted(metric.conversion, of: definition)
        let request = MarkRequest.conversions(base: base, conversion: conversion, metric)
        let name = markName(of: request)
        let filter = TypedExpression.conjunction([base.filter].compactMap { $0 } + filters)
        let number = TypedExpression(.column(ColumnReference(name: name)), .integer)
        let converted: SimpleMetric
        if base.aggregation == .countDistinct, let value = base.expression {
            let isConverted = TypedExpression(
                .comparison(.greater, number, TypedExpression(.literal(.integer(0)), .integer)), .boolean)
            let chosen = TypedExpression(
                .choose(branches: [.init(condition: isConverted, value: value)], otherwise: nil), value.type)
            converted = base.with(expression: chosen, filter: base.filter)
        } else {
            // A sum, so that base rows without any conversion give 0 and not null.
            converted = base.with(aggregation: .sum, expression: number, filter: base.filter)
        }
        let mark = Mark(name: name, request: request, filter: filter)
        let known = leaves.firstIndex {
            $0.mark?.request == request && $0.filter == filter && $0.simple == converted && $0.steps == steps
        }
        let conversions = MetricNode.leaf(
            known ?? add(baseDefinition, converted, filter: filter, mark: mark, steps: steps))
        guard metric.calculation == .conversionRate else { return conversions }
        let all = try node(
            of: baseDefinition, filters: [metric.base.filter].compactMap { $0 } + filters, steps: steps, depth: 0)
        return .ratio(numerator: conversions, denominator: all)
    }

    /// An input that counts rows, under the filter that the input adds.
    private func counted(
        _ input: MetricInput, of definition: MetricDefinition
    ) throws(QueryProblem) -> (MetricDefinition, SimpleMetric) {
        guard let metric = dictionary.metric(named: input.metric, version: input.version),
            case .simple(let simple) = metric.content
        else { throw .inputMissing(metric: definition.name, input: input.metric) }
        let filter = TypedExpression.conjunction([simple.filter, input.filter].compactMap { $0 })
        return (metric, simple.with(expression: simple.expression, filter: filter))
    }

    /// One name for what is asked twice.
    private func markName(of request: MarkRequest) -> String {
        let marks = leaves.compactMap(\.mark)
        if let known = marks.first(where: { $0.request == request }) { return known.name }
        return request.namePrefix + "_" + String(Set(marks.map(\.name)).count + 1)
    }

    private static func flag(_ name: String) -> TypedExpression {
        TypedExpression(.column(ColumnReference(name: name)), .boolean)
    }
}

extension MetricTree.Leaf {
    var countsConversions: Bool {
        if case .conversions = mark?.request { true } else { false }
    }
}
