import CKernels
import CaliberColumns
import CaliberTables

/// Values by group, each group's ascending: what distinct counts and percentiles of any union of segments are taken from.
///
/// A value is kept as its distance from `low` in units of `step`, in 32 bits where all fit.
package struct SortedValues: Sendable {
    enum Distances: Sendable {
        case narrow([UInt32])
        case wide([UInt64])

        var count: Int {
            switch self {
            case .narrow(let distances): distances.count
            case .wide(let distances): distances.count
            }
        }

        var byteCount: Int {
            switch self {
            case .narrow(let distances): distances.count * 4
            case .wide(let distances): distances.count * 8
            }
        }
    }

    /// Where each group's values begin, with the end of the last.
    let starts: [UInt32]
    let distances: Distances
    let low: Int64
    let step: UInt64
    /// What the values are codes of.
    let pool: StringPool?

    var groupCount: Int { starts.count - 1 }
    var count: Int { Int(starts[groupCount]) }

    func range(of group: Int) -> Range<Int> { Int(starts[group])..<Int(starts[group + 1]) }

    func lane(at index: Int) -> Int64 {
        switch distances {
        case .narrow(let distances): low &+ Int64(bitPattern: UInt64(distances[index]) &* step)
        case .wide(let distances): low &+ Int64(bitPattern: distances[index] &* step)
        }
    }

    /// What it takes in memory, the strings apart.
    var byteCount: Int { starts.count * 4 + distances.byteCount }
}

/// Gathers the values of one segment, and sorts them by group and value in the end.
final class SortedCollector: FoldAccumulator {
    private let lanes: ScratchBuffer<Int64>
    private let slots: ScratchBuffer<UInt32>
    private var count = 0
    private var pool: StringPool?
    private let slotCount: Int
    private let isDistinct: Bool
    private let isFloat: Bool
    private let sameSlots = ScratchBuffer<UInt32>(count: SegmentScan.longestChunk, repeating: 0)

    /// - Parameters:
    ///   - isDistinct: equal values of a group are kept once.
    ///   - isFloat: lanes are floats, kept in their sortable form.
    init(slotCount: Int, rowCount: Int, isDistinct: Bool, isFloat: Bool) {
        self.slotCount = slotCount
        self.isDistinct = isDistinct
        self.isFloat = isFloat
        // A row more than there are, since a row that does not pass is written and then written over.
        lanes = ScratchBuffer(uninitializedCount: rowCount + 1)
        slots = ScratchBuffer(uninitializedCount: rowCount + 1)
    }

    func add(_ rows: ChunkRows, _ values: FoldValues) {
        guard case .chunk(let chunk) = values else { return }
        pool = chunk.pool
        let unwanted = UInt32(slotCount - 1)
        let source: UnsafePointer<UInt32>
        switch rows.slots {
        case .each(let slots): source = slots
        case .same(let slot):
            sameSlots.pointer.update(repeating: UInt32(slot), count: rows.count)
            if let mask = rows.mask {
                for row in 0..<rows.count where mask[row] == 0 { sameSlots[row] = unwanted }
            }
            source = UnsafePointer(sameSlots.pointer)
        }
        count += kernels_gather(
            chunk.lanes, source, chunk.validity, unwanted, rows.count, lanes.pointer + count, slots.pointer + count)
    }

    func partial(of slots: [Int], rowCounts: [Int64]) -> PartialFold {
        if isFloat { for index in 0..<count { lanes[index] = FloatOrder.sortable(lanes[index]) } }
        let groupOfSlot = ScratchBuffer<UInt32>(count: slotCount, repeating: 0)
        for (group, slot) in slots.enumerated() { groupOfSlot[slot] = UInt32(group) }
        for index in 0..<count { self.slots[index] = groupOfSlot[Int(self.slots[index])] }
        // Codes stay what they are, so that those of several segments can be laid side by side.
        let scale = pool == nil ? LaneScale(lanes.pointer, count: count) : LaneScale(codes: lanes.pointer, count: count)
        let groupBits = UInt32.bitWidth - UInt32(max(slots.count, 1) - 1).leadingZeroBitCount
        if groupBits + scale.bits <= 32 {
            return .sorted(sortedNarrow(scale, groupCount: slots.count, groupBits: groupBits))
        }
        return .sorted(sortedWide(scale, groupCount: slots.count, groupBits: groupBits))
    }

    private func sortedNarrow(_ scale: LaneScale, groupCount: Int, groupBits: Int) -> SortedValues {
        let keys = ScratchBuffer<UInt32>(uninitializedCount: count)
        let spare = ScratchBuffer<UInt32>(uninitializedCount: count)
        let shift = UInt32(scale.bits)
        for index in 0..<count {
            keys[index] = slots[index] << shift | UInt32(truncatingIfNeeded: scale.distance(of: lanes[index]))
        }
        let sorted = UnsafePointer(kernels_sort_32(keys.pointer, spare.pointer, count, UInt32(groupBits) + shift))
        var starts = [UInt32](repeating: 0, count: groupCount + 1)
        let mask: UInt32 = shift == 32 ? .max : 1 << shift - 1
        let distances = [UInt32](unsafeUninitializedCapacity: count) { buffer, kept in
            for index in 0..<count {
                let key = sorted[index]
                if isDistinct, index > 0, key == sorted[index - 1] { continue }
                buffer[kept] = key & mask
                kept += 1
                starts[Int(UInt64(key) >> UInt64(shift)) + 1] = UInt32(kept)
            }
        }
        return values(scale, .narrow(distances), starts: starts)
    }

    private func sortedWide(_ scale: LaneScale, groupCount: Int, groupBits: Int) -> SortedValues {
        var starts = [UInt32](repeating: 0, count: groupCount + 1)
        var distances: [UInt64] = []
        distances.reserveCapacity(count)
        let isOneKey = groupBits + scale.bits <= 64
        let keys = ScratchBuffer<UInt64>(uninitializedCount: count)
        let spare = ScratchBuffer<UInt64>(uninitializedCount: count)
        /// Sorts the keys from `first` on, which belong to one group or hold their groups above the distances.
        func sort(_ first: Int, _ end: Int, bits: Int) -> UnsafePointer<UInt64> {
            UnsafePointer(kernels_sort_64(keys.pointer + first, spare.pointer + first, end - first, UInt32(bits)))
        }
        func keep(_ sorted: UnsafePointer<UInt64>, _ length: Int, group: (UInt64) -> Int, distance: (UInt64) -> UInt64)
        {
            for index in 0..<length {
                let key = sorted[index]
                if isDistinct, index > 0, key == sorted[index - 1] { continue }
                distances.append(distance(key))
                starts[group(key) + 1] = UInt32(distances.count)
            }
        }
        if isOneKey {
            let shift = UInt64(scale.bits)
            for index in 0..<count {
                keys[index] = UInt64(slots[index]) << shift | scale.distance(of: lanes[index])
            }
            let mask: UInt64 = shift == 64 ? .max : 1 << shift - 1
            keep(
                sort(0, count, bits: groupBits + scale.bits), count, group: { Int($0 >> shift) },
                distance: { $0 & mask })
        } else {
            // By group first, then each group for itself.
            var next = [Int](repeating: 0, count: groupCount + 1)
            for index in 0..<count { next[Int(slots[index]) + 1] += 1 }
            for group in 0..<groupCount { next[group + 1] += next[group] }
            let ends = Array(next.dropFirst())
            for index in 0..<count {
                let group = Int(slots[index])
                keys[next[group]] = scale.distance(of: lanes[index])
                next[group] += 1
            }
            for group in 0..<groupCount {
                let first = group == 0 ? 0 : ends[group - 1]
                keep(
                    sort(first, ends[group], bits: scale.bits), ends[group] - first, group: { _ in group },
                    distance: { $0 })
            }
        }
        return values(scale, .wide(distances), starts: starts)
    }

    /// - Parameter starts: the end of each group that has values, one place on; 0 for those that have none.
    private func values(
        _ scale: LaneScale, _ distances: SortedValues.Distances, starts: [UInt32]
    ) -> SortedValues {
        var starts = starts
        for group in starts.indices.dropFirst() { starts[group] = max(starts[group], starts[group - 1]) }
        return SortedValues(starts: starts, distances: distances, low: scale.low, step: scale.step, pool: pool)
    }
}

/// How lanes become small distances: from the least one, in units of what all are apart by a multiple of.
struct LaneScale {
    let low: Int64
    let step: UInt64
    /// Every distance is below 2^bits; at least 1.
    let bits: Int

    init(_ lanes: UnsafePointer<Int64>, count: Int) {
        var low = Int64.max
        var high = Int64.min
        for index in 0..<count {
            low = min(low, lanes[index])
            high = max(high, lanes[index])
        }
        guard low <= high else {
            self.init(low: 0, step: 1, highest: 0)
            return
        }
        let span = UInt64(bitPattern: high &- low)
        let step = max(EncodedColumn.commonStep(lanes, validity: nil, rowCount: count, from: low), 1)
        self.init(low: low, step: step, highest: span / step)
    }

    /// Lanes that are codes and stay so.
    init(codes lanes: UnsafePointer<Int64>, count: Int) {
        var high: Int64 = 0
        for index in 0..<count { high = max(high, lanes[index]) }
        self.init(low: 0, step: 1, highest: UInt64(bitPattern: high))
    }

    private init(low: Int64, step: UInt64, highest: UInt64) {
        self.low = low
        self.step = step
        bits = max(UInt64.bitWidth - highest.leadingZeroBitCount, 1)
    }

    @inline(__always)
    func distance(of lane: Int64) -> UInt64 {
        let distance = UInt64(bitPattern: lane &- low)
        return step == 1 ? distance : distance / step
    }
}
