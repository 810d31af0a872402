import Foundation

/// Features by replay, beside the same windows elsewhere.
struct FeaturesSection: ReportSection {
    /// From the fewest orders to the most.
    let results: [FeaturesResult]

    var hasDifferences: Bool {
        results.contains { result in result.peers.values.joined().contains { !$0.differing.isEmpty } }
    }

    var markdown: String {
        let header = [
            "engine", "orders", "rows", "seconds", "rows/s", "Caliber's ÷ its", "processors' seconds", "extra memory",
            "columns that differ",
        ]
        let last = results.last
        let readSeconds = (last?.caliber ?? []).compactMap(\.readSeconds)
        return [
            """
            **Features** by replay: \(last?.caliber.first?.columnCount ?? 0) figures of windows of each order as of its \
            first payment, from a stream in the order of time. Caliber reads its log (decompression, JSON and contracts \
            included); the peers have the facts as columns of numbers in memory, made from the same stream before. Rounds of \
            Caliber and of the first form of Polars: \(last?.caliber.count ?? 0), by turns, of which the median; the other \
            forms ran once. In bold the best peer. Memory is beyond what was held before, the result of \
            \(size((last?.caliber.first).map { $0.rowCount * $0.columnCount * 8 } ?? 0)) included.
            """,
            markdownTable(header, results.flatMap(rows)),
            """
            Reading the log of \(grouped(last?.orders ?? 0)) orders without computing anything takes Caliber \
            \(readSeconds.isEmpty ? "–" : secondsText(readSeconds)) s of it, on a thread of its own.
            """,
        ].joined(separator: "\n\n")
    }

    private func rows(_ result: FeaturesResult) -> [[String]] {
        let seconds = result.caliber.map(\.seconds)
        let rowCount = result.caliber.first?.rowCount ?? 0
        func row(
            _ name: String, _ seconds: [Double], _ share: String, _ processors: [Double], _ bytes: Int,
            _ differing: String
        ) -> [String] {
            [
                name, grouped(result.orders), grouped(rowCount), secondsText(seconds),
                grouped(Int(Double(rowCount) / median(seconds))), share, String(format: "%.2f", median(processors)),
                size(bytes), differing,
            ]
        }
        let own = row(
            "Caliber: replay of the log", seconds, "", result.caliber.map(\.processorSeconds),
            result.caliber.map(\.extraBytes).max() ?? 0, "")
        return [own]
            + FeatureForm.allCases.compactMap { form in
                guard let reports = result.peers[form] else { return nil }
                let theirs = reports.map(\.seconds)
                let share = shareText(median(seconds) / median(theirs))
                let isBest = median(theirs) == result.best
                let differing = Set(reports.flatMap(\.differing)).sorted()
                return row(
                    form.title, theirs, isBest ? "**\(share)**" : share, reports.map(\.processorSeconds),
                    reports.map(\.extraBytes).max() ?? 0,
                    differing.isEmpty ? "0" : differing.joined(separator: ", "))
            }
    }
}

/// Scores on event, features included, beside a ready row elsewhere.
struct EventScoreSection: ReportSection {
    let result: EventScoreResult

    let hasDifferences = false

    var markdown: String {
        let own = result.caliber
        let header = ["engine", "p50, µs", "p99, µs", "Caliber's ÷ its p50", "p99"]
        func row(_ name: String, _ seconds: [Double], comparesWith others: [Double]? = nil) -> [String] {
            func share(_ percent: Double) -> String {
                others.map { shareText(percentile($0, percent) / percentile(seconds, percent)) } ?? ""
            }
            return [name, text(percentile(seconds, 0.5)), text(percentile(seconds, 0.99)), share(0.5), share(0.99)]
        }
        return """
            **Score on event**: events one at a time after \(grouped(own.earlierEventCount)) others of \
            \(grouped(result.orders)) orders; of \(grouped(own.scoredSeconds.count)) that are moments of scoring, \
            \(own.columnCount) features of the shipped set are brought up to date and the order is scored with its reasons \
            and, for \(grouped(own.reviewCount)) that need review, the way back. Beside it one ready row of as many columns. \
            The durable commit is not in it; nor is reading the event back from the log and decoding it: on another thread, \
            \(text(own.readSeconds)) µs for an event alone in its batch, \(text(own.bulkReadSeconds)) µs for one among \
            thousands.
            """ + "\n\n"
                + markdownTable(
                    header,
                    [
                        row("Caliber: features and score with reasons", own.scoredSeconds),
                        row("— the features of it", own.featureSeconds),
                        row("— events that are no such moment", own.otherSeconds),
                        row(
                            "scikit-learn: `predict_proba` of a ready row", result.scikitLearn.rowSeconds,
                            comparesWith: own.scoredSeconds),
                    ])
    }

    private func text(_ seconds: Double) -> String { millisecondsText([seconds * 1000]) }
}
