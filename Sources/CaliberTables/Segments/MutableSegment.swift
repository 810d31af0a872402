import CaliberColumns
import CaliberCore

/// A segment that folds write to: each column absent (no event has given any row a value), stored, or in memory.
///
/// Columns come into memory when a fold first touches them, so an event that changes one column of an old order costs
/// that column, not the segment. What moves rows (append, removal, sorting) needs all stored columns in memory.
final class MutableSegment {
    enum Residence { case absent, stored, loaded }

    let id: Int64
    /// Its place in the table's list, which the key index names.
    let ordinal: Int
    let layout: TableLayout
    let isAnchored: Bool
    var rowCount: Int
    /// Rises with every change of content.
    var version: Int64
    /// The version that the file has; 0 before the first checkpoint.
    var storedVersion: Int64
    var storedRowCount = 0
    var storedAnchors: ClosedRange<Int64>?
    var buffers: [LaneBuffer?]
    var residences: [Residence]
    /// Columns that differ from the file, or from what is on its way there.
    var isChanged: [Bool]
    /// What is on its way into the file, and the columns that differ from the file in it.
    private var imaged: StoredSegment?
    private var imagedChanges: [Bool] = []
    /// Strings of columns whose codes are the segment's own.
    var pools: [StringPool?]
    /// The first rows, as many as are known to be in the order of anchor, then key.
    var sortedRowCount: Int
    /// Where each key's row is; made when first needed.
    private(set) var rowIndex: RowIndex?
    /// Rows that snapshots may be reading: those past them can be written without a copy.
    private var sharedRowCount = 0
    /// Anchors as of the last sorting, or of the file.
    var anchors: ClosedRange<Int64>?
    /// By slot: the fold that last asked for the column; the least recent are evicted first.
    private var lastUses: [UInt64]
    /// What snapshots of this version share, so that what one encoded serves the next.
    var frozen: FrozenSegment? {
        didSet { if frozen != nil { sharedRowCount = max(sharedRowCount, rowCount) } }
    }
    /// What the table's account has this segment down for.
    var accountedByteCount = 0

    /// An empty segment that is not in the file yet.
    init(id: Int64, ordinal: Int, layout: TableLayout, isAnchored: Bool) {
        self.id = id
        self.ordinal = ordinal
        self.layout = layout
        self.isAnchored = isAnchored
        rowCount = 0
        sortedRowCount = 0
        version = 0
        storedVersion = 0
        buffers = Array(repeating: nil, count: layout.slots.count)
        residences = Array(repeating: .absent, count: layout.slots.count)
        isChanged = Array(repeating: true, count: layout.slots.count)
        lastUses = Array(repeating: 0, count: layout.slots.count)
        pools = layout.slots.map { $0.strings == .segment ? StringPool() : nil }
    }

    /// A segment as the file has it.
    init(_ stored: StoredSegment, ordinal: Int, layout: TableLayout) {
        id = stored.id
        self.ordinal = ordinal
        self.layout = layout
        isAnchored = stored.anchors != nil
        rowCount = stored.rowCount
        sortedRowCount = stored.rowCount
        version = stored.version
        storedVersion = stored.version
        storedRowCount = stored.rowCount
        storedAnchors = stored.anchors
        anchors = stored.anchors
        buffers = Array(repeating: nil, count: layout.slots.count)
        residences = Array(repeating: .stored, count: layout.slots.count)
        isChanged = Array(repeating: false, count: layout.slots.count)
        lastUses = Array(repeating: 0, count: layout.slots.count)
        pools = Array(repeating: nil, count: layout.slots.count)
    }

    var isDirty: Bool { version != storedVersion }

    /// Rows are in the order of anchor, then key; those without an anchor are in none.
    var isSorted: Bool { !isAnchored || sortedRowCount == rowCount }

    // MARK: Columns

    /// Says that a fold, of this number, asks for a column.
    @inline(__always)
    func noteUse(_ slot: Int, at use: UInt64) { lastUses[slot] = use }

    func lastUse(_ slot: Int) -> UInt64 { lastUses[slot] }

    /// Whether the file has a column as it is in memory.
    func isInFile(_ slot: Int) -> Bool {
        storedVersion > 0 && !isChanged[slot] && !(imaged != nil && imagedChanges[slot])
    }

    /// Lets go of one column that the file has, too.
    func evictColumn(_ slot: Int) {
        precondition(isInFile(slot), "column \(layout.slots[slot].name) of segment \(id) is not stored as it is")
        dropColumn(slot)
    }

    /// Lets go of the hashes of keys, and of where they are found: both can be had from the keys.
    func evictKeys() {
        rowIndex = nil
        dropColumn(layout.hashLowSlot)
        dropColumn(layout.hashHighSlot)
    }

    private func dropColumn(_ slot: Int) {
        // Snapshots to come read the column in the file.
        frozen = nil
        buffers[slot] = nil
        pools[slot] = nil
        residences[slot] = .stored
    }

    /// Takes a column that came from the file.
    func install(_ buffer: LaneBuffer?, pool: StringPool?, at slot: Int) {
        buffers[slot] = buffer
        residences[slot] = buffer == nil ? .absent : .loaded
        pools[slot] = layout.slots[slot].strings == .segment ? pool ?? StringPool() : nil
    }

    /// The column's lanes, made the segment's own, with room for `rowCapacity` rows; the caller changes them.
    ///
    /// The column is in memory or absent. Don't ask twice for one column while holding the first answer: a second
    /// reference looks like a snapshot's, and is answered with a copy.
    func writable(_ slot: Int, rowCapacity: Int? = nil) -> LaneBuffer {
        precondition(residences[slot] != .stored, "column \(layout.slots[slot].name) of segment \(id) is not loaded")
        isChanged[slot] = true
        frozen = nil
        let needed = max(rowCapacity ?? rowCount, rowCount)
        let isOwn = isKnownUniquelyReferenced(&buffers[slot])
        if let buffer = buffers[slot], isOwn, buffer.capacity >= needed { return buffer }
        return replace(slot, capacity: needed)
    }

    /// The column's lanes with room for `rowCapacity` rows, of which the caller changes those from `firstRow` on.
    private func extensible(_ slot: Int, rowCapacity: Int, from firstRow: Int) -> LaneBuffer {
        guard firstRow >= sharedRowCount, let buffer = buffers[slot], buffer.capacity >= rowCapacity else {
            return writable(slot, rowCapacity: rowCapacity)
        }
        isChanged[slot] = true
        return buffer
    }

    private func replace(_ slot: Int, capacity: Int) -> LaneBuffer {
        let startsValid = layout.slots[slot].startsValid
        let room = MutableSegment.capacity(for: capacity)
        let new =
            buffers[slot]?.copy(rowCount: rowCount, capacity: room, startsValid: startsValid)
            ?? LaneBuffer(capacity: room, startsValid: startsValid)
        buffers[slot] = new
        residences[slot] = .loaded
        return new
    }

    /// Rows that a buffer is given room for: in steps of four, the last ones of two, up to a full segment's.
    static func capacity(for count: Int) -> Int {
        var capacity = 256
        while capacity < count { capacity *= capacity < RowPlace.rowLimit / 4 ? 4 : 2 }
        return capacity
    }

    /// The lane of one cell, or nil for null. The column is in memory or absent.
    func lane(_ slot: Int, row: Int) -> Int64? {
        guard let buffer = buffers[slot] else { return layout.slots[slot].startsValid ? 0 : nil }
        return buffer.validity[row] == 0 ? nil : buffer.lanes[row]
    }

    /// Says that content changed: queries that remember this segment's part must count it anew.
    func touch() {
        version += 1
        frozen = nil
    }

    // MARK: The file

    /// Notes that what it is now goes into the file, and counts changes from here.
    func beginStoring() {
        imaged = StoredSegment(id: id, version: version, rowCount: rowCount, anchors: anchors)
        imagedChanges = isChanged
        // Whoever writes it reads these rows meanwhile.
        sharedRowCount = max(sharedRowCount, rowCount)
        for slot in isChanged.indices { isChanged[slot] = false }
    }

    /// Says that the file has what was noted.
    func adoptImage() {
        guard let imaged else { return }
        storedVersion = imaged.version
        storedRowCount = imaged.rowCount
        storedAnchors = imaged.anchors
        self.imaged = nil
        imagedChanges = []
    }

    /// Says that the file has nothing of what was noted.
    func dismissImage() {
        guard imaged != nil else { return }
        for slot in isChanged.indices where imagedChanges[slot] { isChanged[slot] = true }
        imaged = nil
        imagedChanges = []
    }

    // MARK: Rows

    /// Adds rows that no event has given a value yet, and says where they begin.
    func appendRows(_ count: Int) -> Int {
        requireAllColumns()
        let first = rowCount
        frozen = nil
        for slot in buffers.indices where buffers[slot] != nil {
            _ = extensible(slot, rowCapacity: first + count, from: first)
        }
        rowCount = first + count
        for slot in isChanged.indices { isChanged[slot] = true }
        return first
    }

    /// The column's lanes, of which the caller changes rows that it has just added.
    func appended(_ slot: Int, from firstRow: Int) -> LaneBuffer {
        extensible(slot, rowCapacity: rowCount, from: firstRow)
    }

    /// What moves rows moves all of their columns: one that is in the file alone would keep the old order.
    func requireAllColumns() {
        for slot in residences.indices where residences[slot] == .stored && layout.slots[slot].isStored {
            preconditionFailure("column \(layout.slots[slot].name) of segment \(id) is not loaded")
        }
    }

    // MARK: Keys

    var hasRowIndex: Bool { rowIndex != nil }

    /// What finds rows by their keys; the hashes are in memory.
    func rowLookup() -> RowLookup? {
        guard let low = buffers[layout.hashLowSlot], let high = buffers[layout.hashHighSlot] else { return nil }
        let index: RowIndex
        if let known = rowIndex {
            index = known
        } else {
            index = RowIndex(rowCapacity: isAnchored && rowCount > 4096 ? RowPlace.rowLimit : rowCount * 2)
            index.add(0..<rowCount, low: low.lanes, high: high.lanes)
            rowIndex = index
        }
        return index.lookup(low: low.lanes, rowCount: rowCount)
    }

    /// Says that rows hold other keys than before, or are new.
    func reindex(_ rows: Range<Int>) {
        guard let index = rowIndex else { return }
        guard index.hasRoom(for: rows.count), let low = buffers[layout.hashLowSlot],
            let high = buffers[layout.hashHighSlot]
        else {
            rowIndex = nil
            return
        }
        index.add(rows, low: low.lanes, high: high.lanes)
    }
}
