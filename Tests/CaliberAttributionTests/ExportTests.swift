import CaliberAttribution
import CaliberDictionary
import CaliberEngine
import CaliberEventLog
import CaliberTesting
import Foundation
import Testing

/// A real export of advertising touches, by a source mapping, against the same figures computed by another program.
///
/// The file is no part of the repository.
@Suite(
    .enabled(
        if: FileManager.default.fileExists(atPath: TouchpointExport.file.path),
        "The touchpoints are not here: put their file into ../shared/data/attribution to run these tests."))
struct ExportTests {
    private struct Figures: Decodable {
        let conversions: Int64
        let value: Int64
        let misses: Int64
        let models: [String: OracleCredit]
    }

    private func report() throws -> AttributionReport {
        let folder = try TemporaryFolder()
        let engine = try Engine.open(
            databasePath: folder.path("caliber.db"), dictionary: try TouchpointExport.dictionary(), creating: true)
        let source = try #require(engine.dictionary.source(named: "touchpoints"))
        let outcome = try engine.ingest([.file(TouchpointExport.file.path, format: .rows(source))])
        #expect(outcome.account.accepted == 62_483 + 1_838)
        #expect(outcome.account.quarantined == 0)
        return try engine.attribute(AttributionQuery(models: AttributionModel.all))
    }

    @Test func `an export gives the figures of another program, channel by channel`() throws {
        let report = try report()
        let figures: Figures = try LearningOracle.shared().call(
            "attribution.export_figures", ["path": .text(TouchpointExport.file.path)])
        #expect(report.conversions == figures.conversions)
        #expect(report.value == Int128(figures.value))
        #expect(report.misses == figures.misses)
        #expect(report.conversions == 1838)
        for (model, parts) in zip(report.query.models, report.parts) where model != .lastNonDirect {
            let theirs = try #require(figures.models[model.name], "\(model.name)")
            for channel in theirs.conversions.indices {
                let part = parts[channel]
                // Both are rounded to what is shown; the units that are left may go either way.
                #expect(
                    (Double(part.conversionHundredths) / 100 - theirs.conversions[channel]).magnitude < 0.01,
                    "\(model.name), \(report.channels[channel])")
                #expect(
                    (Double(part.value) - theirs.values[channel]).magnitude < 1,
                    "\(model.name), \(report.channels[channel])")
            }
            #expect(parts.reduce(0) { $0 + $1.conversionHundredths } == Int128(report.conversions) * 100)
            #expect(parts.reduce(0) { $0 + $1.value } == report.value)
        }
    }

    @Test func `the published figures are these`() throws {
        let report = try report()
        // Ten runs of one seed take ten seeds, so that neighbours would share most of them.
        let seeds = [0, 100, 200, 300, 400]
        let sampled: [[Double]] = try LearningOracle.shared().call(
            "attribution.export_sampled",
            ["path": .text(TouchpointExport.file.path), "seeds": .list(seeds.map { .integer($0) })])
        let markov = try #require(report.query.models.firstIndex(of: .markov(order: 1)))
        var text = "| channel | exact |" + seeds.map { " seed \($0) |" }.joined() + "\n"
        text += "|---|---:|" + seeds.map { _ in "---:|" }.joined() + "\n"
        for channel in report.ranked where channel < report.channels.count - 1 {
            let exact = Double(report.parts[markov][channel].conversionHundredths) / 100
            text += "| \(report.channels[channel]) | \(String(format: "%.2f", exact)) |"
            for one in sampled {
                let off = (one[channel] / exact - 1) * 100
                #expect(off.magnitude < 10, "the sampled chain is far off: \(report.channels[channel])")
                text += " \(String(format: "%+.2f", off)) % |"
            }
            text += "\n"
        }
        GoldenFile.expect(text, matches: "sampled.md")
        GoldenFile.expect(report.channelCSV.replacing("\r\n", with: "\n"), matches: "export.csv")
        let docs = DuckDBOracle.packageFolder.appending(path: "docs/attribution.md")
        #expect(try String(contentsOf: docs, encoding: .utf8).contains(text), "docs/attribution.md has other figures")
    }
}

enum TouchpointExport {
    static let file = DuckDBOracle.packageFolder.deletingLastPathComponent()
        .appending(path: "shared/data/attribution/touchpoints_july2018_sample.csv.gz")

    static func dictionary() throws -> LoadedDictionary {
        try MetricDictionary.load(
            from: URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "Export/dictionary").path)
    }
}
