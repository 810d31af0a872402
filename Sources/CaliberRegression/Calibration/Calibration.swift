/// A rising map from a model's log-odds to log-odds whose probabilities come true, learned on a later slice of time than
/// the one the model was trained on.
///
/// It rises strictly, so no two orders change places and a score that differs stays different.
public enum Calibration: Hashable, Sendable {
    case identity
    /// `intercept + slope · logOdds`; the slope is positive.
    case platt(intercept: Double, slope: Double)
    /// Straight lines between knots, slope 1 beyond the outer ones.
    case isotonic(knots: [Knot])

    /// Where an isotonic map is pinned down: a block's mean log-odds and the log-odds of its rate.
    public struct Knot: Codable, Hashable, Sendable {
        public var logOdds: Double
        public var calibrated: Double

        public init(logOdds: Double, calibrated: Double) {
            self.logOdds = logOdds
            self.calibrated = calibrated
        }
    }

    /// Calibrated log-odds; NaN stays NaN.
    public func logOdds(_ raw: Double) -> Double {
        switch self {
        case .identity: return raw
        case .platt(let intercept, let slope): return intercept + slope * raw
        case .isotonic(let knots):
            guard let first = knots.first, let last = knots.last else { return raw }
            if raw <= first.logOdds { return first.calibrated + (raw - first.logOdds) }
            if raw >= last.logOdds { return last.calibrated + (raw - last.logOdds) }
            guard let (left, right) = segment(of: raw, by: \.logOdds, in: knots) else { return raw }
            let share = (raw - left.logOdds) / (right.logOdds - left.logOdds)
            return left.calibrated + share * (right.calibrated - left.calibrated)
        }
    }

    /// Calibrated probability.
    public func probability(_ raw: Double) -> Double { LogOdds.probability(logOdds(raw)) }

    /// The raw log-odds that are calibrated to these.
    public func rawLogOdds(_ calibrated: Double) -> Double {
        switch self {
        case .identity: return calibrated
        case .platt(let intercept, let slope): return (calibrated - intercept) / slope
        case .isotonic(let knots):
            guard let first = knots.first, let last = knots.last else { return calibrated }
            if calibrated <= first.calibrated { return first.logOdds + (calibrated - first.calibrated) }
            if calibrated >= last.calibrated { return last.logOdds + (calibrated - last.calibrated) }
            guard let (left, right) = segment(of: calibrated, by: \.calibrated, in: knots) else { return calibrated }
            let share = (calibrated - left.calibrated) / (right.calibrated - left.calibrated)
            return left.logOdds + share * (right.logOdds - left.logOdds)
        }
    }

    /// How steep the map is from one raw score to another: the mean slope between them.
    public func meanSlope(from start: Double, to end: Double) -> Double {
        switch self {
        case .identity: return 1
        case .platt(_, let slope): return slope
        case .isotonic:
            // Too near to each other to divide: the slope of a short piece around them.
            let margin = 1e-6 * max(1, abs(start))
            let (low, high) = abs(end - start) < margin ? (start - margin, start + margin) : (start, end)
            return (logOdds(high) - logOdds(low)) / (high - low)
        }
    }

    private func segment(of value: Double, by place: KeyPath<Knot, Double>, in knots: [Knot]) -> (Knot, Knot)? {
        var (low, high) = (0, knots.count - 1)
        while high - low > 1 {
            let middle = (low + high) / 2
            if knots[middle][keyPath: place] <= value { low = middle } else { high = middle }
        }
        return high > low ? (knots[low], knots[high]) : nil
    }
}

/// Why no calibration can be learned.
public enum CalibrationProblem: Error, Hashable, Sendable {
    case absence(FigureAbsence)
    /// A higher score went with fewer bad rows.
    case ranksBackwards(slope: Double)
}

extension Calibration {
    /// How to learn one.
    public enum Method: String, Codable, CaseIterable, Hashable, Sendable {
        case none, platt, isotonic
    }

    /// - Parameters:
    ///   - logOdds: the model's, of rows that it was not trained on.
    ///   - labels: 1 for a row that went bad, 0 for one that did not.
    public static func learned(
        _ method: Method, logOdds: [Double], labels: [Double], weights: [Double]? = nil
    ) throws(CalibrationProblem) -> Calibration {
        switch method {
        case .none: .identity
        case .platt: try platt(logOdds: logOdds, labels: labels, weights: weights)
        case .isotonic: try isotonic(logOdds: logOdds, labels: labels, weights: weights)
        }
    }

    /// Two parameters, by Newton's method.
    ///
    /// - Parameter smoothsTargets: counts outcomes as (bad + 1) / (bad + 2) and 1 / (good + 2) instead of 1 and 0, which
    ///   keeps the slope finite on rows that the score parts without a fault.
    ///
    /// Source: Platt, Probabilistic Outputs for Support Vector Machines, 1999; the targets are its equations 14 and 15.
    public static func platt(
        logOdds: [Double], labels: [Double], weights: [Double]? = nil, smoothsTargets: Bool = true
    ) throws(CalibrationProblem) -> Calibration {
        let line: CalibrationLine
        do throws(FigureAbsence) {
            let outcomes = try finiteOutcomes(logOdds, labels, weights)
            line = try CalibrationLine(fittedTo: smoothsTargets ? outcomes.withSmoothedTargets() : outcomes)
        } catch {
            throw .absence(error)
        }
        guard line.slope > 0 else { throw .ranksBackwards(slope: line.slope) }
        return .platt(intercept: line.intercept, slope: line.slope)
    }

    static func finiteOutcomes(
        _ logOdds: [Double], _ labels: [Double], _ weights: [Double]?
    ) throws(FigureAbsence) -> RankedOutcomes {
        guard logOdds.allSatisfy(\.isFinite) else { throw .invalidScore }
        let outcomes = try RankedOutcomes(scores: logOdds, labels: labels, weights: weights)
        guard outcomes.badWeight > 0 else { throw .noBadRows }
        guard outcomes.goodWeight > 0 else { throw .noGoodRows }
        return outcomes
    }
}

extension RankedOutcomes {
    /// Every row counted a little as the other outcome.
    func withSmoothedTargets() -> RankedOutcomes {
        let badTarget = (badWeight + 1) / (badWeight + 2)
        let goodTarget = 1 / (goodWeight + 2)
        return RankedOutcomes(
            steps: steps.map { step in
                let bad = step.badWeight * badTarget + step.goodWeight * goodTarget
                return Step(
                    score: step.score, badWeight: bad, goodWeight: step.weight - bad, rowCount: step.rowCount)
            })
    }
}
