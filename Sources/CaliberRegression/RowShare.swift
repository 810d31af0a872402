/// The finaliser of SplitMix64: every bit of a number decides about every bit of the result.
///
/// Source: Steele, Lea, Flood, Fast Splittable Pseudorandom Number Generators, OOPSLA 2014.
package enum SplitMix64 {
    @inline(__always)
    package static func mixed(_ number: UInt64) -> UInt64 {
        var mixed = number &* 0x9E37_79B9_7F4A_7C15
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

/// A share of some rows, chosen by a hash of their numbers, so that it does not matter how they are sorted. A smaller share
/// of the same seed is part of a larger one.
package struct RowShare: Sendable {
    private let limit: UInt64
    private let offset: UInt64

    /// - Parameter share: from 0 to 1.
    package init(_ share: Double, seed: UInt64) {
        limit = UInt64(min(max(share, 0), 1) * 0x1p63) << 1
        offset = seed &* 0xD134_2543_DE82_EF95
    }

    package func contains(_ row: Int) -> Bool {
        SplitMix64.mixed(UInt64(truncatingIfNeeded: row) &+ offset) < limit
    }
}
