import CaliberRegression
import CaliberTesting
import Foundation
import Testing

@Suite struct EvaluationTests {
    private struct Figures: Decodable {
        let areaUnderCurve, kolmogorovSmirnov, averagePrecision, brierScore, logLoss, recall, precision: Double
    }

    @Test(arguments: [nil, 12, 300] as [Int?], [false, true])
    func `figures equal scikit-learn's, with ties and weights`(distinct: Int?, isWeighted: Bool) throws {
        let oracle = try SharedOracle.learning.get()
        for seed in 0..<3 as Range<UInt64> {
            let rows = RandomOutcomes(seed: seed, rowCount: 700, distinctScores: distinct)
            let weights = isWeighted ? rows.weights : nil
            let own = Evaluation(
                probabilities: rows.probabilities, labels: rows.labels, weights: weights, reviewProbability: 0.3)
            let other: Figures = try oracle.call(
                "evaluation.figures",
                [
                    "probabilities": .array(rows.probabilities), "labels": .array(rows.labels),
                    "weights": weights.map { .array($0) } ?? .null, "threshold": 0.3,
                ])
            #expect(isClose(own.areaUnderCurve, other.areaUnderCurve))
            #expect(isClose(own.kolmogorovSmirnov, other.kolmogorovSmirnov))
            #expect(isClose(own.averagePrecision, other.averagePrecision))
            #expect(isClose(own.brierScore, other.brierScore))
            #expect(isClose(own.logLoss, other.logLoss))
            #expect(isClose(own.atReview?.recall, other.recall))
            #expect(isClose(own.atReview?.precision, other.precision))
            #expect(own.absences.isEmpty)
        }
    }

    @Test(arguments: [nil, 15] as [Int?])
    func `the calibration table and its error equal scikit-learn's curve`(distinct: Int?) throws {
        struct Curve: Decodable { let rates, means: [Double] }
        for (seed, rowCount) in [(1, 1_000), (2, 997), (3, 31)] as [(UInt64, Int)] {
            let rows = RandomOutcomes(seed: seed, rowCount: rowCount, distinctScores: distinct)
            let own = Evaluation(probabilities: rows.probabilities, labels: rows.labels)
            let other: Curve = try SharedOracle.learning.get().call(
                "evaluation.curve",
                ["probabilities": .array(rows.probabilities), "labels": .array(rows.labels), "bins": 10])
            #expect(own.calibrationTable.count == other.rates.count)
            var error = 0.0
            for (bin, (rate, mean)) in zip(own.calibrationTable, zip(other.rates, other.means)) {
                #expect(isClose(bin.badRate, rate))
                #expect(isClose(bin.meanProbability, mean))
                error += abs(rate - mean) * Double(bin.rowCount) / Double(rowCount)
            }
            #expect(isClose(own.expectedCalibrationError, error))
            #expect(own.calibrationTable.map(\.rowCount).reduce(0, +) == rowCount)
        }
    }

    @Test(arguments: [false, true])
    func `the calibration line equals scikit-learn's unpenalised fit`(isWeighted: Bool) throws {
        struct Line: Decodable { let intercept, slope, interceptError, slopeError: Double }
        let rows = RandomOutcomes(seed: 4, rowCount: 2_000)
        let weights = isWeighted ? rows.weights : nil
        let own = Evaluation(probabilities: rows.probabilities, labels: rows.labels, weights: weights)
        let other: Line = try SharedOracle.learning.get().call(
            "evaluation.line",
            [
                "log_odds": .array(rows.logOdds), "labels": .array(rows.labels),
                "weights": weights.map { .array($0) } ?? .null,
            ])
        let line = try #require(own.calibrationLine)
        #expect(isClose(line.slope, other.slope, within: 1e-8))
        #expect(isClose(line.intercept, other.intercept, within: 1e-8))
        #expect(isClose(line.slopeError, other.slopeError, within: 1e-7))
        #expect(isClose(line.interceptError, other.interceptError, within: 1e-7))
    }

    @Test func `shifting by calibration in the large makes the mean right`() throws {
        let rows = RandomOutcomes(seed: 5, rowCount: 1_000)
        let own = Evaluation(probabilities: rows.probabilities, labels: rows.labels)
        let shift = try #require(own.calibrationInTheLarge)
        let shifted = rows.logOdds.map { LogOdds.probability($0 + shift) }
        let again = Evaluation(probabilities: shifted, labels: rows.labels)
        #expect(isClose(again.meanProbability, try #require(again.baseRate), within: 1e-10))
        #expect(abs(try #require(again.calibrationInTheLarge)) < 1e-9)
    }

    @Test func `deciles hold every row once and their gain ends at all bad rows`() throws {
        let rows = RandomOutcomes(seed: 6, rowCount: 1_003)
        let own = Evaluation(probabilities: rows.probabilities, labels: rows.labels)
        #expect(own.deciles.map(\.rowCount).reduce(0, +) == 1_003)
        #expect(own.deciles.count == 10)
        #expect(own.deciles.allSatisfy { abs($0.rowCount - 100) <= 1 })
        #expect(isClose(own.deciles.last?.cumulativeRecall, 1))
        #expect(isClose(own.deciles.last?.cumulativeShare, 1))
        let badRows = zip(rows.probabilities, rows.labels).sorted { $0.0 > $1.0 }
            .prefix(own.deciles[0].rowCount).map(\.1).reduce(0, +)
        #expect(isClose(own.deciles[0].badRate, badRows / Double(own.deciles[0].rowCount)))
        #expect(isClose(own.deciles[0].lift, own.deciles[0].badRate / (try #require(own.baseRate))))
    }

    @Test func `the curve runs from corner to corner and never falls`() throws {
        let own = Evaluation(
            probabilities: RandomOutcomes(seed: 7, rowCount: 5_000).probabilities,
            labels: RandomOutcomes(seed: 7, rowCount: 5_000).labels)
        let first = try #require(own.curve.first)
        let last = try #require(own.curve.last)
        #expect((first.falsePositiveRate, first.truePositiveRate) == (0, 0))
        #expect((last.falsePositiveRate, last.truePositiveRate) == (1, 1))
        #expect(own.curve.count <= Evaluation.curvePointLimit + 2)
        var area = 0.0
        for (left, right) in zip(own.curve, own.curve.dropFirst()) {
            #expect(left.falsePositiveRate <= right.falsePositiveRate)
            #expect(left.truePositiveRate <= right.truePositiveRate)
            area +=
                (right.falsePositiveRate - left.falsePositiveRate)
                * (right.truePositiveRate + left.truePositiveRate) / 2
        }
        #expect(abs(area - (try #require(own.areaUnderCurve))) < 0.002)
    }

    @Test func `a group's evaluation is that of its rows alone`() throws {
        let rows = RandomOutcomes(seed: 8, rowCount: 600, distinctScores: 40)
        let groups = rows.labels.indices.map { $0 % 4 - 1 }
        let byGroup = Evaluation.byGroup(
            probabilities: rows.probabilities, labels: rows.labels, weights: rows.weights, groups: groups,
            names: ["a", "b", "c", "empty"], reviewProbability: 0.2)
        #expect(byGroup.map(\.group) == ["a", "b", "c"])
        for (code, group) in byGroup.enumerated() {
            let own = rows.labels.indices.filter { groups[$0] == code }
            let alone = Evaluation(
                probabilities: own.map { rows.probabilities[$0] }, labels: own.map { rows.labels[$0] },
                weights: own.map { rows.weights[$0] }, reviewProbability: 0.2)
            #expect(group.evaluation == alone)
        }
    }

    @Test func `rows at the threshold are not flagged`() {
        let own = Evaluation(probabilities: [0.1, 0.2, 0.2, 0.3], labels: [0, 1, 0, 1], reviewProbability: 0.2)
        #expect(own.atReview?.flaggedCount == 1 && own.atReview?.recall == 0.5)
        #expect(own.atReview?.flaggedShare == 0.25 && own.atReview?.falsePositiveRate == 0)
    }

    @Test func `rows that say nothing give words instead of figures`() throws {
        #expect(Evaluation(probabilities: [], labels: []).absences == [.noRows])
        #expect(Evaluation(probabilities: [0.1, .nan], labels: [0, 1]).absences == [.invalidScore])
        #expect(Evaluation(probabilities: [0.1, 1.5], labels: [0, 1]).absences == [.invalidScore])
        #expect(Evaluation(probabilities: [0.1, 0.5], labels: [0, 2]).absences == [.invalidLabel])
        #expect(Evaluation(probabilities: [0.1], labels: [0], weights: [-1]).absences == [.invalidWeight])
        #expect(Evaluation(probabilities: [0.1], labels: [0], weights: [0]).absences == [.noRows])
        let allGood = Evaluation(probabilities: [0.1, 0.2], labels: [0, 0], reviewProbability: 0.15)
        #expect(allGood.absences == [.noBadRows])
        #expect(allGood.areaUnderCurve == nil && allGood.averagePrecision == nil && allGood.curve.isEmpty)
        #expect(isClose(allGood.brierScore, 0.025))
        #expect(allGood.atReview?.recall == nil && allGood.atReview?.precision == 0)
        let allBad = Evaluation(probabilities: [0, 1], labels: [1, 1])
        #expect(allBad.absences == [.noGoodRows])
        #expect(allBad.logLoss.map { $0.isFinite } == true)
        let constant = Evaluation(probabilities: [0.5, 0.5], labels: [0, 1])
        #expect(constant.areaUnderCurve == 0.5 && constant.absences == [.constantScore])
        let parted = Evaluation(probabilities: [0.1, 0.2, 0.7, 0.9], labels: [0, 0, 1, 1])
        #expect(parted.areaUnderCurve == 1 && parted.absences == [.separable])
        let sure = Evaluation(probabilities: [0, 0, 1, 1, 0.5], labels: [0, 1, 1, 0, 0])
        #expect(sure.calibrationLine != nil)
    }

    @Test func `an evaluation comes back from JSON as it was`() throws {
        let rows = RandomOutcomes(seed: 9, rowCount: 200)
        let own = Evaluation(probabilities: rows.probabilities, labels: rows.labels, reviewProbability: 0.25)
        let data = try JSONEncoder().encode(own)
        #expect(try JSONDecoder().decode(Evaluation.self, from: data) == own)
    }
}
