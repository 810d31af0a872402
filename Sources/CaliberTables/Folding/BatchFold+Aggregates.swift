import CaliberColumns
import CaliberCore

/// Folds that are one commutative step per event.
extension BatchFold {
    func apply(
        _ fold: AggregateFold, _ acceptance: Acceptance, _ run: FoldRun, _ segment: MutableSegment
    ) throws {
        let field = fold.field.map { $0.column(of: batch) }
        guard hasAny(run, acceptance.pointer) else { return }
        try table.load(fold.slot, of: segment)
        guard let field else {
            FoldKernels.count(run, accepts: acceptance.pointer, into: segment.writable(fold.slot))
            return
        }
        let input = FoldInput(lanes: UnsafePointer(field.lanes), accepts: acceptance.pointer)
        switch fold.kind {
        case .count: FoldKernels.count(run, accepts: acceptance.pointer, into: segment.writable(fold.slot))
        case .any: FoldKernels.any(run, input, into: segment.writable(fold.slot))
        case .sum(let wide): try applySum(run, input, slot: fold.slot, wide: wide, segment)
        case .minimum: try applyExtreme(run, input, field, isMaximum: false, slot: fold.slot, segment)
        case .maximum: try applyExtreme(run, input, field, isMaximum: true, slot: fold.slot, segment)
        case .set: try applySet(run, field, acceptance, slot: fold.slot, segment)
        }
    }

    private func applySum(_ run: FoldRun, _ input: FoldInput, slot: Int, wide: Int, _ segment: MutableSegment) throws {
        try table.load(wide, of: segment)
        try table.load(wide + 1, of: segment)
        let target = segment.writable(slot)
        var next = 0
        if segment.buffers[wide] == nil {
            next = FoldKernels.sum(run, input, from: 0, into: target)
            if next == run.count { return }
        }
        account.sumsOutOfRange += FoldKernels.sumWide(
            run, input, from: next, into: target, high: segment.writable(wide), low: segment.writable(wide + 1))
    }

    private func applyExtreme(
        _ run: FoldRun, _ input: FoldInput, _ field: LaneColumn, isMaximum: Bool, slot: Int, _ segment: MutableSegment
    ) throws {
        let target = segment.writable(slot)
        switch table.layout.slots[slot].strings {
        case .table:
            guard let pool = try table.pools[slot]?.writable() else { return }
            let translated = try translation(of: field, to: slot, accepts: input.accepts)
            FoldKernels.choose(
                run, FoldInput(lanes: UnsafePointer(translated.start), accepts: input.accepts), into: target
            ) { new, old in
                new != old && BatchFold.precedes(isMaximum ? old : new, isMaximum ? new : old, in: pool)
            }
        case .segment:
            applyTextExtreme(run, input, field, isMaximum: isMaximum, slot: slot, segment, target)
        case .none:
            if table.layout.slots[slot].isFloat {
                FoldKernels.choose(run, input, into: target) { new, old in
                    isMaximum ? FoldKernels.floatPrecedes(old, new) : FoldKernels.floatPrecedes(new, old)
                }
            } else {
                FoldKernels.extreme(run, input, isMaximum: isMaximum, into: target)
            }
        }
    }

    private func applyTextExtreme(
        _ run: FoldRun, _ input: FoldInput, _ field: LaneColumn, isMaximum: Bool, slot: Int, _ segment: MutableSegment,
        _ target: LaneBuffer
    ) {
        guard let own = segment.pools[slot], let strings = field.pool else { return }
        for index in 0..<run.count {
            let (event, row) = (Int(run.events[index]), Int(run.rows[index]))
            guard input.accepts[event] != 0 else { continue }
            let new = strings[UInt32(truncatingIfNeeded: input.lanes[event])]
            if target.validity[row] != 0 {
                let old = own[UInt32(truncatingIfNeeded: target.lanes[row])]
                guard isMaximum ? StringPool.precedes(old, new) : StringPool.precedes(new, old) else { continue }
            }
            target.lanes[row] = Int64(own.append(new))
            target.validity[row] = 1
        }
    }

    private func applySet(
        _ run: FoldRun, _ field: LaneColumn, _ acceptance: Acceptance, slot: Int, _ segment: MutableSegment
    ) throws {
        guard let pool = try table.pools[slot]?.writable(), let unions = table.setUnions[slot] else { return }
        let translated = try translation(of: field, to: slot, accepts: acceptance.pointer)
        let target = segment.writable(slot)
        for index in 0..<run.count {
            let (event, row) = (Int(run.events[index]), Int(run.rows[index]))
            guard acceptance.pointer[event] != 0 else { continue }
            let members = UInt32(truncatingIfNeeded: translated.start[event])
            if target.validity[row] == 0 {
                target.lanes[row] = Int64(members)
                target.validity[row] = 1
            } else {
                let old = UInt32(truncatingIfNeeded: target.lanes[row])
                target.lanes[row] = Int64(unions.union(old, members, in: pool))
            }
        }
    }
}
