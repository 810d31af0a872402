import Foundation

/// The queries on every engine.
struct QueriesSection: ReportSection {
    let orders: Int
    let results: [QueryResult]

    /// Metrics that the dictionary does not have yet are no difference.
    var hasDifferences: Bool { results.contains { $0.difference != nil && !$0.caliberSeconds.isEmpty } }

    var markdown: String {
        let peers = PeerEngine.allCases.map(\.rawValue)
        let header =
            ["query", "Caliber"] + peers + ["÷ best", "of bandwidth", "one order changed", "÷ best", "rows"]
        return [
            """
            **Queries**, over \(grouped(orders)) orders of 40 columns, warm, milliseconds, median of \
            \(results.first?.peerSeconds.values.first?.count ?? 0). "÷ best" is Caliber's time over the best peer's (in \
            bold); "of bandwidth" the share of the bound that memory sets. Caliber's tables may take 1 GiB, peers what \
            they like.
            """,
            markdownTable(header, results.map(row) + [meanRow]),
            "Fastest runs: " + results.filter { $0.difference == nil }.map(fastestText).joined(separator: "; ") + ".",
        ].joined(separator: "\n\n")
    }

    private func row(_ result: QueryResult) -> [String] {
        let peers = PeerEngine.allCases.map { engine in
            let text = result.peerSeconds[engine].map(millisecondsText) ?? "–"
            return result.best?.engine == engine ? "**\(text)**" : text
        }
        let name = "\(result.query.name) \(result.query.title)"
        guard result.difference == nil else {
            return [name, "–"] + peers + ["–", "–", "–", "–", result.difference ?? ""]
        }
        let share = result.boundSeconds.map { percentText($0 / median(result.caliberSeconds)) } ?? "–"
        return [name, millisecondsText(result.caliberSeconds)] + peers
            + [
                result.ratio.map(shareText) ?? "–", share, millisecondsText(result.changedSeconds),
                result.changedRatio.map(shareText) ?? "–", grouped(result.rowCount),
            ]
    }

    private var meanRow: [String] {
        let counted = "geometric mean of \(results.compactMap(\.ratio).count)"
        return [counted] + Array(repeating: "", count: PeerEngine.allCases.count + 1) + [
            geometricMean(results.compactMap(\.ratio)).map(shareText) ?? "–", "", "",
            geometricMean(results.compactMap(\.changedRatio)).map(shareText) ?? "–", "",
        ]
    }

    private func fastestText(_ result: QueryResult) -> String {
        let peer = result.peerSeconds.values.compactMap { $0.min() }.min() ?? 0
        let ours = result.caliberSeconds.min() ?? 0
        return "\(result.query.name) \(millisecondsText([ours])) beside \(millisecondsText([peer]))"
    }
}
