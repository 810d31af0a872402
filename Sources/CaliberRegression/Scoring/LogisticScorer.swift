import CKernels

/// Scores raw rows, one by one or many at once, with the same bits either way.
///
/// A row's log-odds are those of `LogisticModel`: the intercept and what each column adds, where NaN is a missing value. They
/// are summed in eight lanes along the columns, with fused multiplications, so that neither the number of rows, nor of
/// threads, nor the processor changes a bit. An infinite value gives infinite log-odds, or NaN where its column has no
/// weight.
///
/// - Complexity: O(columnCount) a row; many rows are scored as fast as memory is read.
public struct LogisticScorer: Sendable {
    public let model: LogisticModel
    private let padded: Int
    /// Means, slopes and missing values' log-odds, each padded with zeros.
    private let numbers: [Double]
    package var instructions = Instructions.best

    public init(_ model: LogisticModel) {
        self.model = model
        padded = paddedCount(model.terms.count)
        let padding = [Double](repeating: 0, count: padded - model.terms.count)
        numbers =
            model.terms.map(\.mean) + padding + model.terms.map { $0.weight / $0.deviation } + padding
            + model.terms.map(\.missingWeight) + padding
    }

    public var columnCount: Int { model.terms.count }

    // MARK: - One row

    public func logOdds(ofRow row: UnsafeBufferPointer<Double>) -> Double { scored(row, gives: 0) }

    public func probability(ofRow row: UnsafeBufferPointer<Double>) -> Double { scored(row, gives: 1) }

    public func logOdds(ofRow row: [Double]) -> Double { row.withUnsafeBufferPointer(logOdds(ofRow:)) }

    public func probability(ofRow row: [Double]) -> Double { row.withUnsafeBufferPointer(probability(ofRow:)) }

    private func scored(_ row: UnsafeBufferPointer<Double>, gives probabilities: Int32) -> Double {
        precondition(row.count == columnCount, "a row of \(row.count) values for a model of \(columnCount) columns")
        var result = model.intercept
        withScore { score in
            // A row without columns has no place in memory.
            guard let start = row.baseAddress else {
                var nothing = 0.0
                kernels_score_rows(instructions.code, score, &nothing, 1, probabilities, &result)
                return
            }
            kernels_score_rows(instructions.code, score, start, 1, probabilities, &result)
        }
        return result
    }

    // MARK: - Many rows

    /// - Parameters:
    ///   - results: one place a row.
    ///   - threads: how many threads work; they change no bit.
    public func logOdds(of matrix: DesignMatrix, into results: UnsafeMutableBufferPointer<Double>, threads: Int = 1) {
        score(matrix, into: results, threads: threads, gives: 0)
    }

    public func probabilities(
        of matrix: DesignMatrix, into results: UnsafeMutableBufferPointer<Double>, threads: Int = 1
    ) {
        score(matrix, into: results, threads: threads, gives: 1)
    }

    public func logOdds(of matrix: DesignMatrix, threads: Int = 1) -> [Double] {
        results(matrix.rowCount) { logOdds(of: matrix, into: $0, threads: threads) }
    }

    public func probabilities(of matrix: DesignMatrix, threads: Int = 1) -> [Double] {
        results(matrix.rowCount) { probabilities(of: matrix, into: $0, threads: threads) }
    }

    private func results(_ count: Int, _ fill: (UnsafeMutableBufferPointer<Double>) -> Void) -> [Double] {
        [Double](unsafeUninitializedCapacity: count) { buffer, initialised in
            fill(UnsafeMutableBufferPointer(rebasing: buffer[0..<count]))
            initialised = count
        }
    }

    private static let chunkLimit = 256
    private static let chunkLeastRows = 2048

    private func score(
        _ matrix: DesignMatrix, into results: UnsafeMutableBufferPointer<Double>, threads: Int,
        gives probabilities: Int32
    ) {
        precondition(
            matrix.columnCount == columnCount && results.count == matrix.rowCount,
            "\(matrix.rowCount) × \(matrix.columnCount) values for a model of \(columnCount) columns and "
                + "\(results.count) results")
        guard let values = matrix.values.baseAddress, let results = results.baseAddress else { return }
        let chunks = Chunks(
            rowCount: matrix.rowCount, limit: LogisticScorer.chunkLimit, least: LogisticScorer.chunkLeastRows,
            multiple: Int(kernels_lane_count))
        withScore { score in
            chunks.forEach(threads: threads) { chunk in
                let rows = chunks.rows(of: chunk)
                kernels_score_rows(
                    instructions.code, score, values + rows.lowerBound * columnCount, rows.count, probabilities,
                    results + rows.lowerBound)
            }
        }
    }

    private func withScore(_ body: (UnsafePointer<kernels_score>) -> Void) {
        numbers.withUnsafeBufferPointer { numbers in
            withUnsafeTemporaryAllocation(of: Double.self, capacity: 1) { none in
                let start = numbers.baseAddress ?? UnsafePointer(none.baseAddress!)
                var score = kernels_score(
                    intercept: model.intercept, column_count: columnCount, means: start, slopes: start + padded,
                    missing: start + 2 * padded)
                body(&score)
            }
        }
    }
}
