import CaliberColumns
import CaliberCore
import CaliberDictionary
import CaliberTables

/// One pass over the rows of one segment: predicates to masks, dimensions to slots, values to folds, a chunk of rows at
/// a time, so that everything between two columns stays in the nearest cache.
///
/// One thread's own.
final class SegmentScan {
    private let segment: SegmentSnapshot
    private let program: ScanProgram
    private let expressions: SegmentExpressions
    private let timeRange: PlannedTimeRange
    private var rows: Range<Int> = 0..<0
    private var coders: [DimensionCoder] = []
    private var slots = GroupSlots(cardinalities: [], rowCount: 0)
    private var folds: [any FoldAccumulator] = []
    private var counters: [RowCounter] = []
    private var latestMoment: Int64?

    private let selected = ScratchBuffer<UInt8>(count: VectorProgram.chunkRowCount, repeating: 0)
    private let codes = ScratchBuffer<UInt32>(count: VectorProgram.chunkRowCount, repeating: 0)
    private let chunkSlots = ScratchBuffer<UInt32>(count: VectorProgram.chunkRowCount, repeating: 0)
    /// Slots as all rows, then as each mask sees them: rows that don't pass have the last slot.
    private var maskedSlots: [ScratchBuffer<UInt32>] = []

    init(
        _ segment: SegmentSnapshot, _ program: ScanProgram, _ joins: JoinedTables, timeRange: PlannedTimeRange
    ) {
        self.segment = segment
        self.program = program
        self.timeRange = timeRange
        expressions = SegmentExpressions(segment, program, joins)
    }

    /// What opening the segment tells without reading its rows.
    struct Outlook: Sendable {
        let rowCount: Int
        let isDense: Bool
        let slotCapacity: Int
    }

    /// Loads the columns and decides how rows are grouped.
    func open() throws -> Outlook {
        try expressions.open()
        rows = rowsInRange()
        coders = program.dimensions.map { coder($0.expression, grain: $0.grain) }
        slots = GroupSlots(cardinalities: coders.map(\.cardinality), rowCount: rows.count)
        return Outlook(rowCount: rows.count, isDense: slots.isDense, slotCapacity: slots.capacity)
    }

    func run() throws -> SegmentPartial {
        _ = try open()
        let slotCount = slots.capacity + 1
        let seesAll = RowCounter(slotCount: slotCount)
        counters = [seesAll] + program.masks.map { _ in RowCounter(slotCount: slotCount) }
        maskedSlots = counters.map { _ in ScratchBuffer(count: VectorProgram.chunkRowCount, repeating: 0) }
        folds = program.folds.map { fold in
            let bounds = fold.expression.flatMap { expressions.column(of: $0) }?.bounds
            return fold.accumulator(slotCount: slotCount, rowCount: rows.count, bounds: bounds)
        }
        var start = rows.lowerBound
        while start < rows.upperBound {
            let end = min(start + VectorProgram.chunkRowCount, rows.upperBound)
            scan(start..<end)
            start = end
        }
        return partial()
    }

    private func scan(_ chunk: Range<Int>) {
        guard select(chunk) else { return }
        let count = chunk.count
        chunkSlots.pointer.update(repeating: 0, count: count)
        for position in coders.indices {
            let values =
                coders[position].readsLanes
                ? expressions.values(of: coders[position].expression, rows: chunk) : nil
            coders[position].code(rows: chunk, values, into: codes.pointer)
            slots.combine(
                position, codes.pointer, selected: selected.pointer, count: count, into: chunkSlots.pointer)
        }
        maskSlots(chunk)
        for (counter, masked) in zip(counters, maskedSlots) { counter.add(masked.pointer, nil, count: count) }
        for (fold, state) in zip(program.folds, folds) {
            let values = fold.expression.map { expressions.values(of: $0, rows: chunk) }
            let masked = maskedSlots[fold.mask.map { $0 + 1 } ?? 0]
            state.add(masked.pointer, values, count: count)
        }
    }

    /// Marks the rows that have a moment, lie in the time range and pass the query's filters.
    ///
    /// - Returns: false when none does.
    private func select(_ chunk: Range<Int>) -> Bool {
        let count = chunk.count
        let selected = selected.pointer
        selected.update(repeating: 1, count: count)
        if let anchor = program.anchor, !program.scan.isSortedByAnchor {
            let moments = expressions.values(of: anchor, rows: chunk)
            let from = timeRange.from ?? Int64.min
            let last = timeRange.until.map { $0 - 1 } ?? Int64.max
            var latest = latestMoment ?? Int64.min
            var found = latestMoment != nil
            for row in 0..<count {
                let moment = moments.lanes[row]
                let isValid = moments.validity[row]
                selected[row] = isValid & (moment >= from ? 1 : 0) & (moment <= last ? 1 : 0)
                if isValid != 0 {
                    latest = max(latest, moment)
                    found = true
                }
            }
            if found { latestMoment = latest }
        }
        if let filter = program.filter {
            let result = expressions.values(of: filter, rows: chunk)
            for row in 0..<count {
                selected[row] &= UInt8(truncatingIfNeeded: result.lanes[row]) & result.validity[row]
            }
        }
        var any: UInt8 = 0
        for row in 0..<count { any |= selected[row] }
        return any != 0
    }

    private func maskSlots(_ chunk: Range<Int>) {
        let count = chunk.count
        let unwanted = UInt32(slots.capacity)
        let source = chunkSlots.pointer
        let selected = selected.pointer
        let base = maskedSlots[0].pointer
        for row in 0..<count { base[row] = selected[row] != 0 ? source[row] : unwanted }
        for (position, expression) in program.masks.enumerated() {
            let result = expressions.values(of: expression, rows: chunk)
            let target = maskedSlots[position + 1].pointer
            for row in 0..<count {
                let passes = UInt8(truncatingIfNeeded: result.lanes[row]) & result.validity[row]
                target[row] = passes != 0 ? base[row] : unwanted
            }
        }
    }

    private func partial() -> SegmentPartial {
        var wanted = Set(program.folds.map { $0.mask.map { $0 + 1 } ?? 0 })
        if wanted.isEmpty { wanted = [0] }
        let used = counters.indices.filter(wanted.contains).map { counters[$0] }
        let groups = (0..<slots.capacity).filter { slot in used.contains { $0.count(of: slot) > 0 } }
        let codes = ScratchBuffer<UInt32>(count: coders.count, repeating: 0)
        var keys: [Int64] = []
        keys.reserveCapacity(groups.count * (coders.count + 1))
        for slot in groups {
            slots.codes(of: slot, into: codes.pointer)
            var nulls: Int64 = 0
            for (position, coder) in coders.enumerated() {
                let key = coder.key(of: codes[position])
                keys.append(key ?? 0)
                if key == nil { nulls |= 1 << Int64(position) }
            }
            keys.append(nulls)
        }
        return SegmentPartial(
            groupCount: groups.count, keys: keys, pools: coders.map { pool(of: $0) },
            rowCounts: counters.map { counter in groups.map { counter.count(of: $0) } },
            folds: folds.map { $0.partial(of: groups) }, rowsScanned: rows.count, isDense: slots.isDense,
            slotCapacity: slots.capacity, latestMoment: latestMoment)
    }

    private func pool(of coder: DimensionCoder) -> StringPool? {
        guard program.expressions[coder.expression].type.storage == .code, !rows.isEmpty else { return nil }
        if let column = expressions.column(of: coder.expression) { return column.pool }
        let first = rows.lowerBound
        return expressions.values(of: coder.expression, rows: first..<first + 1).pool
    }

    /// Where rows stand in the order of their moments, a binary search gives those in the time range.
    private func rowsInRange() -> Range<Int> {
        let all = 0..<segment.rowCount
        guard program.scan.isSortedByAnchor, !timeRange.isOpen, let anchor = program.anchor,
            case .stored(let column) = expressions.column(of: anchor)
        else { return all }
        let start = timeRange.from.map { from in firstIndex(in: all) { column.lane(at: $0) >= from } } ?? 0
        let end =
            timeRange.until.map { until in firstIndex(in: all) { column.lane(at: $0) >= until } } ?? all.upperBound
        return start..<max(start, end)
    }

    private func coder(_ expression: Int, grain: TimeGrain?) -> DimensionCoder {
        let type = program.expressions[expression].type
        let kind: DimensionCoder.LogicalTypeKind =
            type == .timestamp ? .timestamp : type == .date ? .date : .other
        let column = expressions.column(of: expression)
        let bounds = column?.bounds ?? (type == .boolean ? 0...1 : nil)
        var table: PeriodTable?
        if let grain, kind == .timestamp {
            if expression == program.anchor, program.scan.isSortedByAnchor, !rows.isEmpty,
                case .stored(let stored) = column
            {
                let span = stored.lane(at: rows.lowerBound)...stored.lane(at: rows.upperBound - 1)
                if let table = PeriodTable(grain: grain, span: span, zone: program.zone) {
                    return DimensionCoder(
                        runsOver: rows, table: table, expression: expression, grain: grain, zone: program.zone,
                        moment: { stored.lane(at: $0) })
                }
            }
            table = bounds.flatMap { PeriodTable(grain: grain, span: $0, zone: program.zone) }
        }
        return DimensionCoder(
            bounds: bounds, table: table, expression: expression, grain: grain, zone: program.zone, type: kind,
            rowCount: rows.count)
    }
}
