import CaliberColumns
import CaliberCore
import CaliberEventLog

/// `first` and `last`: which event holds a row, and the values it brings.
extension BatchFold {
    func apply(
        _ fold: OrderFold, _ acceptance: Acceptance, _ run: FoldRun, _ segment: MutableSegment
    ) throws {
        if fold.columns.count > 1 { countIncomplete(run, acceptance) }
        guard hasAny(run, acceptance.pointer) else { return }
        try table.load(fold.timeSlot, of: segment)
        try table.load(fold.tieSlot, of: segment)
        let hasVerdict = FoldKernels.contest(
            run, isLast: fold.isLast, accepts: acceptance.pointer, time: batch.time, tieBreak: batch.tieBreak,
            heldTime: segment.writable(fold.timeSlot), heldTie: segment.writable(fold.tieSlot),
            verdicts: verdicts.start)
        guard hasVerdict else { return }
        for column in fold.columns {
            try table.load(column.slot, of: segment)
            try award(run, fold, column, acceptance, segment)
        }
    }

    private func countIncomplete(_ run: FoldRun, _ acceptance: Acceptance) {
        guard acceptance.bytes !== acceptance.passing else { return }
        for index in 0..<run.count {
            let event = Int(run.events[index])
            account.incomplete += Int(acceptance.passing.start[event] & ~acceptance.pointer[event] & 1)
        }
    }

    private func award(
        _ run: FoldRun, _ fold: OrderFold, _ column: OrderFold.Column, _ acceptance: Acceptance,
        _ segment: MutableSegment
    ) throws {
        let field = column.field.column(of: batch)
        let target = segment.writable(column.slot)
        let isLast = fold.isLast
        let lanes = UnsafePointer(field.lanes)
        switch (column.comparison, table.layout.slots[column.slot].strings) {
        case (.integer, _):
            FoldKernels.award(run, verdicts: verdicts.start, lanes: lanes, isLast: isLast, into: target) { $0 < $1 }
        case (.float, _):
            FoldKernels.award(
                run, verdicts: verdicts.start, lanes: lanes, isLast: isLast, into: target,
                precedes: FoldKernels.floatPrecedes)
        case (.bytes, .segment): awardText(run, isLast: isLast, field, segment.pools[column.slot], target)
        case (.bytes, _):
            guard let pool = try table.pools[column.slot]?.writable() else { return }
            let translated = try translation(of: field, to: column.slot, accepts: acceptance.pointer)
            FoldKernels.award(
                run, verdicts: verdicts.start, lanes: UnsafePointer(translated.start), isLast: isLast, into: target
            ) { BatchFold.precedes($0, $1, in: pool) }
        }
    }

    private func awardText(
        _ run: FoldRun, isLast: Bool, _ field: LaneColumn, _ own: StringPool?, _ target: LaneBuffer
    ) {
        guard let own, let strings = field.pool else { return }
        for index in 0..<run.count where verdicts.start[index] != 0 {
            let (event, row) = (Int(run.events[index]), Int(run.rows[index]))
            let new = strings[UInt32(truncatingIfNeeded: field.lanes[event])]
            if verdicts.start[index] == 2 {
                let old = own[UInt32(truncatingIfNeeded: target.lanes[row])]
                guard isLast ? StringPool.precedes(old, new) : StringPool.precedes(new, old) else { continue }
            }
            target.lanes[row] = Int64(own.append(new))
            target.validity[row] = 1
        }
    }
}
