import CaliberRegression
import CaliberTesting
import Foundation

/// Probabilities and outcomes that follow them more or less.
struct RandomOutcomes {
    var probabilities: [Double] = []
    var logOdds: [Double] = []
    var labels: [Double] = []
    var weights: [Double] = []

    /// - Parameter distinctScores: how many scores there are at most, for ties; nil for all different.
    init(seed: UInt64, rowCount: Int, distinctScores: Int? = nil, slope: Double = 0.8) {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<rowCount {
            var score = Double.random(in: -5...2, using: &generator)
            if let distinctScores {
                score = (score * Double(distinctScores) / 7).rounded() * 7 / Double(distinctScores)
            }
            let truth = 1 / (1 + exp(-slope * score + 0.3))
            logOdds.append(score)
            probabilities.append(LogOdds.probability(score))
            labels.append(Double.random(in: 0..<1, using: &generator) < truth ? 1 : 0)
            weights.append(Double.random(in: 0.1...4, using: &generator))
        }
    }
}

/// As near as sums in another order are.
func isClose(_ left: Double?, _ right: Double, within relative: Double = 1e-12) -> Bool {
    guard let left else { return false }
    return abs(left - right) <= relative * max(1, abs(left), abs(right))
}

/// One process for all tests of figures: starting it costs more than any answer.
enum SharedOracle {
    static let learning = Result { try LearningOracle() }
}
