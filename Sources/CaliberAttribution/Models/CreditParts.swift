/// Credit in whole parts: sums are exact, whatever their order, and what was added can be taken back.
package enum CreditParts {
    /// The credit for one conversion. A part is 2⁻⁶⁰ of it, so a million shares of a third are off by less than 10⁻¹².
    package static let whole: UInt64 = 1 << 60

    package static func number(_ parts: Int128) -> Double { Double(parts) / Double(whole) }

    /// Shares that add up to `whole`, in the proportion of weights: the floors, and one part more each for the largest
    /// remainders, earlier places first among equals. All zero where no weight is above zero.
    package static func shares(of weights: [Double]) -> [UInt64] {
        let total = weights.reduce(0) { $0 + max($1, 0) }
        guard total > 0, total.isFinite else { return weights.map { _ in 0 } }
        let exact = weights.map { max($0, 0) / total * Double(whole) }
        var shares = exact.map { UInt64($0) }
        let sum = shares.reduce(0, +)
        // Floats of this size are whole, so what is missing or too much is the rounding of the quotients.
        let largest = weights.indices.max { weights[$0] < weights[$1] } ?? 0
        shares[largest] = shares[largest] &+ (whole &- sum)
        return shares
    }

    /// Rounds amounts in parts to whole units that add up to what the amounts add up to.
    ///
    /// Each is rounded down; the units that are left go to the largest remainders, earlier places first among equals.
    ///
    /// - Parameter digits: decimals of the unit that are kept: 2 rounds to hundredths.
    package static func rounded(_ amounts: [Int128], digits: Int = 0) -> [Int128] {
        var scale: Int128 = 1
        for _ in 0..<digits { scale *= 10 }
        let scaled = amounts.map { $0.multipliedReportingOverflow(by: scale).partialValue }
        let mask = Int128(whole) - 1
        var units = scaled.map { $0 >> 60 }
        let remainders = scaled.map { $0 & mask }
        let left = Int(remainders.reduce(0, +) >> 60)
        let places = amounts.indices.sorted { (remainders[$0], $1) > (remainders[$1], $0) }
        for place in places.prefix(left) { units[place] += 1 }
        return units
    }
}
