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
    /// The moments' events in the log; rises.
    public let positions: [LogPosition]
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
        TrainingSet(
            try gather(features, label, keepsUnlabelled: false, span: span, group: group, progress: progress))
    }

    /// Replays the log and gathers rows as they were at their first training moment, with what became of them where that
    /// is known: rows whose label has not matured, or can't be told, are there without one.
    ///
    /// - Parameters: as of `trainingSet`.
    public func pastRows(
        _ features: FeatureSetDefinition, label: LabelDefinition, span: Range<Timestamp>? = nil, group: String? = nil,
        progress: (LogPosition) -> Void = { _ in }
    ) throws -> PastRows {
        try gather(features, label, keepsUnlabelled: true, span: span, group: group, progress: progress)
    }

    private func gather(
        _ features: FeatureSetDefinition, _ label: LabelDefinition, keepsUnlabelled: Bool, span: Range<Timestamp>?,
        group: String?, progress: (LogPosition) -> Void
    ) throws -> PastRows {
        guard features.table == label.table else {
            throw LearningProblem.tablesDiffer(features: features.name, label: label.name).diagnostic
        }
        if let group, dictionary.table(named: features.table)?.column(named: group)?.type.isString != true {
            throw LearningProblem.groupNotText(column: group, table: features.table).diagnostic
        }
        let tables = try openTables(.readOnly)
        let labels = try RowLabels(
            label, of: try tables.snapshot(of: label.table), zone: dictionary.settings.timeZone, group: group)
        var gathering = RowGathering(
            labels, featureCount: features.features.count, span: span, keepsUnlabelled: keepsUnlabelled)
        let stream = FeatureStream(FeaturePlan(features, dictionary: dictionary))
        let report = try log.replay(after: .start, keepsArrival: true) { batches, position in
            stream.take(batches, upTo: position, selection: .training, workers: settings.queryParallelism) {
                gathering.add($0)
            }
            progress(position)
        }
        return gathering.rows(position: report.position, cutoff: stream.now)
    }
}

/// Fills a matrix block by block.
private struct RowGathering {
    private let labels: RowLabels
    private let matrix: DesignMatrix
    private let span: Range<Timestamp>?
    private let keepsUnlabelled: Bool
    /// Of the label, and the moment; one a row of the matrix.
    private var rows: [Entry] = []
    private var account = TrainingSet.Account()

    private struct Entry {
        /// Of the label.
        let row: Int
        let moment: Timestamp
        let position: LogPosition
    }

    init(_ labels: RowLabels, featureCount: Int, span: Range<Timestamp>?, keepsUnlabelled: Bool) {
        self.labels = labels
        self.span = span
        self.keepsUnlabelled = keepsUnlabelled
        matrix = DesignMatrix(
            rowCount: keepsUnlabelled ? labels.values.count : labels.labelledCount, columnCount: featureCount)
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
            guard keepsUnlabelled || labels.values[row] != .unknown else {
                account.unknown += 1
                continue
            }
            _ = matrix.row(rows.count).update(fromContentsOf: block.values(of: index))
            rows.append(Entry(row: row, moment: now, position: moment.position))
        }
    }

    /// - Parameter cutoff: what had not matured by then has no label, UTC microseconds.
    mutating func rows(position: LogPosition, cutoff: Int64) -> PastRows {
        var kept: [Entry] = []
        var outcomes: [PastRows.Outcome] = []
        for (place, entry) in rows.enumerated() {
            let outcome = labels.outcome(of: entry.row, cutoff: cutoff)
            switch outcome {
            case .good, .bad: account.used += 1
            case .immature: account.immature += 1
            case .unknown: account.unknown += 1
            }
            guard keepsUnlabelled || outcome.wentBad != nil else { continue }
            if kept.count < place {
                _ = matrix.row(kept.count).update(fromContentsOf: UnsafeBufferPointer(matrix.row(place)))
            }
            kept.append(entry)
            outcomes.append(outcome)
        }
        return PastRows(
            matrix: matrix.rows(0..<kept.count), outcomes: outcomes, moments: kept.map(\.moment),
            positions: kept.map(\.position),
            keys: kept.map { labels.keys.string(UInt32($0.row)) },
            groups: kept.map { entry in
                let group = labels.groups[entry.row]
                return group < 0 ? nil : labels.groupNames.string(UInt32(bitPattern: group))
            }, position: position, cutoff: Timestamp(microseconds: cutoff), account: account)
    }
}

extension RowLabels {
    fileprivate func outcome(of row: Int, cutoff: Int64) -> PastRows.Outcome {
        switch values[row] {
        case .unknown: .unknown
        case .good: maturesAt[row] <= cutoff ? .good : .immature
        case .bad: maturesAt[row] <= cutoff ? .bad : .immature
        }
    }
}
