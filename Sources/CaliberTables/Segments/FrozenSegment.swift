import CaliberColumns
import CaliberCore
import Synchronization

/// A segment as it was at one moment, columns and all; later folds leave it alone.
///
/// It holds on to the lanes that were in memory (the segment copies what it then changes) and reads the rest from the
/// file as it was. Columns are encoded when a query first asks for them.
final class FrozenSegment: Sendable {
    private enum Content: Sendable {
        case lanes(LaneBuffer, ownStrings: StringPool?)
        case absent
        case stored
    }

    private let rowCount: Int
    private let layout: TableLayout
    private let stored: StoredSegment
    private let contents: [Content]
    private let encoded = Mutex<[Int: EncodedColumn]>([:])

    init(_ segment: MutableSegment) {
        rowCount = segment.rowCount
        layout = segment.layout
        stored = segment.storedLine
        contents = segment.layout.slots.indices.map { slot in
            guard !segment.layout.slots[slot].isState else { return .stored }
            switch segment.residences[slot] {
            case .stored: return .stored
            case .absent: return .absent
            case .loaded:
                guard let buffer = segment.buffers[slot] else { return .absent }
                return .lanes(buffer, ownStrings: segment.pools[slot]?.frozen())
            }
        }
    }

    /// A column without the table's strings, which the snapshot adds.
    func column(_ slot: Int, loader: ColumnLoader?, table: String) throws -> EncodedColumn {
        if case .stored = contents[slot] {
            guard let loader else {
                throw TablesProblem.corruptSegment(
                    table: table, column: layout.slots[slot].name, segment: stored.id)
            }
            return try loader.column(slot, of: stored)
        }
        if let known = encoded.withLock({ $0[slot] }) { return known }
        let column = encode(slot)
        encoded.withLock { $0[slot] = column }
        return column
    }

    private func encode(_ slot: Int) -> EncodedColumn {
        let isFloat = layout.slots[slot].isFloat
        switch contents[slot] {
        case .lanes(let buffer, let strings):
            return EncodedColumn(
                lanes: buffer.lanes, validity: buffer.validity, rowCount: rowCount, isFloat: isFloat, pool: strings)
        case .absent, .stored:
            return EncodedColumn(untouched: layout.slots[slot], rowCount: rowCount)
        }
    }
}

extension EncodedColumn {
    /// A column as it is before any event has given a row a value: all null, or all zero.
    convenience init(untouched slot: LaneSlot, rowCount: Int) {
        guard slot.startsValid else {
            self.init(allNullRowCount: rowCount, pool: slot.strings == .segment ? StringPool() : nil)
            return
        }
        let zeros = LaneBuffer(capacity: rowCount, startsValid: true)
        self.init(
            lanes: zeros.lanes, validity: zeros.validity, rowCount: rowCount, isFloat: slot.isFloat, pool: nil)
    }
}

/// The table-wide strings of one snapshot: one pool a column, the same for all of its segments.
final class SnapshotStrings: Sendable {
    private let sources: [TablePool?]
    private let pools: Mutex<[Int: StringPool]>

    /// - Parameter known: pools that the fold has in memory, frozen now.
    init(sources: [TablePool?], known: [Int: StringPool]) {
        self.sources = sources
        pools = Mutex(known)
    }

    func pool(_ slot: Int) throws -> StringPool? {
        if let known = pools.withLock({ $0[slot] }) { return known }
        guard let pool = try sources[slot]?.frozenAtLoading() else { return nil }
        return pools.withLock { known in
            if let first = known[slot] { return first }
            known[slot] = pool
            return pool
        }
    }
}
