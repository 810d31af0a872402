import CaliberCore
import CaliberRegression
import CaliberTesting
import Testing

/// What can't be fitted is refused, with a word that helps; it never gives a number that is none, and always ends.
@Suite struct RefusalTests {
    func matrix(_ rows: [[Double]]) -> DesignMatrix {
        let matrix = DesignMatrix(rowCount: rows.count, columnCount: rows.first?.count ?? 0)
        for (row, values) in rows.enumerated() {
            for (column, value) in values.enumerated() { matrix.row(row)[column] = value }
        }
        return matrix
    }

    func refusal(_ body: () throws -> Void) -> FittingError? {
        do {
            try body()
            return nil
        } catch {
            return error as? FittingError
        }
    }

    func expectRefusal(
        _ expected: FittingError, sourceLocation: Testing.SourceLocation = #_sourceLocation, _ body: () throws -> Void
    ) {
        let refused = refusal(body)
        #expect(refused == expected, sourceLocation: sourceLocation)
    }

    @Test func `rows that say nothing are refused`() throws {
        let fitter = try LogisticFitter(FittingSettings())
        expectRefusal(.noRows) { _ = try fitter.fit(TrainingRows(matrix([]), labels: [])) }
        expectRefusal(.singleClass(isPositive: true, rowCount: 2)) {
            _ = try fitter.fit(TrainingRows(matrix([[1], [2]]), labels: [true, true]))
        }
        expectRefusal(.noRows) {
            _ = try fitter.fit(TrainingRows(matrix([[1], [2]]), labels: [true, false], weights: [0, 0]))
        }
        expectRefusal(.singleClass(isPositive: true, rowCount: 1)) {
            _ = try fitter.fit(TrainingRows(matrix([[1], [2]]), labels: [true, false], weights: [1, 0]))
        }
    }

    @Test func `counts, weights and settings that are wrong are named`() throws {
        expectRefusal(.wrongCount(of: "labels", count: 1, rowCount: 2)) {
            _ = try TrainingRows(matrix([[1], [2]]), labels: [true])
        }
        expectRefusal(.wrongCount(of: "weights", count: 1, rowCount: 2)) {
            _ = try TrainingRows(matrix([[1], [2]]), labels: [true, false], weights: [1])
        }
        for weight in [-1, Double.nan, .infinity] {
            expectRefusal(.badWeight(row: 1, value: "\(weight)")) {
                _ = try TrainingRows(matrix([[1], [2]]), labels: [true, false], weights: [1, weight])
            }
        }
        for settings in [
            FittingSettings(penalty: -1), FittingSettings(penalty: .nan), FittingSettings(absoluteShare: 1.5),
            FittingSettings(tolerance: 0), FittingSettings(passLimit: 0), FittingSettings(threads: 0),
        ] {
            let refused = refusal { _ = try LogisticFitter(settings) }
            #expect(refused?.diagnostic.code == "fit-bad-setting")
        }
        let rows = try TrainingRows(matrix([[1], [2]]), labels: [true, false])
        let given = FittingSettings(classWeights: .given(negative: 0, positive: 1))
        let refused = refusal { _ = try LogisticFitter(given).fit(rows) }
        #expect(refused?.diagnostic.code == "fit-bad-setting")
    }

    @Test(arguments: [500, 40_000], [Double.nan, .infinity, -.infinity])
    func `a value that is no number is named by row and column`(rowCount: Int, value: Double) throws {
        let made = MadeRows.dense(rowCount: rowCount, columnCount: 4, seed: 70)
        let matrix = made.matrix
        matrix.row(rowCount - 3)[2] = value
        let rows = try TrainingRows(matrix, labels: made.labels)
        expectRefusal(.notFinite(row: rowCount - 3, column: 2, value: "\(value)")) {
            _ = try LogisticFitter(FittingSettings()).fit(rows)
        }
    }

    @Test(arguments: [300, 20_000])
    func `separable rows without a penalty are refused, and with a tiny one fitted`(rowCount: Int) throws {
        let rows = try MadeRows.separable(rowCount: rowCount, columnCount: 3, seed: 71).rows()
        expectRefusal(.separated(isComplete: true)) { _ = try LogisticFitter(FittingSettings(penalty: 0)).fit(rows) }
        let fit = try LogisticFitter(FittingSettings(penalty: 1e-9)).fit(rows)
        #expect(fit.coefficients.allSatisfy { $0.isFinite } && fit.notes.contains(.separable))
    }

    @Test(arguments: [400, 20_000])
    func `a column that is certain of some rows is refused without a penalty`(rowCount: Int) throws {
        // The last column is 1 only where the label is true, in a few rows.
        let made = MadeRows.dense(rowCount: rowCount, columnCount: 3, seed: 72)
        var index = -1
        let known = made.adding(1) { _ in
            index += 1
            return [made.labels[index] && index.isMultiple(of: 5) ? 1 : 0]
        }
        let rows = try known.rows()
        expectRefusal(.separated(isComplete: false)) { _ = try LogisticFitter(FittingSettings(penalty: 0)).fit(rows) }
        let fit = try LogisticFitter(FittingSettings(penalty: 1e-6)).fit(rows)
        #expect(fit.coefficients.allSatisfy { $0.isFinite })
        #expect(fit.coefficients[3] > 5)
    }

    @Test func `columns that others make up are named, and get nothing, without a penalty`() throws {
        let made = MadeRows.dense(rowCount: 2000, columnCount: 3, seed: 73)
        let doubled = made.adding(2) { [$0[0], 0 * $0[1]] }
        let fit = try LogisticFitter(FittingSettings(penalty: 0)).fit(doubled.rows())
        let plain = try LogisticFitter(FittingSettings(penalty: 0)).fit(made.rows())
        #expect(fit.notes == [.dependentColumns([DependentColumn(column: 3, others: [0], includesConstant: false)])])
        #expect(fit.coefficients[3] == 0 && fit.coefficients[4] == 0)
        #expect(fit.errors?.coefficients[3] == nil && fit.errors?.coefficients[0] != nil)
        for column in 0..<3 { #expect(abs(fit.coefficients[column] - plain.coefficients[column]) < 1e-9) }
    }

    @Test func `a fit is cancelled where its watcher says so`() throws {
        let rows = try MadeRows.dense(rowCount: 2000, columnCount: 3, seed: 74).rows()
        var passes = 0
        let cancelled = refusal {
            _ = try LogisticFitter(FittingSettings()).fit(
                rows, observer: FittingObserver(progress: { _ in passes += 1 }, isCancelled: { true }))
        }
        #expect(cancelled == .cancelled)
        #expect(passes == 0)
        var stages: [FittingProgress] = []
        _ = try LogisticFitter(FittingSettings()).fit(rows, observer: FittingObserver { stages.append($0) })
        #expect(stages.allSatisfy { $0.objective.isFinite && $0.gradientNorm.isFinite && $0.passSeconds >= 0 })
        #expect(zip(stages, stages.dropFirst()).allSatisfy { $1.objective <= $0.objective * (1 + 1e-12) })
    }
}
