/// How well probabilities of going bad do on rows whose outcome is known.
///
/// A figure that the rows cannot give is nil, and `absences` says why.
public struct Evaluation: Codable, Hashable, Sendable {
    public var rowCount: Int
    /// The sum of the rows' weights; the number of rows where they have none.
    public var weight: Double
    /// The weighted share of rows that went bad.
    public var baseRate: Double?
    /// The mean of the probabilities.
    public var meanProbability: Double?
    /// The area under the ROC curve; a tie between a bad and a good row counts half.
    public var areaUnderCurve: Double?
    /// The greatest distance between the distributions of bad and good rows over the score.
    public var kolmogorovSmirnov: Double?
    /// Precision averaged over recall: Σ (Rₙ − Rₙ₋₁) Pₙ.
    public var averagePrecision: Double?
    /// The mean squared distance of probability and outcome.
    public var brierScore: Double?
    /// The mean of −ln of the probability given to what came, probabilities kept an ulp away from 0 and 1.
    public var logLoss: Double?
    /// The mean distance of predicted and actual rate over bins of equal mass.
    public var expectedCalibrationError: Double?
    /// The line through outcomes over log-odds: slope 1 and intercept 0 are right.
    public var calibrationLine: CalibrationLine?
    /// The shift of all log-odds that would make the mean right, slope left at 1.
    public var calibrationInTheLarge: Double?
    /// Lowest probabilities first.
    public var calibrationTable: [CalibrationBin]
    /// Highest probabilities first.
    public var deciles: [LiftBin]
    /// From (0, 0) to (1, 1), thinned out evenly along the curve.
    public var curve: [CurvePoint]
    public var atReview: ThresholdFigures?
    public var absences: [FigureAbsence]

    /// Rows of like probability: what was said and what came.
    public struct CalibrationBin: Codable, Hashable, Sendable {
        public var rowCount: Int
        public var weight: Double
        public var lowest: Double
        public var highest: Double
        public var meanProbability: Double
        public var badRate: Double
    }

    /// A tenth of the rows, by falling probability.
    public struct LiftBin: Codable, Hashable, Sendable {
        public var rowCount: Int
        public var meanProbability: Double
        public var badRate: Double
        /// The bin's bad rate beside that of all rows.
        public var lift: Double?
        /// The share of all bad rows found down to here: the gain.
        public var cumulativeRecall: Double?
        /// The share of all rows down to here.
        public var cumulativeShare: Double
    }

    /// What flagging all rows above a probability gives.
    public struct CurvePoint: Codable, Hashable, Sendable {
        public var falsePositiveRate: Double
        public var truePositiveRate: Double
        /// The lowest probability flagged; nil for the point where none is.
        public var probability: Double?
    }
}

/// What flagging every row above a threshold catches.
public struct ThresholdFigures: Codable, Hashable, Sendable {
    /// Rows with a probability above it are flagged.
    public var probability: Double
    public var flaggedCount: Int
    public var flaggedShare: Double
    /// The share of bad rows that are flagged; nil when none went bad.
    public var recall: Double?
    /// The share of flagged rows that went bad; nil when none is flagged.
    public var precision: Double?
    /// The share of good rows that are flagged; nil when none is good.
    public var falsePositiveRate: Double?
}

/// The evaluation of one group's rows.
public struct GroupEvaluation: Codable, Hashable, Sendable {
    public var group: String
    public var evaluation: Evaluation

    public init(group: String, evaluation: Evaluation) {
        self.group = group
        self.evaluation = evaluation
    }
}
