import CaliberRegression
import CaliberTesting
import Foundation
import Testing

/// What is learned of raw columns, done to them, and taken back.
@Suite struct PreparationTests {
    func matrix(_ columns: [[Double]]) -> DesignMatrix {
        let matrix = DesignMatrix(rowCount: columns[0].count, columnCount: columns.count)
        for (column, values) in columns.enumerated() {
            for (row, value) in values.enumerated() { matrix.row(row)[column] = value }
        }
        return matrix
    }

    let nan = Double.nan

    @Test func `columns are brought to mean 0 and deviation 1, and awkward ones are left out and named`() throws {
        let raw = matrix([
            [1, 2, 3, 4], [5, 5, 5, 5], [nan, nan, nan, nan], [10, nan, 30, nan], [7, nan, 7, 7],
        ])
        let preparation = try DesignPreparation(learningFrom: raw)
        #expect(
            preparation.notes == [
                .constant(column: 1, value: 5), .allMissing(column: 2), .constant(column: 4, value: 7),
            ])
        #expect(preparation.preparedColumnCount == 4)
        #expect(preparation.columns[0].mean == 2.5 && preparation.columns[0].deviation == 1.25.squareRoot())
        #expect(preparation.columns[3].mean == 20 && preparation.columns[3].deviation == 10)
        #expect(preparation.columns[3].missingCount == 2)
        let prepared = preparation.prepared(consuming: raw)
        #expect(prepared.rowCount == 4 && prepared.columnCount == 4)
        // Values of columns 0 and 3, then where 3 and 4 are missing.
        let deviation = 1.25.squareRoot()
        #expect(Array(prepared.row(0)) == [-1.5 / deviation, -1, 0, 0])
        #expect(Array(prepared.row(1)) == [-0.5 / deviation, 0, 1, 1])
        #expect(Array(prepared.row(2)) == [0.5 / deviation, 1, 0, 0])
        #expect(Array(prepared.row(3)) == [1.5 / deviation, 0, 1, 0])
        #expect(preparation.origin(ofPrepared: 1).map { $0 == (3, false) } == true)
        #expect(preparation.origin(ofPrepared: 3).map { $0 == (4, true) } == true)
        #expect(preparation.origin(ofPrepared: 4) == nil)
    }

    @Test func `more indicators than the raw matrix has room for go to new memory`() throws {
        let preparation = try DesignPreparation(learningFrom: matrix([[1, nan, 3], [nan, 2, 4]]))
        let prepared = preparation.prepared(consuming: matrix([[1, nan, 3], [nan, 2, 4]]))
        #expect(prepared.columnCount == 4)
        #expect(Array(prepared.row(0)) == [-1, 0, 0, 1] && Array(prepared.row(2)) == [1, 1, 0, 0])
    }

    /// Columns 0, 2 and 5 are missing together, 3 and 4 as often as they are, but in rows of their own.
    func missingTogether(seed: UInt64, rowCount: Int) -> (raw: DesignMatrix, labels: [Bool]) {
        let made = MadeRows.dense(rowCount: rowCount, columnCount: 6, seed: seed)
        var random = SeededGenerator(seed: seed)
        let raw = DesignMatrix(rowCount: rowCount, columnCount: 6)
        var order = Array(0..<rowCount)
        order.shuffle(using: &random)
        for index in raw.values.indices { raw.values[index] = made.values[index] }
        for place in 0..<rowCount / 5 {
            for column in [0, 2, 5] { raw.row(order[place])[column] = .nan }
            for column in [3, 4] { raw.row(order[(place * (column - 1)) % rowCount])[column] = .nan }
        }
        return (raw, made.labels)
    }

    @Test(arguments: 1...8 as ClosedRange<UInt64>)
    func `columns that are missing together share one indicator, and no others do`(seed: UInt64) throws {
        let (raw, _) = missingTogether(seed: seed, rowCount: 500 + Int(seed) * 301)
        let preparation = try DesignPreparation(learningFrom: raw, threads: 3)
        // What a comparison of all rows of all pairs says.
        let expected = (0..<6).map { column in
            (0..<column).first { other in
                preparation.columns[column].missingCount > 0
                    && (0..<raw.rowCount).allSatisfy { raw.row($0)[other].isNaN == raw.row($0)[column].isNaN }
            }
        }
        #expect(expected[2] == 0 && expected[5] == 0 && expected[3] == nil && expected[4] == nil)
        #expect(preparation.columns.map(\.sharesIndicatorOf) == expected)
        #expect(preparation.preparedColumnCount == 6 + 3)
        for column in preparation.columns where column.sharesIndicatorOf != nil {
            #expect(column.indicatorColumn == nil && column.valueColumn != nil)
        }
        for threads in [1, 2, 8] { #expect(try DesignPreparation(learningFrom: raw, threads: threads) == preparation) }
    }

    @Test(arguments: [3, 4] as [UInt64])
    func `a shared indicator predicts what one a column would with parts of its weight`(seed: UInt64) throws {
        let (raw, labels) = missingTogether(seed: seed, rowCount: 1500)
        let preparation = try DesignPreparation(learningFrom: raw)
        let prepared = DesignMatrix(rowCount: raw.rowCount, columnCount: preparation.preparedColumnCount)
        for row in 0..<raw.rowCount {
            preparation.prepare(row: UnsafeBufferPointer(raw.row(row)), into: prepared.row(row))
        }
        let fit = try LogisticFitter(FittingSettings(penalty: 2)).fit(TrainingRows(prepared, labels: labels))
        let model = try preparation.model(of: fit)
        let weight = model.terms[0].missingWeight
        #expect(abs(weight) > 1e-3 && model.terms[2].missingWeight == 0 && model.terms[5].missingWeight == 0)
        var parted = model
        for (column, share) in [(0, 0.5), (2, 0.3), (5, 0.2)] { parted.terms[column].missingWeight = weight * share }
        let (scores, others) = (LogisticScorer(model), LogisticScorer(parted))
        for row in 0..<raw.rowCount {
            let score = scores.logOdds(ofRow: Array(raw.row(row)))
            let expected = fit.logOdds(of: prepared.row(row))
            #expect(abs(score - expected) < 1e-9 * (1 + abs(expected)), "seed \(seed), row \(row)")
            #expect(abs(score - others.logOdds(ofRow: Array(raw.row(row)))) < 1e-9 * (1 + abs(expected)))
        }
    }

    @Test func `infinite values are named, and no rows refused`() throws {
        #expect(throws: FittingError.notFinite(row: 2, column: 1, value: "-inf")) {
            try DesignPreparation(learningFrom: matrix([[1, 2, 3], [1, 2, -.infinity]]))
        }
        #expect(throws: FittingError.noRows) {
            try DesignPreparation(learningFrom: DesignMatrix(rowCount: 0, columnCount: 3))
        }
    }

    /// Random raw rows with means far from 0, missing values, a constant and an empty column.
    func randomRaw(seed: UInt64, rowCount: Int) -> (raw: DesignMatrix, labels: [Bool]) {
        let made = MadeRows.dense(rowCount: rowCount, columnCount: 6, seed: seed)
        var random = SeededGenerator(seed: seed)
        let raw = DesignMatrix(rowCount: rowCount, columnCount: 8)
        for row in 0..<rowCount {
            for column in 0..<6 {
                let value = made.values[row * 6 + column]
                raw.row(row)[column] = value * [1, 1000, 1e-6, 3, 1, 1e5][column] + [0, 1.7e9, 0, -20, 1e3, 0][column]
            }
            if Int.random(in: 0..<5, using: &random) == 0 { raw.row(row)[3] = .nan }
            if made.labels[row], Bool.random(using: &random) { raw.row(row)[0] = .nan }
            (raw.row(row)[6], raw.row(row)[7]) = (42, .nan)
        }
        return (raw, made.labels)
    }

    @Test(arguments: 1...6 as ClosedRange<UInt64>)
    func `the model over raw columns scores as the fit over prepared ones`(seed: UInt64) throws {
        let (raw, labels) = randomRaw(seed: seed, rowCount: 1500)
        let preparation = try DesignPreparation(learningFrom: raw, threads: 2)
        let copy = DesignMatrix(rowCount: raw.rowCount, columnCount: raw.columnCount)
        for index in raw.values.indices { copy.values[index] = raw.values[index] }
        let prepared = preparation.prepared(consuming: copy)
        let fit = try LogisticFitter(FittingSettings()).fit(TrainingRows(prepared, labels: labels))
        let model = try preparation.model(of: fit)
        #expect(fit.coefficients.contains { abs($0) > 0.1 })
        #expect(model.terms[0].missingWeight > 0.1 && model.terms[6].weight == 0 && model.terms[7].missingWeight == 0)
        let scorer = LogisticScorer(model)
        let scores = scorer.logOdds(of: raw, threads: 2)
        for row in 0..<raw.rowCount {
            let expected = fit.logOdds(of: prepared.row(row))
            #expect(abs(scores[row] - expected) < 1e-9 * (1 + abs(expected)), "seed \(seed), row \(row)")
            let contributions = (0..<8).reduce(model.intercept) {
                $0 + model.contribution(of: $1, value: raw.row(row)[$1])
            }
            #expect(abs(scores[row] - contributions) < 1e-9 * (1 + abs(expected)), "seed \(seed), row \(row)")
        }
        #expect(throws: FittingError.wrongStart(columnCount: 1, expected: preparation.preparedColumnCount)) {
            let other = try LogisticFitter(FittingSettings()).fit(
                TrainingRows(DesignMatrix(rowCount: 2, columnCount: 1), labels: [true, false]))
            _ = try preparation.model(of: other)
        }
    }

    @Test func `learning is the same to the bit for any number of threads`() throws {
        let (raw, _) = randomRaw(seed: 9, rowCount: 5000)
        let alone = try DesignPreparation(learningFrom: raw, threads: 1)
        for threads in [2, 3, 8] { #expect(try DesignPreparation(learningFrom: raw, threads: threads) == alone) }
    }

    @Test func `doubles, sums and whole one-hot groups are named with what makes them up`() throws {
        let made = MadeRows.dense(rowCount: 3000, columnCount: 4, seed: 12).adding(4) { row in
            let isHigh = row[3] > 0.2
            return [2 * row[0], row[1] - 3 * row[2], isHigh ? 1 : 0, isHigh ? 0 : 1]
        }
        for rowCount in [3000, 30_000] {
            var rows = made
            if rowCount > 3000 {
                rows = MadeRows.given(
                    values: (0..<10).flatMap { _ in made.values }, columnCount: 8,
                    labels: (0..<10).flatMap { _ in made.labels })
            }
            let fit = try LogisticFitter(FittingSettings(penalty: 0.5)).fit(rows.rows())
            #expect(
                fit.notes == [
                    .dependentColumns([
                        DependentColumn(column: 4, others: [0], includesConstant: false),
                        DependentColumn(column: 5, others: [1, 2], includesConstant: false),
                        DependentColumn(column: 7, others: [6], includesConstant: true),
                    ])
                ])
            let text = fit.notes[0].text
            #expect(
                text == "Some columns say what others say: column 4 is made up of 0; column 5 is made up of 1, 2; "
                    + "column 7 is made up of 6, a constant.")
            #expect(try #require(fit.errors?.conditionNumber) > 1000)
        }
    }
}
