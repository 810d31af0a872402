import CaliberCore
import CaliberDictionary

/// From the names of a query's top, ranks and shares to positions, with what makes no sense refused.
struct RelationPlanning {
    let query: MetricQuery
    let dimensions: [PlannedDimension]
    let metrics: [PlannedMetric]
    let leaves: [PlannedLeaf]

    func plan(_ problems: inout PlanProblems) -> PlannedRelations {
        var planned = PlannedRelations()
        if let top = query.top { planned.top = self.top(top, &problems) }
        let perTop = planned.top?.per ?? []
        for term in query.ranks {
            if let column = column(.rank, term, otherwise: perTop, &problems) { planned.columns.append(column) }
        }
        for term in query.shares {
            guard let column = column(.share, term, otherwise: [], &problems) else { continue }
            checkShare(column, &problems)
            planned.columns.append(column)
        }
        for (position, column) in planned.columns.enumerated()
        where planned.columns.prefix(position).contains(where: { $0.name == column.name }) {
            problems.add(.repeatedColumn(name: column.name))
        }
        return planned
    }

    private func top(_ top: TopGroups, _ problems: inout PlanProblems) -> PlannedTop? {
        if top.count < 1 {
            problems.add(.topNotPositive(count: top.count))
            return nil
        }
        let metric = top.by.map { self.metric($0, option: "--by", &problems) } ?? 0
        let per = self.dimensions(top.per, option: "--per", &problems)
        guard let metric, let per else { return nil }
        guard per.count < dimensions.count else {
            problems.add(.topWithoutGroups(per: top.per))
            return nil
        }
        let planned = PlannedTop(count: top.count, metric: metric, per: per, showsOthers: top.showsOthers)
        if top.showsOthers {
            let merged = dimensions.indices.filter { !per.contains($0) }
            refuseAlongTime(option: "--others", &problems)
            for metric in metrics where addsUpBalances(metric.node, over: merged) {
                problems.add(.balanceOverPeriods(metric: metric.column, option: "--others"))
            }
        }
        return planned
    }

    private func column(
        _ kind: PlannedRelation.Kind, _ term: RelatedTerm, otherwise: [Int], _ problems: inout PlanProblems
    ) -> PlannedRelation? {
        let option = "--" + kind.rawValue
        let metric = self.metric(term.metric, option: option, &problems)
        let within = term.within.isEmpty ? otherwise : dimensions(term.within, option: option, &problems)
        guard let metric, let within else { return nil }
        var name = "\(metrics[metric].column)__\(kind.rawValue)"
        if !within.isEmpty { name += "_within_" + within.map { dimensions[$0].name }.joined(separator: "_and_") }
        return PlannedRelation(kind: kind, name: name, metric: metric, within: within)
    }

    // MARK: Names

    private func metric(_ name: String, option: String, _ problems: inout PlanProblems) -> Int? {
        let asked = MetricReference(text: name)
        let found = metrics.firstIndex { metric in
            metric.column == name
                || (metric.definition.name == asked.name || metric.definition.id == asked.name)
                    && (asked.version == nil || asked.version == metric.definition.version)
        }
        if let found { return found }
        problems.add(
            .notAMetricOfTheQuery(
                option: option, name: name, nearest: NameSuggestion.nearest(to: name, among: metrics.map(\.column))))
        return nil
    }

    private func dimensions(_ names: [String], option: String, _ problems: inout PlanProblems) -> [Int]? {
        var found: [Int] = []
        var isComplete = true
        for name in names {
            let position =
                dimensions.firstIndex { $0.name == name }
                ?? (name == TableScope.metricTime ? dimensions.firstIndex(where: \.isMetricTime) : nil)
                ?? dimensions.firstIndex { $0.name == name + "__day" }
            guard let position else {
                problems.add(
                    .notADimensionOfTheQuery(
                        option: option, name: name,
                        nearest: NameSuggestion.nearest(to: name, among: dimensions.map(\.name))))
                isComplete = false
                continue
            }
            if !found.contains(position) { found.append(position) }
        }
        return isComplete ? found : nil
    }

    // MARK: What has a share

    private func checkShare(_ column: PlannedRelation, _ problems: inout PlanProblems) {
        refuseAlongTime(option: "--share", &problems)
        let metric = metrics[column.metric]
        if let reason = RelationPlanning.reasonAgainstShare(metric.node, leaves) {
            problems.add(.shareUndefined(metric: metric.column, reason: reason))
        } else if addsUpBalances(metric.node, over: dimensions.indices.filter { !column.within.contains($0) }) {
            problems.add(.balanceOverPeriods(metric: metric.column, option: "--share"))
        }
    }

    /// Groups of metrics that are taken over windows or earlier periods can't be put together: their rows were counted in
    /// other groups.
    private func refuseAlongTime(option: String, _ problems: inout PlanProblems) {
        for metric in metrics {
            let positions = metric.node.leaves + (metric.prior?.leaves ?? [])
            if positions.contains(where: { !leaves[$0].steps.isEmpty }) {
                problems.add(.mergedAlongTime(metric: metric.column, option: option))
            }
        }
    }

    /// Balances are not added up along time, so periods can't be put together.
    private func addsUpBalances(_ node: MetricNode, over merged: [Int]) -> Bool {
        node.leaves.contains { position in
            guard let dimension = leaves[position].simple.nonAdditive else { return false }
            return merged.contains { position in
                dimensions[position].isMetricTime
                    || dimensions[position].grain != nil && dimensions[position].name.hasPrefix(dimension.column + "__")
            }
        }
    }

    /// Why a metric's value in a group is no part of its value over all; nil when it is one.
    static func reasonAgainstShare(_ node: MetricNode, _ leaves: [PlannedLeaf]) -> String? {
        switch node {
        case .leaf(let position):
            switch leaves[position].simple.aggregation {
            case .sum, .count, .countDistinct, .countNew, .sumBoolean: return nil
            case .average: return "an average of a part is no part of the average of all"
            case .min: return "the smallest of a part is no part of the smallest of all"
            case .max: return "the largest of a part is no part of the largest of all"
            case .percentile: return "a percentile of a part is no part of the percentile of all"
            }
        case .ratio:
            return "a quotient of a part is no part of the quotient of all"
        case .derived(let expression, let inputs):
            for input in inputs {
                if let reason = reasonAgainstShare(input.node, leaves) { return "of \"\(input.alias)\": \(reason)" }
            }
            return expression.addsUp ? nil : "its formula does more than add, subtract and scale"
        }
    }
}

extension TypedExpression {
    /// Whether the value of all is the sum of the values of parts, if that holds for the columns.
    fileprivate var addsUp: Bool {
        switch node {
        case .column: return true
        case .negate(let operand): return operand.addsUp
        case .arithmetic(.add, let left, let right), .arithmetic(.subtract, let left, let right):
            return left.addsUp && right.addsUp
        case .arithmetic(.multiply, let left, let right):
            return left.addsUp && right.isLiteral || left.isLiteral && right.addsUp
        case .arithmetic(.divide, let left, let right): return left.addsUp && right.isLiteral
        case .coalesce(let operands):
            // Zero in place of null adds nothing.
            return operands.count == 2 && operands[0].addsUp && operands[1].isZero
        default: return false
        }
    }

    private var isLiteral: Bool {
        if case .literal = node { true } else { false }
    }

    private var isZero: Bool {
        switch node {
        case .literal(.integer(0)): true
        case .literal(.number(let value)): value == 0
        default: false
        }
    }
}
