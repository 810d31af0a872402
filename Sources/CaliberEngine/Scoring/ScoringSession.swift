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
    private let drifts: DriftStore
    private let stream: FeatureStream
    private var lines: ScoreLines
    /// nil where the dictionary declares no contract for it.
    private var drift: DailyDrift?
    /// The log up to where every moment has its score.
    private var scored: Int64

    init(_ intake: IntakeSession, file: ModelFile, features: FeatureSetDefinition) throws {
        self.intake = intake
        name = file.name
        states = FeatureStateStore(store: intake.engine.store)
        drifts = DriftStore(store: intake.engine.store)
        let scorer = try file.scorer(schema: try FeatureSchema(features))
        let plan = FeaturePlan(features, dictionary: intake.engine.dictionary)
        let kept = try states.stream(plan, name: name)
        scored = try states.scoredPosition(of: name)
        stream = kept ?? FeatureStream(plan)
        outcome = ScoringOutcome(model: "\(file.name)@\(file.version)")
        outcome.isReplayed = kept == nil && scored > 0
        lines = ScoreLines(scorer: scorer, model: outcome.model, momentNames: features.moments.map(\.name))
        let dictionary = intake.engine.dictionary
        guard dictionary.contract(named: DailyDrift.contract) != nil else { return }
        var drift = DailyDrift(file, zone: dictionary.settings.timeZone)
        if let state = try drifts.state(of: drift, at: scored) { drift.goOn(from: state) }
        self.drift = drift
    }

    /// Scores every moment that the log has by now.
    ///
    /// - Parameter progress: the log up to where moments are scored.
    public func advance(progress: (LogPosition) -> Void = { _ in }) throws {
        try intake.engine.log.replay(after: stream.position, keepsArrival: true) { batches, position in
            stream.take(batches, upTo: position, workers: intake.engine.settings.queryParallelism) { block in
                // What comes before was scored, and is only gone through for what is known since.
                if let last = block.moments.last, last.position.sequence > scored {
                    lines.add(block, after: scored, drift: &drift)
                }
            }
            if waitingByteCount > ScoreLines.greatestWaitingByteCount { try takeIn() }
            progress(position)
        }
        try takeIn()
        scored = max(scored, stream.position.sequence)
        outcome.reviewCount = lines.reviewCount
        outcome.position = stream.position
    }

    private var waitingByteCount: Int { lines.waitingByteCount + (drift?.waitingByteCount ?? 0) }

    private func takeIn() throws {
        if lines.waitingByteCount > 0 {
            let account = try lines.takeBytes { try intake.ingest([.bytes($0, origin: "scores")]).account }
            outcome.scoredCount += Int(account.accepted)
            outcome.knownCount += Int(account.duplicate)
            guard account.quarantined == 0, account.parked == 0 else {
                throw ScoringEngineProblem.scoresRefused(count: account.quarantined + account.parked).diagnostic
            }
        }
        guard (drift?.waitingByteCount ?? 0) > 0 else { return }
        // What the dictionary's contract does not take waits in quarantine: no order stays without a score for it.
        let account = try drift?.takeBytes { try intake.ingest([.bytes($0, origin: "drift")]).account }
        outcome.driftCount += Int(account?.accepted ?? 0)
    }

    /// Puts the features away for the next process, under the right to write: with them how far moments are scored, and
    /// what is counted of them up to there.
    public func putAway() throws {
        try intake.write { database in
            try states.put(stream, name: name, in: database)
            if let drift { try drifts.put(drift, at: stream.position.sequence, in: database) }
        }
    }
}
