import Foundation

/// Fitting, beside the fastest open solvers.
struct TrainSection: ReportSection {
    let result: TrainResult

    /// All engines minimise the same loss: they have to end at the same place.
    private static let leastAgreement = 1e-6

    var hasDifferences: Bool {
        LearningPeer.fitting.contains { (result.difference(from: $0) ?? 1) > TrainSection.leastAgreement }
    }

    var markdown: String {
        let header = [
            "engine", "seconds", "Caliber's ÷ its", "without errors", "extra memory", "steps", "coefficients differ by",
        ]
        return [
            """
            **Train** an L2-regularised logistic regression on \(grouped(result.rowCount)) rows of \
            \(result.columnCount) columns, float64, to the same optimum, seconds, median of \
            \(result.caliber.flatMap(\.seconds).count) fits by Caliber and \(result.caliber.count) by each peer, by turns. \
            Caliber's fit includes standard errors, condition number and certificate; beside it, the ratio of fits that \
            leave them out, as the peers do. Memory is beyond the matrix's \(size(result.matrixBytes)).
            """,
            markdownTable(header, [caliberRow] + LearningPeer.fitting.map(row)), passText,
        ].joined(separator: "\n\n")
    }

    private var ownSeconds: [Double] { result.caliber.flatMap(\.seconds) }
    private var plainSeconds: [Double] { result.caliber.flatMap { $0.plainSeconds ?? [] } }

    private var caliberRow: [String] {
        [
            "Caliber", secondsText(ownSeconds), "", secondsText(plainSeconds),
            size(result.caliber.map(\.extraBytes).max() ?? 0), "\(result.caliber.first?.iterations ?? 0)", "",
        ]
    }

    private func row(_ peer: LearningPeer) -> [String] {
        let reports = result.peers[peer] ?? []
        let seconds = reports.flatMap(\.seconds)
        return [
            peer.title + (peer == .scikitLearn ? ", newton-cholesky" : ", irls-ls"), secondsText(seconds),
            shareText(median(ownSeconds) / median(seconds)), shareText(median(plainSeconds) / median(seconds)),
            size(reports.map(\.extraBytes).max() ?? 0), "\(reports.first?.iterations ?? 0)",
            result.difference(from: peer).map { String(format: "%.1e", $0) } ?? "–",
        ]
    }

    private var passText: String {
        let passes = result.caliber.flatMap { $0.passSeconds ?? [] }
        let speed = Double(result.matrixBytes) / median(passes)
        let sumSpeed = Double(result.matrixBytes) / median(result.caliber.flatMap { $0.sumSeconds ?? [] })
        let bound = result.caliber.compactMap(\.logOddsBound).max() ?? 0
        return """
            A gradient pass reads the matrix once, in \(millisecondsText(passes)) ms (median of \(passes.count)): \
            \(rate(speed)). A plain sum over the same memory in the same process reads \(rate(sumSpeed)): a pass has \
            \(percentText(speed / sumSpeed)) of that. The \
            certificate: no row's log-odds are further than \(String(format: "%.0e", bound)) from the optimum's.
            """
    }
}

/// Scoring many rows and one.
struct ScoreSection: ReportSection {
    let result: ScoreResult

    /// Peers that calculate in float32 differ by that.
    private static let leastAgreement = 1e-5

    var hasDifferences: Bool {
        LearningPeer.scoring.contains { (result.difference(from: $0) ?? 1) > ScoreSection.leastAgreement }
    }

    var markdown: String {
        let header = [
            "engine", "all rows, ms", "million rows/s", "Caliber's ÷ its", "one row p50, µs", "p99, µs",
            "Caliber's ÷ its p50", "p99", "probabilities differ by",
        ]
        return """
            **Score** \(grouped(result.rowCount)) rows of \(result.columnCount) columns with a fitted model, to \
            probabilities: all at once (median of \(result.caliber.seconds.count)), and one ready row at a time, the call's \
            clock included.
            """ + "\n\n"
                + markdownTable(header, [row("Caliber", result.caliber, nil)] + LearningPeer.scoring.compactMap(row))
    }

    private func row(_ peer: LearningPeer) -> [String]? {
        result.peers[peer].map { row(peer.title, $0, result.difference(from: peer)) }
    }

    private func row(_ name: String, _ report: ScoreJobReport, _ difference: Double?) -> [String] {
        func share(_ value: (ScoreJobReport) -> Double) -> String {
            difference == nil ? "" : shareText(value(result.caliber) / value(report))
        }
        let ofRow = { (percent: Double) in { (report: ScoreJobReport) in percentile(report.rowSeconds, percent) } }
        return [
            name, millisecondsText(report.seconds),
            String(format: "%.1f", Double(result.rowCount) / median(report.seconds) / 1e6),
            share { median($0.seconds) }, microsecondsText(ofRow(0.5)(report)), microsecondsText(ofRow(0.99)(report)),
            share(ofRow(0.5)), share(ofRow(0.99)), difference.map { String(format: "%.0e", $0) } ?? "",
        ]
    }

    private func microsecondsText(_ seconds: Double) -> String { millisecondsText([seconds * 1000]) }
}

/// The value that a share of all is at most, by the nearest rank.
func percentile(_ values: [Double], _ share: Double) -> Double {
    precondition(!values.isEmpty, "a percentile is taken of something")
    let sorted = values.sorted()
    return sorted[min(sorted.count - 1, Int((share * Double(sorted.count)).rounded(.up)) - 1)]
}
