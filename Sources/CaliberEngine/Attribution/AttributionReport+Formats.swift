import CaliberAttribution
import CaliberCore
import CaliberDictionary
import CaliberQuery

extension AttributionReport {
    /// One object: what was asked, the totals, and a row a channel with a member a model. Amounts and fractions of
    /// conversions are strings, for they are exact.
    public var channelJSON: String {
        JSONText.object(
            heading + [
                (
                    "channels",
                    .array(
                        ranked.map { channel in
                            .object(
                                [("channel", .string(channels[channel]))]
                                    + query.models.indices.map { model in
                                        (query.models[model].name, json(parts[model][channel]))
                                    })
                        })
                ),
                (
                    "total",
                    .object([("conversions", .literal(String(conversions))), ("value", .string(text(ofValue: value)))])
                ),
            ]
        ).indented(depth: 2) + "\n"
    }

    /// A line a channel and model.
    public var channelCSV: String {
        var text = "channel,model,conversions,\(metric.name),removal_effect\r\n"
        for channel in ranked {
            for (index, model) in query.models.enumerated() {
                let part = parts[index][channel]
                text +=
                    [
                        CSVField.text(channels[channel]), model.name,
                        AttributionReport.hundredths(part.conversionHundredths),
                        self.text(ofValue: part.value), part.removalEffect.map { "\($0)" } ?? "",
                    ].joined(separator: ",") + "\r\n"
            }
        }
        return text
    }

    /// What the paths are like.
    ///
    /// - Parameter limit: of paths.
    public func pathJSON(limit: Int) -> String {
        JSONText.object(
            heading + [
                ("paths", .array(statistics.paths.prefix(limit).map(json))),
                ("distinct_paths", .literal(String(statistics.paths.count))),
                (
                    "assists",
                    .array(
                        ranked.filter { $0 < statistics.assists.count }.map { channel in
                            json(statistics.assists[channel], of: channels[channel])
                        })
                ),
                ("days_to_conversion", .array(statistics.lags.map(json))),
                ("touches", .array(statistics.lengths.map(json))),
            ]
        ).indented(depth: 2) + "\n"
    }

    /// A line a path.
    public func pathCSV(limit: Int) -> String {
        statistics.paths.prefix(limit).reduce("path,conversions,\(metric.name),led_nowhere\r\n") { text, path in
            text
                + [
                    CSVField.text(pathText(path)), String(path.conversions), self.text(ofValue: path.value),
                    String(path.misses),
                ].joined(separator: ",") + "\r\n"
        }
    }

    /// `Douyin > WeChat`
    public func pathText(_ path: AttributionStatistics.Path) -> String {
        path.channels.map { channels[$0] }.joined(separator: " > ")
    }

    /// `12.50`
    public static func hundredths(_ value: Int128) -> String { DecimalText.format(value, scale: 2) }

    private var heading: [(String, JSONText)] {
        var members: [(String, JSONText)] = [
            ("attribution", .string(definition.name)), ("metric", .string("\(metric.name)@\(metric.version)")),
        ]
        if let unit = metric.unit { members.append(("unit", .string(unit))) }
        if let start = query.startTime { members.append(("start_time", .string(start))) }
        if let end = query.endTime { members.append(("end_time", .string(end))) }
        return members + [
            ("timezone", .string(zone.identifier)), ("conversions", .literal(String(conversions))),
            ("conversions_without_touch", .literal(String(untouchedConversions))),
            ("paths_that_led_nowhere", .literal(String(misses))),
        ]
    }

    private func json(_ part: Part) -> JSONText {
        var members: [(String, JSONText)] = [
            ("conversions", .string(AttributionReport.hundredths(part.conversionHundredths))),
            ("value", .string(text(ofValue: part.value))),
        ]
        if let effect = part.removalEffect { members.append(("removal_effect", .literal("\(effect)"))) }
        return .object(members)
    }

    private func json(_ path: AttributionStatistics.Path) -> JSONText {
        .object([
            ("path", .array(path.channels.map { .string(channels[$0]) })),
            ("conversions", .literal(String(path.conversions))), ("value", .string(text(ofValue: path.value))),
            ("led_nowhere", .literal(String(path.misses))),
        ])
    }

    private func json(_ assists: AttributionStatistics.Assists, of channel: String) -> JSONText {
        .object([
            ("channel", .string(channel)), ("last", .literal(String(assists.last))),
            ("last_value", .string(text(ofValue: assists.lastValue))), ("first", .literal(String(assists.first))),
            ("assisted", .literal(String(assists.assisted))),
            ("assisted_value", .string(text(ofValue: assists.assistedValue))),
        ])
    }

    private func json(_ bucket: AttributionStatistics.Bucket) -> JSONText {
        .object([
            ("range", .string(bucket.label)), ("conversions", .literal(String(bucket.conversions))),
            ("value", .string(text(ofValue: bucket.value))),
        ])
    }
}
