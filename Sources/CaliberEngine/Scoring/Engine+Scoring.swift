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
    /// Measurements of drift: one a finished day for the score, and one for each feature.
    public internal(set) var driftCount = 0
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
    /// - Parameter progress: the log up to where moments are scored.
    /// - Throws: `ModelProblem` for a model of other features; `StoreProblem.leaseHeld` beside another writer.
    public func score(
        _ file: ModelFile, features: FeatureSetDefinition, progress: (LogPosition) -> Void = { _ in }
    ) throws -> ScoringOutcome {
        let intake = try openIntake()
        let session = try intake.scoring(by: file, features: features)
        try session.advance(progress: progress)
        try session.putAway()
        try intake.checkpoint()
        return session.outcome
    }
}

extension IntakeSession {
    /// Scores by a model what this session takes in, and what came before it.
    ///
    /// - Throws: `ModelProblem` for a model of other features.
    public func scoring(by file: ModelFile, features: FeatureSetDefinition) throws -> ScoringSession {
        guard engine.dictionary.contract(named: ScoreLines.contract) != nil else {
            throw ScoringEngineProblem.contractMissing.diagnostic
        }
        return try ScoringSession(self, file: file, features: features)
    }

    /// Scores by the model that decides over a feature set; nil where none does.
    ///
    /// - Throws: `ModelProblem` for a model that can't be read, or is of other features.
    public func scoring(byChampionOf features: FeatureSetDefinition, in registry: ModelRegistry) throws
        -> ScoringSession?
    {
        guard let champion = try registry.aliases(of: features.name).champion else { return nil }
        return try scoring(by: try registry.load(name: features.name, version: champion), features: features)
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
