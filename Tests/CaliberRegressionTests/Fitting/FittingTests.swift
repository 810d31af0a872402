import CaliberRegression
import CaliberTesting
import Foundation
import Testing

/// The optimum is the one that scikit-learn finds.
@Suite struct FittingTests {
    @Test(arguments: [0.01, 1, 100])
    func `dense rows give scikit-learn's coefficients`(penalty: Double) throws {
        let made = MadeRows.dense(rowCount: 3001, columnCount: 21, seed: 7)
        let fit = try LogisticFitter(FittingSettings(penalty: penalty)).fit(made.rows())
        let expected = try LearningOracle.shared().logistic(made, penalty: penalty)
        expectEqual(fit, expected, "penalty \(penalty)")
        #expect(fit.notes.isEmpty)
    }

    @Test func `rows enough for sub-samples give scikit-learn's coefficients`() throws {
        let made = MadeRows.dense(rowCount: 60_000, columnCount: 20, seed: 8)
        let fit = try LogisticFitter(FittingSettings()).fit(made.rows())
        #expect(fit.work.sampleRowCounts.count == 2)
        // Few readings of all rows, of which one forms the cross-products.
        #expect(fit.work.passes <= 10 && fit.work.crossProducts == 1, "\(fit.work)")
        let expected = try LearningOracle.shared().logistic(made, penalty: 1)
        expectEqual(fit, expected, "\(fit.work)")
    }

    @Test func `one-hot groups with rare levels give scikit-learn's coefficients`() throws {
        let made = MadeRows.oneHot(rowCount: 20_000, levels: [40, 25, 9, 3], seed: 9)
        let fit = try LogisticFitter(FittingSettings()).fit(made.rows())
        let expected = try LearningOracle.shared().logistic(made, penalty: 1)
        expectEqual(fit, expected, "\(fit.work)")
    }

    @Test(arguments: [true, false])
    func `the breast cancer data give scikit-learn's coefficients`(isStandardised: Bool) throws {
        let oracle = try LearningOracle.shared()
        let data: BreastCancer = try oracle.call("fitting.breast_cancer")
        let made = data.rows(isStandardised: isStandardised)
        let fit = try LogisticFitter(FittingSettings()).fit(made.rows())
        let expected = try oracle.logistic(made, penalty: 1)
        expectEqual(fit, expected, "standardised: \(isStandardised), \(fit.work)")
    }

    @Test(arguments: [1, 1e-4])
    func `separable rows give scikit-learn's coefficients, and a note`(penalty: Double) throws {
        let made = MadeRows.separable(rowCount: 2000, columnCount: 6, seed: 10)
        let fit = try LogisticFitter(FittingSettings(penalty: penalty)).fit(made.rows())
        let expected = try LearningOracle.shared().logistic(made, penalty: penalty)
        expectEqual(fit, expected, "penalty \(penalty), \(fit.work)")
        #expect(fit.notes.contains(.separable))
    }

    @Test(arguments: [3000, 60_000])
    func `collinear columns give scikit-learn's coefficients`(rowCount: Int) throws {
        let made = MadeRows.dense(rowCount: rowCount, columnCount: 8, seed: 11).adding(2) { [$0[0], $0[1] + $0[2]] }
        let fit = try LogisticFitter(FittingSettings()).fit(made.rows())
        let expected = try LearningOracle.shared().logistic(made, penalty: 1)
        expectEqual(fit, expected, "\(fit.work)")
        // The penalty parts a column's weight evenly among its doubles.
        #expect(abs(fit.coefficients[0] - fit.coefficients[8]) < 1e-9)
    }

    @Test(.enabled(if: ProcessInfo.processInfo.environment["CALIBER_LONG_TESTS"] == "1"))
    func `a million rows of 200 columns give scikit-learn's coefficients`() throws {
        let made = MadeRows.dense(rowCount: 1_000_000, columnCount: 200, seed: 13, intercept: -3)
        let fit = try LogisticFitter(FittingSettings()).fit(made.rows())
        let expected = try LearningOracle.shared().logistic(made, penalty: 1)
        expectEqual(fit, expected, "\(fit.work)")
        #expect(fit.work.passes <= 12 && fit.work.crossProducts == 1, "\(fit.work)")
        #expect(try #require(fit.certificate).logOddsDistance < 1e-6)
    }
}
