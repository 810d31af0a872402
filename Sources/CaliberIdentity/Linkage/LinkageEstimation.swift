import Glibc

/// Estimates a linkage model from vectors alone, without knowing any pair's truth, by expectation maximisation.
///
/// Source: Winkler, Using the EM Algorithm for Weight Computation in the Fellegi–Sunter Model of Record Linkage, 1988; the
/// algorithm: Dempster, Laird, Rubin, JRSS B 39, 1977. It holds that comparisons are independent among matches and among others.
package struct LinkageEstimation: Sendable {
    /// Where it begins: matches are few, and mostly alike.
    package var firstMatchShare = 0.05
    package var firstAgreement = 0.9
    /// It ends when no parameter has moved by more.
    package var tolerance = 1e-7
    package var mostRounds = 5_000
    /// No probability comes nearer to 0, so that one odd pair can't weigh infinitely.
    package var leastProbability = 1e-9

    package init() {}

    package struct Result: Hashable, Sendable {
        package let model: LinkageModel
        package let rounds: Int
        package let hasConverged: Bool
        /// Of the vectors; it never falls from one round to the next.
        package let logLikelihoods: [Double]
    }

    /// - Returns: nil where there are no vectors.
    /// - Complexity: O(rounds · different vectors · comparisons).
    package func estimate(_ counts: VectorCounts) -> Result? {
        let vectors = counts.ordered
        guard !vectors.isEmpty else { return nil }
        var model = beginning(counts.comparisons, vectors)
        var logLikelihoods: [Double] = []
        for round in 1...mostRounds {
            let next = step(model, vectors)
            logLikelihoods.append(next.logLikelihood)
            let movement = LinkageEstimation.movement(from: model, to: next.model)
            model = next.model
            if movement <= tolerance {
                return Result(model: model, rounds: round, hasConverged: true, logLikelihoods: logLikelihoods)
            }
        }
        return Result(model: model, rounds: mostRounds, hasConverged: false, logLikelihoods: logLikelihoods)
    }

    /// Matches agree; others are as all pairs are.
    private func beginning(
        _ comparisons: [Comparison], _ vectors: [(vector: ComparisonVector, count: Int)]
    ) -> LinkageModel {
        var others: [[Double]] = []
        var matches: [[Double]] = []
        for (place, comparison) in comparisons.enumerated() {
            var levels = [Double](repeating: 0.5, count: comparison.levelCount)
            for (vector, count) in vectors {
                if let level = vector.levels[place] { levels[level] += Double(count) }
            }
            others.append(normalised(levels))
            let rest = (1 - firstAgreement) / Double(comparison.levelCount - 1)
            matches.append((0..<comparison.levelCount).map { $0 == comparison.levelCount - 1 ? firstAgreement : rest })
        }
        return LinkageModel(
            comparisons: comparisons, matchShare: firstMatchShare, amongMatches: matches, amongOthers: others)
    }

    private func normalised(_ levels: [Double]) -> [Double] {
        let sum = levels.reduce(0, +)
        guard sum > 0 else { return levels.map { _ in 1 / Double(levels.count) } }
        let raised = levels.map { max($0 / sum, leastProbability) }
        let raisedSum = raised.reduce(0, +)
        return raised.map { $0 / raisedSum }
    }

    /// How probable each vector makes a match, and the parameters that are likeliest then.
    private func step(
        _ model: LinkageModel, _ vectors: [(vector: ComparisonVector, count: Int)]
    ) -> (model: LinkageModel, logLikelihood: Double) {
        var matches = model.comparisons.map { [Double](repeating: 0, count: $0.levelCount) }
        var others = matches
        var matchSum = 0.0
        var pairCount = 0.0
        var logLikelihood = 0.0
        for (vector, count) in vectors {
            var (match, other) = (model.matchShare, 1 - model.matchShare)
            for (place, level) in vector.levels.enumerated() {
                guard let level else { continue }
                match *= model.amongMatches[place][level]
                other *= model.amongOthers[place][level]
            }
            let share = match / (match + other)
            logLikelihood += Double(count) * log(match + other)
            matchSum += Double(count) * share
            pairCount += Double(count)
            for (place, level) in vector.levels.enumerated() {
                guard let level else { continue }
                matches[place][level] += Double(count) * share
                others[place][level] += Double(count) * (1 - share)
            }
        }
        let matchShare = min(max(matchSum / pairCount, leastProbability), 1 - leastProbability)
        return (
            LinkageModel(
                comparisons: model.comparisons, matchShare: matchShare, amongMatches: matches.map(normalised),
                amongOthers: others.map(normalised)), logLikelihood
        )
    }

    private static func movement(from one: LinkageModel, to other: LinkageModel) -> Double {
        let pairs =
            zip(one.amongMatches.joined(), other.amongMatches.joined()).map { abs($0 - $1) }
            + zip(one.amongOthers.joined(), other.amongOthers.joined()).map { abs($0 - $1) }
        return pairs.reduce(abs(one.matchShare - other.matchShare), max)
    }
}
