import CKernels

/// What numbers are apart by a multiple of, with what division by it needs: no division is run by row.
package struct CommonStep: Sendable {
    /// At least 1.
    package let step: UInt64
    /// Of the step's odd part, modulo 2^64.
    package let inverse: UInt64
    /// The step's trailing zero bits.
    package let zeros: UInt32

    /// - Parameter step: at least 1.
    package init(_ step: UInt64) {
        self.step = step
        zeros = UInt32(step.trailingZeroBitCount)
        let odd = step >> UInt64(zeros)
        // Each round doubles the bits that are right, three to begin with.
        var inverse = odd
        for _ in 0..<5 { inverse = inverse &* (2 &- odd &* inverse) }
        self.inverse = inverse
    }

    /// The greatest number that every lane is a multiple of away from `base`; 1 when all are equal to it.
    ///
    /// - Parameter validity: a byte a row; rows whose byte is 0 are left out.
    package init(
        of lanes: UnsafePointer<Int64>, validity: UnsafePointer<UInt8>, rowCount: Int, from base: Int64
    ) {
        var known = CommonStep(1)
        var isKnown = false
        var row = 0
        while row < rowCount {
            if isKnown {
                row += known.firstIndivisible(lanes + row, validity + row, rowCount - row, from: base)
                if row == rowCount { break }
            }
            let distance = validity[row] == 0 ? 0 : UInt64(bitPattern: lanes[row] &- base)
            row += 1
            guard distance != 0 else { continue }
            known = CommonStep(isKnown ? CommonStep.greatestCommonDivisor(known.step, distance) : distance)
            isKnown = true
            if known.step == 1 { break }
        }
        self = known
    }

    /// The quotient of a multiple.
    @inline(__always)
    package func quotient(of multiple: UInt64) -> UInt64 { (multiple >> UInt64(zeros)) &* inverse }

    private func firstIndivisible(
        _ lanes: UnsafePointer<Int64>, _ validity: UnsafePointer<UInt8>, _ count: Int, from base: Int64
    ) -> Int {
        kernels_first_indivisible(lanes, validity, count, base, inverse, zeros, UInt64.max / step)
    }

    /// The other one where one is 0.
    package static func greatestCommonDivisor(_ first: UInt64, _ second: UInt64) -> UInt64 {
        var (divisor, rest) = (first, second)
        while rest != 0 { (divisor, rest) = (rest, divisor % rest) }
        return divisor
    }
}
