import CaliberCore
import CaliberDictionary
import CaliberEventLog
import CaliberFeatures
import CaliberScoring
import CaliberStore

/// What a pass of scoring did.
public struct ScoringOutcome: Sendable {
    public let model: String
    public internal(set) var scoredCount = 0
    /// Scores below 60.
    public internal(set) var reviewCount = 0
    /// Scores that were in the log already, from a pass that was cut off.
    public internal(set) var knownCount = 0
    /// The log up to where every moment is scored.
    public internal(set) var position = LogPosition.start
    /// Whether the features had to be computed from the start of the log.
    public internal(set) var isReplayed = false

    init(model: String) {
        self.model = model
    }
}

extension Engine {
    /// Scores every moment of the log that was not scored yet, and takes the scores in as events: health is then a column
    /// as any other, and a score is as durable as what it was made from.
    ///
    /// A moment's score has one id: a pass that was cut off is simply run again.
    ///
    /// - Parameter progress: the log up to where moments are scored.
    /// - Throws: `ModelProblem` for a model of other features; `StoreProblem.leaseHeld` beside another writer.
    public func score(
        _ file: ModelFile, features: FeatureSetDefinition, progress: (LogPosition) -> Void = { _ in }
    ) throws -> ScoringOutcome {
        try requireScoreContract()
        let scorer = try file.scorer(schema: try FeatureSchema(features))
        let states = FeatureStateStore(store: store)
        let plan = FeaturePlan(features, dictionary: dictionary)
        let scored = try states.scoredPosition(of: file.name)
        var outcome = ScoringOutcome(model: "\(file.name)@\(file.version)")
        let kept = try states.stream(plan, name: file.name)
        let stream = kept ?? FeatureStream(plan)
        outcome.isReplayed = kept == nil && scored > 0
        var lines = ScoreLines(
            scorer: scorer, model: outcome.model, momentNames: features.moments.map(\.name))
        let intake = try openIntake()
        func append() throws {
            guard lines.waitingByteCount > 0 else { return }
            let account = try intake.ingest([.bytes(lines.takeBytes(), origin: "scores")]).account
            outcome.scoredCount += Int(account.accepted)
            outcome.knownCount += Int(account.duplicate)
            guard account.quarantined == 0, account.parked == 0 else {
                throw ScoringEngineProblem.scoresRefused(count: account.quarantined + account.parked).diagnostic
            }
        }
        try log.replay(after: stream.position, keepsArrival: true) { batches, position in
            try stream.take(batches, upTo: position, workers: settings.queryParallelism) { block in
                // What comes before was scored, and is only gone through for what is known since.
                if let last = block.moments.last, last.position.sequence > scored {
                    try lines.add(block, after: scored)
                }
            }
            if lines.waitingByteCount > ScoreLines.greatestWaitingByteCount { try append() }
            progress(position)
        }
        try append()
        outcome.reviewCount = lines.reviewCount
        try intake.keepFeatures(stream, name: file.name, states)
        try intake.checkpoint()
        outcome.position = stream.position
        return outcome
    }

    private func requireScoreContract() throws {
        guard dictionary.contract(named: ScoreLines.contract) == nil else { return }
        throw ScoringEngineProblem.contractMissing.diagnostic
    }
}

extension IntakeSession {
    /// Puts the features away, under the right to write.
    func keepFeatures(_ stream: FeatureStream, name: String, _ states: FeatureStateStore) throws {
        try write { try states.put(stream, name: name, in: $0) }
    }
}

/// Why scores can't be kept.
enum ScoringEngineProblem {
    case contractMissing
    case scoresRefused(count: Int64)
    case columnsMissing(table: String)

    var diagnostic: Diagnostic {
        switch self {
        case .contractMissing:
            Diagnostic(
                "score-contract", "The dictionary has no contract order.scored, so scores can't be kept.",
                remedy: "Declare it; docs/models.md shows it.")
        case .columnsMissing(let table):
            Diagnostic(
                "score-columns", "Table \"\(table)\" does not keep health and scored_at of order.scored.",
                remedy: "Fold them by last, as docs/models.md shows.")
        case .scoresRefused(let count):
            Diagnostic(
                "scores-refused", "\(count) scores break the contract order.scored as the dictionary declares it.",
                remedy: "Declare its fields as docs/models.md shows, then: caliber quarantine replay")
        }
    }
}
