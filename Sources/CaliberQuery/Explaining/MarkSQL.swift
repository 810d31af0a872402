import CaliberCore
import CaliberDictionary

/// What rows are told by looking at other rows, as SQL.
struct MarkSQL {
    let plan: QueryPlan
    let mark: PlannedMark

    /// What a scan reads: its table, with a column for each mark.
    static func source(of scan: PlannedScan, _ plan: QueryPlan) -> String {
        guard !scan.marks.isEmpty else { return scan.table.name }
        var columns = ["\(scan.table.name).*"]
        var joins: [String] = []
        for mark in scan.marks {
            let sql = MarkSQL(plan: plan, mark: mark)
            columns.append("\(sql.expression) AS \(mark.name)")
            for join in sql.joins where !joins.contains(join) { joins.append(join) }
        }
        let parts = ["SELECT " + columns.joined(separator: ",\n      "), "FROM \(scan.table.name)"] + joins
        return "(\n    " + parts.joined(separator: "\n    ") + "\n  ) AS \(scan.table.name)"
    }

    /// Tables to be computed first.
    var tables: [String] { nestedMarks.flatMap(\.tables) + ownTables }

    /// What the filters of the rows that the mark is made from ask for.
    private var nestedMarks: [MarkSQL] {
        if case .metricValues = mark.content { return [] }
        return mark.scans.flatMap(\.marks).map { MarkSQL(plan: plan, mark: $0) }
    }

    private var ownTables: [String] {
        if case .metricValues(_, _, let inner) = mark.content {
            let statement = QuerySQL(plan: inner).text.dropLast().replacing("\n", with: "\n  ")
            return ["\(mark.name)_values AS (\n  \(statement)\n)"]
        }
        guard case .conversions(let base, let conversion, let rules) = mark.content else { return [] }
        let key = base.table.key.map(\.name)
        let baseKey = key.map { "base.\($0)" }
        let conversionKey = conversion.table.key.map { "conversion.\($0.name)" }
        var conditions = base.dimensions.indices.map { "base.same_\($0 + 1) = conversion.same_\($0 + 1)" }
        if rules.isOneSequence {
            conditions.append(
                "(base.moment, \(baseKey.joined(separator: ", "))) "
                    + "< (conversion.moment, \(conversionKey.joined(separator: ", ")))")
        } else {
            conditions.append("base.moment <= conversion.moment")
        }
        if let window = rules.windowMicroseconds {
            conditions.append("DATE_DIFF('microsecond', base.moment, conversion.moment) < \(window)")
        }
        let order = (["base.moment"] + baseKey).map { "\($0) DESC" }.joined(separator: ", ")
        let nearest = "ROW_NUMBER() OVER (PARTITION BY \(conversionKey.joined(separator: ", ")) ORDER BY \(order))"
        return [
            "\(mark.name)_base AS (\n\(rows(base))\n)", "\(mark.name)_conversion AS (\n\(rows(conversion))\n)",
            """
            \(mark.name)_counts AS (
              SELECT \(key.joined(separator: ", ")), COUNT(*) AS conversions
              FROM (
                SELECT \(baseKey.joined(separator: ", ")), \(nearest) AS nearest
                FROM \(mark.name)_base AS base JOIN \(mark.name)_conversion AS conversion
                  ON \(conditions.joined(separator: " AND "))
              )
              WHERE nearest = 1
              GROUP BY \(key.joined(separator: ", "))
            )
            """,
        ]
    }

    /// The mark of a row.
    private var expression: String {
        switch mark.content {
        case .firstRows(let rows):
            let sql = expressionSQL(rows)
            let value = rows.dimensions.first.map { sql.text($0.expression) } ?? "NULL"
            let condition = self.condition(rows, and: ["\(value) IS NOT NULL"])
            let order = [rows.anchor.map(sql.text) ?? "NULL"] + rows.table.key.map { "\(rows.table.name).\($0.name)" }
            return "(\(condition)) AND ROW_NUMBER() OVER (PARTITION BY (\(condition)), \(value)\n        "
                + "ORDER BY \(order.joined(separator: ", "))) = 1"
        case .endMoments(let rows, let choice):
            let sql = expressionSQL(rows)
            let moment = rows.dimensions.first.map { sql.text($0.expression) } ?? "NULL"
            var range: [String] = []
            if let anchor = rows.anchor.map(sql.text) {
                if let from = plan.timeRange.from { range.append("\(anchor) >= \(ExpressionSQL.moment(from))") }
                if let until = plan.timeRange.until { range.append("\(anchor) < \(ExpressionSQL.moment(until))") }
            }
            let condition = self.condition(rows, and: range)
            let groups = rows.dimensions.enumerated().dropFirst().map { position, dimension in
                QuerySQL(plan: plan).dimension(dimension, sql, periodsAs: "\(mark.name)_period_\(position)")
            }
            let partition = groups.isEmpty ? "" : "PARTITION BY " + groups.joined(separator: ", ")
            let end = choice == .max ? "MAX" : "MIN"
            return "COALESCE((\(condition)) AND \(moment) = \(end)(\(moment)) FILTER (WHERE \(condition))\n        "
                + "OVER (\(partition)), FALSE)"
        case .conversions(_, _, let rules):
            let counted = "COALESCE(\(mark.name)_counts.conversions, 0)"
            return rules.countsOnce ? "LEAST(\(counted), 1)" : counted
        case .metricValues(_, _, let inner):
            return inner.metrics.first.map { "\(mark.name)_values.\($0.column)" } ?? "NULL"
        }
    }

    private var joins: [String] {
        switch mark.content {
        case .firstRows(let rows), .endMoments(let rows, _):
            let sql = expressionSQL(rows)
            let periods = rows.dimensions.enumerated().compactMap { position, dimension in
                QuerySQL(plan: plan).calendarJoin(dimension, sql, alias: "\(mark.name)_period_\(position)")
            }
            return rows.joins.map { QuerySQL(plan: plan).join($0, rows) } + periods + nestedMarks.flatMap(\.joins)
        case .conversions(let base, _, _):
            let conditions = base.table.key.map { "\(mark.name)_counts.\($0.name) = \(base.table.name).\($0.name)" }
            return ["LEFT JOIN \(mark.name)_counts ON \(conditions.joined(separator: " AND "))"]
        case .metricValues(let rows, _, let inner):
            let sql = expressionSQL(rows)
            let conditions = zip(rows.dimensions, inner.dimensions).map {
                "\(mark.name)_values.\($1.name) = \(sql.text($0.expression))"
            }
            return rows.joins.map { QuerySQL(plan: plan).join($0, rows) }
                + ["LEFT JOIN \(mark.name)_values ON \(conditions.joined(separator: " AND "))"]
        }
    }

    /// Rows that may convert or be a conversion.
    private func rows(_ scan: PlannedScan) -> String {
        let sql = expressionSQL(scan)
        let key = scan.table.key.map { "\(scan.table.name).\($0.name)" }
        let moment = scan.anchor.map(sql.text) ?? "NULL"
        let same = scan.dimensions.enumerated().map { "\(sql.text($1.expression)) AS same_\($0 + 1)" }
        var lines = [
            "  SELECT " + (key + ["\(moment) AS moment"] + same).joined(separator: ", "), "  FROM \(scan.table.name)",
        ]
        lines += scan.joins.map { "  " + QuerySQL(plan: plan).join($0, scan) }
        lines += scan.marks.flatMap { MarkSQL(plan: plan, mark: $0).joins }.map { "  " + $0 }
        return (lines + ["  WHERE " + condition(scan, and: [])]).joined(separator: "\n")
    }

    private func condition(_ scan: PlannedScan, and others: [String]) -> String {
        let sql = expressionSQL(scan)
        var conditions = scan.anchor.map { ["\(sql.text($0)) IS NOT NULL"] } ?? []
        if let filter = scan.filter { conditions.append("COALESCE(\(sql.text(filter)), FALSE)") }
        let all = conditions + others
        return all.isEmpty ? "TRUE" : all.joined(separator: " AND ")
    }

    private func expressionSQL(_ scan: PlannedScan) -> ExpressionSQL {
        ExpressionSQL(zone: plan.zone) { reference in
            let nested = scan.marks.first { $0.name == reference.name }
            if let nested { return MarkSQL(plan: plan, mark: nested).expression }
            return (reference.path.isEmpty ? scan.table.name : reference.path.joined(separator: "__")) + "."
                + reference.name
        }
    }
}

extension PlannedMark {
    /// For people: what is marked.
    func words(zone: BusinessZone) -> String {
        func names(_ dimensions: ArraySlice<ScanDimension>) -> String {
            let words = dimensions.map { dimension in
                (dimension.calendarGrain.map { "\($0.name) of " } ?? dimension.grain.map { "\($0.rawValue) of " } ?? "")
                    + dimension.expression.displayText
            }
            return QueryProblem.list(words)
        }
        switch content {
        case .firstRows(let rows):
            return "each \(names(rows.dimensions[...])) at its first row of all"
        case .endMoments(let rows, let choice):
            let groups = rows.dimensions.dropFirst()
            let text = "only rows of the \(choice == .max ? "last" : "first") \(names(rows.dimensions.prefix(1)))"
            return text + (groups.isEmpty ? "" : " of each \(names(groups))")
        case .conversions(let base, let conversion, let rules):
            var text = "followed by rows of \(conversion.table.name) at \(rules.conversionAnchor)"
            if let filter = conversion.filter { text += " where \(filter.displayText)" }
            text += " of the same \(names(base.dimensions[...]))"
            text += rules.windowMicroseconds.map { " less than \(DurationText.format(microseconds: $0)) later" } ?? ""
            return text + (rules.countsOnce ? ", each row once" : ", every time")
        case .metricValues(_, let term, _):
            return "\(term.text) over all time"
        }
    }
}
