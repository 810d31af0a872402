import Foundation

/// Costs as the table grows.
struct GrowthSection: ReportSection {
    let results: [GrowthResult]

    var hasDifferences: Bool { results.contains(where: \.hasDifference) }

    private var curves: [(title: String, value: (GrowthResult) -> Double, text: (Double) -> String)] {
        let milliseconds = { (seconds: Double) in millisecondsText([seconds]) + " ms" }
        return [
            ("\(BenchmarkQuery.dashboard) again, nothing changed", { median($0.unchangedSeconds) }, milliseconds),
            ("\(BenchmarkQuery.dashboard) after one order changed", { median($0.oneChangedSeconds) }, milliseconds),
            (
                "\(BenchmarkQuery.dashboard) after \(grouped(GrowthRun.eventsPerBatch)) changed",
                { median($0.batchChangedSeconds) }, milliseconds
            ),
            ("taking in one event", { median($0.eventSeconds) }, milliseconds),
            ("taking in \(grouped(GrowthRun.eventsPerBatch)) events", { median($0.batchSeconds) }, milliseconds),
            ("memory of all that", { Double($0.peakBytes) }, { size(Int($0)) }),
            ("memory of the whole intake", { Double($0.intake.peakBytes) }, { size(Int($0)) }),
            (
                "whole intake, an order", { $0.intake.seconds / Double($0.orders) * 1e6 },
                { String(format: "%.1f µs", $0) }
            ),
        ]
    }

    var markdown: String {
        let header = ["orders"] + results.map { grouped($0.orders) }
        let rows = curves.map { curve in [curve.title] + results.map { curve.text(curve.value($0)) } }
        let chart = curves.map(chartText).joined(separator: "\n")
        return "**As the table grows**\n\n" + markdownTable(header, rows) + "\n\n```text\n" + chart + "\n```"
    }

    /// A bar for each size, all on the curve's own scale.
    private func chartText(
        _ title: String, _ value: (GrowthResult) -> Double, _ text: (Double) -> String
    ) -> String {
        let greatest = results.map(value).max() ?? 0
        let bars = results.map { result in
            let length = greatest > 0 ? Int((value(result) / greatest * 40).rounded()) : 0
            let orders = grouped(result.orders)
            return String(repeating: " ", count: max(0, 12 - orders.count)) + orders + " "
                + String(repeating: "█", count: max(1, length)) + " " + text(value(result))
        }
        return ([title] + bars).joined(separator: "\n")
    }
}
