import CaliberCore
import CaliberDictionary
import CaliberEventLog

extension QueryAnswer {
    /// One object: query, schema, data, annotation. A field's type never depends on its value: amounts of money are
    /// always strings, counts always integers, ratios always numbers.
    func jsonText(_ formatting: AnswerFormatting) -> String {
        var members: [(String, JSONText)] = [
            ("query", queryJSON),
            ("schema", .object([("fields", .array(fields.map(\.json)))])),
            ("data", .array(rows.map { rowJSON($0, formatting) })),
            ("total", .literal(String(total))),
        ]
        // A value may happen to be called others: the rows say so.
        if query.top?.showsOthers == true {
            members.append(("others_rows", .array(othersRows.map { .literal(String($0)) })))
        }
        members += [
            ("annotation", .object([("metrics", .object(metrics.map { ($0.column, $0.json) }))])),
            ("lastRefreshTime", .optional(lastRefresh?.description)),
            ("stale", .boolean(isStale)),
        ]
        if !warnings.isEmpty { members.append(("warnings", .array(warnings.map(warningJSON)))) }
        return JSONText.object(members).indented(depth: 3) + "\n"
    }

    /// One object a row, one line each.
    func ndjsonText(_ formatting: AnswerFormatting) -> String {
        rows.map { rowJSON($0, formatting).compact + "\n" }.joined()
    }

    private func rowJSON(_ row: [AnswerValue], _ formatting: AnswerFormatting) -> JSONText {
        .object(
            zip(row, fields).map { value, field in
                guard let text = formatting.text(value, field) else { return (field.name, .null) }
                if case .text = value { return (field.name, .string(text)) }
                switch field.type {
                case .boolean: return (field.name, .boolean(text == "true"))
                case .integer, .number, .duration: return (field.name, .literal(text))
                default: return (field.name, .string(text))
                }
            })
    }

    private func warningJSON(_ warning: Diagnostic) -> JSONText {
        .object([
            ("code", .string(warning.code)), ("message", .string(warning.message)),
            ("remedy", .optional(warning.remedy)),
        ])
    }

    private var queryJSON: JSONText {
        var members: [(String, JSONText)] = [
            ("metrics", .array(metrics.map { .string("\($0.name)@\($0.version)") })),
            ("group_by", .array(fields.filter { !$0.isMetric }.map { .string($0.name) })),
        ]
        if !query.filters.isEmpty { members.append(("where", .array(query.filters.map(JSONText.string)))) }
        if let start = query.startTime { members.append(("start_time", .string(start))) }
        if let end = query.endTime { members.append(("end_time", .string(end))) }
        if !query.order.isEmpty {
            members.append(("order_by", .array(query.order.map { .string($0.description) })))
        }
        if let limit = query.limit { members.append(("limit", .literal(String(limit)))) }
        if let top = query.top {
            var parts: [(String, JSONText)] = [("count", .literal(String(top.count)))]
            if let by = top.by { parts.append(("by", .string(by))) }
            if !top.per.isEmpty { parts.append(("per", .array(top.per.map(JSONText.string)))) }
            if top.showsOthers { parts.append(("others", .boolean(true))) }
            members.append(("top", .object(parts)))
        }
        for (name, terms) in [("rank", query.ranks), ("share", query.shares)] where !terms.isEmpty {
            members.append((name, .array(terms.map { .string($0.description) })))
        }
        if query.fillsMissingPeriods { members.append(("fill_missing", .boolean(true))) }
        if let comparison = query.comparison {
            members.append(("compare", .string(comparison)))
            members.append(("compared_with", .optional(comparedWith)))
        }
        members.append(("timezone", .string(zone.identifier)))
        return .object(members)
    }
}

extension AnswerField {
    fileprivate var json: JSONText {
        var members: [(String, JSONText)] = [("name", .string(name)), ("type", .string(wireType))]
        if let calendarGrain {
            let calendar = calendarGrain.calendar
            members.append(("grain", .string(calendarGrain.name)))
            members.append(("calendar", .string("\(calendar.name)@\(calendar.version)")))
        } else if let grain {
            members.append(("grain", .string(grain.rawValue)))
        }
        if let unit { members.append(("unit", .string(unit))) }
        if type == .duration { members.append(("scale", .string("seconds"))) }
        return .object(members)
    }
}

extension MetricAnnotation {
    fileprivate var json: JSONText {
        var members: [(String, JSONText)] = [
            ("id", .string(id)), ("version", .literal(String(version))),
            ("definition_hash", .string(definitionHash)), ("owner", .string(owner)),
            ("status", .string(status.rawValue)), ("label", .string(label)),
        ]
        if let labelZH { members.append(("label_zh", .string(labelZH))) }
        members += [
            ("unit", .optional(unit)), ("anchor", .optional(anchors.isEmpty ? nil : anchors.joined(separator: ", "))),
            ("filter", .optional(filter)),
            ("tables", .object(tables.map { ($0.table, .literal(String($0.position.sequence))) })),
            ("latest", .optional(latestMoment?.description)), ("stale", .boolean(isStale)),
        ]
        return .object(members)
    }
}
