import CaliberCore
import CaliberDictionary

/// Takes metrics apart into the aggregates they are built from; equal aggregates become one.
struct MetricTree {
    let dictionary: MetricDictionary
    private(set) var leaves: [Leaf] = []
    private var root = ""

    /// A simple metric under the filters of those that use it.
    struct Leaf {
        let definition: MetricDefinition
        let simple: SimpleMetric
        /// The metric's filter and those around it.
        let filter: TypedExpression?
        let mark: Mark?
        /// From the answer's periods to the rows it is taken over; empty for an ordinary metric.
        let steps: [TimeStep]
        /// The metric that was asked for, for messages.
        let root: String
    }

    /// What the leaf's rows are told by looking at other rows.
    struct Mark {
        let name: String
        let request: MarkRequest
        /// The rows that count, when the mark is one that rows have or have not: beside the filters around the metric
        /// where the mark knows the metric's own already.
        let filter: TypedExpression?
    }

    static let deepestNesting = 32

    init(dictionary: MetricDictionary) {
        self.dictionary = dictionary
    }

    /// - Parameters:
    ///   - filters: those of the metrics around this one, outermost first.
    ///   - steps: those of the metrics around this one, outermost first.
    mutating func node(
        of definition: MetricDefinition, filters: [TypedExpression], steps: [TimeStep] = [], depth: Int
    ) throws(QueryProblem) -> MetricNode {
        if depth == 0 { root = definition.name }
        guard depth <= MetricTree.deepestNesting else { throw .tooDeep(metric: definition.name) }
        switch definition.content {
        case .simple(let simple):
            return .leaf(try leaf(definition, simple, filters: filters, steps: steps))
        case .ratio(let numerator, let denominator):
            return .ratio(
                numerator: try input(numerator, of: definition, filters, steps, depth).node,
                denominator: try input(denominator, of: definition, filters, steps, depth).node)
        case .derived(let expression, let inputs):
            var nodes: [MetricNode.Input] = []
            for part in inputs { nodes.append(try input(part, of: definition, filters, steps, depth)) }
            return .derived(expression, inputs: nodes)
        case .conversion(let conversion):
            return try conversionNode(conversion, of: definition, filters: filters, steps: steps)
        case .cumulative(let cumulative):
            let window = TimeStep.window(cumulative.window, cumulative.periodAggregation)
            return try input(cumulative.input, of: definition, filters, steps + [window], depth).node
        }
    }

    func leaves(of node: MetricNode) -> [Leaf] { node.leaves.map { leaves[$0] } }

    private mutating func input(
        _ input: MetricInput, of definition: MetricDefinition, _ filters: [TypedExpression], _ steps: [TimeStep],
        _ depth: Int
    ) throws(QueryProblem) -> MetricNode.Input {
        guard let metric = dictionary.metric(named: input.metric, version: input.version) else {
            throw .inputMissing(metric: definition.name, input: input.metric)
        }
        let node = try node(
            of: metric, filters: filters + [input.filter].compactMap { $0 },
            steps: steps + [input.offset].compactMap { $0.map { .offset($0) } }, depth: depth + 1)
        return MetricNode.Input(alias: input.alias, type: metric.type, metric: metric.name, node: node)
    }

    private mutating func leaf(
        _ definition: MetricDefinition, _ simple: SimpleMetric, filters: [TypedExpression], steps: [TimeStep]
    ) throws(QueryProblem) -> Int {
        try MetricTree.checkAggregation(definition, simple)
        let filter = TypedExpression.conjunction([simple.filter].compactMap { $0 } + filters)
        let known = leaves.firstIndex {
            $0.definition.id == definition.id && $0.definition.version == definition.version && $0.filter == filter
                && $0.steps == steps && !$0.countsConversions
        }
        if let known { return known }
        return add(
            definition, simple, filter: filter, mark: simpleMark(simple, filter: filter, around: filters), steps: steps)
    }

    mutating func add(
        _ definition: MetricDefinition, _ simple: SimpleMetric, filter: TypedExpression?, mark: Mark?,
        steps: [TimeStep]
    ) -> Int {
        leaves.append(
            Leaf(definition: definition, simple: simple, filter: filter, mark: mark, steps: steps, root: root))
        return leaves.count - 1
    }

    private static func checkAggregation(
        _ definition: MetricDefinition, _ simple: SimpleMetric
    ) throws(QueryProblem) {
        guard let type = simple.expression?.type, type.storage == .code else { return }
        switch simple.aggregation {
        case .count, .countDistinct, .countNew: return
        default:
            throw .textAggregated(
                metric: definition.name, aggregation: simple.aggregation.name, type: type.name)
        }
    }
}

extension Aggregation {
    /// As a dictionary writes it.
    package var name: String {
        switch self {
        case .percentile(let fraction, let continuous):
            fraction == 0.5 && continuous
                ? "median" : "percentile \(fraction) (\(continuous ? "continuous" : "discrete"))"
        default: canonicalText
        }
    }
}
