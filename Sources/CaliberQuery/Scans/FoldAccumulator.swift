import CaliberColumns

/// The running state of one fold over one segment, by slot. The last slot takes the rows that don't count.
///
/// One thread's own. Calls are by chunk of rows; the loops inside are plain.
protocol FoldAccumulator: AnyObject {
    /// - Parameters:
    ///   - slots: of each row; rows that don't count have the last one.
    ///   - lanes: nil for folds over rows alone.
    func add(_ slots: UnsafePointer<UInt32>, _ chunk: ValueChunk?, count: Int)

    /// The state of the slots that became groups, in their order.
    func partial(of slots: [Int]) -> PartialFold
}

/// Values of a run of rows: lanes, a validity byte each, and the strings that codes stand for.
struct ValueChunk {
    let lanes: UnsafePointer<Int64>
    let validity: UnsafePointer<UInt8>
    let pool: StringPool?
}

/// What one segment contributes to one fold, by group of the segment.
package enum PartialFold: Sendable {
    case counts([Int64])
    case integerSums([Int128], counts: [Int64])
    case floatSums([Double], counts: [Int64])
    /// Lanes in an order-preserving form (`FloatOrder`); not meaningful where `found` is false.
    case extrema([Int64], found: [Bool])
    case collection(CollectedValues)
}

/// Values in the order of their rows, each with the segment's group it belongs to.
package struct CollectedValues: Sendable {
    var groups: [UInt32]
    var lanes: [Int64]
    let pool: StringPool?
}

/// Doubles as integers that sort the same way, so that one comparison and one selection serve both.
enum FloatOrder {
    @inline(__always)
    static func sortable(_ bits: Int64) -> Int64 { bits ^ (bits >> 63 & Int64.max) }

    /// The way back is the same.
    @inline(__always)
    static func double(_ sortable: Int64) -> Double {
        Double(bitPattern: UInt64(bitPattern: FloatOrder.sortable(sortable)))
    }
}

extension ScanFold {
    /// - Parameters:
    ///   - slotCount: with the last one for rows that don't count.
    ///   - bounds: of the values, where known.
    func accumulator(slotCount: Int, rowCount: Int, bounds: ClosedRange<Int64>?) -> any FoldAccumulator {
        switch kind {
        case .rows: RowCounter(slotCount: slotCount)
        case .values: ValueCounter(slotCount: slotCount)
        case .trues: TrueCounter(slotCount: slotCount)
        case .integerSum:
            if let bounds, fitsOneWord(bounds, rowCount: rowCount) {
                NarrowIntegerSum(slotCount: slotCount)
            } else {
                WideIntegerSum(slotCount: slotCount)
            }
        case .floatSum: FloatSum(slotCount: slotCount)
        case .extremum(let float, let greatest):
            Extremum(slotCount: slotCount, isFloat: float, isGreatest: greatest)
        case .collection: ValueCollector(slotCount: slotCount)
        }
    }

    /// No sum of `rowCount` values can leave an Int64.
    private func fitsOneWord(_ bounds: ClosedRange<Int64>, rowCount: Int) -> Bool {
        let largest = max(bounds.lowerBound.magnitude, bounds.upperBound.magnitude)
        let (product, overflow) = largest.multipliedReportingOverflow(by: UInt64(max(rowCount, 1)))
        return !overflow && product <= UInt64(Int64.max)
    }
}

final class RowCounter: FoldAccumulator {
    private let counts: ScratchBuffer<Int64>

    init(slotCount: Int) { counts = ScratchBuffer(count: slotCount, repeating: 0) }

    func add(_ slots: UnsafePointer<UInt32>, _ chunk: ValueChunk?, count: Int) {
        let counts = counts.pointer
        for row in 0..<count { counts[Int(slots[row])] &+= 1 }
    }

    func partial(of slots: [Int]) -> PartialFold { .counts(slots.map { counts[$0] }) }

    func count(of slot: Int) -> Int64 { counts[slot] }
}

final class ValueCounter: FoldAccumulator {
    private let counts: ScratchBuffer<Int64>

    init(slotCount: Int) { counts = ScratchBuffer(count: slotCount, repeating: 0) }

    func add(_ slots: UnsafePointer<UInt32>, _ chunk: ValueChunk?, count: Int) {
        guard let validity = chunk?.validity else { return }
        let counts = counts.pointer
        for row in 0..<count { counts[Int(slots[row])] &+= Int64(validity[row]) }
    }

    func partial(of slots: [Int]) -> PartialFold { .counts(slots.map { counts[$0] }) }
}

final class TrueCounter: FoldAccumulator {
    private let counts: ScratchBuffer<Int64>

    init(slotCount: Int) { counts = ScratchBuffer(count: slotCount, repeating: 0) }

    func add(_ slots: UnsafePointer<UInt32>, _ chunk: ValueChunk?, count: Int) {
        guard let chunk else { return }
        let counts = counts.pointer
        for row in 0..<count { counts[Int(slots[row])] &+= chunk.lanes[row] & Int64(chunk.validity[row]) }
    }

    func partial(of slots: [Int]) -> PartialFold { .counts(slots.map { counts[$0] }) }
}

/// Sums whose every total over the segment is known to fit one word.
final class NarrowIntegerSum: FoldAccumulator {
    private let sums: ScratchBuffer<Int64>
    private let counts: ScratchBuffer<Int64>

    init(slotCount: Int) {
        sums = ScratchBuffer(count: slotCount, repeating: 0)
        counts = ScratchBuffer(count: slotCount, repeating: 0)
    }

    func add(_ slots: UnsafePointer<UInt32>, _ chunk: ValueChunk?, count: Int) {
        guard let chunk else { return }
        let sums = sums.pointer
        let counts = counts.pointer
        for row in 0..<count {
            // A null's lane is 0.
            sums[Int(slots[row])] &+= chunk.lanes[row]
            counts[Int(slots[row])] &+= Int64(chunk.validity[row])
        }
    }

    func partial(of slots: [Int]) -> PartialFold {
        .integerSums(slots.map { Int128(sums[$0]) }, counts: slots.map { counts[$0] })
    }
}

/// Sums of values of any size: low and high halves apart, each of which 2^31 rows can't overflow.
final class WideIntegerSum: FoldAccumulator {
    private let low: ScratchBuffer<Int64>
    private let high: ScratchBuffer<Int64>
    private let counts: ScratchBuffer<Int64>

    init(slotCount: Int) {
        low = ScratchBuffer(count: slotCount, repeating: 0)
        high = ScratchBuffer(count: slotCount, repeating: 0)
        counts = ScratchBuffer(count: slotCount, repeating: 0)
    }

    func add(_ slots: UnsafePointer<UInt32>, _ chunk: ValueChunk?, count: Int) {
        guard let chunk else { return }
        let low = low.pointer
        let high = high.pointer
        let counts = counts.pointer
        for row in 0..<count {
            let lane = chunk.lanes[row]
            low[Int(slots[row])] &+= lane & 0xFFFF_FFFF
            high[Int(slots[row])] &+= lane >> 32
            counts[Int(slots[row])] &+= Int64(chunk.validity[row])
        }
    }

    func partial(of slots: [Int]) -> PartialFold {
        .integerSums(
            slots.map { Int128(high[$0]) << 32 + Int128(low[$0]) }, counts: slots.map { counts[$0] })
    }
}

final class FloatSum: FoldAccumulator {
    private let sums: ScratchBuffer<Double>
    private let counts: ScratchBuffer<Int64>

    init(slotCount: Int) {
        sums = ScratchBuffer(count: slotCount, repeating: 0)
        counts = ScratchBuffer(count: slotCount, repeating: 0)
    }

    func add(_ slots: UnsafePointer<UInt32>, _ chunk: ValueChunk?, count: Int) {
        guard let chunk else { return }
        let sums = sums.pointer
        let counts = counts.pointer
        for row in 0..<count {
            sums[Int(slots[row])] += Double(bitPattern: UInt64(bitPattern: chunk.lanes[row]))
            counts[Int(slots[row])] &+= Int64(chunk.validity[row])
        }
    }

    func partial(of slots: [Int]) -> PartialFold {
        .floatSums(slots.map { sums[$0] }, counts: slots.map { counts[$0] })
    }
}

final class Extremum: FoldAccumulator {
    private let extrema: ScratchBuffer<Int64>
    private let found: ScratchBuffer<UInt8>
    private let isFloat: Bool
    /// Greatest values are kept as the least of their complements.
    private let flip: Int64

    init(slotCount: Int, isFloat: Bool, isGreatest: Bool) {
        extrema = ScratchBuffer(count: slotCount, repeating: .max)
        found = ScratchBuffer(count: slotCount, repeating: 0)
        self.isFloat = isFloat
        flip = isGreatest ? -1 : 0
    }

    func add(_ slots: UnsafePointer<UInt32>, _ chunk: ValueChunk?, count: Int) {
        guard let chunk else { return }
        let extrema = extrema.pointer
        let found = found.pointer
        for row in 0..<count where chunk.validity[row] != 0 {
            let lane = isFloat ? FloatOrder.sortable(chunk.lanes[row]) : chunk.lanes[row]
            let slot = Int(slots[row])
            extrema[slot] = min(extrema[slot], lane ^ flip)
            found[slot] = 1
        }
    }

    func partial(of slots: [Int]) -> PartialFold {
        .extrema(slots.map { extrema[$0] ^ flip }, found: slots.map { found[$0] != 0 })
    }
}

final class ValueCollector: FoldAccumulator {
    private var groups: [UInt32] = []
    private var lanes: [Int64] = []
    private var pool: StringPool?
    private let slotCount: Int

    init(slotCount: Int) { self.slotCount = slotCount }

    func add(_ slots: UnsafePointer<UInt32>, _ chunk: ValueChunk?, count: Int) {
        guard let chunk else { return }
        let unwanted = UInt32(slotCount - 1)
        pool = chunk.pool
        for row in 0..<count where chunk.validity[row] != 0 && slots[row] != unwanted {
            groups.append(slots[row])
            lanes.append(chunk.lanes[row])
        }
    }

    func partial(of slots: [Int]) -> PartialFold {
        let groupOfSlot = ScratchBuffer<UInt32>(count: slotCount, repeating: 0)
        for (group, slot) in slots.enumerated() { groupOfSlot[slot] = UInt32(group) }
        return .collection(
            CollectedValues(groups: groups.map { groupOfSlot[Int($0)] }, lanes: lanes, pool: pool))
    }
}
