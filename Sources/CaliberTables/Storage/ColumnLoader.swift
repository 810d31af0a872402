import CaliberColumns
import GRDB

/// Reads one table's columns from the file, as they were checkpointed, and proves them against their checksums.
struct ColumnLoader: Sendable {
    let table: String
    let layout: TableLayout
    let columnIDs: [String: Int64]
    let view: StoreView
    let cache: ColumnCache

    /// A stored column without its table-wide strings.
    ///
    /// - Throws: `TablesProblem.corruptSegment` when it is missing, damaged or not of this segment.
    ///
    /// - Parameter isKept: whether it is likely to be asked for again soon.
    func column(_ slot: Int, of segment: StoredSegment, isKept: Bool = true) throws -> EncodedColumn {
        if let known = cache.column(segment: segment.id, version: segment.version, slot: slot) { return known }
        let name = layout.slots[slot].name
        let problem = TablesProblem.corruptSegment(table: table, column: name, segment: segment.id)
        guard let columnID = columnIDs[name] else { throw problem }
        let key = ColumnKey.make(columnID, segment.id)
        let blob = try view.read { try ColumnBlob(key: key, in: $0) }
        guard let blob, blob.rowCount == segment.rowCount, blob.version <= segment.version,
            let column = blob.column(hasOwnStrings: layout.slots[slot].strings == .segment)
        else { throw problem }
        if isKept { cache.insert(column, segment: segment.id, version: segment.version, slot: slot) }
        return column
    }

    /// A stored column as lanes that a fold can write; nil when no row has a value.
    func buffer(
        _ slot: Int, of segment: StoredSegment, isKept: Bool = true
    ) throws -> (buffer: LaneBuffer?, pool: StringPool?) {
        let column = try column(slot, of: segment, isKept: isKept)
        let startsValid = layout.slots[slot].startsValid
        if column.nullCount == column.rowCount, !startsValid { return (nil, nil) }
        let buffer = LaneBuffer(capacity: column.rowCount, startsValid: startsValid)
        column.read(rows: 0..<column.rowCount, into: buffer.lanes, validity: buffer.validity)
        guard layout.slots[slot].strings == .segment, let stored = column.pool else { return (buffer, nil) }
        // The cached column may be read by others while the segment appends to its pool.
        return (buffer, stored.frozen())
    }

    /// The strings of a column's table-wide pool, in the order of their codes.
    func strings(_ slot: Int) throws -> StringPool {
        let pool = StringPool()
        let name = layout.slots[slot].name
        guard let columnID = columnIDs[name] else { return pool }
        let isWhole = try view.read { database in
            let chunks = try Row.fetchCursor(
                database,
                sql: """
                    SELECT firstCode, stringCount, rawByteCount, codec, checksum, body FROM stringChunk
                    WHERE columnID = ? ORDER BY firstCode
                    """, arguments: [columnID])
            while let row = try chunks.next() {
                guard let chunk = StringChunk(row), chunk.append(to: pool) else { return false }
            }
            return true
        }
        guard isWhole else { throw TablesProblem.corruptStrings(table: table, column: name) }
        // Written from a pool in which all were different.
        if pool.count > 0 { pool.index() }
        return pool
    }
}
