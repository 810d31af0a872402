import CaliberCore
import CaliberRegression
import Foundation

/// The scorecard scale: calibrated log-odds of going bad → health.
///
/// `health = clamp(60 + (pointsToDoubleOdds / ln 2) · (logit(reviewProbability) − logOdds), 0, 100)`, rounded to whole
/// hundredths, half to even. 60 is the risk at which a review pays, at any base rate.
public struct HealthScale: Hashable, Sendable {
    /// The calibrated probability of going bad at which health is 60.
    public let reviewProbability: Double
    /// Points by which health falls when the odds of going bad double.
    public let pointsToDoubleOdds: Double
    let reviewLogOdds: Double
    let hundredthsPerLogOdds: Double

    public static let defaultPointsToDoubleOdds = 10.0
    /// Unclamped scores beyond it, in hundredths, stand at it: it is far past every score that can be told apart.
    static let unclampedLimit = 1e12

    public init(
        reviewProbability: Double, pointsToDoubleOdds: Double = defaultPointsToDoubleOdds
    ) throws(ScoringProblem) {
        guard reviewProbability > 0, reviewProbability < 1 else {
            throw .invalidReviewProbability(reviewProbability)
        }
        guard pointsToDoubleOdds > 0, pointsToDoubleOdds <= 1_000 else {
            throw .invalidPointsToDoubleOdds(pointsToDoubleOdds)
        }
        self.reviewProbability = reviewProbability
        self.pointsToDoubleOdds = pointsToDoubleOdds
        reviewLogOdds = LogOdds.of(reviewProbability)
        hundredthsPerLogOdds = 100 * pointsToDoubleOdds / M_LN2
    }

    /// - Parameter calibratedLogOdds: of going bad. NaN, which no sound model gives, is worst: a person shall look.
    public func health(calibratedLogOdds: Double) -> Health {
        Health(hundredths: unclampedHundredths(calibratedLogOdds: calibratedLogOdds))
    }

    /// Before the limits of 0 and 100.
    func unclampedHundredths(calibratedLogOdds: Double) -> Int {
        let exact = unclamped(calibratedLogOdds: calibratedLogOdds)
        guard !exact.isNaN else { return Health.worst }
        return Int(min(max(exact.rounded(.toNearestOrEven), -HealthScale.unclampedLimit), HealthScale.unclampedLimit))
    }

    /// In hundredths, before rounding.
    func unclamped(calibratedLogOdds: Double) -> Double {
        Double(Health.reviewLine.hundredths) + hundredthsPerLogOdds * (reviewLogOdds - calibratedLogOdds)
    }

    /// The calibrated probability at which health is exactly this.
    public func probability(at health: Health) -> Double { LogOdds.probability(calibratedLogOdds(at: health)) }

    func calibratedLogOdds(at health: Health) -> Double {
        reviewLogOdds - Double(health.hundredths - Health.reviewLine.hundredths) / hundredthsPerLogOdds
    }

    /// Orders with a probability above it have less than 60.00 after rounding: the threshold to evaluate decisions at.
    public var decisionProbability: Double {
        LogOdds.probability(reviewLogOdds + 0.5 / hundredthsPerLogOdds)
    }
}

extension HealthScale: Codable {
    private enum Key: String, CodingKey { case reviewProbability, pointsToDoubleOdds }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        let probability = try container.decode(Double.self, forKey: .reviewProbability)
        let points = try container.decode(Double.self, forKey: .pointsToDoubleOdds)
        do throws(ScoringProblem) {
            try self.init(reviewProbability: probability, pointsToDoubleOdds: points)
        } catch {
            throw DecodingError.dataCorruptedError(
                forKey: probability > 0 && probability < 1 ? .pointsToDoubleOdds : .reviewProbability, in: container,
                debugDescription: error.diagnostic.message)
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(reviewProbability, forKey: .reviewProbability)
        try container.encode(pointsToDoubleOdds, forKey: .pointsToDoubleOdds)
    }
}
