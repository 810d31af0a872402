import Foundation

/// How raw columns become columns that a fit can weigh: learned from rows, applied to rows, and taken back from the fit.
///
/// A used column is brought to mean 0 and deviation 1; a missing value (NaN) becomes 0, the mean, and sets the column's
/// indicator to 1 where the column has one. A column without a second value is left out, and so is one without any.
/// Columns that are missing in the very same rows share the first one's indicator: more of them would say nothing new.
public struct DesignPreparation: Hashable, Codable, Sendable {
    /// What was found in one raw column, and where it goes.
    public struct Column: Hashable, Codable, Sendable {
        /// Of the present values; the deviation of all of them, not of a sample, and 1 where the values are left out.
        public let mean: Double
        public let deviation: Double
        public let missingCount: Int
        /// The prepared column of its values; nil when they are left out.
        public let valueColumn: Int?
        /// The prepared column that is 1 where the value is missing, else 0; nil when none or all are missing, or another
        /// column's says so.
        public let indicatorColumn: Int?
        /// The raw column, before this one, that is missing in the very same rows and has the indicator of both.
        public let sharesIndicatorOf: Int?
    }

    public enum Note: Hashable, Codable, Sendable {
        /// All present values are the same; only where they are missing can tell something.
        case constant(column: Int, value: Double)
        case allMissing(column: Int)

        public var text: String {
            switch self {
            case .constant(let column, let value): "Column \(column) is \(value) in every row, and left out."
            case .allMissing(let column): "Column \(column) is missing in every row, and left out."
            }
        }
    }

    public let rowCount: Int
    public let columns: [Column]
    public let notes: [Note]
    public let preparedColumnCount: Int

    /// Learns means and deviations: two readings of the matrix, and one of columns that are missing equally often.
    /// - Throws: `noRows`, `notFinite` for infinite values.
    public init(
        learningFrom matrix: DesignMatrix, threads: Int = ProcessInfo.processInfo.activeProcessorCount
    ) throws(FittingError) {
        guard matrix.rowCount > 0 else { throw .noRows }
        let moments = ColumnMoments(matrix, threads: threads)
        if let column = moments.firstInfinite {
            let row = (0..<matrix.rowCount).first { matrix.row($0)[column].isInfinite } ?? 0
            throw .notFinite(row: row, column: column, value: "\(matrix.row(row)[column])")
        }
        let missingCounts = moments.counts.map { matrix.rowCount - $0 }
        let patterns = MissingPatterns(matrix, missingCounts: missingCounts, threads: threads)
        var columns: [Column] = []
        var notes: [Note] = []
        var next = 0
        func place(_ isUsed: Bool) -> Int? {
            guard isUsed else { return nil }
            next += 1
            return next - 1
        }
        // Values first, indicators behind them.
        let varies = (0..<matrix.columnCount).map(moments.varies)
        let valueColumns = varies.map { place($0) }
        for column in 0..<matrix.columnCount {
            let missing = missingCounts[column]
            let alike = patterns.firstAlike[column]
            if moments.counts[column] == 0 {
                notes.append(.allMissing(column: column))
            } else if !varies[column] {
                notes.append(.constant(column: column, value: moments.least[column]))
            }
            columns.append(
                Column(
                    mean: varies[column] || missing == matrix.rowCount ? moments.means[column] : moments.least[column],
                    deviation: varies[column] ? moments.deviations[column] : 1, missingCount: missing,
                    valueColumn: valueColumns[column],
                    indicatorColumn: place(missing > 0 && missing < matrix.rowCount && alike == nil),
                    sharesIndicatorOf: alike))
        }
        rowCount = matrix.rowCount
        self.columns = columns
        self.notes = notes
        preparedColumnCount = next
    }

    // MARK: - Applying

    /// Writes one row as a fit wants it.
    /// - Parameters:
    ///   - raw: one value a raw column.
    ///   - prepared: `preparedColumnCount` places, elsewhere than `raw`.
    public func prepare(row raw: UnsafeBufferPointer<Double>, into prepared: UnsafeMutableBufferPointer<Double>) {
        precondition(
            raw.count == columns.count && prepared.count == preparedColumnCount,
            "\(raw.count) raw and \(prepared.count) prepared columns, where \(columns.count) and "
                + "\(preparedColumnCount) were learned")
        for (column, value) in zip(columns, raw) {
            if let place = column.valueColumn {
                prepared[place] = value.isNaN ? 0 : (value - column.mean) / column.deviation
            }
            if let place = column.indicatorColumn { prepared[place] = value.isNaN ? 1 : 0 }
        }
    }

    /// The same rows prepared, in the raw matrix's own memory as long as they take no more columns than it has: the raw
    /// values are gone then. With more columns they go to new memory.
    public func prepared(consuming matrix: DesignMatrix) -> DesignMatrix {
        let result =
            preparedColumnCount <= matrix.columnCount
            ? DesignMatrix(inMemoryOf: matrix, columnCount: preparedColumnCount)
            : DesignMatrix(rowCount: matrix.rowCount, columnCount: preparedColumnCount)
        // A row may be written over by itself and by those behind it, so each is taken out first.
        withUnsafeTemporaryAllocation(of: Double.self, capacity: max(1, matrix.columnCount)) { raw in
            for row in 0..<matrix.rowCount {
                let source = matrix.row(row)
                for column in source.indices { raw[column] = source[column] }
                prepare(
                    row: UnsafeBufferPointer(rebasing: raw[0..<matrix.columnCount]), into: result.row(row))
            }
        }
        return result
    }

    // MARK: - And back

    /// The model over raw columns that a fit over prepared ones means. What a shared indicator weighs is the first of its
    /// columns'; the others' missing values weigh nothing.
    /// - Throws: `wrongStart` for a fit of other columns.
    public func model(of fit: LogisticFit) throws(FittingError) -> LogisticModel {
        guard fit.coefficients.count == preparedColumnCount else {
            throw .wrongStart(columnCount: fit.coefficients.count, expected: preparedColumnCount)
        }
        return LogisticModel(
            intercept: fit.intercept,
            terms: columns.map { column in
                LogisticModel.Term(
                    weight: column.valueColumn.map { fit.coefficients[$0] } ?? 0, mean: column.mean,
                    deviation: column.deviation,
                    missingWeight: column.indicatorColumn.map { fit.coefficients[$0] } ?? 0)
            })
    }

    /// The raw column that a prepared one comes from, and whether it says that the value is missing.
    public func origin(ofPrepared prepared: Int) -> (column: Int, isIndicator: Bool)? {
        for (index, column) in columns.enumerated() {
            if column.valueColumn == prepared { return (index, false) }
            if column.indicatorColumn == prepared { return (index, true) }
        }
        return nil
    }
}
