import CaliberColumns
import CaliberCore
import CaliberEventLog

/// One batch on its way into one table: rows found or made, events gathered by segment, then fold after fold.
final class BatchFold {
    let table: WideTable
    let batch: EventBatch
    let folds: ContractFolds
    var account = FoldAccount()
    private let masks: [Scratch<UInt8>]
    /// Each event's place, or nil where a part of its key is missing.
    private let places: Scratch<UInt64>
    private let ones: Scratch<UInt8>
    /// Which events each fold takes, in the order of the folds.
    private var aggregateAcceptances: [Acceptance] = []
    private var orderAcceptances: [Acceptance] = []
    let verdicts: Scratch<UInt8>
    /// By slot: the batch's strings as codes of the table's pool.
    var translations: [Int: Scratch<Int64>] = [:]

    private static let noPlace = UInt64.max

    init(_ batch: EventBatch, into table: WideTable, folds: ContractFolds, conditions: [ConditionMask]) {
        self.table = table
        self.batch = batch
        self.folds = folds
        places = Scratch(batch.count, repeating: BatchFold.noPlace)
        ones = Scratch(batch.count, repeating: 1)
        verdicts = Scratch(batch.count, repeating: 0)
        masks = conditions.map { condition in
            let mask = Scratch<UInt8>(batch.count, repeating: 0)
            condition.evaluate(batch, into: mask.start)
            return mask
        }
        aggregateAcceptances = folds.aggregates.map { accepts($0.condition, $0.field.map { [$0] } ?? []) }
        orderAcceptances = folds.orders.map { accepts($0.condition, $0.columns.map(\.field)) }
    }

    func run() throws {
        table.useClock += 1
        try table.buildIndexIfNeeded()
        try findRows()
        var departures: [(segment: MutableSegment, rows: [Int])] = []
        try forEachSegment { segment, run in
            segment.lastUse = table.useClock
            for (index, fold) in folds.aggregates.enumerated() {
                try apply(fold, aggregateAcceptances[index], run, segment)
            }
            for (index, fold) in folds.orders.enumerated() {
                try apply(fold, orderAcceptances[index], run, segment)
            }
            segment.touch()
            if folds.movesAnchor {
                let rows = try leavingRows(run, segment)
                if !rows.isEmpty { departures.append((segment, rows)) }
            }
        }
        try table.moveRows(departures)
    }

    // MARK: Rows

    /// Looks up every event's key; keys that are not known get the next rows of the landing segment.
    private func findRows() throws {
        let parts = folds.key.map { KeyPart($0.column(of: batch)) }
        var hasher = KeyHasher()
        var newRows = NewRows()
        for event in 0..<batch.count {
            guard let hash = hasher.hash(parts, row: event) else {
                account.keyMissing += 1
                continue
            }
            account.folded += 1
            if let known = table.index.place(hash) {
                places.start[event] = known.bits
                continue
            }
            if newRows.segment.map({ $0.rowCount + newRows.events.count == table.rowLimit }) ?? true {
                add(newRows, parts)
                newRows = NewRows(segment: try table.landingSegment())
            }
            guard let segment = newRows.segment else { continue }
            let place = RowPlace(segment: segment.ordinal, row: segment.rowCount + newRows.events.count)
            newRows.events.append(event)
            newRows.hashes.append(hash)
            table.index.set(hash, to: place)
            places.start[event] = place.bits
        }
        add(newRows, parts)
    }

    /// Rows that a segment is about to get, and the events that name their keys.
    private struct NewRows {
        var segment: MutableSegment?
        var events: [Int] = []
        var hashes: [KeyHash] = []
    }

    private func add(_ new: NewRows, _ parts: [KeyPart]) {
        guard let segment = new.segment, !new.events.isEmpty else { return }
        let first = segment.appendRows(new.events.count)
        let low = segment.writable(table.layout.hashLowSlot)
        let high = segment.writable(table.layout.hashHighSlot)
        for (index, hash) in new.hashes.enumerated() {
            low.lanes[first + index] = Int64(bitPattern: hash.low)
            high.lanes[first + index] = Int64(bitPattern: hash.high)
        }
        (low.validity + first).update(repeating: 1, count: new.events.count)
        (high.validity + first).update(repeating: 1, count: new.events.count)
        for (slot, part) in parts.enumerated() {
            let buffer = segment.writable(slot)
            (buffer.validity + first).update(repeating: 1, count: new.events.count)
            if let pool = segment.pools[slot], let strings = part.pool {
                for (index, event) in new.events.enumerated() {
                    let string = strings[UInt32(truncatingIfNeeded: part.lanes[event])]
                    buffer.lanes[first + index] = Int64(pool.append(string))
                }
            } else {
                for (index, event) in new.events.enumerated() { buffer.lanes[first + index] = part.lanes[event] }
            }
        }
    }

    /// Gathers events by segment, in the order of the batch, and calls `body` for each segment that has any.
    private func forEachSegment(_ body: (MutableSegment, FoldRun) throws -> Void) throws {
        var ends = [Int](repeating: 0, count: table.segments.count + 1)
        for event in 0..<batch.count where places.start[event] != BatchFold.noPlace {
            ends[RowPlace(bits: places.start[event]).segment + 1] += 1
        }
        for ordinal in 1..<ends.count { ends[ordinal] += ends[ordinal - 1] }
        let events = Scratch<Int32>(batch.count, repeating: 0)
        let rows = Scratch<Int32>(batch.count, repeating: 0)
        var next = ends
        for event in 0..<batch.count where places.start[event] != BatchFold.noPlace {
            let place = RowPlace(bits: places.start[event])
            events.start[next[place.segment]] = Int32(truncatingIfNeeded: event)
            rows.start[next[place.segment]] = Int32(truncatingIfNeeded: place.row)
            next[place.segment] += 1
        }
        for ordinal in table.segments.indices where ends[ordinal + 1] > ends[ordinal] {
            guard let segment = table.segments[ordinal] else { continue }
            let first = ends[ordinal]
            try body(
                segment,
                FoldRun(
                    count: ends[ordinal + 1] - first, events: UnsafePointer(events.start + first),
                    rows: UnsafePointer(rows.start + first)))
        }
    }

    /// Rows whose anchor belongs to another segment, ascending.
    private func leavingRows(_ run: FoldRun, _ segment: MutableSegment) throws -> [Int] {
        guard let slot = table.layout.anchorSlot else { return [] }
        try table.load(slot, of: segment)
        guard let anchors = segment.buffers[slot] else { return [] }
        let bounds = table.anchorBounds(of: segment)
        var leaving: [Int] = []
        for index in 0..<run.count {
            let row = Int(run.rows[index])
            guard anchors.validity[row] != 0 else { continue }
            let anchor = anchors.lanes[row]
            if let bounds, bounds.contains(anchor) {
                let followsLast = row == 0 || anchors.lanes[row - 1] < anchor
                let precedesNext = row == segment.rowCount - 1 || anchor < anchors.lanes[row + 1]
                if !followsLast || !precedesNext { segment.isSorted = false }
            } else {
                leaving.append(row)
            }
        }
        if segment.isAnchored, segment.isSorted, segment.rowCount > 0 {
            // Rows kept their order, but the first or last may have a new anchor.
            let (first, last) = (anchors.lanes[0], anchors.lanes[segment.rowCount - 1])
            if first <= last { segment.anchors = first...last } else { segment.isSorted = false }
        }
        // A segment whose order or bounds may change is sorted before it is read, for which all columns are needed.
        if segment.isAnchored, !segment.isSorted || !leaving.isEmpty { try table.loadAll(of: segment) }
        leaving.sort()
        return leaving.enumerated().filter { $0.offset == 0 || leaving[$0.offset - 1] != $0.element }.map(\.element)
    }

    /// Events that meet a condition and have a value in each of the fields.
    private func accepts(_ condition: Int?, _ fields: [FieldSource]) -> Acceptance {
        let passing = condition.map { masks[$0] } ?? ones
        let columns = fields.map { $0.column(of: batch) }.filter { $0.nullCount > 0 }
        guard !columns.isEmpty else { return Acceptance(bytes: passing, passing: passing) }
        let both = Scratch<UInt8>(batch.count, repeating: 0)
        both.start.update(from: passing.start, count: batch.count)
        for column in columns {
            for event in 0..<batch.count { both.start[event] &= column.validity[event] }
        }
        return Acceptance(bytes: both, passing: passing)
    }
}

/// Which events a fold takes.
struct Acceptance {
    let bytes: Scratch<UInt8>
    /// Which events meet its condition, whether they have a value or not.
    let passing: Scratch<UInt8>

    var pointer: UnsafePointer<UInt8> { UnsafePointer(bytes.start) }
}

/// Memory for the length of one fold.
final class Scratch<Element: BitwiseCopyable> {
    let start: UnsafeMutablePointer<Element>
    let count: Int

    init(_ count: Int, repeating value: Element) {
        self.count = count
        start = .allocate(capacity: max(count, 1))
        start.update(repeating: value, count: count)
    }

    deinit { start.deallocate() }
}
