/// Which columns are missing in the very same rows: what one of their indicators says, all say.
struct MissingPatterns {
    /// By column: the first column with the same pattern; nil where that is the column itself.
    let firstAlike: [Int?]

    /// One reading of the columns whose number of missing values another column has too; none where there is no such pair.
    ///
    /// A pattern is told by two sums of 64 bits, each over a number of its own for every missing row: two patterns share
    /// both by chance once in 2^128 pairs. Sums do not hang on the order of rows, so threads change nothing.
    init(_ matrix: DesignMatrix, missingCounts: [Int], threads: Int) {
        var columnsOfCount: [Int: Int] = [:]
        for count in missingCounts { columnsOfCount[count, default: 0] += 1 }
        let candidates = missingCounts.indices.filter { column in
            let count = missingCounts[column]
            return count > 0 && count < matrix.rowCount && columnsOfCount[count, default: 0] > 1
        }
        let prints = MissingPatterns.prints(of: candidates, in: matrix, threads: threads)
        var firstOfPrint: [Print: Int] = [:]
        var alike = [Int?](repeating: nil, count: missingCounts.count)
        for (place, column) in candidates.enumerated() {
            if let first = firstOfPrint[prints[place]] {
                alike[column] = first
            } else {
                firstOfPrint[prints[place]] = column
            }
        }
        firstAlike = alike
    }

    private struct Print: Hashable {
        var first: UInt64 = 0
        var second: UInt64 = 0
    }

    private static let chunkLimit = 64
    private static let chunkLeastRows = 256
    private static let seeds: (UInt64, UInt64) = (0x243F_6A88_85A3_08D3, 0x1319_8A2E_0370_7344)

    private static func prints(of columns: [Int], in matrix: DesignMatrix, threads: Int) -> [Print] {
        let count = columns.count
        guard count > 0 else { return [] }
        let chunks = Chunks(rowCount: matrix.rowCount, limit: chunkLimit, least: chunkLeastRows, multiple: 1)
        let sums = UnsafeMutablePointer<Print>.allocate(capacity: chunks.count * count)
        sums.initialize(repeating: Print(), count: chunks.count * count)
        defer { sums.deallocate() }
        // Safe: a chunk writes its own `count` places alone, and they are read after all chunks are done.
        nonisolated(unsafe) let places = sums
        columns.withUnsafeBufferPointer { columns in
            chunks.forEach(threads: threads) { chunk in
                let own = places + chunk * count
                for row in chunks.rows(of: chunk) {
                    let values = matrix.row(row)
                    let (first, second) = (number(of: row, seeds.0), number(of: row, seeds.1))
                    for place in 0..<count {
                        // All bits where the value is missing, else none.
                        let mask: UInt64 = values[columns[place]].isNaN ? .max : 0
                        own[place].first &+= first & mask
                        own[place].second &+= second & mask
                    }
                }
            }
        }
        return (0..<count).map { place in
            (0..<chunks.count).reduce(into: Print()) { sum, chunk in
                sum.first &+= sums[chunk * count + place].first
                sum.second &+= sums[chunk * count + place].second
            }
        }
    }

    /// A row's own number.
    private static func number(of row: Int, _ seed: UInt64) -> UInt64 {
        SplitMix64.mixed(UInt64(truncatingIfNeeded: row) ^ seed)
    }
}
