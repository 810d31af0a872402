/// Counts, means and deviations of columns, of the values that are present (not NaN).
struct ColumnMoments {
    private(set) var counts: [Int]
    private(set) var means: [Double]
    private(set) var deviations: [Double]
    private(set) var least: [Double]
    private(set) var greatest: [Double]

    private static let chunkLimit = 64
    private static let chunkLeastRows = 256

    /// Two readings: of means, then of distances from them, which loses no digits to large means.
    ///
    /// Source: Chan, Golub, LeVeque, Algorithms for computing the sample variance, The American Statistician 37 (1983).
    init(_ matrix: DesignMatrix, threads: Int) {
        let columnCount = matrix.columnCount
        let chunks = Chunks(
            rowCount: matrix.rowCount, limit: ColumnMoments.chunkLimit, least: ColumnMoments.chunkLeastRows, multiple: 1
        )
        // Counts, sums, least, greatest of each chunk.
        let first = ChunkMemory(chunkCount: chunks.count, numbersPerChunk: 4 * columnCount)
        chunks.forEach(threads: threads) { chunk in
            let counts = first.start(of: chunk)
            let (sums, least, greatest) = (
                counts + columnCount, counts + 2 * columnCount, counts + 3 * columnCount
            )
            for column in 0..<columnCount { (least[column], greatest[column]) = (.infinity, -.infinity) }
            for row in chunks.rows(of: chunk) {
                let values = matrix.row(row)
                for column in 0..<columnCount {
                    let value = values[column]
                    counts[column] += value == value ? 1 : 0
                    sums[column] += value == value ? value : 0
                    // Comparisons with NaN are false.
                    least[column] = value < least[column] ? value : least[column]
                    greatest[column] = value > greatest[column] ? value : greatest[column]
                }
            }
        }
        counts = [Int](repeating: 0, count: columnCount)
        means = [Double](repeating: 0, count: columnCount)
        deviations = means
        least = [Double](repeating: .infinity, count: columnCount)
        greatest = [Double](repeating: -.infinity, count: columnCount)
        for chunk in 0..<chunks.count {
            let start = first.start(of: chunk)
            for column in 0..<columnCount {
                counts[column] += Int(start[column])
                means[column] += start[columnCount + column]
                least[column] = min(least[column], start[2 * columnCount + column])
                greatest[column] = max(greatest[column], start[3 * columnCount + column])
            }
        }
        for column in 0..<columnCount where counts[column] > 0 { means[column] /= Double(counts[column]) }
        measureDeviations(matrix, chunks: chunks, threads: threads)
    }

    private mutating func measureDeviations(_ matrix: DesignMatrix, chunks: Chunks, threads: Int) {
        let columnCount = matrix.columnCount
        let second = ChunkMemory(chunkCount: chunks.count, numbersPerChunk: columnCount)
        means.withUnsafeBufferPointer { means in
            chunks.forEach(threads: threads) { chunk in
                let squares = second.start(of: chunk)
                for row in chunks.rows(of: chunk) {
                    let values = matrix.row(row)
                    for column in 0..<columnCount {
                        let distance = values[column] - means[column]
                        squares[column] += distance == distance ? distance * distance : 0
                    }
                }
            }
        }
        for chunk in 0..<chunks.count {
            for column in 0..<columnCount { deviations[column] += second.start(of: chunk)[column] }
        }
        for column in 0..<columnCount where counts[column] > 0 {
            deviations[column] = (deviations[column] / Double(counts[column])).squareRoot()
        }
    }

    /// Whether a column has two values that can be told apart.
    func varies(_ column: Int) -> Bool {
        counts[column] > 0 && least[column] < greatest[column] && deviations[column].isNormal
            && deviations[column].isFinite
    }

    var firstInfinite: Int? {
        counts.indices.first { counts[$0] > 0 && (least[$0] == -.infinity || greatest[$0] == .infinity) }
    }
}
