import ArgumentParser
import CaliberCore
import CaliberEngine
import CaliberEventLog
import CaliberScoring
import Foundation

/// Days whose orders count: by their first training moment, in the dictionary's zone.
struct SpanOptions: ParsableArguments {
    @Option(help: ArgumentHelp("First day, as 2026-03-01.", valueName: "day")) var from: String?
    @Option(help: ArgumentHelp("Last day, inclusive.", valueName: "day")) var until: String?

    /// - Parameter start: where the span begins if no day is given.
    func span(zone: BusinessZone, from start: Timestamp) throws -> Range<Timestamp> {
        let first = try from.map { zone.timestamp(try day($0, "--from")) } ?? start
        let end = try until.map { zone.timestamp(CivilDate(dayNumber: try day($0, "--until").dayNumber + 1)) }
        guard end.map({ $0 > first }) ?? true else {
            throw Diagnostic(
                "empty-span", "The span ends before it begins, on \(zone.date(of: first)).",
                remedy: "Give a --from that is not after --until.")
        }
        return first..<max(end ?? Timestamp.latest, first)
    }

    private func day(_ text: String, _ option: String) throws -> CivilDate {
        let date = Array(text.utf8).withUnsafeBufferPointer { try? TimestampText.parseDate($0) }
        guard let date else {
            throw Diagnostic("bad-day", "\(option) is \"\(text)\", which is no day.", remedy: "Write 2026-03-01.")
        }
        return date
    }
}

/// What commands need that hold models against the orders of the log.
struct ScoredRowOptions: ParsableArguments {
    @OptionGroup var deployment: DeploymentOptions
    @OptionGroup var models: ModelOptions

    var registry: ModelRegistry { models.registry }

    /// Every order of the log, as the model scores it at its first training moment.
    func scored(_ file: ModelFile, _ engine: Engine, group: String? = nil) throws -> ScoredRows {
        let progress = ProgressLine()
        defer { progress.clear() }
        let total = try engine.position.sequence
        return try engine.scoredRows(file, group: group, threads: engine.queryParallelism) { position in
            progress.show(
                "replaying \(Output.grouped(position.sequence)) of \(Output.grouped(total)) events",
                fraction: Double(position.sequence) / Double(max(1, total)))
        }
    }
}
