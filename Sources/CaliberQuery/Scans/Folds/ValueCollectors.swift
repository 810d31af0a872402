import CKernels
import CaliberColumns
import CaliberTables

/// Collects values at the width that a column stores them in, four bytes at most: they are distances already.
final class StoredValueCollector: FoldAccumulator {
    private let column: EncodedColumn
    private let rows: CollectedRows<UInt32>
    private let purpose: CollectedValues.Purpose
    private let widened = ScratchBuffer<UInt32>(count: SegmentScan.longestChunk, repeating: 0)
    private let validity: ScratchBuffer<UInt8>?

    init(_ column: EncodedColumn, slotCount: Int, rowCount: Int, purpose: CollectedValues.Purpose) {
        self.column = column
        self.purpose = purpose
        rows = CollectedRows(slotCount: slotCount, rowCount: rowCount)
        validity = column.nullCount == 0 ? nil : ScratchBuffer(count: SegmentScan.longestChunk, repeating: 0)
    }

    static func canCollect(_ column: EncodedColumn) -> Bool { column.width != .eight }

    func add(_ chunk: ChunkRows, _ values: FoldValues) {
        if let validity { column.readValidity(rows: chunk.rows, into: validity.pointer) }
        rows.add(chunk, source(chunk.rows), validity: validity)
    }

    private func source(_ rows: Range<Int>) -> UnsafePointer<UInt32> {
        if column.width == .four { return column.values.assumingMemoryBound(to: UInt32.self) + rows.lowerBound }
        // Those of a column whose values are all the same stay 0.
        if column.width != .constant {
            StoredValues(column: column, rows: rows).codes(offset: 0, into: widened.pointer)
        }
        return UnsafePointer(widened.pointer)
    }

    func partial(of slots: [Int], rowCounts: [Int64]) -> PartialFold {
        guard let bounds = column.bounds else { return .values(.none(groupCount: slots.count)) }
        let span = UInt64(bitPattern: bounds.upperBound &- column.base)
        let collected = CollectedValues(
            low: column.base, step: UInt64(column.scale), greatest: span / UInt64(column.scale), pool: column.pool,
            purpose: purpose)
        return .values(collected.grouped(rows, bySlot: slots) { .narrow($0) })
    }
}

/// Collects values that are computed, and finds in the end from where and in which steps they are to be kept.
final class ComputedValueCollector: FoldAccumulator {
    private let rows: CollectedRows<UInt64>
    private let purpose: CollectedValues.Purpose
    private let isFloat: Bool
    private let validity = ScratchBuffer<UInt8>(count: SegmentScan.longestChunk, repeating: 0)
    private var pool: StringPool?

    /// - Parameter isFloat: lanes are floats, kept in their sortable form.
    init(slotCount: Int, rowCount: Int, purpose: CollectedValues.Purpose, isFloat: Bool) {
        self.purpose = purpose
        self.isFloat = isFloat
        rows = CollectedRows(slotCount: slotCount, rowCount: rowCount)
    }

    func add(_ chunk: ChunkRows, _ values: FoldValues) {
        guard case .chunk(let computed) = values else { return }
        pool = computed.pool
        validity.pointer.update(from: computed.validity, count: chunk.count)
        computed.lanes.withMemoryRebound(to: UInt64.self, capacity: chunk.count) { lanes in
            rows.add(chunk, lanes, validity: validity)
        }
    }

    func partial(of slots: [Int], rowCounts: [Int64]) -> PartialFold {
        let count = rows.count
        let lanes = UnsafeMutableRawPointer(rows.values.pointer).bindMemory(to: Int64.self, capacity: count)
        if isFloat { for index in 0..<count { lanes[index] = FloatOrder.sortable(lanes[index]) } }
        let all = ScratchBuffer<UInt8>(count: count, repeating: 1)
        var (low, high) = (Int64.max, Int64.min)
        guard kernels_bounds(lanes, all.pointer, count, &low, &high) > 0 else {
            return .values(.none(groupCount: slots.count))
        }
        // Codes are next to each other as they are.
        let step =
            pool == nil ? CommonStep(of: lanes, validity: all.pointer, rowCount: count, from: low) : CommonStep(1)
        let collected = CollectedValues(
            low: low, step: step.step, greatest: step.quotient(of: UInt64(bitPattern: high &- low)), pool: pool,
            purpose: purpose)
        if collected.greatest <= UInt64(UInt32.max) {
            let narrow = ScratchBuffer<UInt32>(uninitializedCount: count)
            kernels_narrow_32(lanes, all.pointer, count, low, step.inverse, step.zeros, narrow.pointer)
            return .values(collected.grouped(CollectedRows(rows, values: narrow), bySlot: slots) { .narrow($0) })
        }
        let wide = ScratchBuffer<UInt64>(uninitializedCount: count)
        kernels_narrow_64(lanes, all.pointer, count, low, step.inverse, step.zeros, wide.pointer)
        return .values(collected.grouped(CollectedRows(rows, values: wide), bySlot: slots) { .wide($0) })
    }
}
