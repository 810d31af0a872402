import Foundation

/// The service under load.
struct ServiceSection: ReportSection {
    let result: ServiceResult

    let hasDifferences = false

    /// Events a second of the trade's stress tests: 120,000 orders a second.
    private static let stressRate = 120_000.0

    var markdown: String {
        [
            """
            **The service**: \(grouped(result.intake.eventCount)) events of the simulated shop over HTTP, batches of 1,000 \
            from two connections of a client on the same two cores, each answered when it is durable and folded.
            """,
            markdownTable(
                ["intake", "seconds", "events/s", "÷ 120,000 a second", "resident memory"],
                [row("without scores", result.intake, result.intake.seconds)]
                    + [row("with scores, until the last answer", result.scoredIntake, result.scoredIntake.seconds)]
                    + (result.scoredIntake.scoredSeconds.map {
                        [row("with scores, until all of them are durable", result.scoredIntake, $0)]
                    } ?? [])),
            markdownTable(
                ["while \(grouped(result.pacedRate)) events a second come in", "p50, ms", "p99, ms", "largest, ms"],
                [
                    latencies("an event's answer → its webhook received", result.alertSeconds),
                    latencies("one sync of the disk, 4 KiB", result.syncSeconds),
                ]),
            markdownTable(
                ["metric queries over HTTP", "number", "p50, ms", "p99, ms", "p99 ÷ idle", "÷ idle, 1,000 new events"],
                [
                    queries("idle, asked again: what was gathered is kept", result.idleQuerySeconds),
                    queries("idle, 1,000 new events before each", result.touchedQuerySeconds),
                    queries("at \(grouped(result.pacedRate)) events a second", result.pacedQuerySeconds),
                    queries("at the greatest load, with scores", result.busyQuerySeconds),
                ]),
        ].joined(separator: "\n\n")
    }

    private func row(_ name: String, _ intake: ServiceResult.Intake, _ seconds: Double) -> [String] {
        let rate = Double(intake.eventCount) / seconds
        return [
            name, String(format: "%.1f", seconds), grouped(Int(rate)), shareText(rate / ServiceSection.stressRate),
            size(intake.peakBytes),
        ]
    }

    private func latencies(_ name: String, _ seconds: [Double]) -> [String] {
        [
            name, millisecondsText([percentile(seconds, 0.5)]), millisecondsText([percentile(seconds, 0.99)]),
            millisecondsText([seconds.max() ?? 0]),
        ]
    }

    private func queries(_ name: String, _ seconds: [Double]) -> [String] {
        func ratio(_ others: [Double]) -> String { shareText(percentile(seconds, 0.99) / percentile(others, 0.99)) }
        return [
            name, grouped(seconds.count), millisecondsText([percentile(seconds, 0.5)]),
            millisecondsText([percentile(seconds, 0.99)]), ratio(result.idleQuerySeconds),
            ratio(result.touchedQuerySeconds),
        ]
    }
}
