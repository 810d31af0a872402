import Foundation

/// Markov chains of touches, solved and sampled.
struct AttributionSection: ReportSection {
    let paths: Int
    let results: [MarkovResult]

    /// Further than that no sampling error of the package's defaults goes on channels of this size.
    private static let leastAgreement = 0.25

    var hasDifferences: Bool { results.contains { $0.largestMiss > AttributionSection.leastAgreement } }

    var markdown: String {
        let header = ["order", "Caliber", "ChannelAttribution", "Caliber's ÷ its", "its largest miss of a channel"]
        return [
            """
            **Attribution** by a Markov chain of touches, \(grouped(paths)) paths of \(AttributionRun.channelCount) channels \
            with conversions, values and paths that led nowhere: seconds from paths as text in memory to each channel's \
            conversions, median of \(results.first?.caliber.seconds.count ?? 0) by Caliber and of \
            \(results.first?.sampled.count ?? 0) by ChannelAttribution's `markov_model` with its defaults. Caliber solves the \
            chain; the last column says how far a channel's sampled conversions are off at most, over its seeds.
            """,
            markdownTable(header, results.map(row)),
        ].joined(separator: "\n\n")
    }

    private func row(_ result: MarkovResult) -> [String] {
        [
            "\(result.order)", secondsText(result.caliber.seconds), secondsText(result.sampled.flatMap(\.seconds)),
            shareText(result.ratio), percentText(result.largestMiss),
        ]
    }
}
