import ArgumentParser
import CaliberCore
import CaliberDictionary
import CaliberEngine
import CaliberEventLog
import CaliberScoring
import Foundation

struct IngestCommand: CaliberSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "ingest", abstract: "Take events in: CloudEvents NDJSON, or CSV through a source mapping.",
        discussion: """
            Files may be gzip or zstd; "-" is standard input. An event counts once, however often it is sent, so after an \
            interruption the same command can be run again. Where a model is champion, what came in is scored at once.

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

    @OptionGroup var models: ModelOptions

    @Flag(name: .customLong("no-scores"), help: "Leave the scoring for later: caliber score.") var noScores = false

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
        let seconds: Double
        var scoring = ChampionScoring()
        do {
            let show = { (input: EventInput, progress: IntakeProgress) in
                line.show(
                    "\(input.origin)  \(Output.size(progress.byteCount))  "
                        + "\(Output.grouped(progress.account.received)) events",
                    fraction: progress.totalByteCount.map { Double(progress.byteCount) / Double(max($0, 1)) })
            }
            if dryRun {
                outcome = try engine.rehearse(inputs, progress: show)
                seconds = (ContinuousClock.now - start) / .seconds(1)
            } else {
                let intake = try engine.openIntake()
                outcome = try intake.ingest(inputs, eventsPerCommit: commitEvery, progress: show)
                seconds = (ContinuousClock.now - start) / .seconds(1)
                if !noScores, outcome.account.accepted > 0 {
                    scoring.score(intake, loaded.dictionary, models.registry, line)
                }
                // Processes to come then find the tables as they are, and replay nothing.
                try intake.checkpoint()
            }
        } catch {
            line.clear()
            throw error
        }
        line.clear()
        Output.note(IntakeText.describe(outcome, seconds: seconds))
        scoring.tell()
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

/// What came in, scored by the model that decides. Where that fails, the events are in all the same.
private struct ChampionScoring {
    private var outcomes: [ScoringOutcome] = []
    private var failures: [(model: String, reason: String)] = []

    mutating func score(
        _ intake: IntakeSession, _ dictionary: MetricDictionary, _ registry: ModelRegistry, _ line: ProgressLine
    ) {
        for features in dictionary.featureSets {
            do {
                guard let session = try intake.scoring(byChampionOf: features, in: registry) else { continue }
                try session.advance { line.show("scored up to event \(Output.grouped($0.sequence))", fraction: nil) }
                try session.putAway()
                outcomes.append(session.outcome)
            } catch {
                failures.append((features.name, "\(error)"))
            }
        }
    }

    func tell() {
        for outcome in outcomes where outcome.scoredCount > 0 {
            Output.note(
                "\nHealth by \(outcome.model): \(Output.count(outcome.scoredCount, "score")), "
                    + "\(Output.grouped(outcome.reviewCount)) below 60. See: caliber top --risk 10")
        }
        for failure in failures {
            Output.note("warning: no scores by \(failure.model): \(failure.reason)")
        }
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
