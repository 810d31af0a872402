/// Rows to learn from: a matrix without missing values, and of each row whether it went bad and how much it counts.
public struct TrainingRows {
    public let matrix: DesignMatrix
    public let labels: [Bool]
    /// nil: each row counts once.
    public let weights: [Double]?

    /// - Throws: `wrongCount`, `badWeight`.
    public init(_ matrix: DesignMatrix, labels: [Bool], weights: [Double]? = nil) throws(FittingError) {
        guard labels.count == matrix.rowCount else {
            throw .wrongCount(of: "labels", count: labels.count, rowCount: matrix.rowCount)
        }
        if let weights {
            guard weights.count == matrix.rowCount else {
                throw .wrongCount(of: "weights", count: weights.count, rowCount: matrix.rowCount)
            }
            if let row = weights.firstIndex(where: { !($0 >= 0 && $0.isFinite) }) {
                throw .badWeight(row: row, value: "\(weights[row])")
            }
        }
        self.matrix = matrix
        self.labels = labels
        self.weights = weights
    }

    /// The first value that is no number, among some rows.
    func firstNotFinite(in selection: RowSelection) -> FittingError? {
        for index in 0..<selection.count(of: matrix) {
            let row = selection.row(index)
            if let column = matrix.row(row).firstIndex(where: { !$0.isFinite }) {
                return .notFinite(row: row, column: column, value: "\(matrix.row(row)[column])")
            }
        }
        return nil
    }
}

/// Some rows of a matrix, in an order of their own.
package enum RowSelection {
    case all
    case numbered([Int])

    func count(of matrix: DesignMatrix) -> Int {
        switch self {
        case .all: matrix.rowCount
        case .numbered(let rows): rows.count
        }
    }

    func row(_ index: Int) -> Int {
        switch self {
        case .all: index
        case .numbered(let rows): rows[index]
        }
    }

    /// A share of the rows, chosen by a hash of their numbers, so that it does not matter how they are sorted.
    ///
    /// A smaller share of the same seed is part of a larger one. Source: SplitMix64's finaliser; Steele, Lea, Flood,
    /// Fast Splittable Pseudorandom Number Generators, OOPSLA 2014.
    func sample(_ share: Double, of matrix: DesignMatrix, seed: UInt64) -> RowSelection {
        let limit = UInt64(min(max(share, 0), 1) * 0x1p63) << 1
        func isIn(_ row: Int) -> Bool {
            var mixed = (UInt64(truncatingIfNeeded: row) &+ seed &* 0xD134_2543_DE82_EF95) &* 0x9E37_79B9_7F4A_7C15
            mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
            return (mixed ^ (mixed >> 31)) < limit
        }
        switch self {
        case .all: return .numbered((0..<matrix.rowCount).filter(isIn))
        case .numbered(let rows): return .numbered(rows.filter(isIn))
        }
    }
}
