/// Whole numbers by a key below a known size: an array where that is small, a table of those that are not zero where not.
struct CountTable: Sendable {
    private var dense: [Int64]
    private var sparse: [UInt64: Int64] = [:]
    private let isDense: Bool

    static let densestSize: UInt64 = 1 << 22

    init(size: UInt64) {
        isDense = size <= CountTable.densestSize
        dense = isDense ? [Int64](repeating: 0, count: Int(size)) : []
    }

    /// Wraps where 64 bits don't hold the sum; who adds amounts sees to it that they do.
    mutating func add(_ amount: Int64, at key: UInt64) {
        if isDense {
            dense[Int(key)] &+= amount
        } else {
            let sum = sparse[key, default: 0] &+ amount
            sparse[key] = sum == 0 ? nil : sum
        }
    }

    subscript(key: UInt64) -> Int64 { isDense ? dense[Int(key)] : sparse[key] ?? 0 }

    /// Every key that has a number other than zero, in ascending order.
    var keys: [UInt64] {
        isDense ? dense.indices.filter { dense[$0] != 0 }.map { UInt64($0) } : sparse.keys.sorted()
    }
}
