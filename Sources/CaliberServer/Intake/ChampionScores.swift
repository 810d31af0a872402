import CaliberCore
import CaliberDictionary
import CaliberEngine
import CaliberScoring
import CoreMetrics
import Foundation

/// Scores by the models that decide, of everything that comes in. Used by the writer's thread alone.
final class ChampionScores {
    private struct Running {
        let name: String
        let session: ScoringSession
        var countedScores = 0
        var countedReviews = 0
    }

    private let measures: ServiceMeasures
    private let tell: (String, any Error) -> Void
    private let registry: ModelRegistry
    private let featureSets: [String]
    /// The versions that decide, by the names of their feature sets, as they were when this began.
    private let champions: [String: String]
    private var running: [Running] = []
    private var lastPutAway = ContinuousClock.now
    private var hasNews = false
    /// When a model was left out last.
    private(set) var failedAt: ContinuousClock.Instant?

    /// - Parameter tell: says that scores by a model are not computed any more, and why.
    init(
        _ intake: IntakeSession, dictionary: MetricDictionary, registry: ModelRegistry, measures: ServiceMeasures,
        tell: @escaping (String, any Error) -> Void
    ) {
        self.measures = measures
        self.tell = tell
        self.registry = registry
        featureSets = dictionary.featureSets.map(\.name)
        champions = ChampionScores.champions(of: featureSets, in: registry)
        for features in dictionary.featureSets {
            do {
                guard let session = try intake.scoring(byChampionOf: features, in: registry) else { continue }
                running.append(Running(name: features.name, session: session))
            } catch {
                failedAt = .now
                tell(features.name, error)
            }
        }
    }

    var models: [String] { running.map(\.session.outcome.model) }

    /// Whether another model decides by now: it was promoted, or rolled back.
    var isOutdated: Bool { ChampionScores.champions(of: featureSets, in: registry) != champions }

    private static func champions(of featureSets: [String], in registry: ModelRegistry) -> [String: String] {
        var found: [String: String] = [:]
        for name in featureSets {
            // A file that is just being written is looked at again next time.
            if let champion = try? registry.aliases(of: name).champion { found[name] = "\(champion)" }
        }
        return found
    }

    /// Scores what the log has by now. A model that fails is left out from then on; the events are in all the same.
    func advance() {
        let start = ContinuousClock.now
        running = running.compactMap { entry in
            var entry = entry
            do {
                try entry.session.advance()
            } catch {
                failedAt = .now
                tell(entry.name, error)
                return nil
            }
            let outcome = entry.session.outcome
            if outcome.scoredCount > entry.countedScores { hasNews = true }
            measures.scores.increment(by: outcome.scoredCount - entry.countedScores)
            measures.reviews.increment(by: outcome.reviewCount - entry.countedReviews)
            (entry.countedScores, entry.countedReviews) = (outcome.scoredCount, outcome.reviewCount)
            return entry
        }
        if !running.isEmpty { measures.scoreSeconds.record(start.duration(to: .now) / .seconds(1)) }
    }

    /// Puts the features away if that was not done for so long.
    func putAwayIfDue(minutes: Int) {
        guard hasNews, ContinuousClock.now - lastPutAway > .seconds(minutes * 60) else { return }
        putAway()
    }

    func putAway() {
        guard hasNews else { return }
        for entry in running {
            do { try entry.session.putAway() } catch { tell(entry.name, error) }
        }
        hasNews = false
        lastPutAway = .now
    }
}
