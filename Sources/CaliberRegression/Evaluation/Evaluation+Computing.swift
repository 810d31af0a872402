import Foundation

extension Evaluation {
    public static let calibrationBinCount = 10
    public static let curvePointLimit = 50

    /// - Parameters:
    ///   - probabilities: of going bad, 0…1.
    ///   - labels: 1 for a row that went bad, 0 for one that did not.
    ///   - weights: not negative; without them each row weighs 1.
    ///   - reviewProbability: the threshold of `atReview`; nil leaves it out.
    /// - Complexity: O(n log n): one sort.
    public init(
        probabilities: [Double], labels: [Double], weights: [Double]? = nil, reviewProbability: Double? = nil
    ) {
        do throws(FigureAbsence) {
            guard probabilities.allSatisfy({ $0 >= 0 && $0 <= 1 }) else { throw .invalidScore }
            let outcomes = try RankedOutcomes(scores: probabilities, labels: labels, weights: weights)
            self.init(outcomes, reviewProbability: reviewProbability)
        } catch {
            self.init(rowCount: probabilities.count, absence: error)
        }
    }

    /// The same for each group of rows apart, with one sort for all of them; groups in the order of their names' codes,
    /// those without rows left out.
    ///
    /// - Parameters:
    ///   - groups: a row's index in `names`; rows with another number belong to no group.
    public static func byGroup(
        probabilities: [Double], labels: [Double], weights: [Double]? = nil, groups: [Int], names: [String],
        reviewProbability: Double? = nil
    ) -> [GroupEvaluation] {
        precondition(groups.count == probabilities.count, "\(groups.count) groups, \(probabilities.count) rows")
        do throws(FigureAbsence) {
            guard probabilities.allSatisfy({ $0 >= 0 && $0 <= 1 }) else { throw .invalidScore }
            let order = try RankedOutcomes.order(of: probabilities, labels: labels, weights: weights)
            var rowsOfGroup = [[Int]](repeating: [], count: names.count)
            for row in order where names.indices.contains(groups[row]) { rowsOfGroup[groups[row]].append(row) }
            return zip(names, rowsOfGroup).filter { !$0.1.isEmpty }.map { name, rows in
                let outcomes = RankedOutcomes(
                    order: rows, scores: probabilities, labels: labels, weights: weights)
                return GroupEvaluation(
                    group: name, evaluation: Evaluation(outcomes, reviewProbability: reviewProbability))
            }
        } catch {
            var counts = [Int](repeating: 0, count: names.count)
            for group in groups where names.indices.contains(group) { counts[group] += 1 }
            return zip(names, counts).filter { $0.1 > 0 }.map {
                GroupEvaluation(group: $0, evaluation: Evaluation(rowCount: $1, absence: error))
            }
        }
    }

    init(rowCount: Int, absence: FigureAbsence?) {
        self.rowCount = rowCount
        weight = 0
        calibrationTable = []
        deciles = []
        curve = []
        absences = absence.map { [$0] } ?? []
    }

    /// - Parameter outcomes: whose scores are probabilities.
    init(_ outcomes: RankedOutcomes, reviewProbability: Double?) {
        self.init(rowCount: outcomes.rowCount, absence: outcomes.weight > 0 ? nil : .noRows)
        guard outcomes.weight > 0 else { return }
        weight = outcomes.weight
        baseRate = outcomes.badWeight / outcomes.weight
        meanProbability = outcomes.mean { $0.score * $0.weight }
        brierScore = outcomes.mean {
            $0.badWeight * (1 - $0.score) * (1 - $0.score) + $0.goodWeight * $0.score * $0.score
        }
        logLoss = outcomes.mean { step in
            let margin = LogOdds.probabilityMargin
            let probability = min(max(step.score, margin), 1 - margin)
            return -step.badWeight * log(probability) - step.goodWeight * log1p(-probability)
        }
        calibrationTable = outcomes.calibrationTable(binCount: Evaluation.calibrationBinCount)
        expectedCalibrationError = calibrationTable.reduce(0) {
            $0 + abs($1.meanProbability - $1.badRate) * $1.weight / outcomes.weight
        }
        deciles = outcomes.liftTable(binCount: 10)
        atReview = reviewProbability.map(outcomes.figures(above:))
        addRankingFigures(outcomes)
    }

    /// What needs both bad and good rows.
    private mutating func addRankingFigures(_ outcomes: RankedOutcomes) {
        guard outcomes.badWeight > 0 else { return absences.append(.noBadRows) }
        guard outcomes.goodWeight > 0 else { return absences.append(.noGoodRows) }
        areaUnderCurve = outcomes.areaUnderCurve
        kolmogorovSmirnov = outcomes.kolmogorovSmirnov
        averagePrecision = outcomes.averagePrecision
        curve = outcomes.curve(limit: Evaluation.curvePointLimit)
        let logOdds = RankedOutcomes(
            steps: outcomes.steps.map {
                RankedOutcomes.Step(
                    score: LogOdds.finite(of: $0.score), badWeight: $0.badWeight, goodWeight: $0.goodWeight,
                    rowCount: $0.rowCount)
            })
        calibrationInTheLarge = CalibrationLine.shift(of: logOdds)
        do throws(FigureAbsence) {
            calibrationLine = try CalibrationLine(fittedTo: logOdds)
        } catch {
            absences.append(error)
        }
    }
}
