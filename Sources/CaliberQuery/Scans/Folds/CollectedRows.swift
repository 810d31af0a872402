import CKernels

/// The values of the rows that pass, in the order of the rows, and the slots that they belong to.
///
/// The chunks of a scan either have one slot each, or a slot for each row; then each value's slot is kept beside it.
///
/// One thread's own.
final class CollectedRows<Value: KeptWidth> {
    private(set) var count = 0
    let values: ScratchBuffer<Value>
    /// One for each value; nil where chunks have one slot each.
    private var slots: ScratchBuffer<UInt32>?
    /// Neighbouring values of one slot.
    private var runs: [SlotRun] = []
    private let slotCount: Int
    private lazy var allValid = ScratchBuffer<UInt8>(count: SegmentScan.longestChunk, repeating: 1)

    /// - Parameters:
    ///   - slotCount: with the last one for rows that don't count.
    ///   - rowCount: as many rows may come.
    init(slotCount: Int, rowCount: Int) {
        self.slotCount = slotCount
        // A row more than there are, since a row that does not pass is written and then written over.
        values = ScratchBuffer(uninitializedCount: rowCount + 1)
    }

    /// The same rows with other values.
    init<Other: KeptWidth>(_ rows: CollectedRows<Other>, values: ScratchBuffer<Value>) {
        slotCount = rows.slotCount
        count = rows.count
        self.values = values
        slots = rows.slots
        runs = rows.runs
    }

    /// - Parameters:
    ///   - source: the values of the chunk's rows.
    ///   - validity: 1 for each row that has a value.
    func add(_ rows: ChunkRows, _ source: UnsafePointer<Value>, validity: ScratchBuffer<UInt8>?) {
        let target = values.pointer + count
        switch rows.slots {
        case .same(let slot):
            switch (rows.mask, validity) {
            case (nil, nil):
                target.update(from: source, count: rows.count)
                count += rows.count
            case (let mask?, nil):
                count += Value.compress(source, mask, rows.count, target)
            case (let mask, let validity?):
                if let mask { kernels_and(validity.pointer, mask, rows.count) }
                count += Value.compress(source, validity.pointer, rows.count, target)
            }
            if let last = runs.indices.last, runs[last].slot == slot {
                runs[last].end = count
            } else {
                runs.append(SlotRun(slot: slot, end: count))
            }
        case .each(let each):
            precondition(runs.isEmpty, "chunks of one slot are mixed with others")
            let slots = self.slots ?? ScratchBuffer(uninitializedCount: values.count)
            self.slots = slots
            let valid = validity ?? allValid
            count += Value.gather(
                source, each, valid.pointer, UInt32(slotCount - 1), rows.count, target, slots.pointer + count)
        }
    }

    /// The values brought together by group, each group's in the order of the rows.
    ///
    /// - Parameter slots: the slot of each group.
    /// - Returns: the values, and where each group's begin, with the end of the last.
    func grouped(bySlot groupSlots: [Int]) -> (values: ScratchBuffer<Value>, starts: [UInt32]) {
        var next = [UInt32](repeating: 0, count: slotCount)
        if let slots {
            for index in 0..<count { next[Int(slots[index])] += 1 }
        } else {
            forEachRun { slot, range in next[slot] += UInt32(range.count) }
        }
        var starts: [UInt32] = []
        starts.reserveCapacity(groupSlots.count + 1)
        var total: UInt32 = 0
        for slot in groupSlots {
            starts.append(total)
            (next[slot], total) = (total, total + next[slot])
        }
        starts.append(total)
        // Rows of slots that are no group's have no value.
        precondition(Int(total) == count, "a slot with values is no group's")
        let grouped = ScratchBuffer<Value>(uninitializedCount: count)
        if let slots {
            Value.scatter(values.pointer, slots.pointer, count, &next, grouped.pointer)
        } else {
            forEachRun { slot, range in
                (grouped.pointer + Int(next[slot])).update(from: values.pointer + range.lowerBound, count: range.count)
                next[slot] += UInt32(range.count)
            }
        }
        return (grouped, starts)
    }

    private func forEachRun(_ body: (Int, Range<Int>) -> Void) {
        var start = 0
        for run in runs {
            body(run.slot, start..<run.end)
            start = run.end
        }
    }
}

private struct SlotRun {
    let slot: Int
    var end: Int
}
