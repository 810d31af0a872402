import CaliberCore
import CaliberDictionary

/// Periods of declared calendars as SQL: a table of each grain's periods, which days are looked up in.
extension QuerySQL {
    static func table(of grain: CalendarGrain) -> String { "calendar_\(grain.name)" }

    /// What days are put beside those of earlier periods by.
    static func table(ofPieces pieces: CalendarGrain, in long: CalendarGrain) -> String {
        "calendar_\(pieces.name)_of_\(long.name)"
    }

    /// Rows of a dimension's days, with the period of each; a day in none keeps its row.
    func calendarJoin(_ dimension: ScanDimension, _ sql: ExpressionSQL, alias: String) -> String? {
        guard let grain = dimension.calendarGrain else { return nil }
        let day = day(dimension, sql)
        return
            "LEFT JOIN \(QuerySQL.table(of: grain)) AS \(alias) ON \(day) >= \(alias).starts AND \(day) < \(alias).past"
    }

    /// The period that holds a moment on the zone's clock; rows without one go.
    static func periodJoin(_ grain: CalendarGrain, holding moment: String, alias: String) -> String {
        "JOIN \(table(of: grain)) AS \(alias) ON \(moment) >= \(alias).starts AND \(moment) < \(alias).past"
    }

    /// Labels in the place of first days.
    func labelled(_ statement: [String]) -> [String] {
        let names = plan.dimensions.compactMap { dimension in
            dimension.calendarGrain.map { (dimension.name, QuerySQL.table(of: $0)) }
        }
        let labels = names.map { name, table in
            "(SELECT label FROM \(table) WHERE starts = dated.\(name)) AS \(name)"
        }
        var lines = statement
        if let last = lines.popLast() { lines.append(last + "\n)") }
        return lines + ["SELECT * REPLACE (\n  " + labels.joined(separator: ",\n  ") + "\n)", "FROM dated"]
    }

    var hasCalendarDimensions: Bool { plan.dimensions.contains { $0.calendarGrain != nil } }

    /// A dimension where rows are ordered by it: periods of a calendar by time, not by label.
    func ordered(_ dimension: PlannedDimension) -> String {
        dimension.calendarGrain == nil ? dimension.name : "dated.\(dimension.name)"
    }

    // MARK: Tables

    var calendarTables: [String] {
        let steps = plan.leaves.flatMap(\.steps)
        var grains = plan.dimensions.compactMap(\.calendarGrain)
        var tables: [String] = []
        for step in steps {
            switch step {
            case .offset(.earlier(_, let long)): tables.append(pieces(of: long))
            case .offset(.toStart(.custom(let grain))), .window(.toDate(.custom(let grain)), _): grains.append(grain)
            case .offset, .window: break
            }
        }
        return (grains.withoutRepeats.map(periods) + tables).withoutRepeats
    }

    private func periods(of grain: CalendarGrain) -> String {
        let isElsewhere = plan.dimensions.contains { !$0.isMetricTime && $0.calendarGrain == grain }
        let (first, past) = isElsewhere ? (nil, nil) : calendarDays
        let rows = grain.periods(from: first, until: past).map { period in
            "(\(QuerySQL.literal(grain.label(of: period))), DATE '\(period.first)', DATE '\(period.past)')"
        }
        return values(rows, as: "\(QuerySQL.table(of: grain)) (label, starts, past)", columns: 3)
    }

    private func pieces(of long: CalendarGrain) -> String {
        let pieces = long.pieces(shownBy: plan.dimensions.first(where: \.isMetricTime)?.calendarGrain)
        let (first, past) = calendarDays
        let rows = pieces.periods(from: first, until: past).compactMap { piece -> String? in
            guard let (group, place) = long.position(of: piece, in: pieces) else { return nil }
            return "(\(group), \(place), DATE '\(piece.first)', DATE '\(piece.past)')"
        }
        return values(
            rows, as: "\(QuerySQL.table(ofPieces: pieces, in: long)) (run, place, starts, past)", columns: 4)
    }

    private func values(_ rows: [String], as name: String, columns: Int) -> String {
        guard !rows.isEmpty else {
            let types = columns == 3 ? ["VARCHAR", "DATE", "DATE"] : ["BIGINT", "BIGINT", "DATE", "DATE"]
            return "\(name) AS (SELECT " + types.map { "CAST(NULL AS \($0))" }.joined(separator: ", ") + " WHERE FALSE)"
        }
        var lines = [""]
        for row in rows {
            if lines[lines.count - 1].utf8.count + row.utf8.count > QuerySQL.lineLength { lines.append("") }
            lines[lines.count - 1] += (lines[lines.count - 1].isEmpty ? "" : " ") + row + ","
        }
        lines[lines.count - 1].removeLast()
        return "\(name) AS (\n  VALUES\n" + lines.map { "    " + $0 }.joined(separator: "\n") + "\n)"
    }

    private static let lineLength = 110

    private static func literal(_ text: String) -> String { "'" + text.replacing("'", with: "''") + "'" }

    /// The days that the answer's periods have, and all that is looked up on the way to its windows and earlier
    /// periods; nil where that is not known.
    private var calendarDays: (first: CivilDate?, past: CivilDate?) {
        func moment(_ day: CivilDate) -> Int64 { plan.zone.timestamp(day).microseconds }
        guard let from = plan.timeRange.from ?? dataDays.map({ moment($0.lowerBound) }),
            let until = plan.timeRange.until ?? dataDays.map({ moment($0.upperBound) }), from < until
        else {
            let isEmpty = dataDays?.isEmpty ?? false
            return isEmpty ? (dataDays?.lowerBound, dataDays?.lowerBound) : (nil, nil)
        }
        let calendar = FrameCalendar(zone: plan.zone, grain: plan.dimensions.first(where: \.isMetricTime)?.cut)
        // Periods that the range does not cut off are looked up as a whole.
        let first = calendar.grain.flatMap { calendar.period(of: $0, holding: from) }?.start
        let last = calendar.grain.flatMap { calendar.period(of: $0, holding: until - 1) }?.next
        let range = PlannedTimeRange(
            from: plan.timeRange.from ?? first ?? from, until: plan.timeRange.until ?? last ?? until)
        let stretches = plan.leaves.map(\.steps).withoutRepeats.flatMap { calendar.lookedUp($0, in: range) }
        let starts = stretches.compactMap(\.from) + [range.from ?? from]
        let ends = stretches.compactMap(\.until) + [range.until ?? until]
        return (
            starts.min().map { plan.zone.date(of: Timestamp(microseconds: $0)) },
            ends.max().map { CivilDate(dayNumber: plan.zone.date(of: Timestamp(microseconds: $0 - 1)).dayNumber + 1) }
        )
    }
}
