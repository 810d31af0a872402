import CaliberCore
import CaliberDictionary
import CaliberTables

/// How a query will be answered: definitions, scans with what they read, and SQL that says the same.
public struct QueryExplanation: Sendable {
    /// For people, with a line end at its end.
    public let text: String
    /// One statement over the wide tables.
    public let sql: String
}

extension QueryExecutor {
    /// Opens what a plan would read, without reading rows.
    public func explain(_ plan: QueryPlan) throws -> QueryExplanation {
        let executions = try executions(of: plan)
        let sql = QuerySQL(plan: plan, dataDays: QueryExecutor.days(of: executions, plan)).text
        var lines = ExplanationText(plan: plan).heading
        for (position, execution) in executions.enumerated() {
            lines.append("")
            lines += ExplanationText(plan: plan).scan(position, try execution.outlook())
        }
        lines += ["", "Equivalent SQL:"]
        lines += sql.split(separator: "\n", omittingEmptySubsequences: false).map { "  " + $0 }
        return QueryExplanation(text: lines.joined(separator: "\n") + "\n", sql: sql)
    }

    /// From the first day that has rows to the day after the last.
    ///
    /// - Returns: nil where rows count at other moments than they are stored by.
    private static func days(of executions: [ScanExecution], _ plan: QueryPlan) -> Range<CivilDate>? {
        guard executions.allSatisfy({ $0.program.scan.isSortedByAnchor }) else { return nil }
        let anchors = executions.flatMap(\.snapshot.segments).compactMap(\.anchors)
        let none = CivilDate(dayNumber: 0)
        guard let first = anchors.map(\.lowerBound).min(), let last = anchors.map(\.upperBound).max() else {
            return none..<none
        }
        let lastDay = plan.zone.date(of: Timestamp(microseconds: last))
        return plan.zone.date(of: Timestamp(microseconds: first))..<CivilDate(dayNumber: lastDay.dayNumber + 1)
    }
}

/// The lines of an explanation.
struct ExplanationText {
    let plan: QueryPlan

    var heading: [String] {
        var lines = ["Time zone: \(plan.zone.identifier)", "Time range: \(text(of: plan.timeRange))"]
        if !plan.dimensions.isEmpty {
            lines.append("Grouped by: " + plan.dimensions.map(\.name).joined(separator: ", "))
        }
        if let filled = plan.filledDimension {
            lines.append("Filled: every \(plan.dimensions[filled].cut?.name ?? "period") without rows")
        }
        if let comparison = plan.comparison {
            lines.append("Compared with: \(comparison.comparison), \(comparison.offset)")
        }
        lines += RelationText(plan: plan).lines
        lines += ["", "Metrics:"]
        for metric in plan.metrics {
            let definition = metric.definition
            lines.append(
                "  \(metric.column): \(definition.label) (\(definition.id), version \(definition.version), "
                    + "\(definition.status.rawValue), owner \(definition.owner), \(metric.definitionHash))")
            lines += node(metric.node, definition.type, indent: 4)
            if let prior = metric.prior {
                lines.append("    beside:")
                lines += node(prior, definition.type, indent: 6)
            }
        }
        return lines
    }

    private func text(of range: PlannedTimeRange) -> String {
        let from = range.from.map { "from \(moment($0))" }
        let until = range.until.map { "until before \(moment($0))" }
        let parts = [from, until].compactMap { $0 }
        return parts.isEmpty ? "all" : parts.joined(separator: " ")
    }

    private func moment(_ microseconds: Int64) -> String {
        let moment = Timestamp(microseconds: microseconds)
        return moment.formatted(offsetSeconds: plan.zone.offsetSeconds(at: moment))
    }

    private func node(_ node: MetricNode, _ type: LogicalType, indent: Int) -> [String] {
        let margin = String(repeating: " ", count: indent)
        switch node {
        case .leaf(let leaf):
            return [margin + leafText(plan.leaves[leaf])]
        case .ratio(let numerator, let denominator):
            return [margin + "\(type.name): numerator / denominator, null where the denominator is 0"]
                + [margin + "numerator:"] + self.node(numerator, .number, indent: indent + 2)
                + [margin + "denominator:"] + self.node(denominator, .number, indent: indent + 2)
        case .derived(let expression, let inputs):
            return [margin + "\(type.name): \(expression.displayText)"]
                + inputs.flatMap { input in
                    [margin + "\(input.alias):"] + self.node(input.node, input.type, indent: indent + 2)
                }
        }
    }

    private func leafText(_ leaf: PlannedLeaf) -> String {
        let simple = leaf.simple
        var text = "\(leaf.definition.name)@\(leaf.definition.version): \(leaf.definition.type.name), "
        text += simple.aggregation.name + " of " + (simple.expression?.displayText ?? "rows")
        text += " of \(simple.table)"
        text += plan.scans[leaf.scan].anchorName.map { " at \($0)" } ?? ""
        text += leaf.filter.map { " where \($0.displayText)" } ?? ""
        text += leaf.mark.map { ", " + $0.words(zone: plan.zone) } ?? ""
        for step in leaf.steps { text += ", \(step)" }
        text += simple.fillNullsWith.map { ", null becomes \($0)" } ?? ""
        return text
    }

    func scan(_ position: Int, _ outlook: ScanOutlook) -> [String] {
        let scan = plan.scans[position]
        var lines = ["Scan \(position + 1): table \(scan.table.name)" + (scan.anchorName.map { " at \($0)" } ?? "")]
        if let frame = scan.frame {
            lines.append(
                "  By \(frame.baseGrain.rawValue), for windows and earlier periods: \(text(of: frame.timeRange))")
        }
        if let filter = scan.filter { lines.append("  Filter: \(filter.displayText)") }
        for join in scan.joins {
            let moment = join.definition.validAt.map { ", as of \($0)" } ?? ""
            lines.append(
                "  Join \(join.path.joined(separator: "__")): \(join.target.name) by "
                    + "\(QueryProblem.list(join.definition.on)), at most one row each\(moment)")
        }
        for mark in scan.marks {
            lines.append("  Marked first, over whole tables: \(mark.name) (\(mark.words(zone: plan.zone)))")
        }
        lines.append("  Aggregates: \(scan.aggregates.count)")
        lines.append("  Columns read: " + QueryProblem.list(scan.columnsRead.map(\.qualifiedName)))
        lines.append("  Groups: " + groupSpace(outlook))
        lines.append("  Cache: " + outlook.caching.text)
        lines.append("  Segments: " + segmentCounts(outlook))
        lines += segmentLines(outlook)
        return lines
    }

    private func segmentCounts(_ outlook: ScanOutlook) -> String {
        let segments = outlook.segments
        let pruned = segments.count { $0.fate.isPruned }
        let cached = segments.count { $0.fate == .cached }
        let scanned = segments.filter { $0.fate == .scanned }
        return "\(segments.count) in all, \(pruned) pruned, \(cached) cached, \(scanned.count) scanned; "
            + counted(scanned.reduce(0) { $0 + $1.rowCount }, "row")
    }

    /// Neighbouring segments of one fate in one line.
    private func segmentLines(_ outlook: ScanOutlook) -> [String] {
        var lines: [String] = []
        var first = 0
        let segments = outlook.segments
        while first < segments.count {
            let fate = segments[first].fate
            let isWaiting = segments[first].anchors == nil
            var end = first + 1
            while end < segments.count, segments[end].fate == fate, (segments[end].anchors == nil) == isWaiting {
                end += 1
            }
            let run = segments[first..<end]
            let number = end - first == 1 ? "\(end)" : "\(first + 1)–\(end)"
            var words = ["    \(number): \(fate.text)", counted(run.reduce(0) { $0 + $1.rowCount }, "row")]
            if let from = run.first?.anchors?.lowerBound, let to = run.last?.anchors?.upperBound {
                words.append("\(moment(from)) to \(moment(to))")
            }
            lines.append(words.joined(separator: ", "))
            first = end
        }
        return lines
    }

    private func counted(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }

    private func groupSpace(_ outlook: ScanOutlook) -> String {
        if plan.dimensions.isEmpty { return "one" }
        let scanned = outlook.segments.filter { $0.fate == .scanned }
        let dense = scanned.filter(\.isDense)
        let hashed = scanned.count - dense.count
        var parts: [String] = []
        if let widest = dense.map(\.slotCapacity).max() {
            parts.append("indexed densely in \(counted(dense.count, "segment")), at most \(counted(widest, "slot"))")
        }
        if hashed > 0 { parts.append("hashed in \(counted(hashed, "segment"))") }
        return parts.isEmpty ? "none to find" : parts.joined(separator: "; ")
    }
}
