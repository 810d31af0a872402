/// The triangular factor of a symmetric positive matrix: S · H · S = UᵀU with S bringing the diagonal to 1.
///
/// Own code, since LAPACK's bits change with the processor. Plain operations in one order: the same bits everywhere.
///
/// Source: Golub, Van Loan, Matrix Computations, 4th ed., section 4.2 (outer product form).
package struct CholeskyFactor {
    let dimension: Int
    /// Row-major; the upper triangle counts.
    private(set) var upper: [Double]
    /// 1 / √Hⱼⱼ, and 0 for an index that has no part in solutions.
    private(set) var scales: [Double]
    /// Indices that the ones before them make up, up to rounding.
    package private(set) var dependent: [Int] = []

    /// A pivot of the scaled matrix below this is rounding and nothing else.
    package static let roundingPivot = 1e-13

    /// - Parameters:
    ///   - matrix: row-major, dimension squared; only its upper triangle is read.
    ///   - dropsDependent: whether a dependent index has no part in solutions; if not it gets the least pivot.
    ///   - leastPivot: of the scaled matrix; an index whose pivot is below is dependent.
    package init(_ matrix: [Double], dimension: Int, dropsDependent: Bool, leastPivot: Double = roundingPivot) {
        self.dimension = dimension
        let n = dimension
        scales = (0..<n).map { index in
            let diagonal = matrix[index * n + index]
            return diagonal > 0 && diagonal.isFinite ? 1 / diagonal.squareRoot() : 0
        }
        upper = [Double](repeating: 0, count: n * n)
        for row in 0..<n {
            for column in row..<n {
                upper[row * n + column] = matrix[row * n + column] * scales[row] * scales[column]
            }
        }
        var found: [Int] = []
        let scales = self.scales
        upper.withUnsafeMutableBufferPointer { u in
            for pivotRow in 0..<n {
                let pivot = u[pivotRow * n + pivotRow]
                let isDependent = !(pivot > leastPivot)
                if isDependent {
                    if scales[pivotRow] > 0 { found.append(pivotRow) }
                    if dropsDependent || scales[pivotRow] == 0 {
                        for column in pivotRow..<n { u[pivotRow * n + column] = 0 }
                        u[pivotRow * n + pivotRow] = .infinity
                        continue
                    }
                }
                let root = (isDependent ? leastPivot : pivot).squareRoot()
                let inverse = 1 / root
                u[pivotRow * n + pivotRow] = root
                for column in pivotRow + 1..<n { u[pivotRow * n + column] *= inverse }
                let source = UnsafeMutableBufferPointer(rebasing: u[pivotRow * n..<(pivotRow + 1) * n])
                for row in pivotRow + 1..<n {
                    let factor = source[row]
                    if factor == 0 { continue }
                    let target = UnsafeMutableBufferPointer(rebasing: u[row * n..<(row + 1) * n])
                    for column in row..<n { target[column] -= factor * source[column] }
                }
            }
        }
        dependent = found
    }

    /// H⁻¹ · vector; 0 at indices that have no part.
    package func solved(_ vector: [Double]) -> [Double] {
        let n = dimension
        var x = forwardSolved(vector)
        upper.withUnsafeBufferPointer { u in
            for row in stride(from: n - 1, through: 0, by: -1) {
                var rest = x[row]
                for column in row + 1..<n { rest -= u[row * n + column] * x[column] }
                x[row] = rest / u[row * n + row]
            }
        }
        for index in 0..<n { x[index] *= scales[index] }
        return x
    }

    /// The vector's length in the metric of the inverse: √(vectorᵀ H⁻¹ vector).
    package func inverseNorm(_ vector: [Double]) -> Double {
        forwardSolved(vector).reduce(0) { $0 + $1 * $1 }.squareRoot()
    }

    /// U⁻ᵀ · S · vector.
    private func forwardSolved(_ vector: [Double]) -> [Double] {
        let n = dimension
        var x = (0..<n).map { vector[$0] * scales[$0] }
        upper.withUnsafeBufferPointer { u in
            for row in 0..<n {
                x[row] /= u[row * n + row]
                let value = x[row]
                for column in row + 1..<n { x[column] -= u[row * n + column] * value }
            }
        }
        return x
    }

    /// The diagonal of H⁻¹; infinite at indices that have no part.
    ///
    /// The columns of U⁻ᵀ one after the other: the squares of column j add up to the inverse's diagonal at j.
    package func inverseDiagonal() -> [Double] {
        let n = dimension
        var column = [Double](repeating: 0, count: n)
        return upper.withUnsafeBufferPointer { u in
            (0..<n).map { index in
                guard scales[index] > 0, u[index * n + index].isFinite else { return .infinity }
                for row in index..<n { column[row] = 0 }
                column[index] = 1
                var total = 0.0
                for row in index..<n {
                    column[row] /= u[row * n + row]
                    let value = column[row]
                    total += value * value
                    for later in row + 1..<n { column[later] -= u[row * n + later] * value }
                }
                return total * scales[index] * scales[index]
            }
        }
    }

    /// Of which indices before it a dependent index is made.
    ///
    /// Its column of the scaled matrix is a combination of theirs; the shares solve the triangle above it.
    func combination(of dependent: Int) -> [Int] {
        let n = dimension
        var shares = (0..<dependent).map { upper[$0 * n + dependent] }
        for row in stride(from: dependent - 1, through: 0, by: -1) {
            guard upper[row * n + row].isFinite else {
                shares[row] = 0
                continue
            }
            for column in row + 1..<max(row + 1, dependent) { shares[row] -= upper[row * n + column] * shares[column] }
            shares[row] /= upper[row * n + row]
        }
        return shares.indices.filter { abs(shares[$0]) > 1e-4 }
    }
}
