import CaliberCore
import CaliberRegression
import CaliberTesting
import Foundation
import Testing

/// The words that people read.
@Suite struct FittingTextTests {
    @Test func `every refusal says what is wrong and what to do`() {
        let texts: [(FittingError, String)] = [
            (
                .noRows,
                "error[fit-no-rows]: There are no rows to learn from. Take a longer training span, or wait until labels "
                    + "have matured."
            ),
            (
                .wrongCount(of: "labels", count: 3, rowCount: 4),
                "error[fit-wrong-count]: There are 3 labels for 4 rows. Give one for each row."
            ),
            (
                .singleClass(isPositive: false, rowCount: 9),
                "error[fit-single-class]: All 9 rows that count have the label 0: there is nothing to tell apart. Take a "
                    + "span that has both good and bad outcomes, or check the label's definition."
            ),
            (
                .notFinite(row: 5, column: 2, value: "nan"),
                "error[fit-not-finite]: Row 5, column 2 holds nan, which no model can weigh. Prepare the matrix first, so "
                    + "that missing values are filled in; check how the column is made."
            ),
            (
                .badSetting(name: "The penalty", value: "-1.0", allowed: "a finite number of at least 0"),
                "error[fit-bad-setting]: The penalty is -1.0. Give a finite number of at least 0."
            ),
            (
                .wrongStart(columnCount: 3, expected: 4),
                "error[fit-wrong-start]: The start has 3 coefficients, the matrix 4 columns. Start from a fit of the same "
                    + "columns, or without one."
            ),
            (
                .separated(isComplete: true),
                "error[fit-separated]: The columns tell the classes apart without a mistake, so without a penalty no "
                    + "coefficients are best. Give a penalty above 0, or look for a column that knows the outcome."
            ),
            (
                .separated(isComplete: false),
                "error[fit-separated]: Some columns tell part of the rows apart for certain, so without a penalty no "
                    + "coefficients are best. Give a penalty above 0, or look for a column that knows the outcome."
            ),
            (
                .tooFewTimes(distinct: 4, folds: 5),
                "error[fit-too-few-times]: 4 distinct times can't be cut into 5 folds and a first training span. Ask for "
                    + "fewer folds."
            ),
            (
                .foldOfOneClass(fold: 2),
                "error[fit-fold-of-one-class]: The training rows of fold 2 all have the same label. Ask for fewer folds, "
                    + "or take a longer span."
            ),
            (.cancelled, "error[fit-cancelled]: The fit was cancelled."),
        ]
        for (error, text) in texts { #expect(error.diagnostic.description == text) }
    }

    @Test func `notes are sentences`() {
        #expect(
            FittingNote.crossProductsRepeated(times: 2).text
                == "The sub-sample was a poor guide: the cross-products of all rows were formed 2 more times.")
        #expect(
            FittingNote.stoppedEarly(distanceInErrors: 0.5).text
                == "The fit stopped early, about 0.5 standard errors from the optimum.")
        #expect(
            DesignPreparation.Note.constant(column: 3, value: 1.5).text
                == "Column 3 is 1.5 in every row, and left out.")
        #expect(
            DesignPreparation.Note.allMissing(column: 3).text == "Column 3 is missing in every row, and left out.")
    }

    @Test func `a fit is kept as JSON with every bit`() throws {
        // All levels of a group and no penalty: the intercept is made up of them.
        let rows = try MadeRows.oneHot(rowCount: 3000, levels: [4], seed: 120).rows()
        let fit = try LogisticFitter(FittingSettings(penalty: 0)).fit(rows)
        #expect(fit.errors?.intercept == nil && fit.errors?.coefficients.allSatisfy { $0 != nil } == true)
        #expect(
            fit.notes.contains {
                $0 == .dependentColumns([DependentColumn(column: 3, others: [0, 1, 2], includesConstant: true)])
            })
        let decoded = try JSONDecoder().decode(LogisticFit.self, from: JSONEncoder().encode(fit))
        #expect(decoded == fit)
        #expect(fit.model.terms.count == 4 && fit.model.intercept == fit.intercept)
    }

    @Test func `a fit that may not go on says how far it is`() throws {
        let rows = try MadeRows.dense(rowCount: 3000, columnCount: 5, seed: 121).rows()
        let fit = try LogisticFitter(FittingSettings(passLimit: 4)).fit(rows)
        guard case .stoppedEarly(let distance)? = fit.notes.last else {
            Issue.record("no note among \(fit.notes)")
            return
        }
        #expect(distance > 1e-7)
    }
}
