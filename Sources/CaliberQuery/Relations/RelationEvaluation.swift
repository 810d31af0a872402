import CaliberColumns
import CaliberDictionary

/// One row of an answer before it is written out: a group, or the others of its partition.
struct AnswerRow {
    /// For others, any of them: what they have in common is read from it.
    let group: Int
    let isOthers: Bool
    /// One for each metric, then one for each related column.
    let values: [MetricValue]
}

/// Ranks, shares and the largest groups, from the values of all groups. Totals and others are had by merging the states
/// of folds over the groups that they are of, so that distinct counts, averages and percentiles of them are right.
struct RelationEvaluation {
    let plan: QueryPlan
    let evaluation: QueryEvaluation
    /// By metric, by group.
    let values: [[MetricValue]]

    private var groups: GroupRegistry { evaluation.groups }

    /// Where a metric's values stand, which columns of a comparison may stand between.
    private func valueColumn(_ metric: Int) -> Int {
        plan.metrics.prefix(metric).reduce(0) { $0 + 1 + $1.comparedColumns.count }
    }

    /// - Returns: the rows that are shown, in no order yet.
    func rows() throws -> [AnswerRow] {
        var totals: [[Int]: (numbers: [Int32], values: [[MetricValue]])] = [:]
        for column in plan.relations.columns where column.kind == .share && totals[column.within] == nil {
            let partition = self.partition(by: column.within)
            totals[column.within] = (
                partition.numbers,
                try evaluation.metricValues(regrouped: partition.numbers, count: partition.count)
            )
        }
        let columns = plan.relations.columns.map { column in
            switch column.kind {
            case .rank: ranks(column)
            case .share:
                values[valueColumn(column.metric)].indices.map { group in
                    let total =
                        totals[column.within].map { $0.values[valueColumn(column.metric)][Int($0.numbers[group])] }
                        ?? .null
                    return MetricValue.ratio(values[valueColumn(column.metric)][group], total)
                }
            }
        }
        let all = values + columns
        guard let top = plan.relations.top else {
            return (0..<groups.count).map { group in
                AnswerRow(group: group, isOthers: false, values: all.map { $0[group] })
            }
        }
        let (shown, others) = choose(top)
        let rows = shown.map { group in AnswerRow(group: group, isOthers: false, values: all.map { $0[group] }) }
        return rows + (top.showsOthers ? try self.others(others, top, totals) : [])
    }

    // MARK: Partitions

    /// Groups that agree in some dimensions have one number; numbers go from 0 in the order groups are met.
    private func partition(by dimensions: [Int]) -> (numbers: [Int32], count: Int) {
        var known: [[Int64]: Int32] = [:]
        let numbers = (0..<groups.count).map { group -> Int32 in
            let key: [Int64] = dimensions.flatMap { dimension -> [Int64] in
                [groups.isNull(group, dimension) ? 1 : 0, groups.lane(group, dimension)]
            }
            if let number = known[key] { return number }
            let number = Int32(known.count)
            known[key] = number
            return number
        }
        return (numbers, known.count)
    }

    private func members(_ partition: (numbers: [Int32], count: Int)) -> [[Int]] {
        var members = [[Int]](repeating: [], count: partition.count)
        for (group, number) in partition.numbers.enumerated() { members[Int(number)].append(group) }
        return members
    }

    // MARK: Ranks

    /// 1 is the largest; equal values have one rank, and the next has as many places more (1, 2, 2, 4). Nulls have none.
    private func ranks(_ column: PlannedRelation) -> [MetricValue] {
        let own = values[valueColumn(column.metric)]
        var ranks = [MetricValue](repeating: .null, count: groups.count)
        for members in members(partition(by: column.within)) {
            let sorted = members.filter { own[$0] != .null }.sorted { left, right in
                MetricValue.precedes(own[left], own[right], descending: true) ?? (left < right)
            }
            var rank = 0
            for (place, group) in sorted.enumerated() {
                if place == 0 || MetricValue.precedes(own[sorted[place - 1]], own[group], descending: true) != nil {
                    rank = place + 1
                }
                ranks[group] = .integer(Int128(rank))
            }
        }
        return ranks
    }

    // MARK: The largest

    /// Of each partition the groups with the largest values; of equal ones those that come first in the usual order.
    private func choose(_ top: PlannedTop) -> (shown: [Int], others: [[Int]]) {
        let own = values[valueColumn(top.metric)]
        let usual = AnswerOrdering(plan: plan, groups: groups, values: values, order: []).groupNumbers()
        var places = [Int](repeating: 0, count: groups.count)
        for (place, group) in usual.enumerated() { places[group] = place }
        var shown: [Int] = []
        var others: [[Int]] = []
        for members in members(partition(by: top.per)) {
            let sorted = members.sorted { left, right in
                MetricValue.precedes(own[left], own[right], descending: true) ?? (places[left] < places[right])
            }
            shown += sorted.prefix(top.count)
            if sorted.count > top.count { others.append(Array(sorted.dropFirst(top.count))) }
        }
        return (shown, others)
    }

    private func others(
        _ others: [[Int]], _ top: PlannedTop,
        _ partitions: [[Int]: (numbers: [Int32], values: [[MetricValue]])]
    ) throws -> [AnswerRow] {
        guard !others.isEmpty else { return [] }
        // Groups that are shown go to one more group, which nobody looks at.
        var numbers = [Int32](repeating: Int32(others.count), count: groups.count)
        for (number, members) in others.enumerated() {
            for group in members { numbers[group] = Int32(number) }
        }
        let merged = try evaluation.metricValues(regrouped: numbers, count: others.count + 1)
        return others.enumerated().map { number, members in
            let related = plan.relations.columns.map { column -> MetricValue in
                // Others of several partitions have no one total.
                guard column.kind == .share, column.within.allSatisfy(top.per.contains),
                    let partition = partitions[column.within]
                else { return .null }
                let total = partition.values[valueColumn(column.metric)][Int(partition.numbers[members[0]])]
                return MetricValue.ratio(merged[valueColumn(column.metric)][number], total)
            }
            return AnswerRow(
                group: members[0], isOthers: true, values: merged.map { $0[number] } + related)
        }
    }
}
