import COpenBLAS

/// OpenBLAS keeps threads of its own; ours are enough. Asked for once, before the first use.
private let singleThreaded: Void = openblas_set_num_threads(1)

/// The eigenvalues of a symmetric matrix, ascending; nil when they can't be found.
///
/// Their last bits change with the processor: nothing of a model is made of them.
///
/// - Parameter matrix: row-major; the upper triangle counts.
func eigenvalues(_ matrix: [Double], dimension: Int) -> [Double]? {
    guard dimension > 0, let size = Int32(exactly: dimension), matrix.allSatisfy(\.isFinite) else { return nil }
    _ = singleThreaded
    var values = [Double](repeating: 0, count: dimension)
    var work = [Double](repeating: 0, count: 34 * dimension)
    var (matrix, workCount, info) = (matrix, Int32(clamping: 34 * dimension), Int32(0))
    // The upper triangle by rows is the lower one by columns.
    let (valuesOnly, lower) = (CChar(UInt8(ascii: "N")), CChar(UInt8(ascii: "L")))
    withUnsafePointer(to: valuesOnly) { job in
        withUnsafePointer(to: lower) { triangle in
            withUnsafePointer(to: size) { size in
                dsyev_(job, triangle, size, &matrix, size, &values, &work, &workCount, &info)
            }
        }
    }
    return info == 0 ? values : nil
}
