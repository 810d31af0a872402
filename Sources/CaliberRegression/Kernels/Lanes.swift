import CKernels

/// Columns as the loops want them: up to a whole number of vectors.
func paddedCount(_ columnCount: Int) -> Int {
    let lanes = Int(kernels_lane_count)
    return (columnCount + lanes - 1) / lanes * lanes
}

/// ln x for a positive finite x, with the same bits on every processor, as the system's need not have.
func logarithm(_ x: Double) -> Double {
    var above = x.significand - 1
    var result = 0.0
    kernels_log1p(Instructions.base.code, &above, 1, &result)
    return Double(x.exponent) * 0x1.62e42fefa39efp-1 + result
}
