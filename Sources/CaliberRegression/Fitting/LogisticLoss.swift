import CKernels
import Synchronization

/// The penalised log-loss of some rows, as a function of the parameters.
///
/// A point is an array of `dimension` numbers: the columns' coefficients, zeros up to a whole number of vectors, and the
/// intercept last.
struct LogisticLoss {
    /// The loss at one point. Gradients and cross-products belong to the smooth part: loss and squared penalty.
    struct Value {
        var objective: Double
        var gradient: [Double]
        /// Above 0 when every row stands on its label's side.
        var leastMargin: Double
    }

    struct Curvature {
        var value: Value
        /// Row-major, dimension squared, upper triangle.
        var hessian: [Double]
        /// The largest ‖x / s‖² of a row, with the scales s that were given, its 1 for the intercept included.
        var greatestRowNorm: Double
    }

    let rows: TrainingRows
    let selection: RowSelection
    let settings: FittingSettings
    /// By label, together with what a row of a sub-sample stands for.
    let classWeights: (negative: Double, positive: Double)
    let isCancelled: @Sendable () -> Bool
    /// λ of ½λ‖w‖².
    let squarePenalty: Double
    let rowCount: Int
    let padded: Int

    init(
        _ rows: TrainingRows, selection: RowSelection, settings: FittingSettings,
        classWeights: (negative: Double, positive: Double), isCancelled: @escaping @Sendable () -> Bool
    ) {
        self.rows = rows
        self.selection = selection
        self.settings = settings
        self.classWeights = classWeights
        self.isCancelled = isCancelled
        squarePenalty = settings.penalty * (1 - settings.absoluteShare)
        rowCount = selection.count(of: rows.matrix)
        padded = paddedCount(rows.matrix.columnCount)
    }

    var columnCount: Int { rows.matrix.columnCount }
    var dimension: Int { padded + 1 }
    /// The index of the intercept.
    var last: Int { padded }

    // MARK: - One reading of the rows

    private static let gradientChunkLimit = 64
    private static let gradientChunkLeastRows = 512

    func value(at point: [Double]) throws(FittingError) -> Value {
        let chunks = Chunks(
            rowCount: rowCount, limit: LogisticLoss.gradientChunkLimit, least: LogisticLoss.gradientChunkLeastRows,
            multiple: Int(kernels_lane_count))
        // The gradient, then the sums.
        let memory = ChunkMemory(chunkCount: chunks.count, numbersPerChunk: padded + 3)
        try read(chunks) { all, chunk in
            var rows = all
            rows.first = chunks.rows(of: chunk).lowerBound
            rows.count = chunks.rows(of: chunk).count
            let start = memory.start(of: chunk)
            let sums = pass(&rows, at: point, gradient: start, curvatures: nil)
            LogisticLoss.add(sums, to: start + padded, isFirst: true)
        }
        let total = (0..<chunks.count).reduce(into: RunningSums(padded: padded)) { total, chunk in
            total.add(memory.start(of: chunk))
        }
        return penalised(total, at: point)
    }

    /// What the cross-products of all chunks may take together.
    private static let crossProductByteLimit = 32 << 20
    private static let crossProductChunkLimit = 16
    /// Unless so few would be left that threads have nothing to share.
    private static let crossProductChunkLeastLimit = 4

    /// The same, and the second derivatives.
    /// - Parameter inverseScales: the columns' factors for `greatestRowNorm`, the intercept's last.
    func curvature(at point: [Double], inverseScales: [Double]) throws(FittingError) -> Curvature {
        let square = padded * padded
        let limit = min(
            LogisticLoss.crossProductChunkLimit,
            max(
                LogisticLoss.crossProductChunkLeastLimit,
                LogisticLoss.crossProductByteLimit / (max(1, square) * MemoryLayout<Double>.stride)))
        let block = Int(kernels_crossproduct_row_limit)
        let chunks = Chunks(rowCount: rowCount, limit: limit, least: block, multiple: block)
        // The gradient and the sums, the intercept's products, the curvatures' sum and the norm, the products, and room
        // to work in.
        let (interceptStart, sumStart, squareStart) = (padded + 3, 2 * padded + 3, 2 * padded + 5)
        let (curvatureStart, packedStart) = (squareStart + square, squareStart + square + block)
        let memory = ChunkMemory(chunkCount: chunks.count, numbersPerChunk: packedStart + block * padded)
        try read(chunks) { all, chunk in
            let start = memory.start(of: chunk)
            for first in stride(
                from: chunks.rows(of: chunk).lowerBound, to: chunks.rows(of: chunk).upperBound, by: block)
            {
                var rows = all
                rows.first = first
                rows.count = min(block, chunks.rows(of: chunk).upperBound - first)
                let curvatures = start + curvatureStart
                let sums = pass(&rows, at: point, gradient: start, curvatures: curvatures)
                LogisticLoss.add(sums, to: start + padded, isFirst: first == chunks.rows(of: chunk).lowerBound)
                for row in 0..<rows.count { start[sumStart] += curvatures[row] }
                let norm = inverseScales.withUnsafeBufferPointer { scales in
                    kernels_crossproduct(
                        settings.instructions.code, &rows, curvatures, start + packedStart, start + squareStart,
                        start + interceptStart, scales.baseAddress)
                }
                start[sumStart + 1] = max(start[sumStart + 1], norm)
            }
        }
        var total = RunningSums(padded: padded)
        var hessian = [Double](repeating: 0, count: dimension * dimension)
        var norm = 0.0
        for chunk in 0..<chunks.count {
            let start = memory.start(of: chunk)
            total.add(start)
            norm = max(norm, start[sumStart + 1])
            hessian[last * dimension + last] += start[sumStart]
            for row in 0..<padded {
                hessian[row * dimension + last] += start[interceptStart + row]
                let products = start + squareStart + row * padded
                for column in row..<padded { hessian[row * dimension + column] += products[column] }
            }
        }
        for column in 0..<columnCount { hessian[column * dimension + column] += squarePenalty }
        norm += inverseScales[last] * inverseScales[last]
        return Curvature(value: penalised(total, at: point), hessian: hessian, greatestRowNorm: norm)
    }

    /// Why the loss is no number although the point is one.
    func problemOfRows() -> FittingError { rows.firstNotFinite(in: selection) ?? .overflow }

    // MARK: - Chunks

    /// Hands every chunk out, together with a description of all rows.
    private func read(_ chunks: Chunks, _ work: (kernels_rows, Int) -> Void) throws(FittingError) {
        let cancelled = Atomic<Bool>(false)
        rows.labels.withUnsafeBytes { labels in
            withOptionalPointer(rows.weights) { weights in
                withOptionalPointer(selection.numbers) { numbers in
                    guard let values = rows.matrix.values.baseAddress, let labels = labels.baseAddress else { return }
                    // A Bool is a byte that holds 0 or 1.
                    let all = kernels_rows(
                        values: values, matrix_row_count: rows.matrix.rowCount, column_count: columnCount,
                        indices: numbers, first: 0, count: rowCount, labels: labels.assumingMemoryBound(to: UInt8.self),
                        weights: weights, class_weights: (classWeights.negative, classWeights.positive))
                    chunks.forEach(threads: settings.threads) { chunk in
                        if isCancelled() { return cancelled.store(true, ordering: .relaxed) }
                        work(all, chunk)
                    }
                }
            }
        }
        if cancelled.load(ordering: .relaxed) { throw .cancelled }
    }

    private func pass(
        _ rows: inout kernels_rows, at point: [Double], gradient: UnsafeMutablePointer<Double>,
        curvatures: UnsafeMutablePointer<Double>?
    ) -> kernels_logistic_sums {
        point.withUnsafeBufferPointer { point in
            // A point has at least the intercept.
            kernels_logistic_pass(
                settings.instructions.code, &rows, point[last], point.baseAddress!, gradient, curvatures)
        }
    }

    private static func add(_ sums: kernels_logistic_sums, to place: UnsafeMutablePointer<Double>, isFirst: Bool) {
        place[0] += sums.loss
        place[1] += sums.intercept_gradient
        place[2] = isFirst ? sums.least_margin : min(place[2], sums.least_margin)
    }

    /// Sums of chunks, put together in their order.
    private struct RunningSums {
        var gradient: [Double]
        var loss = 0.0
        var leastMargin = Double.infinity

        init(padded: Int) { gradient = [Double](repeating: 0, count: padded + 1) }

        mutating func add(_ start: UnsafeMutablePointer<Double>) {
            let padded = gradient.count - 1
            for index in 0..<padded { gradient[index] += start[index] }
            loss += start[padded]
            gradient[padded] += start[padded + 1]
            leastMargin = min(leastMargin, start[padded + 2])
        }
    }

    private func penalised(_ total: RunningSums, at point: [Double]) -> Value {
        var value = Value(objective: total.loss, gradient: total.gradient, leastMargin: total.leastMargin)
        var squares = 0.0
        for column in 0..<columnCount {
            squares += point[column] * point[column]
            value.gradient[column] += squarePenalty * point[column]
        }
        value.objective += 0.5 * squarePenalty * squares
        return value
    }
}

extension RowSelection {
    /// nil when the rows are all.
    var numbers: [Int]? {
        switch self {
        case .all: nil
        case .numbered(let rows): rows
        }
    }
}

/// A pointer to the elements, or none.
func withOptionalPointer<Element, Result>(
    _ elements: [Element]?, _ body: (UnsafePointer<Element>?) -> Result
) -> Result {
    guard let elements else { return body(nil) }
    return elements.withUnsafeBufferPointer { body($0.baseAddress) }
}
