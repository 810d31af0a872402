import CaliberCore
import CaliberRegression
import CaliberTesting
import Testing

/// A penalty is chosen by how well fits predict rows that come later.
@Suite struct PenaltyChoiceTests {
    /// Rows in no order, four of each time.
    func made(rowCount: Int, columnCount: Int, seed: UInt64) -> (rows: MadeRows, times: [Int64]) {
        var random = SeededGenerator(seed: seed)
        let times = (0..<rowCount).map { Int64($0 / 4) * 10 }.shuffled(using: &random)
        return (.dense(rowCount: rowCount, columnCount: columnCount, seed: seed), times)
    }

    @Test func `losses of later rows are those of scikit-learn's fits`() throws {
        let (made, times) = made(rowCount: 2402, columnCount: 8, seed: 100)
        let validation = TimeOrderedValidation(penalties: [1, 1000, 10, 1], foldCount: 3)
        let choice = try validation.choose(for: made.rows(), times: times, settings: FittingSettings())
        #expect(choice.entries.map(\.penalty) == [1000, 10, 1])
        #expect(choice.folds.count == 3)
        // Each fold begins where a time does, right behind the one before, and the last ends with the rows.
        #expect(choice.folds[0].validationStart == 1500)
        #expect(choice.folds.map { $0.trainingRowCount + $0.validationRowCount }.last == 2402)
        for (fold, next) in zip(choice.folds, choice.folds.dropFirst()) {
            #expect(next.validationStart == fold.validationEnd + 10)
            #expect(next.trainingRowCount == fold.trainingRowCount + fold.validationRowCount)
        }
        let cuts = choice.folds.map { Double($0.validationStart) } + [1e9]
        let expected: [[Double]] = try LearningOracle.shared().call(
            "fitting.later_losses",
            [
                "x": .array(made.values, shape: [2402, 8]), "y": .array(made.labels.map { $0 ? 1 : 0 }),
                "times": .array(times.map(Double.init)), "cuts": .list(cuts.map { .number($0) }),
                "penalties": .list([1000, 10, 1]),
            ])
        for (entry, losses) in zip(choice.entries, expected) {
            for (own, other) in zip(entry.foldLosses, losses) { #expect(abs(own - other) < 1e-9) }
        }
        let best = choice.entries.min { $0.meanLoss < $1.meanLoss }
        #expect(choice.penalty == best?.penalty)
    }

    @Test func `within one standard error the greatest penalty is taken`() throws {
        let (made, times) = made(rowCount: 3000, columnCount: 6, seed: 101)
        let penalties = [0.1, 1, 10, 100, 1000, 1e5]
        func choice(_ rule: TimeOrderedValidation.Rule) throws -> PenaltyChoice {
            try TimeOrderedValidation(penalties: penalties, foldCount: 5, rule: rule)
                .choose(for: made.rows(), times: times, settings: FittingSettings())
        }
        let (least, simple) = (try choice(.least), try choice(.oneStandardError))
        #expect(least.entries == simple.entries)
        #expect(simple.penalty > least.penalty)
        let best = try #require(least.entries.first { $0.penalty == least.penalty })
        let chosen = try #require(least.entries.first { $0.penalty == simple.penalty })
        #expect(chosen.meanLoss <= best.meanLoss + best.standardError)
        for entry in least.entries where entry.penalty > simple.penalty {
            #expect(entry.meanLoss > best.meanLoss + best.standardError)
        }
    }

    @Test func `what comes later never changes a fold that is judged before`() throws {
        let (made, times) = made(rowCount: 1200, columnCount: 4, seed: 102)
        let validation = TimeOrderedValidation(penalties: [1], foldCount: 3)
        let before = try validation.choose(for: made.rows(), times: times, settings: FittingSettings())
        let cut = before.folds[1].validationStart
        var labels = made.labels
        for row in labels.indices where times[row] >= cut { labels[row].toggle() }
        let changed = MadeRows.given(values: made.values, columnCount: 4, labels: labels)
        let after = try validation.choose(for: changed.rows(), times: times, settings: FittingSettings())
        #expect(before.entries[0].foldLosses[0] == after.entries[0].foldLosses[0])
        #expect(before.entries[0].foldLosses[1] != after.entries[0].foldLosses[1])
    }

    @Test func `what can't be cut is refused`() throws {
        let (made, times) = made(rowCount: 40, columnCount: 2, seed: 103)
        func code(_ penalties: [Double], _ folds: Int, _ times: [Int64], _ made: MadeRows) -> String? {
            do {
                _ = try TimeOrderedValidation(penalties: penalties, foldCount: folds)
                    .choose(for: made.rows(), times: times, settings: FittingSettings())
                return nil
            } catch {
                return (error as? FittingError)?.diagnostic.code
            }
        }
        #expect(code([], 3, times, made) == "fit-bad-setting")
        #expect(code([1], 0, times, made) == "fit-bad-setting")
        #expect(code([-1], 1, times, made) == "fit-bad-setting")
        #expect(code([1], 3, [1], made) == "fit-wrong-count")
        #expect(code([1], 30, times, made) == "fit-too-few-times")
        let oneClass = MadeRows.given(
            values: made.values, columnCount: 2, labels: times.map { $0 >= 60 })
        #expect(code([1], 3, times, oneClass) == "fit-fold-of-one-class")
    }
}
