import ArgumentParser
import CaliberCore
import CaliberDictionary
import CaliberEngine
import CaliberEventLog
import Foundation

struct IngestCommand: CaliberSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "ingest", abstract: "Take events in: CloudEvents NDJSON, or CSV through a source mapping.",
        discussion: """
            Files may be gzip or zstd; "-" is standard input. An event counts once, however often it is sent, so after an \
            interruption the same command can be run again.

            Examples:
              caliber ingest orders.ndjson.gz
              caliber ingest --source erp_orders orders.csv
              zcat events.gz | caliber ingest -
              kcat -C -t orders | caliber ingest --commit-every 1000 -
            """)

    @OptionGroup var deployment: DeploymentOptions

    @Argument(help: ArgumentHelp("Files, or - for standard input.", valueName: "files"))
    var files: [String]

    @Option(help: ArgumentHelp("The files are CSV of this source of the dictionary.", valueName: "name"))
    var source: String?

    @Option(
        help: ArgumentHelp(
            "Make events durable as soon as so many are there, for input that comes live.", valueName: "events"))
    var commitEvery: Int?

    @Flag(name: .customLong("dry-run"), help: "Say what would happen, and write nothing.") var dryRun = false

    @Flag(help: "Exit with 3 when anything was quarantined.") var strict = false

    func validate() throws {
        guard commitEvery ?? 1 > 0 else { throw ValidationError("--commit-every is a number of events, from 1 on.") }
    }

    func perform() throws {
        let loaded = try deployment.loadDictionary()
        let format = try inputFormat(loaded.dictionary)
        let place = try RehearsalPlace(of: deployment.databasePath, isDryRun: dryRun)
        defer { place.clear() }
        let engine = try Engine.open(databasePath: place.databasePath, dictionary: loaded, creating: true)
        let inputs = files.map { $0 == "-" ? EventInput.standardInput(format: format) : .file($0, format: format) }
        let line = ProgressLine()
        let start = ContinuousClock.now
        let outcome: IngestOutcome
        do {
            let show = { (input: EventInput, progress: IntakeProgress) in
                line.show(
                    "\(input.origin)  \(Output.size(progress.byteCount))  "
                        + "\(Output.grouped(progress.account.received)) events",
                    fraction: progress.totalByteCount.map { Double(progress.byteCount) / Double(max($0, 1)) })
            }
            outcome =
                try dryRun
                ? engine.rehearse(inputs, progress: show)
                : engine.ingest(inputs, eventsPerCommit: commitEvery, progress: show)
        } catch {
            line.clear()
            throw error
        }
        line.clear()
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        Output.note(IntakeText.describe(outcome, seconds: seconds))
        Output.note("\n" + nextStep(outcome, loaded.dictionary))
        if strict, outcome.account.quarantined > 0 { throw needsAttention() }
    }

    private func inputFormat(_ dictionary: MetricDictionary) throws -> EventInput.Format {
        guard let source else { return .events }
        guard let definition = dictionary.source(named: source) else {
            throw Diagnostic(
                "unknown-source", "The dictionary has no source \"\(source)\".",
                remedy: "`caliber list sources` shows them.",
                suggestions: NameSuggestion.nearest(to: source, among: dictionary.sources.map(\.name)))
        }
        return .rows(definition)
    }

    private func nextStep(_ outcome: IngestOutcome, _ dictionary: MetricDictionary) -> String {
        if dryRun { return "Next: the same command without --dry-run." }
        if outcome.account.quarantined > 0, outcome.account.accepted == 0 {
            return "Next: caliber quarantine list"
        }
        guard let metric = dictionary.metrics.first(where: { $0.isAdditive && $0.hasTime }) else {
            return "Next: caliber list metrics"
        }
        let query = "caliber query --metrics \(metric.name) --group-by metric_time__day"
        return outcome.account.quarantined > 0
            ? "Next: caliber quarantine list, or \(query)" : "Next: \(query)"
    }
}

extension MetricDefinition {
    /// Rows of a simple metric count at a moment.
    fileprivate var hasTime: Bool {
        guard case .simple(let simple) = content else { return false }
        return simple.anchor != nil
    }
}

/// Where a dry run looks: the database if there is one, else an empty one that is gone afterwards.
private struct RehearsalPlace {
    let databasePath: String
    private let folder: URL?

    init(of databasePath: String, isDryRun: Bool) throws {
        guard isDryRun, !FileManager.default.fileExists(atPath: databasePath) else {
            self.databasePath = databasePath
            folder = nil
            return
        }
        let temporary = FileManager.default.temporaryDirectory.appending(path: "caliber-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: temporary, withIntermediateDirectories: true)
        self.databasePath = temporary.appending(path: "empty.db").path
        folder = temporary
    }

    func clear() {
        if let folder { try? FileManager.default.removeItem(at: folder) }
    }
}
