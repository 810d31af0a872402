import CaliberRegression
import CaliberScoring

/// How a model is to be trained.
public struct TrainingSettings: Sendable {
    /// λ of ½λ‖w‖² on standardised columns; nil: the one that does best on later rows.
    public var penalty: Double?
    /// The penalties that are tried when none is given.
    public var penalties = [3_000.0, 1_000, 300, 100, 30, 10, 3, 1]
    /// From 0 (squares only) to 1 (absolute values only).
    public var absoluteShare = 0.0
    public var classWeights = FittingSettings.ClassWeights.equal
    /// The share of good rows that is learned from; the intercept is corrected for it.
    public var goodSampling = 1.0
    /// The latest rows, which nothing is learned from: the model is judged by them.
    public var heldOutShare = 0.2
    /// The rows before those, which the calibration is learned from.
    public var calibrationShare = 0.1
    public var calibration = Calibration.Method.platt
    /// How many orders may be reviewed: decides which risk is health 60.
    public var capacity = ReviewCapacity.share(0.05)
    public var pointsToDoubleOdds = HealthScale.defaultPointsToDoubleOdds
    /// The version whose weights the fit starts from.
    public var warmStart: String?
    public var seed: UInt64 = 1
    public var threads: Int

    public init(threads: Int) {
        self.threads = threads
    }
}

/// A step of a training under way.
public enum TrainingProgress: Sendable {
    /// Events replayed of so many.
    case replaying(events: Int64, total: Int64)
    case choosingPenalty(FittingProgress)
    case fitting(FittingProgress)
}

/// A model that was trained, and how it came to be.
public struct TrainedModel: Sendable {
    public let file: ModelFile
    public let schema: FeatureSchema
    public let account: TrainingSet.Account
    /// nil when the penalty was given.
    public let penaltyChoice: PenaltyChoice?
    public let threshold: ThresholdReport
    /// nil where the coefficients come from elsewhere.
    public let work: FittingWork?
    public let fitSeconds: Double
}
