import CaliberCore

/// Saved queries in the lineage, as reports over metrics.
extension LineageBuilder {
    mutating func add(_ query: SavedQueryDefinition) {
        let node = LineageNode.report(query.name)
        var words = query.metrics.joined(separator: ", ")
        if !query.groupBy.isEmpty { words += " by " + query.groupBy.joined(separator: ", ") }
        if !query.filters.isEmpty { words += " where " + query.filters.joined(separator: " and ") }
        switch query.range {
        case .fixed(nil, nil): break
        case .fixed(let start, let end): words += ", \(start ?? "…") to \(end ?? "…")"
        case .last(let span): words += ", the last \(span)"
        case .toDate(let grain):
            words += ", \(grain.name) to date"
            if let custom = grain.custom { link(.calendar(custom.calendar.name), node, .window) }
        }
        if let comparison = query.comparison { words += ", beside \(comparison)" }
        describe(node, words)
        for dimension in query.groupBy {
            guard
                let grain = dimension.replacing("__", with: ".").split(separator: ".").last.flatMap({
                    dictionary.calendarGrain(named: String($0))
                })
            else {
                continue
            }
            link(.calendar(grain.calendar.name), node, .groupBy)
        }
        for name in query.metrics {
            let parts = name.split(separator: "@").map(String.init)
            guard
                let metric = dictionary.metric(
                    named: parts.first ?? name, version: parts.dropFirst().first.flatMap(Int.init))
            else { continue }
            link(.metric(metric.name), node, .value)
            for simple in simpleMetrics(below: metric) {
                guard let table = dictionary.table(named: simple.table) else { continue }
                for dimension in query.groupBy { link(dimension, over: table, simple, to: node, .groupBy) }
                for mention in query.filters.flatMap({ ExpressionMentions.names(in: $0) }).sorted() {
                    link(mention, over: table, simple, to: node, .filter)
                }
            }
        }
    }

    /// Links the column that a query's name stands for, and those of the joins on the way; names that are no column of
    /// the table are the query's problem.
    private mutating func link(
        _ name: String, over table: TableDefinition, _ metric: SimpleMetric, to node: LineageNode, _ role: LineageRole
    ) {
        var parts = name.replacing("__", with: ".").split(separator: ".").map(String.init)
        if let last = parts.last, parts.count > 1,
            TimeGrain(rawValue: last) != nil || dictionary.calendarGrain(named: last) != nil
        {
            parts.removeLast()
        }
        if parts == ["metric_time"], let anchor = metric.anchor { parts = [anchor] }
        guard let column = parts.last else { return }
        var owner = table
        for step in parts.dropLast() {
            guard let join = owner.joins.first(where: { $0.name == step }),
                let next = dictionary.table(named: join.table)
            else { return }
            owner = next
        }
        guard let type = owner.column(named: column)?.type else { return }
        let reference = ColumnReference(path: Array(parts.dropLast()), name: column)
        link(TypedExpression(.column(reference), type), over: table, to: node, role)
    }
}
