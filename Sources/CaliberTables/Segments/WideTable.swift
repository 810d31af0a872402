import CaliberColumns
import CaliberCore
import CaliberDictionary
import CaliberEventLog
import Synchronization

/// One table: its segments in the order of their anchors, like the leaves of a B+tree, and where each key's row is.
final class WideTable {
    let layout: TableLayout
    /// Rows a segment holds at most.
    let rowLimit: Int
    let segmentIDs: SegmentIDs
    /// The last event that rows reflect.
    var position: LogPosition
    /// The last event that the file's rows reflect.
    var storedPosition: LogPosition
    /// By ordinal; nil where a segment emptied and went.
    var segments: [MutableSegment?] = []
    private var freeOrdinals: [Int] = []
    /// Anchored segments by lower bound; `lowerBounds[i]` is the first anchor that belongs into `anchored[i]`.
    var anchored: [MutableSegment] = []
    var lowerBounds: [Int64] = []
    var unanchored: [MutableSegment] = []
    /// Where rows without an anchor go.
    private var landing: MutableSegment?
    /// Read from the file before the first fold; empty until then.
    var index = KeyDirectory(rowCount: 0)
    var hasIndex = false
    /// By slot; nil for columns without table-wide strings.
    let pools: [TablePool?]
    let setUnions: [SetUnion?]
    /// The folds' conditions, by contract, in the order of the layout.
    let conditions: [String: [ConditionMask]]
    /// The table's number in the file; nil until its first checkpoint.
    var tableID: Int64?
    var columnIDs: [String: Int64]
    /// By slot: strings of the pool that the file has.
    var storedStringCounts: [Int]
    /// What the file has under this name and this table takes the place of: an older definition, a damaged table.
    var replacedTableID: Int64?
    /// What reads columns as of the last checkpoint; nil when the file has none of this table (or none that counts).
    var loader: ColumnLoader?
    /// Segments that the file has and this table no longer.
    var removedSegmentIDs: [Int64] = []
    var useClock: UInt64 = 0
    private(set) var columnsRead = 0
    /// Segments that the running fold has used, whose memory is still to be counted.
    private var noted: [MutableSegment] = []
    /// What segments take in memory, as last counted.
    private(set) var segmentByteCount = 0
    /// What snapshots were last given of each pool.
    var frozenPools: [Int: StringPool] = [:]

    /// A table as the file has it, or an empty one.
    init(
        layout: TableLayout, stored: StoredTable?, loader: ColumnLoader?, zone: BusinessZone, rowLimit: Int,
        segmentIDs: SegmentIDs
    ) throws {
        self.layout = layout
        conditions = layout.folds.mapValues { $0.conditions.map { ConditionMask($0, zone: zone) } }
        tableID = stored?.tableID
        columnIDs = stored?.columnIDs ?? [:]
        storedStringCounts = layout.slots.map { slot in
            stored?.columnIDs[slot.name].flatMap { stored?.stringCounts[$0] } ?? 0
        }
        self.rowLimit = rowLimit
        self.segmentIDs = segmentIDs
        self.loader = loader
        position = stored?.position ?? .start
        storedPosition = position
        pools = layout.slots.indices.map { slot in
            guard layout.slots[slot].strings == .table else { return nil }
            return TablePool { try loader?.strings(slot) ?? StringPool() }
        }
        setUnions = layout.slots.indices.map { slot in
            layout.isSet(slot) ? SetUnion() : nil
        }
        if let problem = stored?.lostSegments(of: layout.definition.name) { throw problem }
        for line in stored?.segments ?? [] {
            let segment = MutableSegment(line, ordinal: segments.count, layout: layout)
            guard line.rowCount > 0, line.rowCount <= RowPlace.rowLimit else {
                throw TablesProblem.rowCountMismatch(
                    table: layout.definition.name, segment: line.id, expected: rowLimit, found: line.rowCount)
            }
            segments.append(segment)
            if segment.isAnchored { anchored.append(segment) } else { unanchored.append(segment) }
        }
        anchored.sort { (low($0), high($0), $0.id) < (low($1), high($1), $1.id) }
        lowerBounds = anchored.map(low)
        if !lowerBounds.isEmpty { lowerBounds[0] = .min }
    }

    private func low(_ segment: MutableSegment) -> Int64 { segment.anchors?.lowerBound ?? .min }
    private func high(_ segment: MutableSegment) -> Int64 { segment.anchors?.upperBound ?? .max }

    var name: String { layout.definition.name }
    var rowCount: Int { segments.reduce(0) { $0 + ($1?.rowCount ?? 0) } }
    var liveSegments: [MutableSegment] { segments.compactMap { $0 } }

    // MARK: Segments

    func makeSegment(isAnchored: Bool) throws -> MutableSegment {
        let ordinal = freeOrdinals.popLast() ?? segments.count
        guard ordinal < KeyDirectory.segmentLimit else {
            throw TablesProblem.tooManySegments(table: name, limit: KeyDirectory.segmentLimit)
        }
        let segment = MutableSegment(
            id: try segmentIDs.next(table: name), ordinal: ordinal, layout: layout, isAnchored: isAnchored)
        if ordinal == segments.count { segments.append(segment) } else { segments[ordinal] = segment }
        return segment
    }

    /// Forgets segments that rows have left. Their ordinals serve others; no key's place names them any more.
    func removeEmptySegments() {
        for segment in liveSegments where segment.rowCount == 0 {
            segments[segment.ordinal] = nil
            segmentByteCount -= segment.accountedByteCount
            segment.accountedByteCount = 0
            freeOrdinals.append(segment.ordinal)
            if segment.storedVersion > 0 { removedSegmentIDs.append(segment.id) }
            if landing === segment { landing = nil }
            if segment.isAnchored, let place = anchored.firstIndex(where: { $0 === segment }) {
                anchored.remove(at: place)
                lowerBounds.remove(at: place)
                if !lowerBounds.isEmpty { lowerBounds[0] = .min }
            } else {
                unanchored.removeAll { $0 === segment }
            }
        }
    }

    /// Rows that a segment holds at most where rows land. Those that wait for an anchor come and go, for which all columns
    /// are in memory: so they wait in segments that are smaller than those where they stay.
    var landingRowLimit: Int { layout.anchorSlot == nil ? rowLimit : max(rowLimit / 4, min(rowLimit, 4)) }

    /// An unanchored segment with room for a row, all of its columns in memory.
    func landingSegment() throws -> MutableSegment {
        if let landing, landing.rowCount < landingRowLimit {
            try loadAll(of: landing)
            return landing
        }
        let segment: MutableSegment
        // Segments that are nearly full are left alone: filling their last rows would make each of them dirty.
        if let roomy = unanchored.first(where: { $0.rowCount < landingRowLimit / 4 * 3 }) {
            try loadAll(of: roomy)
            segment = roomy
        } else {
            segment = try makeSegment(isAnchored: false)
            unanchored.append(segment)
        }
        landing = segment
        return segment
    }

    // MARK: Columns in memory

    /// Brings a column into memory before a fold reads or writes it.
    func load(_ slot: Int, of segment: MutableSegment) throws {
        segment.noteUse(slot, at: useClock)
        guard segment.residences[slot] == .stored else { return }
        guard layout.slots[slot].isStored else { return try loadHashes(of: segment) }
        guard let loader else {
            throw TablesProblem.corruptSegment(table: name, column: layout.slots[slot].name, segment: segment.id)
        }
        columnsRead += 1
        // What a fold asks for it mostly changes: the column as it is in the file is not asked for again.
        let (buffer, pool) = try loader.buffer(slot, of: segment.storedLine, isKept: false)
        segment.install(buffer, pool: pool, at: slot)
    }

    func loadAll(of segment: MutableSegment) throws {
        for slot in layout.slots.indices { try load(slot, of: segment) }
    }

    // MARK: Memory

    /// Says that a segment's memory may have grown.
    func note(_ segment: MutableSegment) {
        if segment.ordinal != KeyDirectory.passageOrdinal, noted.last !== segment { noted.append(segment) }
    }

    /// Counts the memory of the segments in use: costs what was touched, whatever the table's size.
    func countMemory() {
        for segment in noted where segments[segment.ordinal] === segment { count(segment) }
        noted.removeAll(keepingCapacity: true)
    }

    private func count(_ segment: MutableSegment) {
        let byteCount = segment.loadedByteCount
        segmentByteCount += byteCount - segment.accountedByteCount
        segment.accountedByteCount = byteCount
    }

    /// Lets go of some of a segment that can be had again.
    func evict(_ part: EvictablePart.Kind, of segment: MutableSegment) {
        segment.evict(part)
        count(segment)
    }

    /// What can leave memory now.
    var evictableParts: [EvictablePart] {
        segments.flatMap { segment -> [EvictablePart] in
            guard let segment, segment.accountedByteCount > 0 else { return [] }
            return segment.evictableParts.map {
                EvictablePart(table: self, segment: segment, kind: $0.kind, lastUse: $0.lastUse)
            }
        }
    }

    /// What can't leave memory while the table is folded: which segment each key is in, and the strings of categories.
    var fixedByteCount: Int {
        pools.reduce(hasIndex ? index.byteCount : 0) { $0 + ($1?.writableIfLoaded?.memoryByteCount ?? 0) }
    }
}

extension StringPool {
    /// Its strings, where each begins, and the codes by hash.
    fileprivate var memoryByteCount: Int { byteCount + count * 8 + (isInterned ? count * 12 : 0) }
}

/// Gives each new segment of a set of tables a number of its own.
final class SegmentIDs {
    private var nextID: Int64
    /// Tells this set of tables from every other that this process has opened; never 0.
    let epoch: UInt64

    private static let epochs = Atomic<UInt64>(0)

    init(next: Int64) {
        nextID = next
        epoch = SegmentIDs.epochs.add(1, ordering: .relaxed).newValue
    }

    /// The highest number given so far.
    var last: Int64 { nextID - 1 }

    func next(table: String) throws -> Int64 {
        guard nextID < ColumnKey.segmentIDLimit else {
            throw TablesProblem.tooManySegments(table: table, limit: Int(ColumnKey.segmentIDLimit))
        }
        defer { nextID += 1 }
        return nextID
    }
}

extension MutableSegment {
    /// Its line in the directory as of the last checkpoint.
    var storedLine: StoredSegment {
        StoredSegment(id: id, version: storedVersion, rowCount: storedRowCount, anchors: storedAnchors)
    }
}

extension TableLayout {
    func isSet(_ slot: Int) -> Bool {
        folds.values.contains { fold in
            fold.aggregates.contains { aggregate in
                if case .set = aggregate.kind { aggregate.slot == slot } else { false }
            }
        }
    }
}
