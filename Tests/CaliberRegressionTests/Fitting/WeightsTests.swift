import CaliberCore
import CaliberRegression
import CaliberTesting
import Foundation
import Testing

/// Weights of rows and of classes, what they do to the intercept, and starts.
@Suite struct WeightsTests {
    func weights(_ count: Int, seed: UInt64) -> [Double] {
        var random = SeededGenerator(seed: seed)
        return (0..<count).map { _ in
            Int.random(in: 0..<10, using: &random) == 0 ? 0 : Double.random(in: 0.1...4, using: &random)
        }
    }

    @Test(arguments: [2000, 40_000])
    func `weighted rows give scikit-learn's coefficients`(rowCount: Int) throws {
        let made = MadeRows.dense(rowCount: rowCount, columnCount: 9, seed: 80)
        let weights = weights(rowCount, seed: 80)
        let fit = try LogisticFitter(FittingSettings(penalty: 2)).fit(made.rows(weights: weights))
        expectEqual(fit, try LearningOracle.shared().logistic(made, penalty: 2, weights: weights), "\(fit.work)")
    }

    @Test func `a weight of two is the row twice, and of none no row`() throws {
        let made = MadeRows.dense(rowCount: 1000, columnCount: 4, seed: 81)
        let weights = (0..<1000).map { Double($0 % 3) }
        var (values, labels): ([Double], [Bool]) = ([], [])
        for row in 0..<1000 {
            for _ in 0..<row % 3 {
                values += made.values[row * 4..<(row + 1) * 4]
                labels.append(made.labels[row])
            }
        }
        let repeated = MadeRows.given(values: values, columnCount: 4, labels: labels)
        let weighted = try LogisticFitter(FittingSettings()).fit(made.rows(weights: weights))
        let written = try LogisticFitter(FittingSettings()).fit(repeated.rows())
        for (left, right) in zip(weighted.coefficients, written.coefficients) { #expect(abs(left - right) < 1e-10) }
    }

    @Test(arguments: [FittingSettings.ClassWeights.balanced, .given(negative: 0.3, positive: 5)])
    func `class weights give scikit-learn's coefficients`(classWeights: FittingSettings.ClassWeights) throws {
        let made = MadeRows.dense(rowCount: 3000, columnCount: 6, seed: 82, intercept: -3)
        let positive = made.labels.filter { $0 }.count
        let (negativeWeight, positiveWeight) =
            switch classWeights {
            case .balanced: (1500 / Double(3000 - positive), 1500 / Double(positive))
            case .given(let negative, let positive): (negative, positive)
            case .equal: (1.0, 1.0)
            }
        let fit = try LogisticFitter(FittingSettings(classWeights: classWeights)).fit(made.rows())
        let expected = try LearningOracle.shared().logistic(
            made, penalty: 1, weights: made.labels.map { $0 ? positiveWeight : negativeWeight })
        expectEqual(fit, expected, "\(classWeights)")
    }

    @Test func `a corrected intercept gives the population's share back`() throws {
        // All bad rows and a tenth of the good ones; the law is one of the population.
        let made = MadeRows.dense(rowCount: 60_000, columnCount: 3, seed: 83, intercept: -3)
        let share = Double(made.labels.filter { $0 }.count) / 60_000
        var kept = 0
        var (values, labels): ([Double], [Bool]) = ([], [])
        for row in 0..<60_000 where made.labels[row] || row.isMultiple(of: 10) {
            values += made.values[row * 3..<(row + 1) * 3]
            labels.append(made.labels[row])
            kept += 1
        }
        let sampled = try MadeRows.given(values: values, columnCount: 3, labels: labels).rows()
        let settings = FittingSettings(penalty: 1e-3)
        let whole = try LogisticFitter(settings).fit(made.rows())
        let correction = try PriorCorrection(populationShare: share, rows: sampled, classWeights: .equal)
        let uncorrected = try LogisticFitter(settings).fit(sampled)
        let corrected = uncorrected.corrected(correction)
        #expect(abs(uncorrected.intercept - whole.intercept) > 2)
        #expect(abs(corrected.intercept - whole.intercept) < 0.1)
        // King and Zeng's formula, written out.
        let training = Double(labels.filter { $0 }.count) / Double(kept)
        #expect(
            abs(correction.interceptShift + log((1 - share) / share * (training / (1 - training)))) < 1e-12)
        #expect(throws: FittingError.self) { try PriorCorrection(populationShare: 1, trainingShare: 0.5) }
    }

    @Test(arguments: [2000, 50_000])
    func `a start near the optimum saves passes and ends at the same place`(rowCount: Int) throws {
        let rows = try MadeRows.dense(rowCount: rowCount, columnCount: 10, seed: 84).rows()
        let cold = try LogisticFitter(FittingSettings()).fit(rows)
        let warm = try LogisticFitter(FittingSettings()).fit(rows, from: cold)
        #expect(warm.work.passes < cold.work.passes)
        for (left, right) in zip(warm.coefficients, cold.coefficients) { #expect(abs(left - right) < 1e-8) }
        #expect(throws: FittingError.wrongStart(columnCount: 10, expected: 2)) {
            try LogisticFitter(FittingSettings()).fit(
                MadeRows.dense(rowCount: 50, columnCount: 2, seed: 1).rows(), from: cold)
        }
    }
}
