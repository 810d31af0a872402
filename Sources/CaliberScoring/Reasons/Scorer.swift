import CaliberRegression

/// One model put to use: log-odds → probability → health, and why.
public struct Scorer: Sendable {
    public let model: LogisticModel
    public let calibration: Calibration
    public let scale: HealthScale
    public let schema: FeatureSchema
    /// What training saw of each column; nil where nothing is known.
    let observedRanges: [ClosedRange<Double>?]
    /// Columns that are one reason, in the order of their first ones.
    let groups: [ColumnGroup]

    /// The kernel, which adds in one order for one row and for many.
    private let rows: LogisticScorer

    struct ColumnGroup: Sendable {
        let id: String
        let columns: [Int]
    }

    public init(
        model: LogisticModel, calibration: Calibration = .identity, scale: HealthScale, schema: FeatureSchema,
        observedRanges: [ClosedRange<Double>?]? = nil
    ) throws(ScoringProblem) {
        guard model.terms.count == schema.columns.count else {
            throw .columnCount(model: model.terms.count, schema: schema.columns.count)
        }
        self.model = model
        rows = LogisticScorer(model)
        self.calibration = calibration
        self.scale = scale
        self.schema = schema
        let unknown = [ClosedRange<Double>?](repeating: nil, count: model.terms.count)
        self.observedRanges = observedRanges.flatMap { $0.count == unknown.count ? $0 : nil } ?? unknown
        groups = Scorer.groups(of: schema)
    }

    /// Log-odds of a row, missing values as NaN: the same bits as of many rows at once.
    public func rawLogOdds(_ values: [Double]) -> Double { rows.logOdds(ofRow: values) }

    package func rawLogOdds(_ values: UnsafeBufferPointer<Double>) -> Double { rows.logOdds(ofRow: values) }

    /// The calibrated probability that the order goes bad.
    public func probability(rawLogOdds: Double) -> Double { calibration.probability(rawLogOdds) }

    public func health(rawLogOdds: Double) -> Health {
        scale.health(calibratedLogOdds: calibration.logOdds(rawLogOdds))
    }

    /// In log-odds; a column without weight adds nothing, whatever its value, and none adds more than can be written.
    func contribution(of column: Int, _ value: Double) -> Double {
        let contribution = model.contribution(of: column, value: value)
        return contribution.isNaN ? 0 : min(max(contribution, -Scorer.greatestLogOdds), Scorer.greatestLogOdds)
    }

    /// Far past what any score can tell apart, and still a number for JSON.
    static let greatestLogOdds = 1e100

    private static func groups(of schema: FeatureSchema) -> [ColumnGroup] {
        var order: [String] = []
        var columnsOfGroup: [String: [Int]] = [:]
        for (index, column) in schema.columns.enumerated() {
            // A group may be named as another column is: the two must not become one reason.
            let key = column.group.map { "group:" + $0 } ?? "column:" + column.id
            if columnsOfGroup[key] == nil { order.append(key) }
            columnsOfGroup[key, default: []].append(index)
        }
        return order.map { key in
            let columns = columnsOfGroup[key] ?? []
            let first = schema.columns[columns[0]]
            return ColumnGroup(id: first.group ?? first.id, columns: columns)
        }
    }
}
