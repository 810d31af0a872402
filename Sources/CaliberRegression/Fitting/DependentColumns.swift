/// A column that columns before it make up, to the last digits, in every row that counts.
public struct DependentColumn: Hashable, Codable, Sendable {
    public let column: Int
    /// The columns it is made of; one alone: a double, or a multiple.
    public let others: [Int]
    /// Whether the same number for every row is part of it, as when one-hot columns add up to 1.
    public let includesConstant: Bool

    public init(column: Int, others: [Int], includesConstant: Bool) {
        self.column = column
        self.others = others
        self.includesConstant = includesConstant
    }

    public var text: String {
        let parts = others.map(String.init) + (includesConstant ? ["a constant"] : [])
        return "column \(column) is made up of \(parts.joined(separator: ", "))"
    }

    /// Of a matrix of weighted cross-products without any penalty; its null space is that of the columns.
    ///
    /// - Parameters:
    ///   - hessian: row-major, the loss's dimension squared, upper triangle.
    ///   - squarePenalty: what its diagonal holds beside the cross-products.
    static func all(in hessian: [Double], of loss: LogisticLoss) -> [DependentColumn] {
        // The intercept comes first, so that a column is told to be made of it, and not the other way round.
        let order = [loss.last] + Array(0..<loss.columnCount)
        let n = order.count
        var matrix = [Double](repeating: 0, count: n * n)
        for (row, from) in order.enumerated() {
            for (column, to) in order.enumerated() where column >= row {
                matrix[row * n + column] = hessian[min(from, to) * loss.dimension + max(from, to)]
                if row == column, row > 0 { matrix[row * n + column] -= loss.squarePenalty }
            }
        }
        let factor = CholeskyFactor(matrix, dimension: n, dropsDependent: true, leastPivot: 1e-11)
        return factor.dependent.map { index in
            let parts = factor.combination(of: index)
            return DependentColumn(
                column: index - 1, others: parts.filter { $0 > 0 }.map { $0 - 1 }, includesConstant: parts.contains(0))
        }
    }
}
