import CaliberRegression
import Foundation

/// How far today's orders have moved from those a model was trained on; each line says whether chance alone explains it.
public struct DriftReport: Codable, Hashable, Sendable {
    public var model: String
    public var rowCount: Int
    /// Features with frozen bins, those first that moved most beyond chance.
    public var features: [FeatureDrift]
    /// Of calibrated probabilities.
    public var score: StabilityIndex?
    public var scoreIsNoise: Bool
    public var scoreVerdict: StabilityIndex.Verdict
    /// Nil while labels have not matured.
    public var baseRate: RateDrift?
    /// What was predicted beside what came.
    public var meanProbability: RateDrift?
    public var calibration: CalibrationDrift?

    public struct FeatureDrift: Codable, Hashable, Sendable {
        public var id: String
        public var stability: StabilityIndex
        public var verdict: StabilityIndex.Verdict
        public var isNoise: Bool
        /// The share of missing values then and now.
        public var missingShareBefore: Double
        public var missingShareNow: Double
        /// Log-odds for one deviation: how much a move matters.
        public var weight: Double
    }

    /// A rate that should be another one.
    public struct RateDrift: Codable, Hashable, Sendable {
        public var expected: Double
        public var observed: Double
        /// Standard errors between the two.
        public var zValue: Double
        public var isNoise: Bool
    }

    /// Outcomes as a line over predicted log-odds: right is slope 1, intercept 0.
    public struct CalibrationDrift: Codable, Hashable, Sendable {
        public var line: CalibrationLine
        public var slopeIsNoise: Bool
        public var shift: Double
    }

    /// What 999 of 1000 samples stay below, in standard errors.
    static let noiseErrors = 3.2905

    /// - Parameters:
    ///   - columns: one array of values a column of the model, missing as NaN; in the model's order.
    ///   - probabilities: the model's calibrated probabilities of the same rows.
    ///   - labels: of some of the rows, by their place; nil for a row whose label has not matured.
    public init(file: ModelFile, columns: [[Double]], probabilities: [Double], labels: [Double?] = []) {
        precondition(
            columns.count == file.columns.count, "\(columns.count) columns, \(file.columns.count) in the model")
        precondition(labels.isEmpty || labels.count == probabilities.count, "one label a row, or none")
        model = "\(file.name)@\(file.version)"
        rowCount = probabilities.count
        features = zip(file.columns, columns).compactMap(DriftReport.featureDrift).sorted {
            let (left, right) = ($0.excess, $1.excess)
            return left != right ? left > right : $0.id < $1.id
        }
        score = file.scoreBins?.stability(of: probabilities)
        scoreIsNoise = score?.isNoise ?? false
        scoreVerdict = score?.verdict ?? .unknown
        let known = labels.indices.filter { labels[$0] != nil }
        let knownLabels = known.compactMap { labels[$0] }
        let evaluation = Evaluation(probabilities: known.map { probabilities[$0] }, labels: knownLabels)
        guard let rate = evaluation.baseRate, let predicted = evaluation.meanProbability else { return }
        let count = Double(knownLabels.count)
        baseRate = RateDrift(
            expected: file.training.baseRate, observed: rate,
            variance: file.training.baseRate * (1 - file.training.baseRate)
                * (1 / count + 1 / Double(max(1, file.training.rowCount))))
        meanProbability = RateDrift(
            expected: predicted, observed: rate,
            variance: known.reduce(0) { $0 + probabilities[$1] * (1 - probabilities[$1]) } / (count * count))
        if let line = evaluation.calibrationLine, let shift = evaluation.calibrationInTheLarge {
            calibration = CalibrationDrift(
                line: line, slopeIsNoise: abs(line.slope - 1) <= DriftReport.noiseErrors * line.slopeError,
                shift: shift)
        }
    }

    private static func featureDrift(_ column: ModelFile.Column, _ values: [Double]) -> FeatureDrift? {
        guard let bins = column.bins else { return nil }
        let stability = bins.stability(of: values)
        return FeatureDrift(
            id: column.id, stability: stability, verdict: stability.verdict, isNoise: stability.isNoise,
            missingShareBefore: bins.rowCount > 0 ? Double(bins.missingCount) / Double(bins.rowCount) : 0,
            missingShareNow: values.isEmpty ? 0 : Double(values.count { $0.isNaN }) / Double(values.count),
            weight: column.weight)
    }
}

extension DriftReport.FeatureDrift {
    /// What is beyond chance.
    fileprivate var excess: Double { (stability.value ?? 0) - (stability.noiseLimit ?? 0) }
}

extension DriftReport.RateDrift {
    fileprivate init(expected: Double, observed: Double, variance: Double) {
        self.expected = expected
        self.observed = observed
        let error = variance.squareRoot()
        zValue = error > 0 ? (observed - expected) / error : 0
        isNoise = abs(observed - expected) <= DriftReport.noiseErrors * error
    }
}
