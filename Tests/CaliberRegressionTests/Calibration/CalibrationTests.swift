import CaliberRegression
import CaliberTesting
import Foundation
import Testing

@Suite struct CalibrationTests {
    @Test func `Platt's parameters equal scikit-learn's`() throws {
        struct Line: Decodable { let intercept, slope: Double }
        let oracle = try SharedOracle.learning.get()
        // On few rows the targets' smoothing shows in the third digit.
        for (seed, rowCount) in [(0, 500), (1, 60), (2, 40)] as [(UInt64, Int)] {
            let rows = RandomOutcomes(seed: seed, rowCount: rowCount)
            let data: [String: LearningOracle.Argument] = [
                "log_odds": .array(rows.logOdds), "labels": .array(rows.labels),
            ]
            let smoothed: Line = try oracle.call("evaluation.platt", data)
            let plain: Line = try oracle.call(
                "evaluation.line", data.merging(["weights": .array(rows.weights)]) { $1 })
            guard
                case .platt(let intercept, let slope) = try Calibration.platt(
                    logOdds: rows.logOdds, labels: rows.labels)
            else { throw OtherKind() }
            // scikit-learn's search stops a little before the optimum.
            #expect(isClose(slope, smoothed.slope, within: 1e-4))
            #expect(isClose(intercept, smoothed.intercept, within: 1e-4))
            guard
                case .platt(let intercept, let slope) = try Calibration.platt(
                    logOdds: rows.logOdds, labels: rows.labels, weights: rows.weights, smoothsTargets: false)
            else { throw OtherKind() }
            #expect(isClose(slope, plain.slope, within: 1e-8))
            #expect(isClose(intercept, plain.intercept, within: 1e-8))
        }
    }

    private struct OtherKind: Error {}

    @Test(arguments: [nil, 20] as [Int?], [false, true])
    func `isotonic rates equal scikit-learn's`(distinct: Int?, isWeighted: Bool) throws {
        let rows = RandomOutcomes(seed: 3, rowCount: 400, distinctScores: distinct)
        let weights = isWeighted ? rows.weights : nil
        let others: [Double] = try SharedOracle.learning.get().call(
            "evaluation.isotonic",
            [
                "scores": .array(rows.logOdds), "labels": .array(rows.labels),
                "weights": weights.map { .array($0) } ?? .null,
            ])
        let own = try IsotonicRegression(scores: rows.logOdds, labels: rows.labels, weights: weights)
        for (score, other) in zip(rows.logOdds, others) {
            let block = try #require(own.blocks.first { $0.lowestScore <= score && score <= $0.highestScore })
            #expect(isClose(block.rate, other))
        }
    }

    @Test(arguments: 0..<40 as Range<UInt64>)
    func `no rising step function is nearer than the blocks`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let labels = (0..<8).map { _ in Bool.random(using: &generator) ? 1.0 : 0.0 }
        let scores = (0..<8).map { Double($0 / Int.random(in: 1...2, using: &generator)) }
        let weights = labels.map { _ in Double.random(in: 0.5...3, using: &generator) }
        let own = try IsotonicRegression(scores: scores, labels: labels, weights: weights)
        #expect(zip(own.blocks, own.blocks.dropFirst()).allSatisfy { $0.rate < $1.rate })

        func loss(_ rate: (Double) -> Double) -> Double {
            zip(zip(scores, labels), weights).reduce(0) { sum, row in
                sum + row.1 * (row.0.1 - rate(row.0.0)) * (row.0.1 - rate(row.0.0))
            }
        }
        let fitted = loss { score in own.blocks.last { $0.lowestScore <= score }?.rate ?? .nan }
        // The optimum is made of means of neighbouring scores: every way to cut the scores is tried.
        let places = Set(scores).sorted()
        var best = Double.infinity
        for cuts in 0..<(1 << (places.count - 1)) {
            var blockOfPlace: [Double: Int] = [:]
            var block = 0
            for (index, place) in places.enumerated() {
                blockOfPlace[place] = block
                if index < places.count - 1, cuts >> index & 1 == 1 { block += 1 }
            }
            var bad = [Double](repeating: 0, count: block + 1)
            var all = bad
            for row in scores.indices {
                let block = blockOfPlace[scores[row]] ?? 0
                bad[block] += labels[row] * weights[row]
                all[block] += weights[row]
            }
            let rates = zip(bad, all).map { $0 / $1 }
            guard zip(rates, rates.dropFirst()).allSatisfy({ $0 <= $1 }) else { continue }
            best = min(best, loss { rates[blockOfPlace[$0] ?? 0] })
        }
        #expect(abs(fitted - best) < 1e-12)
    }

    @Test(arguments: Calibration.Method.allCases, 0..<4 as Range<UInt64>)
    func `a calibration rises strictly, has an inverse and comes back from JSON`(
        method: Calibration.Method, seed: UInt64
    ) throws {
        let rows = RandomOutcomes(seed: seed, rowCount: 300, distinctScores: seed % 2 == 0 ? nil : 25)
        let calibration = try Calibration.learned(method, logOdds: rows.logOdds, labels: rows.labels)
        let grid = (-400...400).map { Double($0) / 20 }
        let mapped = grid.map(calibration.logOdds)
        #expect(zip(mapped, mapped.dropFirst()).allSatisfy { $0 < $1 })
        for (raw, calibrated) in zip(grid, mapped) {
            #expect(calibrated.isFinite)
            #expect(abs(calibration.logOdds(calibration.rawLogOdds(calibrated)) - calibrated) < 1e-9)
            #expect(abs(calibration.rawLogOdds(calibrated) - raw) < 1e-6)
        }
        let slope = calibration.meanSlope(from: -3, to: 1)
        #expect(isClose(slope * 4, calibration.logOdds(1) - calibration.logOdds(-3), within: 1e-9))
        #expect(calibration.meanSlope(from: 0.5, to: 0.5) > 0)
        let data = try JSONEncoder().encode(calibration)
        #expect(try JSONDecoder().decode(Calibration.self, from: data) == calibration)
    }

    @Test func `what was learned on one slice is nearer to the truth on another`() throws {
        let earlier = RandomOutcomes(seed: 1, rowCount: 4_000, slope: 0.4)
        let later = RandomOutcomes(seed: 2, rowCount: 4_000, slope: 0.4)
        let before = Evaluation(probabilities: later.probabilities, labels: later.labels)
        for method in [Calibration.Method.platt, .isotonic] {
            let calibration = try Calibration.learned(method, logOdds: earlier.logOdds, labels: earlier.labels)
            let after = Evaluation(
                probabilities: later.logOdds.map(calibration.probability), labels: later.labels)
            #expect(try #require(after.logLoss) < (try #require(before.logLoss)))
            #expect(try #require(after.expectedCalibrationError) < 0.03)
            #expect(isClose(after.areaUnderCurve, try #require(before.areaUnderCurve)))
        }
    }

    @Test func `rates of 0 and 1 stay away from the ends`() throws {
        let calibration = try Calibration.isotonic(
            logOdds: [-3, -2, -1, 0, 1, 2], labels: [0, 0, 0, 1, 0, 1])
        for raw in [-2.5, 2] {
            let probability = calibration.probability(raw)
            #expect(probability > 0 && probability < 1)
        }
        #expect(isClose(calibration.probability(-2), 0.5 / 7))
    }

    @Test func `what can't be learned says why`() throws {
        func problem(_ method: Calibration.Method, _ logOdds: [Double], _ labels: [Double]) -> CalibrationProblem? {
            do throws(CalibrationProblem) {
                _ = try Calibration.learned(method, logOdds: logOdds, labels: labels)
                return nil
            } catch { return error }
        }
        for method in [Calibration.Method.platt, .isotonic] {
            #expect(problem(method, [], []) == .absence(.noRows))
            #expect(problem(method, [1, 2], [0, 0]) == .absence(.noBadRows))
            #expect(problem(method, [1, 2], [1, 1]) == .absence(.noGoodRows))
            #expect(problem(method, [1, .infinity], [1, 0]) == .absence(.invalidScore))
            #expect(problem(method, [1, 1], [1, 0]) == .absence(.constantScore))
            let backwards = problem(method, [1, 2, 3, 4], [1, 1, 0, 0])
            guard case .ranksBackwards = backwards else {
                Issue.record("\(method) gave \(String(describing: backwards))")
                continue
            }
        }
        // Smoothed targets keep the slope finite where the score parts the rows.
        #expect(problem(.platt, [-2, -1, 1, 2], [0, 0, 1, 1]) == nil)
        #expect(throws: CalibrationProblem.absence(.separable)) {
            try Calibration.platt(logOdds: [-2, -1, 1, 2], labels: [0, 0, 1, 1], smoothsTargets: false)
        }
    }

    @Test(arguments: [
        #"{"kind": "platt", "intercept": 0, "slope": -1}"#, #"{"kind": "curve"}"#,
        #"{"kind": "isotonic", "knots": []}"#,
        #"{"kind": "isotonic", "knots": [{"logOdds": 0, "calibrated": 1}, {"logOdds": 1, "calibrated": 1}]}"#,
    ])
    func `a map that does not rise is refused when it is read`(text: String) {
        #expect(throws: DecodingError.self) { try JSONDecoder().decode(Calibration.self, from: Data(text.utf8)) }
    }
}
