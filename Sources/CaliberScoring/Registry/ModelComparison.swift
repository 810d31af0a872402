import CaliberRegression

/// Two models side by side.
public struct ModelComparison: Codable, Hashable, Sendable {
    public static let weightChangeLimit = 20

    /// `order_bad@3`.
    public var left: String
    public var right: String
    /// The span that the figures are of; nil where the two share none.
    public var span: ModelFile.SpanEvaluation.Span?
    /// False where both were held against different orders: their figures can't be compared without care.
    public var spansAgree: Bool
    public var figures: [Figure]
    /// The largest changes first, of columns that mean the same in both.
    public var weightChanges: [WeightChange]
    public var onlyLeft: [String]
    public var onlyRight: [String]
    /// In both, with different definitions.
    public var redefined: [String]

    public struct Figure: Codable, Hashable, Sendable {
        public var name: String
        public var left: Double?
        public var right: Double?
        /// Right less left.
        public var difference: Double?
        /// More is better, less is better, or neither.
        public var better: Better?

        public enum Better: String, Codable, Hashable, Sendable { case more, less }
    }

    /// Log-odds for one deviation of the column.
    public struct WeightChange: Codable, Hashable, Sendable {
        public var id: String
        public var left: Double
        public var right: Double
    }

    public init(_ left: ModelFile, _ right: ModelFile, limit: Int = weightChangeLimit) {
        self.left = "\(left.name)@\(left.version)"
        self.right = "\(right.name)@\(right.version)"
        let spans: [ModelFile.SpanEvaluation.Span] = [.heldOut, .calibration, .training]
        span = spans.first { left.evaluation(on: $0) != nil && right.evaluation(on: $0) != nil }
        switch span {
        case .heldOut: spansAgree = left.training.heldOutWindow == right.training.heldOutWindow
        case .calibration: spansAgree = left.training.calibrationWindow == right.training.calibrationWindow
        case .training: spansAgree = left.training.window == right.training.window
        case nil: spansAgree = false
        }
        figures = ModelComparison.figures(
            span.flatMap { left.evaluation(on: $0)?.evaluation }, span.flatMap { right.evaluation(on: $0)?.evaluation },
            left, right)
        let rightColumns = Dictionary(right.columns.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        let leftIDs = Set(left.columns.map(\.id))
        onlyLeft = left.columns.map(\.id).filter { rightColumns[$0] == nil }
        onlyRight = right.columns.map(\.id).filter { !leftIDs.contains($0) }
        redefined = left.columns.filter { column in
            rightColumns[column.id].map { $0.hash != column.hash } ?? false
        }.map(\.id)
        let changes = left.columns.compactMap { column -> WeightChange? in
            guard let other = rightColumns[column.id], other.hash == column.hash, other.weight != column.weight else {
                return nil
            }
            return WeightChange(id: column.id, left: column.weight, right: other.weight)
        }
        weightChanges = Array(
            changes.sorted { first, second in
                let (one, other) = (abs(first.right - first.left), abs(second.right - second.left))
                return one != other ? one > other : first.id < second.id
            }.prefix(max(0, limit)))
    }

    private static func figures(
        _ left: Evaluation?, _ right: Evaluation?, _ leftFile: ModelFile, _ rightFile: ModelFile
    ) -> [Figure] {
        func figure(_ name: String, _ better: Figure.Better?, _ value: (Evaluation) -> Double?) -> Figure {
            figure(name, better, left.flatMap(value), right.flatMap(value))
        }
        func figure(_ name: String, _ better: Figure.Better?, _ left: Double?, _ right: Double?) -> Figure {
            var difference: Double?
            if let left, let right { difference = right - left }
            return Figure(name: name, left: left, right: right, difference: difference, better: better)
        }
        return [
            figure("rows", nil) { Double($0.rowCount) },
            figure("base_rate", nil) { $0.baseRate },
            figure("auc", .more) { $0.areaUnderCurve },
            figure("ks", .more) { $0.kolmogorovSmirnov },
            figure("pr_auc", .more) { $0.averagePrecision },
            figure("brier_score", .less) { $0.brierScore },
            figure("log_loss", .less) { $0.logLoss },
            figure("calibration_error", .less) { $0.expectedCalibrationError },
            figure("calibration_slope", nil) { $0.calibrationLine?.slope },
            figure("flagged_share", nil) { $0.atReview?.flaggedShare },
            figure("recall", .more) { $0.atReview?.recall },
            figure("precision", .more) { $0.atReview?.precision },
            figure("review_probability", nil, leftFile.scale.reviewProbability, rightFile.scale.reviewProbability),
            figure("columns", nil, Double(leftFile.columns.count), Double(rightFile.columns.count)),
            figure("penalty", nil, leftFile.settings.penalty, rightFile.settings.penalty),
        ]
    }
}
