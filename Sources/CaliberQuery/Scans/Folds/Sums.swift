import CKernels
import CaliberTables

/// Sums of a column at its stored width, whose every total over the segment is known to fit one word: stored values are
/// added as they are, and base and scale come in once at the end.
final class StoredSum: FoldAccumulator {
    private let column: EncodedColumn
    private let sums: SlotBanks<UInt64>
    /// nil when every row has a value.
    private let valueCounts: ValidityCount?
    private let validity = ScratchBuffer<UInt8>(count: SegmentScan.longestChunk, repeating: 0)
    /// Truth values, whose sum counts them.
    private let isCount: Bool

    init(_ column: EncodedColumn, slotCount: Int, isCount: Bool) {
        self.column = column
        self.isCount = isCount
        sums = SlotBanks(slotCount: slotCount)
        valueCounts = column.nullCount == 0 ? nil : ValidityCount(slotCount: slotCount)
    }

    func add(_ rows: ChunkRows, _ values: FoldValues) {
        let stored = StoredValues(column: column, rows: rows.rows)
        switch rows.slots {
        case .same(let slot): sums.add(stored.sum(mask: rows.mask), to: slot)
        case .each(let slots): stored.sum(by: slots, into: sums)
        }
        if let valueCounts {
            column.readValidity(rows: rows.rows, into: validity.pointer)
            valueCounts.add(rows, validity: UnsafePointer(validity.pointer))
        }
    }

    func partial(of slots: [Int], rowCounts: [Int64]) -> PartialFold {
        let counts = valueCounts.map { counts in slots.map { counts.total(of: $0) } } ?? rowCounts
        let totals = zip(slots, counts).map { slot, count in
            // Wraps like the sum: the total is known to fit.
            Int64(bitPattern: sums.total(of: slot)) &* column.scale &+ column.base &* count
        }
        return isCount ? .counts(totals) : .integerSums(totals.map { Int128($0) }, counts: counts)
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

    func add(_ rows: ChunkRows, _ values: FoldValues) {
        guard case .chunk(let chunk) = values else { return }
        let low = low.pointer
        let high = high.pointer
        let counts = counts.pointer
        rows.forEach { row, slot in
            // A null's lane is 0.
            let lane = chunk.lanes[row]
            low[slot] &+= lane & 0xFFFF_FFFF
            high[slot] &+= lane >> 32
            counts[slot] &+= Int64(chunk.validity[row])
        }
    }

    func partial(of slots: [Int], rowCounts: [Int64]) -> PartialFold {
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

    func add(_ rows: ChunkRows, _ values: FoldValues) {
        guard case .chunk(let chunk) = values else { return }
        let sums = sums.pointer
        let counts = counts.pointer
        rows.forEach { row, slot in
            // A null's lane is 0, the bit pattern of zero.
            sums[slot] += Double(bitPattern: UInt64(bitPattern: chunk.lanes[row]))
            counts[slot] &+= Int64(chunk.validity[row])
        }
    }

    func partial(of slots: [Int], rowCounts: [Int64]) -> PartialFold {
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

    func add(_ rows: ChunkRows, _ values: FoldValues) {
        guard case .chunk(let chunk) = values else { return }
        let extrema = extrema.pointer
        let found = found.pointer
        rows.forEach { row, slot in
            guard chunk.validity[row] != 0 else { return }
            let lane = isFloat ? FloatOrder.sortable(chunk.lanes[row]) : chunk.lanes[row]
            extrema[slot] = min(extrema[slot], lane ^ flip)
            found[slot] = 1
        }
    }

    func partial(of slots: [Int], rowCounts: [Int64]) -> PartialFold {
        .extrema(slots.map { extrema[$0] ^ flip }, found: slots.map { found[$0] != 0 })
    }
}

extension ChunkRows {
    /// Calls `body` with each row of the chunk and its slot, in the order of the rows; some that don't pass may come with
    /// the last slot.
    @inline(__always)
    func forEach(_ body: (Int, Int) -> Void) {
        switch slots {
        case .each(let slots):
            for row in 0..<count { body(row, Int(slots[row])) }
        case .same(let slot):
            guard let mask else {
                for row in 0..<count { body(row, slot) }
                return
            }
            for row in 0..<count where mask[row] != 0 { body(row, slot) }
        }
    }
}
