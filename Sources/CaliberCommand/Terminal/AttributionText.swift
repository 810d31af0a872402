import CaliberAttribution
import CaliberCore
import CaliberDictionary
import CaliberEngine
import Foundation

/// Attributions as people read them.
enum AttributionText {
    static let barWidth = 28

    /// A row a channel: what it gets, its part of the whole, and a bar.
    static func report(_ report: AttributionReport) -> String {
        guard let parts = report.parts.first else { return "" }
        let showsEffect = parts.contains { $0.removalEffect != nil }
        let largest = report.ranked.map { parts[$0].value }.max() ?? 0
        var rows = [
            ["CHANNEL", "CONVERSIONS", "SHARE", heading(report), "SHARE"] + (showsEffect ? ["REMOVAL"] : []) + [""]
        ]
        for channel in report.ranked {
            let part = parts[channel]
            rows.append(
                [
                    report.channels[channel], hundredths(part.conversionHundredths),
                    share(part.conversionHundredths, of: Int128(report.conversions) * 100), value(part.value, report),
                    share(part.value, of: report.value),
                ]
                    + (showsEffect ? [part.removalEffect.map { String(format: "%.4f", $0) } ?? ""] : [])
                    + [bar(part.value, largest: largest)])
        }
        rows.append([
            "all", hundredths(Int128(report.conversions) * 100), share(1, of: 1), value(report.value, report),
            share(1, of: 1),
        ])
        return align(rows, barColumn: showsEffect ? 6 : 5)
    }

    /// Bars alone.
    static func plot(_ report: AttributionReport) -> String {
        comparedPlot(report, ofConversions: false)
    }

    /// A column a model.
    static func comparison(_ report: AttributionReport, ofConversions: Bool) -> String {
        func text(_ part: AttributionReport.Part) -> String {
            ofConversions ? hundredths(part.conversionHundredths) : value(part.value, report)
        }
        var rows = [["CHANNEL"] + report.query.models.map(\.name)]
        for channel in report.ranked {
            rows.append([report.channels[channel]] + report.parts.map { text($0[channel]) })
        }
        let whole = ofConversions ? hundredths(Int128(report.conversions) * 100) : value(report.value, report)
        rows.append(["all"] + report.parts.map { _ in whole })
        return "\(ofConversions ? "conversions" : titled(report))\n" + align(rows, barColumn: nil)
    }

    /// For each channel a bar a model.
    static func comparedPlot(_ report: AttributionReport, ofConversions: Bool) -> String {
        func amount(_ part: AttributionReport.Part) -> Int128 { ofConversions ? part.conversionHundredths : part.value }
        func text(_ part: AttributionReport.Part) -> String {
            ofConversions ? hundredths(part.conversionHundredths) : value(part.value, report)
        }
        let largest = report.ranked.flatMap { channel in report.parts.map { amount($0[channel]) } }.max() ?? 0
        var rows: [[String]] = []
        for channel in report.ranked {
            for (index, parts) in report.parts.enumerated() {
                rows.append([
                    index == 0 ? report.channels[channel] : "", report.query.models[index].name,
                    bar(amount(parts[channel]), largest: largest) + " " + text(parts[channel]),
                ])
            }
        }
        return "\(ofConversions ? "conversions" : titled(report))\n" + TextColumns.align(rows)
    }

    /// Paths, helpers, days and lengths.
    static func paths(_ report: AttributionReport, limit: Int) -> String {
        let statistics = report.statistics
        let shown = statistics.paths.prefix(limit)
        var pathRows = [["CONVERSIONS", heading(report), "LED NOWHERE", "PATH"]]
        pathRows += shown.map { path in
            [
                Output.grouped(path.conversions), value(path.value, report), Output.grouped(path.misses),
                report.pathText(path),
            ]
        }
        var assistRows = [["LAST TOUCH", "ASSISTED", "PER LAST", "ASSISTED \(heading(report))", "CHANNEL"]]
        for channel in report.ranked where channel < statistics.assists.count {
            let assists = statistics.assists[channel]
            let ratio =
                assists.last == 0 ? "–" : String(format: "%.2f", Double(assists.assisted) / Double(assists.last))
            assistRows.append([
                Output.grouped(assists.last), Output.grouped(assists.assisted), ratio,
                value(assists.assistedValue, report), report.channels[channel],
            ])
        }
        let more =
            statistics.paths.count > shown.count
            ? "  … and \(Output.grouped(statistics.paths.count - shown.count)) more\n" : ""
        return "Paths\n" + rightAligned(pathRows) + "\n" + more + "\nAssists\n" + rightAligned(assistRows)
            + "\n\nDays from the first touch\n" + buckets(statistics.lags, report) + "\n\nTouches on the path\n"
            + buckets(statistics.lengths, report)
    }

    /// What the figures were counted by.
    static func provenance(_ report: AttributionReport) -> String {
        guard report.conversions != 0 || report.misses != 0 else { return "No conversions and no touches match." }
        let definition = report.definition
        let days = DurationText.format(microseconds: definition.paths.lookback)
        return "  "
            + [
                "\(report.metric.name)@\(report.metric.version)", report.metric.id, definition.owner,
                "at \(definition.conversions.at)", "touches of \(days) before",
                "path \(definition.paths.transform.rawValue)", "\(Output.grouped(report.misses)) paths led nowhere",
            ].joined(separator: " · ")
    }

    // MARK: Parts

    private static func buckets(_ buckets: [AttributionStatistics.Bucket], _ report: AttributionReport) -> String {
        let largest = buckets.map { Int128($0.conversions) }.max() ?? 0
        return TextColumns.align(
            buckets.map { bucket in
                [
                    bucket.label,
                    bar(Int128(bucket.conversions), largest: largest) + " " + Output.grouped(bucket.conversions),
                ]
            })
    }

    private static func heading(_ report: AttributionReport) -> String { report.metric.name.uppercased() }

    private static func titled(_ report: AttributionReport) -> String {
        report.metric.name + (report.metric.unit.map { ", \($0)" } ?? "")
    }

    private static func hundredths(_ value: Int128) -> String {
        Output.grouped(decimal: AttributionReport.hundredths(value))
    }

    private static func value(_ value: Int128, _ report: AttributionReport) -> String {
        Output.grouped(decimal: report.text(ofValue: value))
    }

    private static func share(_ part: Int128, of whole: Int128) -> String {
        whole == 0 ? "–" : String(format: "%.1f%%", Double(part) / Double(whole) * 100)
    }

    private static func bar(_ value: Int128, largest: Int128) -> String {
        guard largest > 0, value > 0 else { return "" }
        let length = Int((Double(value) / Double(largest) * Double(barWidth)).rounded())
        return length == 0 ? "▏" : String(repeating: "█", count: length)
    }

    /// Names to the left, figures to the right.
    private static func align(_ rows: [[String]], barColumn: Int?) -> String {
        padded(rows) { column in column == 0 || column == barColumn }
    }

    /// Figures to the right, the last column to the left.
    private static func rightAligned(_ rows: [[String]]) -> String {
        let last = (rows.first?.count ?? 1) - 1
        return padded(rows) { $0 == last }
    }

    private static func padded(_ rows: [[String]], isLeft: (Int) -> Bool) -> String {
        var widths: [Int] = []
        for row in rows {
            for (index, cell) in row.enumerated() {
                if index == widths.count { widths.append(0) }
                widths[index] = max(widths[index], TextColumns.width(cell))
            }
        }
        return TextColumns.align(
            rows.map { row in
                row.enumerated().map { index, cell in
                    isLeft(index) ? cell : TextColumns.padStart(cell, to: widths[index])
                }
            })
    }
}
