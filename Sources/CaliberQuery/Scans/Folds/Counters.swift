import CKernels
import CaliberTables

/// Rows by slot: what tells which groups there are.
final class SlotCounter {
    private let counts: SlotBanks<Int64>

    init(slotCount: Int) { counts = SlotBanks(slotCount: slotCount) }

    func add(_ rows: ChunkRows) {
        switch rows.slots {
        case .same(let slot): counts.add(Int64(rows.mask.map { kernels_count($0, rows.count) } ?? rows.count), to: slot)
        case .each(let slots): kernels_count_slots(slots, rows.count, counts.pointer, counts.bankLength)
        }
    }

    func count(of slot: Int) -> Int64 { counts.total(of: slot) }
}

/// Counts rows: they are counted already.
final class RowCounter: FoldAccumulator {
    func add(_ rows: ChunkRows, _ values: FoldValues) {}

    func partial(of slots: [Int], rowCounts: [Int64]) -> PartialFold { .counts(rowCounts) }
}

/// Values that are not null, by slot.
struct ValidityCount {
    private let counts: SlotBanks<Int64>
    private let passing = ScratchBuffer<UInt8>(count: SegmentScan.longestChunk, repeating: 0)

    init(slotCount: Int) { counts = SlotBanks(slotCount: slotCount) }

    func add(_ rows: ChunkRows, validity: UnsafePointer<UInt8>) {
        switch rows.slots {
        case .same(let slot):
            guard let mask = rows.mask else {
                counts.add(Int64(kernels_count(validity, rows.count)), to: slot)
                return
            }
            passing.pointer.update(from: mask, count: rows.count)
            kernels_and(passing.pointer, validity, rows.count)
            counts.add(Int64(kernels_count(passing.pointer, rows.count)), to: slot)
        case .each(let slots):
            kernels_count_slots_masked(slots, validity, rows.count, counts.pointer, counts.bankLength)
        }
    }

    func total(of slot: Int) -> Int64 { counts.total(of: slot) }
}

final class ValueCounter: FoldAccumulator {
    private let counts: ValidityCount
    private let validity = ScratchBuffer<UInt8>(count: SegmentScan.longestChunk, repeating: 0)
    /// Every row has a value.
    private var countsRows = false

    init(slotCount: Int) { counts = ValidityCount(slotCount: slotCount) }

    func add(_ rows: ChunkRows, _ values: FoldValues) {
        switch values {
        case .rows: return
        case .column(let column):
            countsRows = column.nullCount == 0
            guard !countsRows else { return }
            column.readValidity(rows: rows.rows, into: validity.pointer)
            counts.add(rows, validity: UnsafePointer(validity.pointer))
        case .chunk(let chunk): counts.add(rows, validity: chunk.validity)
        }
    }

    func partial(of slots: [Int], rowCounts: [Int64]) -> PartialFold {
        .counts(countsRows ? rowCounts : slots.map { counts.total(of: $0) })
    }
}

/// Values that are true, where they are computed.
final class TrueCounter: FoldAccumulator {
    private let counts: ValidityCount
    private let truths = ScratchBuffer<UInt8>(count: SegmentScan.longestChunk, repeating: 0)

    init(slotCount: Int) { counts = ValidityCount(slotCount: slotCount) }

    func add(_ rows: ChunkRows, _ values: FoldValues) {
        guard case .chunk(let chunk) = values else { return }
        let truths = truths.pointer
        for row in 0..<rows.count { truths[row] = UInt8(truncatingIfNeeded: chunk.lanes[row]) & chunk.validity[row] }
        counts.add(rows, validity: UnsafePointer(truths))
    }

    func partial(of slots: [Int], rowCounts: [Int64]) -> PartialFold { .counts(slots.map { counts.total(of: $0) }) }
}
