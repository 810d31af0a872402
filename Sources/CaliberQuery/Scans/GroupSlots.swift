import CKernels

/// Combines the codes of all dimensions into one slot a row, and slots back into codes.
///
/// Where the product of the cardinalities is small, a slot is the codes' mixed-radix number and arrays are indexed by
/// it. Else slots are numbers of the combinations seen, hashed two at a time, so that no product can overflow.
struct GroupSlots {
    /// Products up to this are indexed densely.
    static let densest = 1 << 16

    let isDense: Bool
    /// Slots are below this.
    let capacity: Int
    private let cardinalities: [Int]
    /// One for each dimension after the first, when hashing: (combination so far, code) → combination.
    private var combinations: [LaneHash]

    init(cardinalities: [Int], rowCount: Int) {
        self.cardinalities = cardinalities
        var product = 1
        for cardinality in cardinalities {
            let (next, overflow) = product.multipliedReportingOverflow(by: cardinality)
            product = overflow ? Int.max : next
        }
        isDense = product <= GroupSlots.densest || cardinalities.count <= 1
        combinations = []
        if isDense {
            capacity = product
        } else {
            capacity = max(rowCount, 1)
            combinations = [LaneHash](repeating: LaneHash(), count: cardinalities.count - 1)
        }
    }

    /// Adds one more dimension's codes to the slots of a chunk.
    ///
    /// - Parameters:
    ///   - dimension: its position; the first one's codes become the slots.
    ///   - mask: rows that count; the slots of others mean nothing when hashing. nil when all do.
    mutating func combine(
        _ dimension: Int, _ codes: UnsafePointer<UInt32>, mask: UnsafePointer<UInt8>?, count: Int,
        into slots: UnsafeMutablePointer<UInt32>
    ) {
        if dimension == 0 {
            slots.update(from: codes, count: count)
        } else if isDense {
            kernels_combine_slots(slots, codes, UInt32(cardinalities[dimension]), count)
        } else {
            let cardinality = Int64(cardinalities[dimension])
            for row in 0..<count where mask?[row] != 0 {
                let key = Int64(slots[row]) &* cardinality &+ Int64(codes[row])
                slots[row] = combinations[dimension - 1].number(of: key)
            }
        }
    }

    /// The codes of each dimension that a slot stands for.
    func codes(of slot: Int, into codes: UnsafeMutablePointer<UInt32>) {
        var rest = Int64(slot)
        for dimension in stride(from: cardinalities.count - 1, through: 1, by: -1) {
            let key = isDense ? rest : combinations[dimension - 1].lanes[Int(rest)]
            let cardinality = Int64(cardinalities[dimension])
            codes[dimension] = UInt32(truncatingIfNeeded: key % cardinality)
            rest = key / cardinality
        }
        if !cardinalities.isEmpty { codes[0] = UInt32(truncatingIfNeeded: rest) }
    }
}
