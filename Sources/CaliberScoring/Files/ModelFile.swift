import CaliberCore
import CaliberRegression
import Foundation

/// One trained model with all that its scores, its card and its supervision need. A version, once written, never changes.
public struct ModelFile: Codable, Hashable, Sendable {
    public static let newestFormat = 1

    public var format: Int
    public var name: String
    public var version: String
    public var created: Timestamp
    public var engineVersion: String
    /// Library → version, of what the fit was computed with.
    public var libraries: [String: String]
    public var seed: UInt64
    public var label: Label
    /// SHA-256 over the feature schema.
    public var schemaHash: String
    /// Definition → version, of what the features and the label are counted by.
    public var dictionaryVersions: [String: String]
    public var training: TrainingRecord
    public var settings: Settings
    /// Log-odds of a row whose columns all have their means.
    public var intercept: Double
    public var interceptError: Double?
    /// In the order of a feature row.
    public var columns: [Column]
    public var notes: [String]
    public var certificate: Certificate?
    public var calibration: Calibration
    public var scale: HealthScale
    public var evaluations: [SpanEvaluation]
    /// The model's calibrated probabilities in training, frozen to see drift by.
    public var scoreBins: FrozenBins?

    public init(
        name: String, version: String, created: Timestamp, engineVersion: String, libraries: [String: String] = [:],
        seed: UInt64 = 0, label: Label, schemaHash: String, dictionaryVersions: [String: String] = [:],
        training: TrainingRecord, settings: Settings, intercept: Double, interceptError: Double? = nil,
        columns: [Column], notes: [String] = [], certificate: Certificate? = nil,
        calibration: Calibration = .identity, scale: HealthScale, evaluations: [SpanEvaluation] = [],
        scoreBins: FrozenBins? = nil
    ) {
        format = ModelFile.newestFormat
        self.name = name
        self.version = version
        self.created = created
        self.engineVersion = engineVersion
        self.libraries = libraries
        self.seed = seed
        self.label = label
        self.schemaHash = schemaHash
        self.dictionaryVersions = dictionaryVersions
        self.training = training
        self.settings = settings
        self.intercept = intercept
        self.interceptError = interceptError
        self.columns = columns
        self.notes = notes
        self.certificate = certificate
        self.calibration = calibration
        self.scale = scale
        self.evaluations = evaluations
        self.scoreBins = scoreBins
    }

    /// What "went bad" means.
    public struct Label: Codable, Hashable, Sendable {
        public var id: String
        public var hash: String
        public var description: String
        /// How long after its order a label is known for good.
        public var maturitySeconds: Int64

        public init(id: String, hash: String, description: String = "", maturitySeconds: Int64 = 0) {
            self.id = id
            self.hash = hash
            self.description = description
            self.maturitySeconds = maturitySeconds
        }
    }

    /// A feature column: its meaning, its weight and its distribution in training.
    public struct Column: Codable, Hashable, Sendable {
        public var id: String
        public var hash: String
        public var weight: Double
        public var mean: Double
        public var deviation: Double
        public var missingWeight: Double
        public var standardError: Double?
        public var zValue: Double?
        public var bins: FrozenBins?

        public init(
            id: String, hash: String, term: LogisticModel.Term, standardError: Double? = nil, zValue: Double? = nil,
            bins: FrozenBins? = nil
        ) {
            self.id = id
            self.hash = hash
            weight = term.weight
            mean = term.mean
            deviation = term.deviation
            missingWeight = term.missingWeight
            self.standardError = standardError
            self.zValue = zValue
            self.bins = bins
        }

        public var term: LogisticModel.Term {
            LogisticModel.Term(weight: weight, mean: mean, deviation: deviation, missingWeight: missingWeight)
        }
    }

    /// A span of time; `until` is not in it.
    public struct Window: Codable, Hashable, Sendable {
        public var from: Timestamp
        public var until: Timestamp

        public init(from: Timestamp, until: Timestamp) {
            self.from = from
            self.until = until
        }
    }

    /// The rows the model comes from.
    public struct TrainingRecord: Codable, Hashable, Sendable {
        public var window: Window
        public var calibrationWindow: Window?
        public var heldOutWindow: Window?
        /// The last position of the event log that was read.
        public var logPosition: Int64
        public var rowCount: Int
        public var badCount: Int
        /// Of the rows' population, before sampling or weighting.
        public var baseRate: Double

        public init(
            window: Window, calibrationWindow: Window? = nil, heldOutWindow: Window? = nil, logPosition: Int64,
            rowCount: Int, badCount: Int, baseRate: Double
        ) {
            self.window = window
            self.calibrationWindow = calibrationWindow
            self.heldOutWindow = heldOutWindow
            self.logPosition = logPosition
            self.rowCount = rowCount
            self.badCount = badCount
            self.baseRate = baseRate
        }
    }

    /// How it was fitted.
    public struct Settings: Codable, Hashable, Sendable {
        /// λ of ½λ‖w‖² on standardised columns.
        public var penalty: Double
        /// The share of the penalty that is λ‖w‖₁; 0 for none.
        public var absoluteShare: Double
        public var badWeight: Double
        public var goodWeight: Double
        /// The share of good rows that was kept.
        public var goodSampling: Double
        /// What was added to the intercept to undo weights and sampling.
        public var priorCorrection: Double

        public init(
            penalty: Double, absoluteShare: Double = 0, badWeight: Double = 1, goodWeight: Double = 1,
            goodSampling: Double = 1, priorCorrection: Double = 0
        ) {
            self.penalty = penalty
            self.absoluteShare = absoluteShare
            self.badWeight = badWeight
            self.goodWeight = goodWeight
            self.goodSampling = goodSampling
            self.priorCorrection = priorCorrection
        }
    }

    /// How far the fit can be from its optimum.
    public struct Certificate: Codable, Hashable, Sendable {
        public var gradientNorm: Double
        public var iterationCount: Int
        /// No training row's score is farther from the optimum's than this many points of health; nil where no bound holds.
        public var scoreBoundPoints: Double?

        public init(gradientNorm: Double, iterationCount: Int, scoreBoundPoints: Double? = nil) {
            self.gradientNorm = gradientNorm
            self.iterationCount = iterationCount
            self.scoreBoundPoints = scoreBoundPoints
        }
    }

    /// How well the model does on one span, and on groups of its rows.
    public struct SpanEvaluation: Codable, Hashable, Sendable {
        public enum Span: String, Codable, Hashable, Sendable, CaseIterable {
            case training, calibration, heldOut = "held-out"
        }

        public var span: Span
        public var evaluation: Evaluation
        /// What the groups are: `channel`.
        public var groupedBy: String?
        public var groups: [GroupEvaluation]

        public init(span: Span, evaluation: Evaluation, groupedBy: String? = nil, groups: [GroupEvaluation] = []) {
            self.span = span
            self.evaluation = evaluation
            self.groupedBy = groupedBy
            self.groups = groups
        }
    }
}

extension ModelFile {
    public var model: LogisticModel { LogisticModel(intercept: intercept, terms: columns.map(\.term)) }

    public func evaluation(on span: SpanEvaluation.Span) -> SpanEvaluation? {
        evaluations.first { $0.span == span }
    }

    /// The model put to use with the dictionary's present features.
    /// - Throws: `.schemaMismatch` when they are not those it was trained on.
    public func scorer(schema: FeatureSchema) throws(ModelProblem) -> Scorer {
        let trained = columns.map { FeatureSchema.TrainedColumn(id: $0.id, hash: $0.hash) }
        if let mismatch = schema.mismatch(withTrained: trained) {
            throw .schemaMismatch(model: "\(name)@\(version)", mismatch)
        }
        do throws(ScoringProblem) {
            return try Scorer(
                model: model, calibration: calibration, scale: scale, schema: schema,
                observedRanges: columns.map { column in
                    guard let low = column.bins?.minimum, let high = column.bins?.maximum, low <= high else {
                        return nil
                    }
                    return low...high
                })
        } catch {
            throw .invalid(path: "\(name)@\(version)", at: "$.columns", reason: error.diagnostic.message)
        }
    }
}
