extension RankedOutcomes {
    /// The weighted mean of what `amount` gives for a step's whole weight.
    func mean(_ amount: (Step) -> Double) -> Double {
        steps.reduce(0) { $0 + amount($1) } / weight
    }

    /// The chance that a bad row scores above a good one, ties half.
    var areaUnderCurve: Double {
        var badAbove = 0.0
        var area = 0.0
        for step in steps {
            area += step.goodWeight * (badAbove + step.badWeight / 2)
            badAbove += step.badWeight
        }
        return area / (badWeight * goodWeight)
    }

    var kolmogorovSmirnov: Double {
        var bad = 0.0
        var good = 0.0
        var greatest = 0.0
        for step in steps {
            bad += step.badWeight
            good += step.goodWeight
            greatest = max(greatest, abs(bad / badWeight - good / goodWeight))
        }
        return greatest
    }

    var averagePrecision: Double {
        var bad = 0.0
        var all = 0.0
        var sum = 0.0
        for step in steps {
            bad += step.badWeight
            all += step.weight
            if step.badWeight > 0 { sum += step.badWeight / badWeight * (bad / all) }
        }
        return sum
    }

    func calibrationTable(binCount: Int) -> [Evaluation.CalibrationBin] {
        equalMassBins(count: binCount, fromHighest: false).compactMap { bin in
            let weight = bin.reduce(0) { $0 + $1.weight }
            guard weight > 0, let first = bin.first, let last = bin.last else { return nil }
            return Evaluation.CalibrationBin(
                rowCount: bin.reduce(0) { $0 + $1.rowCount }, weight: weight, lowest: first.score,
                highest: last.score, meanProbability: bin.reduce(0) { $0 + $1.score * $1.weight } / weight,
                badRate: bin.reduce(0) { $0 + $1.badWeight } / weight)
        }
    }

    func liftTable(binCount: Int) -> [Evaluation.LiftBin] {
        var weightSoFar = 0.0
        var badSoFar = 0.0
        return equalMassBins(count: binCount, fromHighest: true).compactMap { bin in
            let binWeight = bin.reduce(0) { $0 + $1.weight }
            guard binWeight > 0 else { return nil }
            let bad = bin.reduce(0) { $0 + $1.badWeight }
            weightSoFar += binWeight
            badSoFar += bad
            return Evaluation.LiftBin(
                rowCount: bin.reduce(0) { $0 + $1.rowCount },
                meanProbability: bin.reduce(0) { $0 + $1.score * $1.weight } / binWeight, badRate: bad / binWeight,
                lift: badWeight > 0 ? (bad / binWeight) / (badWeight / weight) : nil,
                cumulativeRecall: badWeight > 0 ? badSoFar / badWeight : nil,
                cumulativeShare: weightSoFar / weight)
        }
    }

    /// Points of the ROC curve at equal distances along it, at most `limit` and the two ends.
    public func curve(limit: Int) -> [Evaluation.CurvePoint] {
        guard badWeight > 0, goodWeight > 0 else { return [] }
        var points = [Evaluation.CurvePoint(falsePositiveRate: 0, truePositiveRate: 0, probability: nil)]
        let spacing = 2 / Double(max(1, limit))
        var bad = 0.0
        var good = 0.0
        var next = spacing
        for (index, step) in steps.enumerated() {
            bad += step.badWeight
            good += step.goodWeight
            let (truePositives, falsePositives) = (bad / badWeight, good / goodWeight)
            let isLast = index == steps.count - 1
            guard truePositives + falsePositives >= next || isLast else { continue }
            while next <= truePositives + falsePositives { next += spacing }
            points.append(
                Evaluation.CurvePoint(
                    falsePositiveRate: isLast ? 1 : falsePositives, truePositiveRate: isLast ? 1 : truePositives,
                    probability: step.score))
        }
        return points
    }

    /// What flagging every row with a score above the threshold catches.
    public func figures(above threshold: Double) -> ThresholdFigures {
        var bad = 0.0
        var good = 0.0
        var count = 0
        for step in steps.prefix(while: { $0.score > threshold }) {
            bad += step.badWeight
            good += step.goodWeight
            count += step.rowCount
        }
        return ThresholdFigures(
            probability: threshold, flaggedCount: count, flaggedShare: weight > 0 ? (bad + good) / weight : 0,
            recall: badWeight > 0 ? bad / badWeight : nil, precision: bad + good > 0 ? bad / (bad + good) : nil,
            falsePositiveRate: goodWeight > 0 ? good / goodWeight : nil)
    }
}

extension RankedOutcomes {
    /// How well levels of a value tell bad rows from good ones, if each level says its own share of bad rows: from 0.5
    /// (not at all) to 1. nil where all rows are of one kind.
    package static func areaUnderCurve(ofLevels levels: [(bad: Double, good: Double)]) -> Double? {
        let steps = levels.filter { $0.bad + $0.good > 0 }
            .map { Step(score: $0.bad / ($0.bad + $0.good), badWeight: $0.bad, goodWeight: $0.good, rowCount: 0) }
            .sorted { $0.score > $1.score }
        let ranked = RankedOutcomes(steps: steps)
        return ranked.badWeight > 0 && ranked.goodWeight > 0 ? ranked.areaUnderCurve : nil
    }
}
