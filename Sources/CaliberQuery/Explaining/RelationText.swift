import CaliberDictionary

/// What a query asks of groups in relation to each other, in words and in SQL.
struct RelationText {
    let plan: QueryPlan

    var lines: [String] {
        var lines: [String] = []
        if let top = plan.relations.top {
            var text = "Shown: the \(top.count) groups with the largest \(plan.metrics[top.metric].column)"
            if !top.per.isEmpty { text += " for each \(names(top.per))" }
            text += ", of equal ones the first in order"
            if top.showsOthers { text += "; all others as one row, merged from their states" }
            lines.append(text)
        }
        for column in plan.relations.columns {
            let metric = plan.metrics[column.metric].column
            let groups = column.within.isEmpty ? "all groups" : "the groups of one \(names(column.within))"
            switch column.kind {
            case .rank:
                lines.append("\(column.name): place of \(metric) among \(groups), 1 is the largest, ties share it")
            case .share:
                lines.append("\(column.name): \(metric) by \(metric) of \(groups) together, merged from states")
            }
        }
        return lines
    }

    private func names(_ dimensions: [Int]) -> String { QueryProblem.list(dimensions.map { plan.dimensions[$0].name }) }

    // MARK: SQL

    /// The columns beside those of `answer`.
    func columns(quoted: (String) -> String) -> [String] {
        plan.relations.columns.map { column in
            let metric = quoted(plan.metrics[column.metric].column)
            let partition = partitioned(column.within)
            switch column.kind {
            case .rank:
                return "  CASE WHEN \(metric) IS NOT NULL THEN RANK() OVER (\(partition)ORDER BY \(metric) DESC NULLS "
                    + "LAST) END AS \(quoted(column.name))"
            case .share:
                let over = partition.isEmpty ? "" : partition.trimmingSuffix
                return
                    "  CAST(\(metric) AS DOUBLE) / NULLIF(SUM(\(metric)) OVER (\(over)), 0) AS \(quoted(column.name))"
            }
        }
    }

    func condition(quoted: (String) -> String) -> String? {
        guard let top = plan.relations.top else { return nil }
        let order =
            ["\(quoted(plan.metrics[top.metric].column)) DESC NULLS LAST"]
            + plan.rankedDimensions.map { "\(plan.dimensions[$0].name) NULLS LAST" }
        return
            "QUALIFY ROW_NUMBER() OVER (\(partitioned(top.per))ORDER BY \(order.joined(separator: ", "))) <= \(top.count)"
    }

    /// What the statement leaves out.
    var remarks: [String] {
        var remarks: [String] = []
        if plan.relations.top?.showsOthers == true {
            remarks.append("-- The groups that are left out are one more row, aggregated from their own rows.")
        }
        if plan.relations.columns.contains(where: { $0.kind == .share && !isSum($0.metric) }) {
            remarks.append("-- The total of a distinct count is that of all rows, not the sum of the groups'.")
        }
        return remarks
    }

    private func isSum(_ metric: Int) -> Bool {
        !plan.metrics[metric].node.leaves.contains { plan.leaves[$0].simple.aggregation == .countDistinct }
    }

    private func partitioned(_ dimensions: [Int]) -> String {
        dimensions.isEmpty ? "" : "PARTITION BY \(dimensions.map { plan.dimensions[$0].name }.joined(separator: ", ")) "
    }
}

extension String {
    fileprivate var trimmingSuffix: String { hasSuffix(" ") ? String(dropLast()) : self }
}
