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
    /// Columns that differ from the file.
    var isChanged: [Bool]
    /// Strings of columns whose codes are the segment's own.
    var pools: [StringPool?]
    /// Rows are in the order of anchor, then key.
    var isSorted = true
    /// Anchors as of the last sorting, or of the file.
    var anchors: ClosedRange<Int64>?
    /// Of the fold that last used it; the least recent are evicted first.
    var lastUse: UInt64 = 0
    /// What snapshots of this version share, so that what one encoded serves the next.
    var frozen: FrozenSegment?

    /// An empty segment that is not in the file yet.
    init(id: Int64, ordinal: Int, layout: TableLayout, isAnchored: Bool) {
        self.id = id
        self.ordinal = ordinal
        self.layout = layout
        self.isAnchored = isAnchored
        rowCount = 0
        version = 0
        storedVersion = 0
        buffers = Array(repeating: nil, count: layout.slots.count)
        residences = Array(repeating: .absent, count: layout.slots.count)
        isChanged = Array(repeating: true, count: layout.slots.count)
        pools = layout.slots.map { $0.strings == .segment ? StringPool() : nil }
    }

    /// A segment as the file has it.
    init(_ stored: StoredSegment, ordinal: Int, layout: TableLayout) {
        id = stored.id
        self.ordinal = ordinal
        self.layout = layout
        isAnchored = stored.anchors != nil
        rowCount = stored.rowCount
        version = stored.version
        storedVersion = stored.version
        storedRowCount = stored.rowCount
        storedAnchors = stored.anchors
        anchors = stored.anchors
        buffers = Array(repeating: nil, count: layout.slots.count)
        residences = Array(repeating: .stored, count: layout.slots.count)
        isChanged = Array(repeating: false, count: layout.slots.count)
        pools = Array(repeating: nil, count: layout.slots.count)
    }

    var isDirty: Bool { version != storedVersion }

    var loadedByteCount: Int {
        var total = 0
        for (slot, buffer) in buffers.enumerated() {
            total += (buffer?.capacity ?? 0) * LaneBuffer.bytesPerRow + (pools[slot]?.byteCount ?? 0)
        }
        return total
    }

    // MARK: Columns

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
        let startsValid = layout.slots[slot].startsValid
        guard let buffer = buffers[slot] else {
            let new = LaneBuffer(capacity: capacity(for: needed), startsValid: startsValid)
            buffers[slot] = new
            residences[slot] = .loaded
            return new
        }
        if isOwn, buffer.capacity >= needed { return buffer }
        let copy = buffer.copy(
            rowCount: min(rowCount, buffer.capacity), capacity: capacity(for: needed), startsValid: startsValid)
        buffers[slot] = copy
        return copy
    }

    private func capacity(for count: Int) -> Int {
        var capacity = 256
        while capacity < count { capacity *= 2 }
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

    /// Says that the file now has this version, column by column.
    func markStored() {
        storedVersion = version
        storedRowCount = rowCount
        storedAnchors = anchors
        for slot in isChanged.indices { isChanged[slot] = false }
    }

    /// Lets go of columns that the file has too.
    func evict() {
        precondition(!isDirty, "segment \(id) has changes that are not stored")
        frozen = nil
        for slot in buffers.indices {
            buffers[slot] = nil
            pools[slot] = nil
            residences[slot] = .stored
        }
    }
}
