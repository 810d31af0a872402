import CaliberColumns
import CaliberCore
import CaliberEventLog

/// `first` and `last`: which event leads a row, and the values that it, or the best event with a value, brings.
extension BatchFold {
    func apply(
        _ fold: OrderFold, _ acceptance: Acceptance, _ run: FoldRun, _ segment: MutableSegment
    ) throws {
        guard hasAny(run, acceptance.pointer) else { return }
        try table.load(fold.timeSlot, of: segment)
        try table.load(fold.tieSlot, of: segment)
        let hasGaps = fold.columns.contains { $0.field.column(of: batch).nullCount > 0 }
        let (leaderTime, leaderTie) = leaders(fold, acceptance, run, segment)
        let contest = FoldKernels.contest(
            run, isLast: fold.isLast, accepts: acceptance.pointer, time: batch.time, tieBreak: batch.tieBreak,
            leaderTime: leaderTime, leaderTie: leaderTie, verdicts: verdicts.start, displaced: hasGaps ? displaced : nil
        )
        for column in fold.columns {
            let field = column.field.column(of: batch)
            let isDense = contest.lossCount == 0 && field.nullCount == 0
            guard contest.hasVerdict || !isDense, hasAnyValue(run, field, column, segment) else { continue }
            try table.load(column.tieSlot, of: segment)
            try table.load(column.timeSlot, of: segment)
            let needsCare = !isDense || segment.residences[column.tieSlot] != .absent
            if needsCare, !contest.hasVerdict, !hasClaim(run, field, column, segment) { continue }
            try table.load(column.slot, of: segment)
            try award(run, fold, column, acceptance, segment, needsCare: needsCare)
        }
    }

    /// Who leads, to be written only where an event takes the lead: events that all lose leave the columns as they are.
    private func leaders(
        _ fold: OrderFold, _ acceptance: Acceptance, _ run: FoldRun, _ segment: MutableSegment
    ) -> (time: LaneBuffer, tie: LaneBuffer) {
        if let time = segment.buffers[fold.timeSlot], let tie = segment.buffers[fold.tieSlot],
            !FoldKernels.leadsAny(
                run, isLast: fold.isLast, accepts: acceptance.pointer, time: batch.time, tieBreak: batch.tieBreak,
                leaderTime: time, leaderTie: tie)
        {
            return (time, tie)
        }
        return (segment.writable(fold.timeSlot), segment.writable(fold.tieSlot))
    }

    /// Whether a column may change: some event has a value, or takes the lead from one that had.
    private func hasAnyValue(
        _ run: FoldRun, _ field: LaneColumn, _ column: OrderFold.Column, _ segment: MutableSegment
    ) -> Bool {
        for index in 0..<run.count where verdicts.start[index] != OrderVerdict.none {
            if field.validity[Int(run.events[index])] != 0 { return true }
        }
        switch segment.residences[column.slot] {
        case .absent: return false
        case .stored: return true
        case .loaded:
            guard let values = segment.buffers[column.slot] else { return false }
            for index in 0..<run.count where verdicts.start[index] == OrderVerdict.leads {
                if displaced.state.start[index] != 0, values.validity[Int(run.rows[index])] != 0 { return true }
            }
            return false
        }
    }

    /// Whether an event that doesn't lead may still bring a column its value: where the leader has none.
    private func hasClaim(
        _ run: FoldRun, _ field: LaneColumn, _ column: OrderFold.Column, _ segment: MutableSegment
    ) -> Bool {
        guard segment.residences[column.tieSlot] == .absent, segment.residences[column.slot] == .loaded,
            let values = segment.buffers[column.slot]
        else { return true }
        for index in 0..<run.count where verdicts.start[index] == OrderVerdict.loses {
            if field.validity[Int(run.events[index])] != 0, values.validity[Int(run.rows[index])] == 0 { return true }
        }
        return false
    }

    /// Gives rows the values of their best events, unless they all have them: a column that stays as it is need not be
    /// written at the next checkpoint.
    private func award(
        _ run: FoldRun, _ fold: OrderFold, _ column: OrderFold.Column, _ acceptance: Acceptance,
        _ segment: MutableSegment, needsCare: Bool
    ) throws {
        let field = column.field.column(of: batch)
        let task = Award(
            field: field, slot: column.slot, isLast: fold.isLast, segment: segment,
            holderSlots: needsCare ? column : nil)
        switch (column.comparison, table.layout.slots[column.slot].strings) {
        case (.integer, _):
            award(run, task, UnsafePointer(field.lanes)) { $0 < $1 }
        case (.float, _):
            award(run, task, UnsafePointer(field.lanes), precedes: FoldKernels.floatPrecedes)
        case (.bytes, .segment):
            awardText(run, task)
        case (.bytes, _):
            guard let pool = try table.pools[column.slot]?.writable() else { return }
            let lanes = try translation(of: field, to: column.slot, accepts: acceptance.pointer).start
            award(run, task, UnsafePointer(lanes)) { BatchFold.precedes($0, $1, in: pool) }
        }
    }

    /// What one column of a segment is to be given.
    private struct Award {
        let field: LaneColumn
        let slot: Int
        let isLast: Bool
        let segment: MutableSegment
        /// Where the column remembers events that don't lead; nil when none has to be.
        let holderSlots: OrderFold.Column?
    }

    @inline(__always)
    private func award(
        _ run: FoldRun, _ task: Award, _ lanes: UnsafePointer<Int64>, precedes: (Int64, Int64) -> Bool
    ) {
        let held = task.segment.buffers[task.slot]?.lanes
        guard changesAny(run, task, isSame: { event, row in held?[row] == lanes[event] }) else { return }
        let target = task.segment.writable(task.slot)
        let values = target.lanes
        awardEach(
            run, task, target,
            replaces: { event, row in
                task.isLast ? precedes(values[row], lanes[event]) : precedes(lanes[event], values[row])
            },
            store: { event, row in values[row] = lanes[event] })
    }

    private func awardText(_ run: FoldRun, _ task: Award) {
        guard let own = task.segment.pools[task.slot], let strings = task.field.pool else { return }
        let lanes = task.field.lanes
        let held = task.segment.buffers[task.slot]?.lanes
        let isChanged = changesAny(run, task) { event, row in
            guard let held else { return false }
            let old = own[UInt32(truncatingIfNeeded: held[row])]
            return old.elementsEqual(strings[UInt32(truncatingIfNeeded: lanes[event])])
        }
        guard isChanged else { return }
        let target = task.segment.writable(task.slot)
        awardEach(
            run, task, target,
            replaces: { event, row in
                let old = own[UInt32(truncatingIfNeeded: target.lanes[row])]
                let new = strings[UInt32(truncatingIfNeeded: lanes[event])]
                return task.isLast ? StringPool.precedes(old, new) : StringPool.precedes(new, old)
            },
            store: { event, row in
                target.lanes[row] = Int64(own.append(strings[UInt32(truncatingIfNeeded: lanes[event])]))
            })
    }

    /// Whether any row may get another value, or another holder of its value.
    @inline(__always)
    private func changesAny(_ run: FoldRun, _ task: Award, isSame: (_ event: Int, _ row: Int) -> Bool) -> Bool {
        guard let target = task.segment.buffers[task.slot] else { return true }
        let holders = task.holderSlots.flatMap { task.segment.buffers[$0.tieSlot] }
        return FoldKernels.changesAny(
            run, verdicts: verdicts.start, displaced: task.holderSlots == nil ? nil : displaced,
            present: UnsafePointer(task.field.validity), validity: UnsafePointer(target.validity),
            isHeldByOther: holders.map { UnsafePointer($0.validity) }, isSame: isSame)
    }

    @inline(__always)
    private func awardEach(
        _ run: FoldRun, _ task: Award, _ target: LaneBuffer, replaces: (Int, Int) -> Bool, store: (Int, Int) -> Void
    ) {
        guard let slots = task.holderSlots else {
            FoldKernels.award(
                run, verdicts: verdicts.start, into: target.validity, replaces: replaces, store: store)
            return
        }
        var holders = EventHolders(slots, isLast: task.isLast, task.segment)
        FoldKernels.awardWithGaps(
            run, verdicts: verdicts.start, displaced: displaced, time: batch.time, tieBreak: batch.tieBreak,
            present: UnsafePointer(task.field.validity), into: target.validity, holders: &holders, replaces: replaces,
            store: store)
    }
}

/// What became of an event in the contest for a row's lead.
enum OrderVerdict {
    static let none: UInt8 = 0
    static let leads: UInt8 = 1
    /// It is in one place with the leader: the same time and the same tie-break.
    static let equals: UInt8 = 2
    static let loses: UInt8 = 3
}

/// Who led before each event of a batch that took the lead.
struct DisplacedLeaders {
    let time: Scratch<Int64>
    let tie: Scratch<Int64>
    /// 0 nobody, 1 an event without a time, 2 an event with one.
    let state: Scratch<UInt8>

    init(count: Int) {
        time = Scratch(count, repeating: 0)
        tie = Scratch(count, repeating: 0)
        state = Scratch(count, repeating: 0)
    }
}

/// The events that a column's values are of where those are not the leaders: lanes that are made when first needed.
struct EventHolders {
    private let slots: OrderFold.Column
    private let isLast: Bool
    private let segment: MutableSegment
    private var lanes: Lanes?

    /// The two columns' memory, which the segment owns.
    private struct Lanes {
        let time: UnsafeMutablePointer<Int64>
        let isTimeKnown: UnsafeMutablePointer<UInt8>
        let tie: UnsafeMutablePointer<Int64>
        let isSet: UnsafeMutablePointer<UInt8>

        init(_ slots: OrderFold.Column, _ segment: MutableSegment) {
            let (timeBuffer, tieBuffer) = (segment.writable(slots.timeSlot), segment.writable(slots.tieSlot))
            (time, isTimeKnown) = (timeBuffer.lanes, timeBuffer.validity)
            (tie, isSet) = (tieBuffer.lanes, tieBuffer.validity)
        }
    }

    init(_ slots: OrderFold.Column, isLast: Bool, _ segment: MutableSegment) {
        self.slots = slots
        self.isLast = isLast
        self.segment = segment
        if segment.residences[slots.tieSlot] != .absent { lanes = Lanes(slots, segment) }
    }

    /// Whether a row's value is of an event that doesn't lead.
    @inline(__always)
    func has(_ row: Int) -> Bool {
        guard let lanes else { return false }
        return lanes.isSet[row] != 0
    }

    @inline(__always)
    func remove(_ row: Int) {
        guard let lanes else { return }
        lanes.time[row] = 0
        lanes.isTimeKnown[row] = 0
        lanes.tie[row] = 0
        lanes.isSet[row] = 0
    }

    mutating func set(_ row: Int, time: Int64, isTimeKnown: UInt8, tie: Int64) {
        let lanes = self.lanes ?? Lanes(slots, segment)
        self.lanes = lanes
        lanes.time[row] = time
        lanes.isTimeKnown[row] = isTimeKnown
        lanes.tie[row] = tie
        lanes.isSet[row] = 1
    }

    /// How an event stands to a row's holder: better, in one place, or worse.
    func verdict(_ row: Int, time: Int64, isTimeKnown: UInt8, tie: Int64) -> UInt8 {
        guard let lanes else { return OrderVerdict.leads }
        let (oldKnown, oldTime, oldTie) = (lanes.isTimeKnown[row], lanes.time[row], lanes.tie[row])
        if isTimeKnown == oldKnown, time == oldTime, tie == oldTie { return OrderVerdict.equals }
        let isEarlier = FoldKernels.isEarlier(isTimeKnown, time, tie, oldKnown, oldTime, oldTie)
        return isEarlier != isLast ? OrderVerdict.leads : OrderVerdict.loses
    }
}
