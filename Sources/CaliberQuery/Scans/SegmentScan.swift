import CKernels
import CaliberColumns
import CaliberCore
import CaliberDictionary
import CaliberTables

/// One pass over the rows of one segment: predicates to masks, dimensions to slots, values to folds, a chunk of rows at
/// a time, so that everything between two columns stays in the nearest cache.
///
/// What stands in a column as it is, is read at its stored width; only what has to be computed is widened. Where rows
/// are stored in the order of their moments, chunks are cut at the ends of periods, and a chunk of one group is summed
/// without looking at slots.
///
/// One thread's own.
final class SegmentScan {
    private let segment: SegmentSnapshot
    private let program: ScanProgram
    private let expressions: SegmentExpressions
    private let timeRange: PlannedTimeRange
    private let prunes: Bool
    private var rows: Range<Int> = 0..<0
    private var filter = SegmentPredicate.always
    private var masks: [SegmentPredicate] = []
    private var coders: [DimensionCoder] = []
    private var slots = GroupSlots(cardinalities: [], rowCount: 0)
    private var folds: [any FoldAccumulator] = []
    /// For each fold the column that it reads at its stored width.
    private var foldColumns: [EncodedColumn?] = []
    /// Rows that passed: for all, then for each mask.
    private var counters: [SlotCounter] = []
    private var latestMoment: Int64?

    private let predicates: PredicateEvaluation
    private let codes = ScratchBuffer<UInt32>(count: SegmentScan.longestChunk, repeating: 0)
    private let validity = ScratchBuffer<UInt8>(count: SegmentScan.longestChunk, repeating: 0)
    private let chunkSlots = ScratchBuffer<UInt32>(count: SegmentScan.longestChunk, repeating: 0)
    /// As all rows, then as each mask sees them: which rows pass, and their slots.
    private var passing: [ScratchBuffer<UInt8>] = []
    private var maskedSlots: [ScratchBuffer<UInt32>] = []

    /// Rows of a chunk when nothing is computed: masks of it stay in the first-level cache.
    static let longestChunk = 8192

    init(
        _ segment: SegmentSnapshot, _ program: ScanProgram, _ joins: JoinedTables, timeRange: PlannedTimeRange,
        prunes: Bool
    ) {
        self.segment = segment
        self.program = program
        self.timeRange = timeRange
        self.prunes = prunes
        expressions = SegmentExpressions(segment, program, joins)
        predicates = PredicateEvaluation(expressions)
    }

    /// What opening the segment tells without reading its rows.
    struct Outlook: Sendable {
        let rowCount: Int
        let isDense: Bool
        let slotCapacity: Int
        /// The columns' bounds and strings say that no row passes.
        let isPruned: Bool
    }

    /// Loads the columns and decides how rows are grouped. Columns that only matter where rows pass are not loaded where
    /// none can.
    func open() throws -> Outlook {
        try bindFilter()
        guard !prunes || !filter.isNever else {
            rows = 0..<0
            return Outlook(rowCount: 0, isDense: true, slotCapacity: 0, isPruned: true)
        }
        masks = try program.masks.map { try bind($0) }
        let needed =
            filter.expressions + masks.flatMap(\.expressions) + program.dimensions.map(\.expression)
            + program.folds.compactMap(\.expression)
        for expression in needed { try expressions.open(expression) }
        coders = try program.dimensions.map { try coder($0.expression, grain: $0.grain) }
        slots = GroupSlots(cardinalities: coders.map(\.cardinality), rowCount: rows.count)
        return Outlook(
            rowCount: rows.count, isDense: slots.isDense, slotCapacity: slots.capacity, isPruned: false)
    }

    func run() throws -> SegmentPartial {
        let outlook = try open()
        guard !outlook.isPruned else { return SegmentPartial(noRowsOf: program, latestMoment: latestMoment) }
        let slotCount = slots.capacity + 1
        counters = (0...masks.count).map { _ in SlotCounter(slotCount: slotCount) }
        passing = counters.map { _ in ScratchBuffer(count: SegmentScan.longestChunk, repeating: 0) }
        maskedSlots = counters.map { _ in ScratchBuffer(count: SegmentScan.longestChunk, repeating: 0) }
        foldColumns = program.folds.map { fold in
            guard let column = fold.expression.flatMap({ expressions.storedColumn(of: $0) }),
                fold.readsColumn(column, rowCount: rows.count)
            else { return nil }
            return column
        }
        folds = zip(program.folds, foldColumns).map { fold, column in
            fold.accumulator(slotCount: slotCount, rowCount: rows.count, column: column)
        }
        let chunkLimit = expressions.longestChunk
        var start = rows.lowerBound
        while start < rows.upperBound {
            var end = min(start + chunkLimit, rows.upperBound)
            for position in coders.indices where coders[position].cutsChunks {
                end = min(end, coders[position].run(at: start).end)
            }
            scan(start..<end)
            start = end
        }
        return partial()
    }

    // MARK: Chunks

    private func scan(_ chunk: Range<Int>) {
        let base = mask(filter, chunk, within: nil, into: passing[0])
        switch base {
        case .none: return
        case .rows(let mask) where kernels_count(mask, chunk.count) == 0: return
        default: break
        }
        let slots = slotsOfChunk(chunk, mask: base.pointer)
        var views: [ChunkRows?] = [rows(chunk, slots, base, into: maskedSlots[0])]
        for (position, predicate) in masks.enumerated() {
            let narrowed = mask(predicate, chunk, within: base.pointer, into: passing[position + 1])
            views.append(rows(chunk, slots, narrowed, into: maskedSlots[position + 1]))
        }
        for (counter, view) in zip(counters, views) { if let view { counter.add(view) } }
        for (position, fold) in program.folds.enumerated() {
            guard let view = views[fold.mask.map { $0 + 1 } ?? 0] else { continue }
            folds[position].add(view, values(of: fold, foldColumns[position], chunk))
        }
    }

    /// Which rows of a chunk pass.
    private enum ChunkMask {
        case all, none
        case rows(UnsafePointer<UInt8>)

        var pointer: UnsafePointer<UInt8>? {
            if case .rows(let pointer) = self { pointer } else { nil }
        }
    }

    private func mask(
        _ predicate: SegmentPredicate, _ chunk: Range<Int>, within outer: UnsafePointer<UInt8>?,
        into buffer: ScratchBuffer<UInt8>
    ) -> ChunkMask {
        switch predicate {
        case .never: return .none
        case .always: return outer.map { .rows($0) } ?? .all
        default:
            predicates.evaluate(predicate, rows: chunk, into: buffer.pointer)
            if let outer { kernels_and(buffer.pointer, outer, chunk.count) }
            return .rows(UnsafePointer(buffer.pointer))
        }
    }

    private func rows(
        _ chunk: Range<Int>, _ slots: ChunkRows.Slots, _ mask: ChunkMask, into buffer: ScratchBuffer<UInt32>
    ) -> ChunkRows? {
        switch (mask, slots) {
        case (.none, _): return nil
        case (.rows(let mask), .each(let each)):
            kernels_select_slots(each, mask, UInt32(self.slots.capacity), chunk.count, buffer.pointer)
            return ChunkRows(rows: chunk, slots: .each(UnsafePointer(buffer.pointer)), mask: mask)
        default:
            return ChunkRows(rows: chunk, slots: slots, mask: mask.pointer)
        }
    }

    private func slotsOfChunk(_ chunk: Range<Int>, mask: UnsafePointer<UInt8>?) -> ChunkRows.Slots {
        if slots.isDense, coders.allSatisfy(\.cutsChunks) {
            var slot = 0
            for position in coders.indices {
                slot = slot * coders[position].cardinality + Int(coders[position].run(at: chunk.lowerBound).code)
            }
            return .same(slot)
        }
        let count = chunk.count
        for position in coders.indices {
            let target = position == 0 ? chunkSlots.pointer : codes.pointer
            if coders[position].cutsChunks {
                target.update(repeating: coders[position].run(at: chunk.lowerBound).code, count: count)
            } else {
                let values =
                    coders[position].readsLanes
                    ? expressions.values(of: coders[position].expression, rows: chunk) : nil
                coders[position].code(rows: chunk, values, validity: validity.pointer, into: target)
            }
            if position > 0 {
                slots.combine(position, codes.pointer, mask: mask, count: count, into: chunkSlots.pointer)
            }
        }
        return .each(UnsafePointer(chunkSlots.pointer))
    }

    private func values(of fold: ScanFold, _ column: EncodedColumn?, _ chunk: Range<Int>) -> FoldValues {
        guard let expression = fold.expression, fold.kind != .rows else { return .rows }
        return column.map(FoldValues.column) ?? .chunk(expressions.values(of: expression, rows: chunk))
    }

    // MARK: Opening

    private func bind(_ predicate: RowPredicate) throws -> SegmentPredicate {
        try SegmentPredicate(predicate) { try expressions.storedColumn($0) }
    }

    /// The rows that have a moment in the time range and pass the query's filters.
    private func bindFilter() throws {
        rows = 0..<segment.rowCount
        var parts: [SegmentPredicate] = []
        if let anchor = program.anchor {
            if prunes, program.scan.isSortedByAnchor {
                rows = try rowsInRange(anchor)
                if rows.isEmpty { parts.append(.never) }
            } else {
                parts.append(try momentPredicate(anchor))
            }
        }
        if let condition = program.filter { parts.append(try bind(condition)) }
        filter = .conjunction(parts)
    }

    /// Where rows stand in the order of their moments, a binary search gives those in the time range.
    private func rowsInRange(_ anchor: Int) throws -> Range<Int> {
        let all = 0..<segment.rowCount
        guard let anchors = segment.anchors, !timeRange.covers(anchors) else { return all }
        try expressions.open(anchor)
        guard let column = expressions.storedColumn(of: anchor) else { return all }
        let start = timeRange.from.map { from in firstIndex(in: all) { column.lane(at: $0) >= from } } ?? 0
        let end =
            timeRange.until.map { until in firstIndex(in: all) { column.lane(at: $0) >= until } } ?? all.upperBound
        return start..<max(start, end)
    }

    /// Rows that count at another moment than the one they are stored by.
    private func momentPredicate(_ anchor: Int) throws -> SegmentPredicate {
        try expressions.open(anchor)
        let (first, last) = (timeRange.from ?? Int64.min, timeRange.until.map { $0 - 1 } ?? Int64.max)
        guard first <= last else { return .never }
        let range = first...last
        if let column = expressions.storedColumn(of: anchor) {
            latestMoment = column.bounds?.upperBound
            return try SegmentPredicate(.span(ColumnReference(name: ""), range)) { _ in column }
        }
        latestMoment = try latestMoment(of: anchor)
        return .moments(anchor, range)
    }

    private func latestMoment(of anchor: Int) throws -> Int64? {
        var latest: Int64?
        for start in stride(from: 0, to: segment.rowCount, by: VectorProgram.chunkRowCount) {
            let rows = start..<min(start + VectorProgram.chunkRowCount, segment.rowCount)
            let moments = expressions.values(of: anchor, rows: rows)
            for row in 0..<rows.count where moments.validity[row] != 0 {
                latest = max(latest ?? .min, moments.lanes[row])
            }
        }
        return latest
    }

    private func coder(_ expression: Int, grain: TimeGrain?) throws -> DimensionCoder {
        let type = program.expressions[expression].type
        let kind: DimensionCoder.LogicalTypeKind =
            type == .timestamp ? .timestamp : type == .date ? .date : .other
        let stored = expressions.storedColumn(of: expression)
        let bounds = expressions.bounds(of: expression) ?? (type == .boolean ? 0...1 : nil)
        var table: PeriodTable?
        if let grain, kind == .timestamp {
            if expression == program.anchor, program.scan.isSortedByAnchor, segment.isAnchored, !rows.isEmpty,
                let stored
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
            column: stored, bounds: bounds, table: table, expression: expression, grain: grain, zone: program.zone,
            type: kind, rowCount: rows.count)
    }

    // MARK: The result

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
        let rowCounts = counters.map { counter in groups.map { counter.count(of: $0) } }
        return SegmentPartial(
            groupCount: groups.count, keys: keys, pools: coders.map { pool(of: $0) }, rowCounts: rowCounts,
            folds: zip(program.folds, folds).map { fold, state in
                state.partial(of: groups, rowCounts: rowCounts[fold.mask.map { $0 + 1 } ?? 0])
            },
            rowsScanned: rows.count, isDense: slots.isDense, slotCapacity: slots.capacity, latestMoment: latestMoment)
    }

    private func pool(of coder: DimensionCoder) -> StringPool? {
        guard program.expressions[coder.expression].type.storage == .code, !rows.isEmpty else { return nil }
        return expressions.pool(of: coder.expression, at: rows.lowerBound)
    }
}

extension PlannedTimeRange {
    /// Whether every moment of a span lies within.
    func covers(_ span: ClosedRange<Int64>) -> Bool {
        if let from, span.lowerBound < from { return false }
        if let until, span.upperBound >= until { return false }
        return true
    }
}
