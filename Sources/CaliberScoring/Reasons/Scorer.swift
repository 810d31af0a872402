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
        self.calibration = calibration
        self.scale = scale
        self.schema = schema
        let unknown = [ClosedRange<Double>?](repeating: nil, count: model.terms.count)
        self.observedRanges = observedRanges.flatMap { $0.count == unknown.count ? $0 : nil } ?? unknown
        groups = Scorer.groups(of: schema)
    }

    /// Log-odds of a row, missing values as NaN: the sum of what each column adds.
    ///
    /// The batch kernels add in another order and may differ in the last bits; a score kept for good comes from one of
    /// the two, always the same.
    public func rawLogOdds(_ values: [Double]) -> Double {
        precondition(values.count == model.terms.count, "\(values.count) values for \(model.terms.count) columns")
        return values.indices.reduce(model.intercept) { $0 + contribution(of: $1, values[$1]) }
    }

    /// The calibrated probability that the order goes bad.
    public func probability(rawLogOdds: Double) -> Double { calibration.probability(rawLogOdds) }

    public func health(rawLogOdds: Double) -> Health {
        scale.health(calibratedLogOdds: calibration.logOdds(rawLogOdds))
    }

    /// In log-odds; a column without weight adds nothing, whatever its value.
    func contribution(of column: Int, _ value: Double) -> Double {
        let contribution = model.contribution(of: column, value: value)
        return contribution.isNaN ? 0 : contribution
    }

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
