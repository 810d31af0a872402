import CaliberCore
import CaliberDictionary

/// A plan as one SQL statement over the wide tables.
struct QuerySQL {
    let plan: QueryPlan
    /// From the first day that has rows to the day after the last; nil where that is not known. Calendars are shown as
    /// far as that.
    var dataDays: Range<CivilDate>?

    var text: String {
        let marks = plan.scans.flatMap(\.marks).flatMap { MarkSQL(plan: plan, mark: $0).tables }.withoutRepeats
        let scans = calendarTables + marks + frameTables + parts.map { "\($0.name) AS (\n" + body($0) + "\n)" }
        let relations = RelationText(plan: plan)
        let isRelated = !plan.relations.isEmpty
        var lines = relations.remarks + ["WITH " + scans.joined(separator: ",\n")]
        if hasCalendarDimensions { lines[lines.count - 1] += ",\n\(isRelated ? "answer" : "dated") AS (" }
        if isRelated, !hasCalendarDimensions { lines[lines.count - 1] += ",\nanswer AS (" }
        lines.append("SELECT")
        let dimensions = plan.dimensions.map { "  \(combined($0.name)) AS \($0.name)" }
        let metrics = plan.metrics.flatMap(self.columns)
        lines.append((dimensions + metrics).joined(separator: ",\n"))
        lines.append("FROM \(parts.first?.name ?? "scan_1")")
        for position in parts.indices.dropFirst() { lines.append(join(position)) }
        if isRelated {
            lines += [
                hasCalendarDimensions ? "), dated AS (" : ")", "SELECT",
                (["  *"] + relations.columns(quoted: quoted)).joined(separator: ",\n"), "FROM answer",
            ]
            if let condition = relations.condition(quoted: quoted) { lines.append(condition) }
        }
        if hasCalendarDimensions { lines = labelled(lines) }
        if let order = orderClause { lines.append(order) }
        if let limit = plan.query.limit { lines.append("LIMIT \(limit)") }
        return lines.joined(separator: "\n") + ";"
    }

    private func columns(_ metric: PlannedMetric) -> [String] {
        let own = self.metric(metric.node)
        guard let prior = metric.prior.map(self.metric) else { return ["  \(own) AS \(quoted(metric.column))"] }
        return ["  \(own) AS \(quoted(metric.column))"]
            + metric.comparedColumns.map { compared in
                let text =
                    switch compared.column {
                    case .prior: prior
                    case .change: "(\(own)) - (\(prior))"
                    case .changeRate: "CAST((\(own)) - (\(prior)) AS DOUBLE) / NULLIF(ABS(\(prior)), 0)"
                    }
                return "  \(text) AS \(quoted(compared.name))"
            }
    }

    private func quoted(_ name: String) -> String { name.contains("@") ? "\"\(name)\"" : name }

    /// A dimension over all scans so far.
    private func combined(_ name: String, through count: Int? = nil) -> String {
        let scans = parts.prefix(count ?? parts.count).map { "\($0.name).\(name)" }
        return scans.count == 1 ? scans[0] : "COALESCE(\(scans.joined(separator: ", ")))"
    }

    private func join(_ position: Int) -> String {
        let conditions = plan.dimensions.map {
            "\(combined($0.name, through: position)) IS NOT DISTINCT FROM \(parts[position].name).\($0.name)"
        }
        return conditions.isEmpty
            ? "CROSS JOIN \(parts[position].name)"
            : "FULL OUTER JOIN \(parts[position].name) ON " + conditions.joined(separator: " AND ")
    }

    private var orderClause: String? {
        let columns =
            plan.dimensions.map(ordered) + plan.metrics.flatMap(\.columnNames) + plan.relations.columns.map(\.name)
        let asked = plan.order.map { "\(quoted(columns[$0.column]))\($0.descending ? " DESC" : "") NULLS LAST" }
        let positions = plan.dimensions
        let rest = (positions.filter { $0.grain != nil } + positions.filter { $0.grain == nil }).map {
            "\(ordered($0)) NULLS LAST"
        }
        let all = asked + topOrder + rest.filter { !asked.contains($0) && !topOrder.contains($0) }
        return all.isEmpty ? nil : "ORDER BY " + all.joined(separator: ", ")
    }

    /// The largest groups come by their value, where nothing else is asked for.
    private var topOrder: [String] {
        guard plan.order.isEmpty, let top = plan.relations.top else { return [] }
        let per = plan.dimensions.indices.filter(top.per.contains).map { plan.dimensions[$0] }
        return (per.filter { $0.grain != nil } + per.filter { $0.grain == nil }).map { "\(ordered($0)) NULLS LAST" }
            + ["\(quoted(plan.metrics[top.metric].column)) DESC NULLS LAST"]
    }

    private func metric(_ node: MetricNode) -> String {
        switch node {
        case .leaf(let leaf):
            let planned = plan.leaves[leaf]
            let column = "\(part(of: planned)).\(aggregateName(planned))"
            return planned.simple.fillNullsWith.map { "COALESCE(\(column), \($0))" } ?? column
        case .ratio(let numerator, let denominator):
            return "CAST(\(metric(numerator)) AS DOUBLE) / NULLIF(\(metric(denominator)), 0)"
        case .derived(let expression, let inputs):
            let sql = ExpressionSQL(zone: plan.zone) { reference in
                inputs.first { $0.alias == reference.name }.map { "(\(metric($0.node)))" } ?? reference.name
            }
            return sql.text(expression)
        }
    }

    func aggregateName(_ leaf: PlannedLeaf) -> String { "a\(leaf.aggregate + 1)_\(leaf.definition.name)" }

    func expressionSQL(_ scan: PlannedScan) -> ExpressionSQL {
        ExpressionSQL(zone: plan.zone) { reference in
            (reference.path.isEmpty ? scan.table.name : reference.path.joined(separator: "__")) + "." + reference.name
        }
    }

    func scan(_ position: Int) -> String {
        let scan = plan.scans[position]
        let sql = expressionSQL(scan)
        var columns = zip(plan.dimensions, scan.dimensions).map { planned, dimension in
            "    \(self.dimension(dimension, sql, periodsAs: "\(planned.name)_period")) AS \(planned.name)"
        }
        for (aggregate, leaf) in leavesOfAggregates(position) {
            let text = nullWithoutRows(self.aggregate(aggregate, scan, sql), aggregate, scan, sql)
            columns.append("    \(text) AS \(aggregateName(leaf))")
        }
        var lines = ["  SELECT", columns.joined(separator: ",\n"), "  FROM " + MarkSQL.source(of: scan, plan)]
        lines += scan.joins.map { "  " + self.join($0, scan) }
        lines += zip(plan.dimensions, scan.dimensions).compactMap { planned, dimension in
            calendarJoin(dimension, sql, alias: "\(planned.name)_period").map { "  " + $0 }
        }
        let conditions = self.conditions(scan, sql)
        if !conditions.isEmpty { lines.append("  WHERE " + conditions.joined(separator: "\n    AND ")) }
        if !scan.dimensions.isEmpty {
            lines.append("  GROUP BY " + scan.dimensions.indices.map { String($0 + 1) }.joined(separator: ", "))
            if let condition = presence(scan, sql) { lines.append("  HAVING " + condition) }
        }
        return lines.joined(separator: "\n")
    }

    private func leavesOfAggregates(_ scan: Int) -> [(PlannedAggregate, PlannedLeaf)] {
        plan.scans[scan].aggregates.enumerated().compactMap { position, aggregate in
            plan.leaves.first { $0.scan == scan && $0.aggregate == position }.map { (aggregate, $0) }
        }
    }

    /// - Parameter alias: what `calendarJoin` has for the periods of a calendar.
    func dimension(_ dimension: ScanDimension, _ sql: ExpressionSQL, periodsAs alias: String) -> String {
        dimension.calendarGrain == nil ? day(dimension, sql) : "\(alias).starts"
    }

    /// The period, or of a calendar's periods the day.
    func day(_ dimension: ScanDimension, _ sql: ExpressionSQL) -> String {
        let text = sql.text(dimension.expression)
        guard let grain = dimension.grain else { return text }
        let local = dimension.expression.type == .timestamp ? sql.localTime(text) : text
        let truncated = "DATE_TRUNC('\(grain.rawValue)', \(local))"
        return grain == .hour ? truncated : "CAST(\(truncated) AS DATE)"
    }

    /// A group is there when some aggregate has a row in it; nil where every group has.
    private func presence(_ scan: PlannedScan, _ sql: ExpressionSQL) -> String? {
        let masks = scan.aggregates.map(\.mask)
        guard !masks.isEmpty, !masks.contains(nil) else { return nil }
        return masks.compactMap { $0 }.withoutRepeats.map { "COUNT(*) FILTER (WHERE \(sql.text(scan.masks[$0]))) > 0" }
            .joined(separator: " OR ")
    }

    private func conditions(_ scan: PlannedScan, _ sql: ExpressionSQL) -> [String] {
        var conditions: [String] = []
        if let anchor = scan.anchor {
            let moment = sql.text(anchor)
            conditions.append("\(moment) IS NOT NULL")
            if let from = plan.timeRange.from { conditions.append("\(moment) >= \(ExpressionSQL.moment(from))") }
            if let until = plan.timeRange.until { conditions.append("\(moment) < \(ExpressionSQL.moment(until))") }
        }
        if let filter = scan.filter { conditions.append("(\(sql.text(filter)))") }
        return conditions
    }

    func aggregate(_ aggregate: PlannedAggregate, _ scan: PlannedScan, _ sql: ExpressionSQL) -> String {
        let value = aggregate.expression.map(sql.text) ?? "*"
        let call =
            switch aggregate.aggregation {
            case .sum: "SUM(\(value))"
            case .count, .countNew: "COUNT(\(value))"
            case .countDistinct: "COUNT(DISTINCT \(value))"
            case .min: "MIN(\(value))"
            case .max: "MAX(\(value))"
            case .average: "AVG(\(value))"
            case .sumBoolean: "SUM(CASE WHEN \(value) THEN 1 ELSE 0 END)"
            case .percentile(let fraction, true): "QUANTILE_CONT(\(value), \(fraction))"
            case .percentile(let fraction, false): "QUANTILE_DISC(\(value), \(fraction))"
            }
        return aggregate.mask.map { "\(call) FILTER (WHERE \(sql.text(scan.masks[$0])))" } ?? call
    }

    /// Where only rows of other aggregates make a group, a count is null, not 0: nothing is there to be counted.
    private func nullWithoutRows(
        _ text: String, _ aggregate: PlannedAggregate, _ scan: PlannedScan, _ sql: ExpressionSQL
    ) -> String {
        guard let mask = aggregate.mask, !scan.dimensions.isEmpty, scan.aggregates.contains(where: { $0.mask != mask })
        else { return text }
        switch aggregate.aggregation {
        case .count, .countNew, .countDistinct:
            guard aggregate.expression != nil else { return "NULLIF(\(text), 0)" }
            return "CASE WHEN COUNT(*) FILTER (WHERE \(sql.text(scan.masks[mask]))) > 0 THEN \(text) END"
        default: return text
        }
    }

    func join(_ join: PlannedJoin, _ scan: PlannedScan) -> String {
        let alias = join.path.joined(separator: "__")
        let origin = join.path.count == 1 ? scan.table.name : join.path.dropLast().joined(separator: "__")
        let key = join.target.validity?.entity ?? join.target.key.map(\.name)
        var conditions = zip(key, join.definition.on).map { "\(alias).\($0) = \(origin).\($1)" }
        if let validity = join.target.validity, let moment = join.definition.validAt {
            conditions.append("\(alias).\(validity.from) <= \(origin).\(moment)")
            if let to = validity.to {
                conditions.append("(\(alias).\(to) IS NULL OR \(origin).\(moment) < \(alias).\(to))")
            }
        }
        return "LEFT JOIN \(join.target.name) AS \(alias) ON " + conditions.joined(separator: " AND ")
    }
}
