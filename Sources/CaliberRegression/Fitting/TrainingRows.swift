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

    /// A share of the rows, whatever their order.
    func sample(_ share: Double, of matrix: DesignMatrix, seed: UInt64) -> RowSelection {
        let share = RowShare(share, seed: seed)
        switch self {
        case .all: return .numbered((0..<matrix.rowCount).filter(share.contains))
        case .numbered(let rows): return .numbered(rows.filter(share.contains))
        }
    }
}
