import CaliberDictionary
import CaliberEventLog
import CaliberFeatures
import CaliberScoring

/// One model's scores along the log, for events that come in all the time: the features stay in memory from one step to
/// the next. A moment's score has one id, so a step that was cut off is simply taken again.
public final class ScoringSession {
    public private(set) var outcome: ScoringOutcome
    private let intake: IntakeSession
    private let name: String
    private let states: FeatureStateStore
    private let stream: FeatureStream
    private var lines: ScoreLines
    /// The log up to where every moment has its score.
    private var scored: Int64

    init(_ intake: IntakeSession, file: ModelFile, features: FeatureSetDefinition) throws {
        self.intake = intake
        name = file.name
        states = FeatureStateStore(store: intake.engine.store)
        let scorer = try file.scorer(schema: try FeatureSchema(features))
        let plan = FeaturePlan(features, dictionary: intake.engine.dictionary)
        let kept = try states.stream(plan, name: name)
        scored = try states.scoredPosition(of: name)
        stream = kept ?? FeatureStream(plan)
        outcome = ScoringOutcome(model: "\(file.name)@\(file.version)")
        outcome.isReplayed = kept == nil && scored > 0
        lines = ScoreLines(scorer: scorer, model: outcome.model, momentNames: features.moments.map(\.name))
    }

    /// Scores every moment that the log has by now.
    ///
    /// - Parameter progress: the log up to where moments are scored.
    public func advance(progress: (LogPosition) -> Void = { _ in }) throws {
        try intake.engine.log.replay(after: stream.position, keepsArrival: true) { batches, position in
            try stream.take(batches, upTo: position, workers: intake.engine.settings.queryParallelism) { block in
                // What comes before was scored, and is only gone through for what is known since.
                if let last = block.moments.last, last.position.sequence > scored {
                    try lines.add(block, after: scored)
                }
            }
            if lines.waitingByteCount > ScoreLines.greatestWaitingByteCount { try takeIn() }
            progress(position)
        }
        try takeIn()
        scored = max(scored, stream.position.sequence)
        outcome.reviewCount = lines.reviewCount
        outcome.position = stream.position
    }

    private func takeIn() throws {
        guard lines.waitingByteCount > 0 else { return }
        let account = try intake.ingest([.bytes(lines.takeBytes(), origin: "scores")]).account
        outcome.scoredCount += Int(account.accepted)
        outcome.knownCount += Int(account.duplicate)
        guard account.quarantined == 0, account.parked == 0 else {
            throw ScoringEngineProblem.scoresRefused(count: account.quarantined + account.parked).diagnostic
        }
    }

    /// Puts the features away for the next process, under the right to write.
    public func putAway() throws {
        try intake.write { try states.put(stream, name: name, in: $0) }
    }
}
