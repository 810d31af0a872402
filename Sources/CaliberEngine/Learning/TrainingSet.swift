import CaliberColumns
import CaliberCore
import CaliberDictionary
import CaliberEventLog
import CaliberFeatures
import CaliberRegression
import CaliberTables

/// Rows to learn from: each as it was known at its first training moment, with what became of it. In the order of time.
public struct TrainingSet {
    /// A row a moment, a column a feature; NaN where a value is not known.
    public let matrix: DesignMatrix
    /// Whether it went bad.
    public let labels: [Bool]
    /// The moment on the clock of arrival; never falls.
    public let moments: [Timestamp]
    public let keys: [String]
    /// What figures are told by, one a row.
    public let groups: [String?]
    /// The log up to where it was read.
    public let position: LogPosition
    public let cutoff: Timestamp
    public let account: Account

    /// What became of all rows that had a training moment: the parts add up.
    public struct Account: Hashable, Sendable {
        public internal(set) var used = 0
        /// Outside the span that was asked for.
        public internal(set) var outside = 0
        public internal(set) var immature = 0
        /// The label can't be told.
        public internal(set) var unknown = 0

        public var total: Int { used + outside + immature + unknown }
    }
}

extension Engine {
    /// Replays the log and gathers rows to learn from.
    ///
    /// A row's features are as of its first training moment, on both clocks; its label is as of the end of the log, and
    /// counts only once it has matured.
    ///
    /// - Parameters:
    ///   - span: training moments that are taken; all when nil.
    ///   - group: a stored text column of the table.
    public func trainingSet(
        _ features: FeatureSetDefinition, label: LabelDefinition, span: Range<Timestamp>? = nil, group: String? = nil,
        progress: (LogPosition) -> Void = { _ in }
    ) throws -> TrainingSet {
        guard features.table == label.table else {
            throw LearningProblem.tablesDiffer(features: features.name, label: label.name).diagnostic
        }
        if let group, dictionary.table(named: features.table)?.column(named: group)?.type.isString != true {
            throw LearningProblem.groupNotText(column: group, table: features.table).diagnostic
        }
        let tables = try openTables(.readOnly)
        let labels = try RowLabels(
            label, of: try tables.snapshot(of: label.table), zone: dictionary.settings.timeZone, group: group)
        var gathering = TrainingGathering(labels, featureCount: features.features.count, span: span)
        let stream = FeatureStream(FeaturePlan(features, dictionary: dictionary))
        let report = try log.replay(after: .start, keepsArrival: true) { batches, position in
            stream.take(batches, upTo: position, selection: .training, workers: settings.queryParallelism) {
                gathering.add($0)
            }
            progress(position)
        }
        return gathering.set(position: report.position, cutoff: stream.now)
    }
}

/// Fills a training set block by block.
private struct TrainingGathering {
    private let labels: RowLabels
    private let matrix: DesignMatrix
    private let span: Range<Timestamp>?
    /// Of the label, and the moment; one a row of the matrix.
    private var rows: [(row: Int, moment: Timestamp)] = []
    private var account = TrainingSet.Account()

    init(_ labels: RowLabels, featureCount: Int, span: Range<Timestamp>?) {
        self.labels = labels
        self.span = span
        matrix = DesignMatrix(rowCount: labels.labelledCount, columnCount: featureCount)
    }

    mutating func add(_ block: FeatureBlock) {
        for (index, moment) in block.moments.enumerated() where moment.isTraining {
            let now = Timestamp(microseconds: moment.now)
            if let span, !span.contains(now) {
                account.outside += 1
                continue
            }
            guard let row = labels.row(of: block.keyBytes(of: index)) else {
                account.unknown += 1
                continue
            }
            guard labels.values[row] != .unknown else {
                account.unknown += 1
                continue
            }
            _ = matrix.row(rows.count).update(fromContentsOf: block.values(of: index))
            rows.append((row, now))
        }
    }

    /// - Parameter cutoff: what had not matured by then is left out, UTC microseconds.
    mutating func set(position: LogPosition, cutoff: Int64) -> TrainingSet {
        var mature: [(row: Int, moment: Timestamp)] = []
        for (place, entry) in rows.enumerated() {
            guard labels.maturesAt[entry.row] <= cutoff else {
                account.immature += 1
                continue
            }
            if mature.count < place {
                _ = matrix.row(mature.count).update(fromContentsOf: UnsafeBufferPointer(matrix.row(place)))
            }
            mature.append(entry)
        }
        account.used = mature.count
        return TrainingSet(
            matrix: matrix.rows(0..<mature.count), labels: mature.map { labels.values[$0.row] == .bad },
            moments: mature.map(\.moment), keys: mature.map { labels.keys.string(UInt32($0.row)) },
            groups: mature.map { entry in
                let group = labels.groups[entry.row]
                return group < 0 ? nil : labels.groupNames.string(UInt32(bitPattern: group))
            }, position: position, cutoff: Timestamp(microseconds: cutoff), account: account)
    }
}
