import CaliberCore
import CaliberDictionary
import CaliberEventLog
import CaliberRegression
import CaliberScoring

extension Engine {
    /// The feature set that a model was trained on, as the dictionary has it now: one with the same columns; else the one
    /// of the model's name, or the only one.
    public func featureSet(of file: ModelFile) throws -> FeatureSetDefinition {
        for set in dictionary.featureSets where try FeatureSchema(set).hash == file.schemaHash { return set }
        return try dictionary.featureSet(named: file.name) ?? featureSet(nil)
    }

    /// The label that a model foresees, as the dictionary has it now.
    public func label(of file: ModelFile, features: FeatureSetDefinition) throws -> LabelDefinition {
        try label(file.label.id, of: features.table)
    }

    /// Replays the log and scores each row as it was known at its first training moment.
    ///
    /// - Parameters: as of `pastRows`.
    /// - Throws: `Diagnostic` where the dictionary's features are not the model's.
    public func scoredRows(
        _ file: ModelFile, group: String? = nil, threads: Int, progress: (LogPosition) -> Void = { _ in }
    ) throws -> ScoredRows {
        let features = try featureSet(of: file)
        // Before the log is replayed: a model that can't score says so at once.
        let scorer = try file.scorer(schema: FeatureSchema(features))
        let rows = try pastRows(
            features, label: label(of: file, features: features), group: group, progress: progress)
        return ScoredRows(file, scorer, rows, group: group, threads: threads)
    }

    /// The same rows under another model; nil where that one knows other features, and they have to be gathered anew.
    public func scoredRows(_ file: ModelFile, rowsOf other: ScoredRows, threads: Int) throws -> ScoredRows? {
        guard file.schemaHash == other.file.schemaHash, file.label.id == other.file.label.id else { return nil }
        let scorer = try file.scorer(schema: other.scorer.schema)
        return ScoredRows(file, scorer, other.rows, group: other.group, threads: threads)
    }
}

/// Past rows as a model scores them.
public struct ScoredRows {
    public let file: ModelFile
    public let scorer: Scorer
    public let rows: PastRows
    /// The column that the rows' groups are of.
    public let group: String?
    /// Before calibration; one a row.
    public let rawLogOdds: [Double]
    /// Calibrated, of going bad; one a row.
    public let probabilities: [Double]

    init(_ file: ModelFile, _ scorer: Scorer, _ rows: PastRows, group: String?, threads: Int) {
        self.file = file
        self.scorer = scorer
        self.rows = rows
        self.group = group
        rawLogOdds = LogisticScorer(scorer.model).logOdds(of: rows.matrix, threads: threads)
        probabilities = rawLogOdds.map { scorer.probability(rawLogOdds: $0) }
    }

    /// `order_health@3`.
    public var model: String { "\(file.name)@\(file.version)" }

    /// Rows of a span whose outcome is known.
    public func known(in span: Range<Timestamp>) -> [Int] {
        rows.rows(in: span).filter { rows.outcomes[$0].wentBad != nil }
    }

    func labels(_ places: [Int]) -> [Double] { places.map { rows.outcomes[$0] == .bad ? 1 : 0 } }

    /// Days from the first of some rows to the last; nil where that is no time.
    func days(_ places: some Collection<Int>) -> Double? {
        guard let first = places.first, let last = places.max(), rows.moments[first] < rows.moments[last] else {
            return nil
        }
        let microseconds = rows.moments[last].microseconds - rows.moments[first].microseconds
        return Double(microseconds) / Double(Timestamp.microsecondsPerDay)
    }
}

extension ModelFile.TrainingRecord {
    /// Where the rows begin that neither weights nor calibration were learned from.
    public var judgedFrom: Timestamp { heldOutWindow?.from ?? calibrationWindow?.until ?? window.until }

    /// Where the rows begin that no weight was learned from.
    public var notFittedFrom: Timestamp { calibrationWindow?.from ?? heldOutWindow?.from ?? window.until }

    /// After the last row that the model was made or judged with.
    public var end: Timestamp {
        max(window.until, calibrationWindow?.until ?? window.until, heldOutWindow?.until ?? window.until)
    }
}
