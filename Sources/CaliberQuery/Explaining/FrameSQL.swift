import CaliberCore
import CaliberDictionary

/// Windows and earlier periods as SQL: a table of the answer's periods, and rows joined to each period that they count
/// for.
extension QuerySQL {
    /// One common table expression of the statement.
    struct Part {
        let name: String
        let scan: Int
        let steps: [TimeStep]
    }

    /// One a scan; of a scan by days, one for each way it is put together.
    var parts: [Part] {
        var parts: [Part] = []
        for (position, scan) in plan.scans.enumerated() {
            guard scan.frame != nil else {
                parts.append(Part(name: "scan_\(position + 1)", scan: position, steps: []))
                continue
            }
            let all = plan.leaves.filter { $0.scan == position }.map(\.steps).withoutRepeats
            for (index, steps) in all.enumerated() {
                let suffix = all.count == 1 ? "" : "_\(index + 1)"
                parts.append(Part(name: "scan_\(position + 1)" + suffix, scan: position, steps: steps))
            }
        }
        return parts
    }

    func part(of leaf: PlannedLeaf) -> String {
        parts.first { $0.scan == leaf.scan && $0.steps == leaf.steps }?.name ?? "scan_\(leaf.scan + 1)"
    }

    func body(_ part: Part) -> String {
        plan.scans[part.scan].frame == nil ? scan(part.scan) : framed(part)
    }

    private var metricTime: PlannedDimension? { plan.dimensions.first(where: \.isMetricTime) }
    private var baseGrain: TimeGrain { metricTime?.grain == .hour ? .hour : .day }

    // MARK: Periods

    /// `span`, the days with rows of metrics along time, `shown`, those of all metrics, and `period`, the stretches that
    /// the answer's rows show.
    var frameTables: [String] {
        let framed = plan.scans.filter { $0.frame != nil }
        guard !framed.isEmpty else { return [] }
        return [
            span("span", of: framed), span("shown", of: plan.scans.filter { $0.anchor != nil }),
            "period AS (\n\(periods)\n)",
        ]
    }

    /// From the first to the last day that has rows which count.
    private func span(_ name: String, of scans: [PlannedScan]) -> String {
        let days = scans.map { scan -> String in
            let sql = expressionSQL(scan)
            let moment = scan.anchor.map { sql.localTime(sql.text($0)) } ?? "NULL"
            var lines = [
                "    SELECT DATE_TRUNC('\(baseGrain.rawValue)', \(moment)) AS moment", "    FROM \(scan.table.name)",
            ]
            lines += scan.joins.map { "    " + join($0, scan) }
            var conditions = [scan.filter.map(sql.text)].compactMap { $0 }
            let masks = scan.aggregates.map(\.mask).withoutRepeats
            if !masks.contains(nil) {
                conditions.append(masks.compactMap { $0 }.map { sql.text(scan.masks[$0]) }.joined(separator: " OR "))
            }
            if !conditions.isEmpty {
                lines.append("    WHERE " + conditions.map { "(\($0))" }.joined(separator: " AND "))
            }
            return lines.joined(separator: "\n")
        }
        return
            "\(name) AS (\n  SELECT MIN(moment) AS first, MAX(moment) + INTERVAL 1 \(baseGrain.rawValue.uppercased()) AS past\n"
            + "  FROM (\n" + days.joined(separator: "\n    UNION ALL\n") + "\n  )\n)"
    }

    private var periods: String {
        let from = plan.timeRange.from.map(local) ?? "first"
        let until = plan.timeRange.until.map(local) ?? "past"
        if let grain = metricTime?.calendarGrain {
            let starts = "CAST(calendar.starts AS TIMESTAMP)"
            let ends = "CAST(calendar.past AS TIMESTAMP)"
            let (shownFrom, shownUntil) = (
                plan.timeRange.from.map(local) ?? "shown.first", plan.timeRange.until.map(local) ?? "shown.past"
            )
            let lower = plan.timeRange.from == nil ? starts : "GREATEST(\(starts), \(shownFrom))"
            let upper = plan.timeRange.until == nil ? ends : "LEAST(\(ends), \(shownUntil))"
            return """
                  SELECT \(starts) AS start, \(lower) AS starts, \(upper) AS ends
                  FROM \(QuerySQL.table(of: grain)) AS calendar CROSS JOIN shown
                  WHERE \(ends) > \(shownFrom) AND \(starts) < \(shownUntil)
                """
        }
        guard let grain = metricTime?.grain else {
            return "  SELECT \(from) AS starts, \(until) AS ends FROM shown"
        }
        let step = "INTERVAL 1 \(grain.rawValue.uppercased())"
        let last = "\(until) - INTERVAL 1 MICROSECOND"
        let starts = "DATE_TRUNC('\(grain.rawValue)', CAST(\(from) AS TIMESTAMP))"
        let lower = plan.timeRange.from == nil ? "start" : "GREATEST(start, \(from))"
        let upper = plan.timeRange.until == nil ? "start + \(step)" : "LEAST(start + \(step), \(until))"
        return """
              SELECT start, \(lower) AS starts, \(upper) AS ends
              FROM (SELECT UNNEST(GENERATE_SERIES(\(starts), \(last), \(step))) AS start FROM shown)
            """
    }

    private func local(_ moment: Int64) -> String {
        let offset = Int64(plan.zone.offsetSeconds(at: Timestamp(microseconds: moment)))
        let clock = Timestamp(microseconds: moment + offset * Timestamp.microsecondsPerSecond)
        return "TIMESTAMP '\(clock.description.prefix { $0 != "Z" })'"
    }

    // MARK: Rows of a window

    private func framed(_ part: Part) -> String {
        let scan = plan.scans[part.scan]
        let sql = expressionSQL(scan)
        let isAveraged = plan.leaves.contains { $0.scan == part.scan && $0.steps == part.steps && $0.isAveraged }
        let bounds = self.bounds(part.steps)
        let moment = scan.anchor.map { sql.localTime(sql.text($0)) } ?? "NULL"
        var columns: [String] = []
        var others = zip(plan.dimensions.filter { !$0.isMetricTime }, scan.dimensions).makeIterator()
        for dimension in plan.dimensions {
            if dimension.isMetricTime {
                columns.append(
                    "    CAST(period.start AS \(dimension.type == .date ? "DATE" : "TIMESTAMP")) AS \(dimension.name)")
            } else if let (planned, scanned) = others.next() {
                columns.append(
                    "    \(self.dimension(scanned, sql, periodsAs: "\(planned.name)_period")) AS \(planned.name)")
            }
        }
        let groupCount = columns.count
        if isAveraged { columns.append("    day.moment") }
        for leaf in plan.leaves where leaf.scan == part.scan && leaf.steps == part.steps {
            let planned = scan.aggregates[leaf.aggregate]
            let aggregate = PlannedAggregate(
                aggregation: leaf.simple.aggregation, expression: planned.expression, mask: planned.mask)
            columns.append("    \(self.aggregate(aggregate, scan, sql)) AS \(aggregateName(leaf))")
        }
        var lines = ["  SELECT", columns.joined(separator: ",\n"), "  FROM period CROSS JOIN span"]
        lines += bounds.sources.map { "  " + $0 }
        lines.append("  JOIN \(scan.table.name) ON \(moment) >= \(bounds.from)\n    AND \(moment) < \(bounds.until)")
        lines += scan.joins.map { "  " + join($0, scan) }
        lines += zip(plan.dimensions.filter { !$0.isMetricTime }, scan.dimensions).compactMap { planned, scanned in
            calendarJoin(scanned, sql, alias: "\(planned.name)_period").map { "  " + $0 }
        }
        if let filter = scan.filter { lines.append("  WHERE \(sql.text(filter))") }
        let grouped = groupCount + (isAveraged ? 1 : 0)
        if grouped > 0 { lines.append("  GROUP BY " + (1...grouped).map(String.init).joined(separator: ", ")) }
        return isAveraged ? averaged(lines, part) : lines.joined(separator: "\n")
    }

    /// The days of a stretch, within the query's range and what has rows.
    private func days(_ from: String, _ until: String) -> String {
        let unit = baseGrain.rawValue
        let first = "DATE_TRUNC('\(unit)', CAST(\(clippedFrom(from)) AS TIMESTAMP))"
        let last = "\(clippedUntil(until)) - INTERVAL 1 MICROSECOND"
        return "CROSS JOIN LATERAL (SELECT UNNEST(GENERATE_SERIES(\(first), \(last), INTERVAL 1 \(unit.uppercased()))) "
            + "AS moment) AS day"
    }

    private func averaged(_ lines: [String], _ part: Part) -> String {
        let leaves = plan.leaves.filter { $0.scan == part.scan && $0.steps == part.steps }
        let columns =
            plan.dimensions.map { "    \($0.name)" }
            + leaves.map { "    AVG(\(aggregateName($0))) AS \(aggregateName($0))" }
        let inner = lines.joined(separator: "\n").split(separator: "\n").map { "  " + $0 }.joined(separator: "\n")
        let groups = plan.dimensions.indices.map { String($0 + 1) }.joined(separator: ", ")
        return "  SELECT\n" + columns.joined(separator: ",\n") + "\n  FROM (\n" + inner + "\n  )"
            + (groups.isEmpty ? "" : "\n  GROUP BY \(groups)")
    }

    private func clippedFrom(_ from: String) -> String {
        plan.timeRange.from == nil ? "GREATEST(\(from), span.first)" : from
    }

    private func clippedUntil(_ until: String) -> String {
        plan.timeRange.until == nil ? "LEAST(\(until), span.past)" : until
    }

    /// Where the rows of a period's window begin and end, on the zone's clock, and the tables that this is read from.
    private func bounds(_ steps: [TimeStep]) -> FrameBounds {
        var bounds = FrameBounds(from: "period.starts", until: "period.ends")
        for step in steps {
            switch step {
            case .offset(.back(let span)): moveBack(&bounds, by: span)
            case .offset(.toStart(let grain)):
                let own = metricTime?.cut ?? .common(.day)
                let first = bounds.period(grain, holding: bounds.period(own, holding: bounds.from).start).start
                (bounds.from, bounds.until) = bounds.period(own, holding: first)
            case .offset(.earlier(let count, let long)):
                let pieces = long.pieces(shownBy: metricTime?.calendarGrain)
                bounds.move(by: count, QuerySQL.table(ofPieces: pieces, in: long))
            case .window(let window, let aggregation):
                if aggregation == .average { bounds.sources.append(self.days(bounds.from, bounds.until)) }
                take(window, aggregation, &bounds)
            }
        }
        return bounds
    }

    private func moveBack(_ bounds: inout FrameBounds, by span: CalendarSpan) {
        let length = "INTERVAL \(span.count) \(span.unit.rawValue.uppercased())"
        let isShort = metricTime?.cut == .common(.day) || metricTime?.cut == .common(.hour)
        bounds.from = "\(bounds.from) - \(length)"
        bounds.until =
            span.months != nil && isShort
            ? "(\(bounds.until) - INTERVAL 1 MICROSECOND) - \(length) + INTERVAL 1 MICROSECOND"
            : "\(bounds.until) - \(length)"
    }

    private func take(
        _ window: CumulativeMetric.Window, _ aggregation: CumulativeMetric.PeriodAggregation,
        _ bounds: inout FrameBounds
    ) {
        let (from, until) = (bounds.from, bounds.until)
        let unit = baseGrain.rawValue
        // An earlier period may lie outside of what has rows.
        let isOutside = until != "period.ends" && (plan.timeRange.from == nil || plan.timeRange.until == nil)
        func shownDay(_ moment: String) -> String {
            isOutside ? "CASE WHEN \(clippedFrom(from)) < \(clippedUntil(until)) THEN \(moment) END" : moment
        }
        let last = shownDay("DATE_TRUNC('\(unit)', \(clippedUntil(until)) - INTERVAL 1 MICROSECOND)")
        let first = shownDay("DATE_TRUNC('\(unit)', CAST(\(clippedFrom(from)) AS TIMESTAMP))")
        let shown =
            switch metricTime == nil ? .last : aggregation {
            case .first: first
            case .last: last
            case .average: "day.moment"
            }
        bounds.until = "\(shown) + INTERVAL 1 \(unit.uppercased())"
        switch window {
        case .trailing(let span):
            bounds.from = "\(bounds.until) - INTERVAL \(span.count) \(span.unit.rawValue.uppercased())"
        case .toDate(let grain): bounds.from = bounds.period(grain, holding: shown).start
        case .allTime: bounds.from = "TIMESTAMP '-infinity'"
        }
    }
}

/// Where rows of a window begin and end, and the tables that this is read from, each after those it needs.
private struct FrameBounds {
    var from: String
    var until: String
    var sources: [String] = []

    init(from: String, until: String) {
        self.from = from
        self.until = until
    }

    /// The first moment of the period that holds a moment, and the first past it.
    mutating func period(_ grain: PeriodGrain, holding moment: String) -> (start: String, next: String) {
        switch grain {
        case .common(let grain):
            let start = "DATE_TRUNC('\(grain.rawValue)', \(moment))"
            return (start, "\(start) + INTERVAL 1 \(grain.rawValue.uppercased())")
        case .custom(let grain):
            let alias = "held_\(sources.count + 1)"
            sources.append(QuerySQL.periodJoin(grain, holding: moment, alias: alias))
            return ("CAST(\(alias).starts AS TIMESTAMP)", "CAST(\(alias).past AS TIMESTAMP)")
        }
    }

    /// Moves both ends to what is beside them so many runs of pieces earlier.
    mutating func move(by count: Int, _ table: String) {
        func counterparts(_ moment: String, _ number: Int) -> (piece: String, other: String) {
            let (piece, other) = ("piece_\(number)", "other_\(number)")
            sources.append("JOIN \(table) AS \(piece) ON \(moment) >= \(piece).starts AND \(moment) < \(piece).past")
            sources.append(
                "JOIN \(table) AS \(other) ON \(other).run = \(piece).run - \(count) AND \(other).place = \(piece).place"
            )
            return (piece, other)
        }
        func moved(_ moment: String, _ pair: (piece: String, other: String)) -> String {
            "LEAST(\(pair.other).starts + (\(moment) - \(pair.piece).starts), CAST(\(pair.other).past AS TIMESTAMP))"
        }
        let number = sources.count
        let first = counterparts(from, number + 1)
        let last = counterparts("\(until) - INTERVAL 1 MICROSECOND", number + 2)
        from = moved(from, first)
        until =
            "CASE WHEN \(until) = \(last.piece).past THEN CAST(\(last.other).past AS TIMESTAMP) "
            + "ELSE \(moved(until, last)) END"
    }
}
