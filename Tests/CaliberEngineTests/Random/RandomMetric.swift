import CaliberCore
import CaliberDictionary
import CaliberTesting

/// A random metric: its definition as YAML, and as SQL over the rows of `facts`.
struct RandomMetric {
    /// A simple metric with what an outer one adds to its filter.
    struct Leaf {
        let metric: Simple
        let filter: Twin?
    }

    struct Simple {
        let name: String
        /// The SQL of the aggregate.
        let aggregate: String
        let filter: Twin?
        /// The moment column that rows count at.
        let anchor: String
        let fillsWithZero: Bool
        let type: LogicalType
    }

    let name: String
    let yaml: String
    let leaves: [Leaf]
    /// The figure in SQL, over the leaves' figures `a` and `b`.
    let formula: (_ values: [String]) -> String
    let kind: ExpectedColumn.Kind
    let slack: Int64

    static func some(_ twins: inout TwinExpressions, moments: [String]) -> [RandomMetric] {
        var metrics: [RandomMetric] = []
        var additive: [Simple] = []
        for number in 0..<12 {
            let metric = simple(&twins, number, moments)
            metrics.append(metric.metric)
            if metric.isAdditive { additive.append(metric.metric.leaves[0].metric) }
        }
        for number in 12..<18 {
            let first = twins.pick(additive)
            guard let second = additive.filter({ $0.type == first.type }).randomElement(using: &twins.generator),
                first.name != second.name
            else { continue }
            let filters = [twins.chance(40) ? twins.condition(1) : nil, twins.chance(40) ? twins.condition(1) : nil]
            let leaves = [Leaf(metric: first, filter: filters[0]), Leaf(metric: second, filter: filters[1])]
            metrics.append(number % 2 == 0 ? ratio(number, leaves) : derived(number, leaves, twins.pick(["+", "-"])))
        }
        return metrics
    }

    // MARK: Simple

    private static func simple(
        _ twins: inout TwinExpressions, _ number: Int, _ moments: [String]
    ) -> (metric: RandomMetric, isAdditive: Bool) {
        let numeric: [LogicalType] = [.integer, TwinExpressions.money, .duration, .number]
        // The first two are additive and of one type, so that ratios have something to be made of.
        let aggregation =
            number < 2
            ? "sum"
            : twins.pick([
                "sum", "count", "count_distinct", "min", "max", "average", "median", "percentile", "sum_boolean",
            ])
        var keys = ["agg: \(aggregation)"]
        var type = number < 2 ? TwinExpressions.money : twins.pick(numeric)
        var operand: Twin?
        var aggregate: String
        var (result, slack) = (type, Int64(0))
        var isAdditive = false
        switch aggregation {
        case "count":
            result = .integer
            isAdditive = true
            if twins.chance(50) { operand = twins.value(twins.pick([.integer, .category, .timestamp]), 1) }
            aggregate = "count(\(operand?.sql ?? "*"))"
        case "count_distinct":
            result = .integer
            operand = twins.value(twins.pick([.integer, .category, .identifier, .text, .date, .number]), 1)
            aggregate = "count(DISTINCT \(operand?.sql ?? ""))"
        case "sum_boolean":
            result = .integer
            isAdditive = true
            operand = twins.condition(2)
            // Unknown counts as not true; count_if of nothing but unknown would be null.
            aggregate = "CAST(sum(CASE WHEN \(operand?.sql ?? "") THEN 1 ELSE 0 END) AS BIGINT)"
        case "min", "max":
            type = twins.pick(numeric + [.timestamp, .date])
            result = type
            let twin = twins.value(type, 2)
            operand = twin
            aggregate = "\(aggregation)(\(twin.sql))"
        default:
            let twin = twins.value(type, 2)
            operand = twin
            switch aggregation {
            case "sum":
                aggregate = type == .number ? "sum(\(twin.sql))" : "CAST(sum(\(twin.sql)) AS BIGINT)"
                isAdditive = type != .number
            case "percentile":
                let (fraction, isContinuous) = (twins.pick([0.125, 0.25, 0.5, 0.75]), twins.chance(50))
                keys += ["percentile: \(fraction)", "percentile_type: \(isContinuous ? "continuous" : "discrete")"]
                aggregate = "\(isContinuous ? "quantile_cont" : "quantile_disc")(\(twin.sql), \(fraction))"
                if isContinuous { (aggregate, result, slack) = rounded(aggregate, type) }
            default:
                aggregate = aggregation == "median" ? "quantile_cont(\(twin.sql), 0.5)" : "avg(\(twin.sql))"
                (aggregate, result, slack) = rounded(aggregate, type)
            }
        }
        if let operand { keys.append("expr: \(RandomFacts.yaml(operand.text))") }
        let filter = twins.chance(50) ? twins.condition(2) : nil
        if let filter { keys.append("filter: \(RandomFacts.yaml(filter.text))") }
        let anchor = twins.pick(moments)
        if anchor != moments[0] || twins.chance(50) { keys.append("agg_time_dimension: \(anchor)") }
        let fillsWithZero = isAdditive && twins.chance(40)
        if fillsWithZero { keys.append("fill_nulls_with: 0") }
        if isAdditive { keys.append("join_to_timespine: false") }
        let simple = Simple(
            name: "metric_\(number)", aggregate: aggregate, filter: filter, anchor: anchor,
            fillsWithZero: fillsWithZero, type: result)
        let metric = RandomMetric(
            name: simple.name, yaml: yaml(number, ["type: simple", "table: facts"] + keys),
            leaves: [Leaf(metric: simple, filter: nil)], formula: { $0[0] }, kind: kind(of: result), slack: slack)
        return (metric, isAdditive)
    }

    /// What is between two whole numbers: kept as a float, but for durations, which are whole microseconds.
    private static func rounded(_ aggregate: String, _ type: LogicalType) -> (String, LogicalType, Int64) {
        type == .duration ? ("CAST(round(\(aggregate)) AS BIGINT)", .duration, 1) : (aggregate, .number, 0)
    }

    private static func kind(of type: LogicalType) -> ExpectedColumn.Kind {
        switch type {
        case .money: .money
        case .number, .moneyRate: .number
        case .timestamp: .timestamp
        case .date: .date
        case .duration: .duration
        default: .integer
        }
    }

    private static func yaml(_ number: Int, _ keys: [String]) -> String {
        ([
            "- id: M-\(number)", "  name: metric_\(number)", "  version: 1", "  owner: team:random",
            "  description: Random.",
        ]
            + keys.map { "  " + $0 })
            .map { "  " + $0 }.joined(separator: "\n")
    }

    // MARK: Built from others

    private static func input(_ leaf: Leaf, alias: String? = nil) -> String {
        let filter = leaf.filter.map { ", filter: \(RandomFacts.yaml($0.text))" } ?? ""
        return "{name: \(leaf.metric.name)\(alias.map { ", alias: \($0)" } ?? "")\(filter)}"
    }

    private static func ratio(_ number: Int, _ leaves: [Leaf]) -> RandomMetric {
        RandomMetric(
            name: "metric_\(number)",
            yaml: yaml(
                number, ["type: ratio", "numerator: \(input(leaves[0]))", "denominator: \(input(leaves[1]))"]),
            leaves: leaves, formula: { "CAST(\($0[0]) AS DOUBLE) / NULLIF(CAST(\($0[1]) AS DOUBLE), 0)" },
            kind: .number, slack: 0)
    }

    private static func derived(_ number: Int, _ leaves: [Leaf], _ sign: String) -> RandomMetric {
        let inputs = "[\(input(leaves[0], alias: "one")), \(input(leaves[1], alias: "other"))]"
        return RandomMetric(
            name: "metric_\(number)",
            yaml: yaml(number, ["type: derived", "expr: one \(sign) other", "input_metrics: \(inputs)"]),
            leaves: leaves, formula: { "\($0[0]) \(sign) \($0[1])" }, kind: kind(of: leaves[0].metric.type), slack: 0)
    }
}
