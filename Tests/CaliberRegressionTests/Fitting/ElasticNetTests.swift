import CaliberRegression
import CaliberTesting
import Foundation
import Testing

/// A penalty on absolute values gives the coefficients of scikit-learn's saga, and zeros where it has them.
@Suite struct ElasticNetTests {
    @Test(arguments: [(1.0, 30.0), (0.5, 30), (0.9, 3)])
    func `dense rows give saga's coefficients`(share: Double, penalty: Double) throws {
        let made = MadeRows.dense(rowCount: 2000, columnCount: 12, seed: 90)
        let fit = try LogisticFitter(FittingSettings(penalty: penalty, absoluteShare: share)).fit(made.rows())
        let expected = try LearningOracle.shared().logistic(
            made, penalty: penalty,
            extra: ["solver": "saga", "tolerance": 1e-10, "iterations": 5000, "l1_share": .number(share)])
        expectEqual(fit, expected, relative: 1e-5, "\(fit.work)")
        #expect(zip(fit.coefficients, expected.coefficients).allSatisfy { ($0 == 0) == (abs($1) < 1e-7) })
        #expect(fit.gradientNorm < 1e-4 && fit.notes.isEmpty)
    }

    @Test func `rows enough for sub-samples end where all rows' conditions hold`() throws {
        let made = MadeRows.dense(rowCount: 40_000, columnCount: 15, seed: 91)
        let fit = try LogisticFitter(FittingSettings(penalty: 300, absoluteShare: 0.8)).fit(made.rows())
        #expect(fit.work.sampleRowCounts.count == 2)
        #expect(fit.coefficients.contains(0) && fit.coefficients.contains { $0 != 0 })
        // The subgradient's length, which only the optimum has at 0.
        #expect(fit.gradientNorm < 1e-4)
        let again = try LogisticFitter(FittingSettings(penalty: 300, absoluteShare: 0.8)).fit(made.rows(), from: fit)
        #expect(again.work.passes <= 4)
    }

    @Test func `a penalty that is large enough leaves the intercept alone`() throws {
        let made = MadeRows.dense(rowCount: 1000, columnCount: 5, seed: 92)
        let fit = try LogisticFitter(FittingSettings(penalty: 1e6, absoluteShare: 1)).fit(made.rows())
        #expect(fit.coefficients == [0, 0, 0, 0, 0])
        let share = Double(made.labels.filter { $0 }.count) / 1000
        #expect(abs(exp(fit.intercept) - share / (1 - share)) < 1e-9)
    }
}
