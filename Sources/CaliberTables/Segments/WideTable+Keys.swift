import CaliberColumns
import CaliberCore

/// How events find the rows of their keys. The file has the keys alone; their hashes are computed when they are needed.
extension WideTable {
    /// Reads which segment every key's row is in, once, before the first fold.
    func buildIndexIfNeeded() throws {
        guard !hasIndex else { return }
        let new = KeyDirectory(rowCount: rowCount)
        let segments = liveSegments
        for first in stride(from: 0, to: segments.count, by: WideTable.segmentsHashedAtOnce) {
            let wave = segments[first..<min(first + WideTable.segmentsHashedAtOnce, segments.count)]
            let keys = wave.map { SegmentKeys(table: self, segment: $0) }
            let lows = try inParallel(keys.count) { index in Result { try keys[index].hashes(lowOnly: true).low } }
                .map { try $0.get() }
            new.insert(
                zip(wave, lows).map { KeyDirectory.Keys(ordinal: $0.ordinal, count: $0.rowCount, low: $1) })
        }
        index = new
        hasIndex = true
    }

    /// Bounds the memory of keys on their way: a megabyte a segment, and some more for each that is being read.
    private static let segmentsHashedAtOnce = 16

    /// Computes the hashes of a segment's keys.
    func loadHashes(of segment: MutableSegment) throws {
        let hashes = try SegmentKeys(table: self, segment: segment).hashes()
        segment.install(hashes.low, pool: nil, at: layout.hashLowSlot)
        segment.install(hashes.high, pool: nil, at: layout.hashHighSlot)
    }

    /// What finds a segment's rows by their keys; computes their hashes if need be.
    func rowLookup(of segment: MutableSegment) throws -> RowLookup {
        try load(layout.hashLowSlot, of: segment)
        try load(layout.hashHighSlot, of: segment)
        note(segment)
        guard let lookup = segment.rowLookup() else {
            throw TablesProblem.corruptSegment(
                table: name, column: layout.slots[layout.hashLowSlot].name, segment: segment.id)
        }
        return lookup
    }
}

/// The keys of one segment, in memory or in the file.
struct SegmentKeys {
    private let table: String
    private let layout: TableLayout
    private let stored: StoredSegment
    private let loader: ColumnLoader?
    private let rowCount: Int
    private let columns: [(buffer: LaneBuffer?, pool: StringPool?)]

    init(table: WideTable, segment: MutableSegment) {
        self.table = table.name
        layout = table.layout
        stored = segment.storedLine
        loader = table.loader
        rowCount = segment.rowCount
        columns = (0..<table.layout.keyCount).map { (segment.buffers[$0], segment.pools[$0]) }
    }

    /// The hash of every row's key.
    ///
    /// - Parameter lowOnly: leaves the other half out.
    /// - Throws: `TablesProblem.corruptSegment` when a key is missing or can't be read.
    func hashes(lowOnly: Bool = false) throws -> (low: LaneBuffer, high: LaneBuffer) {
        let columns = try columns.enumerated().map { slot, column in
            guard column.buffer == nil else { return column }
            return try loader?.buffer(slot, of: stored, isKept: false) ?? (nil, nil)
        }
        let parts = columns.compactMap { column in
            column.buffer.map { KeyPart(lanes: $0.lanes, validity: $0.validity, pool: column.pool) }
        }
        let room = MutableSegment.capacity(for: rowCount)
        let low = LaneBuffer(capacity: room, startsValid: false)
        let high = lowOnly ? low : LaneBuffer(capacity: room, startsValid: false)
        guard parts.count == columns.count else { throw problem(columns.firstIndex { $0.buffer == nil } ?? 0) }
        var hasher = KeyHasher()
        try withExtendedLifetime(columns) {
            for row in 0..<rowCount {
                guard let hash = hasher.hash(parts, row: row) else { throw problem(0) }
                high.lanes[row] = Int64(bitPattern: hash.high)
                low.lanes[row] = Int64(bitPattern: hash.low)
            }
        }
        low.validity.update(repeating: 1, count: rowCount)
        high.validity.update(repeating: 1, count: rowCount)
        return (low, high)
    }

    private func problem(_ slot: Int) -> TablesProblem {
        .corruptSegment(table: table, column: layout.slots[slot].name, segment: stored.id)
    }
}
