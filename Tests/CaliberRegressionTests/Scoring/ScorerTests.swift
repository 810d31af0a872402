import CaliberRegression
import CaliberTesting
import Foundation
import Testing

@Suite struct ScorerTests {
    func made(seed: UInt64) -> (model: LogisticModel, raw: DesignMatrix) {
        var random = SeededGenerator(seed: seed)
        let columnCount = Int.random(in: 0...40, using: &random)
        let terms = (0..<columnCount).map { _ in
            LogisticModel.Term(
                weight: Double.random(in: -1...1, using: &random), mean: Double.random(in: -9...9, using: &random),
                deviation: Double.random(in: 0.5...3, using: &random),
                missingWeight: Double.random(in: -1...1, using: &random))
        }
        let raw = DesignMatrix(rowCount: Int.random(in: 0...5000, using: &random), columnCount: columnCount)
        for index in raw.values.indices {
            raw.values[index] =
                Int.random(in: 0..<6, using: &random) == 0 ? .nan : Double.random(in: -12...12, using: &random)
        }
        return (LogisticModel(intercept: Double.random(in: -3...3, using: &random), terms: terms), raw)
    }

    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func `one row, many rows, any threads and any instructions give the same bits`(seed: UInt64) {
        let (model, raw) = made(seed: seed)
        var scorer = LogisticScorer(model)
        let logOdds = scorer.logOdds(of: raw)
        let probabilities = scorer.probabilities(of: raw)
        for threads in [2, 3, 8] {
            #expect(scorer.logOdds(of: raw, threads: threads) == logOdds)
            #expect(scorer.probabilities(of: raw, threads: threads) == probabilities)
        }
        for instructions in Instructions.available {
            scorer.instructions = instructions
            #expect(scorer.logOdds(of: raw) == logOdds)
            #expect(scorer.probabilities(of: raw) == probabilities)
        }
        for row in 0..<raw.rowCount {
            #expect(scorer.logOdds(ofRow: UnsafeBufferPointer(raw.row(row))) == logOdds[row])
            #expect(scorer.probability(ofRow: Array(raw.row(row))) == probabilities[row])
        }
    }

    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func `log-odds are the intercept and every column's contribution`(seed: UInt64) {
        let (model, raw) = made(seed: seed)
        let scorer = LogisticScorer(model)
        let (logOdds, probabilities) = (scorer.logOdds(of: raw), scorer.probabilities(of: raw))
        for row in 0..<raw.rowCount {
            var expected = model.intercept
            var size = abs(expected)
            for (column, value) in raw.row(row).enumerated() {
                let contribution = model.contribution(of: column, value: value)
                expected += contribution
                size += abs(contribution)
            }
            #expect(abs(logOdds[row] - expected) <= 1e-14 * size)
            #expect(abs(probabilities[row] - 1 / (1 + exp(-expected))) <= 1e-14 * (1 + size))
        }
    }

    @Test func `extreme log-odds give probabilities that are numbers`() {
        let scorer = LogisticScorer(LogisticModel(intercept: 0, terms: [LogisticModel.Term(weight: 1)]))
        #expect(scorer.probability(ofRow: [1000]) == 1)
        #expect(scorer.probability(ofRow: [-1000]) == 0)
        #expect(scorer.probability(ofRow: [-700]) > 0)
        #expect(scorer.probability(ofRow: [.nan]) == 0.5)
        #expect(scorer.probability(ofRow: [.infinity]) == 1)
    }
}
