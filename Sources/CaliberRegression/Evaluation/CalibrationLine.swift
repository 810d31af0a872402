import Foundation

/// Outcomes as a logistic line over a score: log-odds of going bad = `intercept + slope · score`.
public struct CalibrationLine: Codable, Hashable, Sendable {
    public var intercept: Double
    public var slope: Double
    /// Standard errors, of the inverse information.
    public var interceptError: Double
    public var slopeError: Double

    static let iterationLimit = 100
    /// Newton steps shorter than this, in standard errors of the line, change no figure that is shown.
    static let settledLength = 1e-9
    static let safeLength = 1e-3
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
            if step.length < CalibrationLine.settledLength { break }
            var share = 1.0
            var next = point
            var nextState = state
            repeat {
                next = (point.intercept - share * step.intercept, point.slope - share * step.slope)
                nextState = LikelihoodState(outcomes, mean, deviation, next)
                share /= 2
                // Near the optimum the loss says less than its rounding, and whole steps are safe.
            } while step.length > CalibrationLine.safeLength && !(nextState.loss <= state.loss) && share > 1e-9
            (point, state) = (next, nextState)
            guard abs(point.slope) < CalibrationLine.slopeLimit else { throw .separable }
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
        // The excess of predicted bad rows rises with the shift: Newton's steps, kept between what is known to be too low
        // and too high.
        var (low, high) = (-100.0, 100.0)
        var shift = 0.0
        for _ in 0..<CalibrationLine.iterationLimit {
            var excess = -outcomes.badWeight
            var slope = 0.0
            for step in outcomes.steps {
                let probability = LogOdds.probability(step.score + shift)
                excess += step.weight * probability
                slope += step.weight * probability * (1 - probability)
            }
            if excess > 0 { high = shift } else { low = shift }
            let newton = shift - excess / slope
            let next = newton > low && newton < high ? newton : (low + high) / 2
            let hasSettled = abs(next - shift) <= 1e-12 * max(1, abs(shift))
            shift = next
            if hasSettled { break }
        }
        return shift
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
            let odds = exp(-abs(logOdds))
            loss += step.weight * log1p(odds) + (logOdds > 0 ? step.goodWeight : -step.badWeight) * logOdds
            let probability = logOdds >= 0 ? 1 / (1 + odds) : odds / (1 + odds)
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

    /// The step to take away, and its length in standard errors.
    var newtonStep: (intercept: Double, slope: Double, length: Double)? {
        covariance.map { covariance in
            let intercept = covariance.intercept * gradient.intercept + covariance.both * gradient.slope
            let slope = covariance.both * gradient.intercept + covariance.slope * gradient.slope
            let decrement = gradient.intercept * intercept + gradient.slope * slope
            return (intercept, slope, max(0, decrement).squareRoot())
        }
    }
}
