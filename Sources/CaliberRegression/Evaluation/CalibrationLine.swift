import Foundation

/// Outcomes as a logistic line over a score: log-odds of going bad = `intercept + slope · score`.
public struct CalibrationLine: Codable, Hashable, Sendable {
    public var intercept: Double
    public var slope: Double
    /// Standard errors, of the inverse information.
    public var interceptError: Double
    public var slopeError: Double

    static let iterationLimit = 100
    /// Slopes beyond it, in log-odds per deviation of the score, are those of rows that the score parts without a fault.
    static let slopeLimit = 40.0

    /// The line of greatest likelihood, by Newton's method with halved steps.
    ///
    /// - Parameter outcomes: whose scores are finite log-odds.
    /// - Throws: `.noBadRows`, `.noGoodRows`, `.constantScore`, `.separable`, `.invalidScore`.
    init(fittedTo outcomes: RankedOutcomes) throws(FigureAbsence) {
        guard outcomes.badWeight > 0 else { throw .noBadRows }
        guard outcomes.goodWeight > 0 else { throw .noGoodRows }
        guard outcomes.steps.allSatisfy({ $0.score.isFinite }) else { throw .invalidScore }
        let mean = outcomes.mean { $0.score * $0.weight }
        let variance = outcomes.mean { ($0.score - mean) * ($0.score - mean) * $0.weight }
        let deviation = variance.squareRoot()
        guard deviation > 1e-12 * max(1, abs(mean)), deviation.isFinite else { throw .constantScore }

        // Centred and scaled, the two parameters hardly touch each other.
        var point = (intercept: LogOdds.of(outcomes.badWeight / outcomes.weight), slope: 0.0)
        var state = LikelihoodState(outcomes, mean, deviation, point)
        for _ in 0..<CalibrationLine.iterationLimit {
            guard let step = state.newtonStep else { throw .separable }
            var length = 1.0
            var next = point
            var nextState = state
            repeat {
                next = (point.intercept - length * step.intercept, point.slope - length * step.slope)
                nextState = LikelihoodState(outcomes, mean, deviation, next)
                length /= 2
            } while !(nextState.loss <= state.loss) && length > 1e-9
            let hasSettled = state.loss - nextState.loss <= 1e-15 * max(1, state.loss)
            // Rounding alone keeps the last step from going down: the point stands.
            if !(nextState.loss <= state.loss) { break }
            (point, state) = (next, nextState)
            guard abs(point.slope) < CalibrationLine.slopeLimit else { throw .separable }
            if hasSettled && abs(step.slope) + abs(step.intercept) < 1e-10 { break }
        }
        guard let covariance = state.covariance else { throw .separable }
        slope = point.slope / deviation
        intercept = point.intercept - slope * mean
        slopeError = covariance.slope.squareRoot() / deviation
        let shift = mean / deviation
        interceptError = max(0, covariance.intercept - 2 * shift * covariance.both + shift * shift * covariance.slope)
            .squareRoot()
    }

    /// The shift of all log-odds that makes the mean probability equal the rate of bad rows.
    static func shift(of outcomes: RankedOutcomes) -> Double? {
        guard outcomes.badWeight > 0, outcomes.goodWeight > 0 else { return nil }
        // The excess of predicted bad rows rises with the shift, so halving the interval cannot fail.
        var (low, high) = (-100.0, 100.0)
        for _ in 0..<200 where high - low > 1e-13 * max(1, abs(low)) {
            let middle = (low + high) / 2
            let excess = outcomes.steps.reduce(0) {
                $0 + $1.weight * LogOdds.probability($1.score + middle) - $1.badWeight
            }
            if excess > 0 { high = middle } else { low = middle }
        }
        return (low + high) / 2
    }
}

/// Loss, gradient and information of a line at one point.
private struct LikelihoodState {
    var loss = 0.0
    private var gradient = (intercept: 0.0, slope: 0.0)
    private var information = (intercept: 0.0, both: 0.0, slope: 0.0)

    init(
        _ outcomes: RankedOutcomes, _ mean: Double, _ deviation: Double, _ point: (intercept: Double, slope: Double)
    ) {
        for step in outcomes.steps {
            let x = (step.score - mean) / deviation
            let logOdds = point.intercept + point.slope * x
            loss += step.badWeight * LogOdds.softplus(-logOdds) + step.goodWeight * LogOdds.softplus(logOdds)
            let probability = LogOdds.probability(logOdds)
            let difference = step.weight * probability - step.badWeight
            gradient.intercept += difference
            gradient.slope += difference * x
            let curvature = step.weight * probability * (1 - probability)
            information.intercept += curvature
            information.both += curvature * x
            information.slope += curvature * x * x
        }
    }

    private var determinant: Double {
        information.intercept * information.slope - information.both * information.both
    }

    /// The inverse information; nil where there is none left, which is where the rows are parted.
    var covariance: (intercept: Double, both: Double, slope: Double)? {
        guard determinant > 1e-14 * information.intercept * information.slope, determinant.isNormal else { return nil }
        return (
            information.slope / determinant, -information.both / determinant, information.intercept / determinant
        )
    }

    var newtonStep: (intercept: Double, slope: Double)? {
        covariance.map {
            (
                $0.intercept * gradient.intercept + $0.both * gradient.slope,
                $0.both * gradient.intercept + $0.slope * gradient.slope
            )
        }
    }
}
