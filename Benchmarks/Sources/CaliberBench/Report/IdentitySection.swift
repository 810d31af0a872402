import Foundation

/// Who is one person, beside connected components.
struct IdentitySection: ReportSection {
    let result: IdentityResult

    /// Without limits both have to find the same number of people.
    var hasDifferences: Bool { result.peer.contains { $0.persons != result.unguarded.persons } }

    var markdown: String {
        let own = result.guarded
        let ownBytes = own.map(\.extraBytes).max() ?? 0
        let peerBytes = result.peer.map(\.extraBytes).max() ?? 0
        let batches = own.flatMap { $0.batchSeconds ?? [] }
        return [
            """
            **Identity** from \(grouped(result.linkCount)) links with string ids, in no order: seconds, median of \
            \(own.count) rounds by turns; memory beyond the links' own. Caliber takes them in by batches of 100,000 with all limits, \
            decay and review; SciPy finds plain connected components of ids numbered by pandas' factorize.
            """,
            markdownTable(
                ["engine", "seconds", "Caliber's ÷ its", "memory", "Caliber's ÷ its", "persons"],
                [
                    ["Caliber", secondsText(own.map(\.seconds)), "", size(ownBytes), "", persons(own.first)],
                    [
                        "Caliber, no limits", secondsText([result.unguarded.seconds]), "",
                        size(result.unguarded.extraBytes), "", persons(result.unguarded),
                    ],
                    [
                        "SciPy, pandas", secondsText(result.peer.map(\.seconds)),
                        shareText(median(own.map(\.seconds)) / median(result.peer.map(\.seconds))), size(peerBytes),
                        shareText(Double(ownBytes) / Double(max(peerBytes, 1))), persons(result.peer.first),
                    ],
                ]),
            """
            A batch of 100,000 further links costs \(millisecondsText(batches)) ms (median of \(batches.count)), \
            \(percentText(median(batches) / median(own.map(\.seconds)) * Double(result.linkCount) / 100_000)) of its share of \
            the first run.
            """,
        ].joined(separator: "\n\n")
    }

    private func persons(_ report: IdentityJobReport?) -> String { report.map { grouped($0.persons) } ?? "–" }
}
