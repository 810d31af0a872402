import CaliberColumns
import CaliberDictionary
import CaliberEventLog
import Dispatch
import GRDB

/// What a checkpoint writes of one table: its changes as of one moment, whatever is folded while they are written.
///
/// Lanes and strings are shared with the table, which copies what it changes meanwhile.
struct TableImage: Sendable {
    let layout: TableLayout
    let position: LogPosition
    let segmentCount: Int
    let rowCount: Int
    /// nil before the first checkpoint.
    let tableID: Int64?
    let columnIDs: [String: Int64]
    let replacedTableID: Int64?
    let strings: [PoolImage]
    /// Those that changed.
    private(set) var segments: [SegmentImage]
    /// Segments that the file has and the table no longer.
    let removedSegmentIDs: [Int64]

    /// The same without what holds lanes in memory, for whoever only has to know what was written.
    func withoutSegments() -> TableImage {
        var image = self
        image.segments = []
        return image
    }

    var byteCount: Int {
        segments.reduce(0) { total, segment in
            total + segment.columns.reduce(0) { $0 + ($1.lanes?.byteCount ?? 0) + ($1.ownStrings?.byteCount ?? 0) }
        }
    }
}

/// Strings that a column's pool has and the file not yet.
struct PoolImage: Sendable {
    let slot: Int
    let pool: StringPool
    let firstCode: Int
}

/// A segment of which something changed.
struct SegmentImage: Sendable {
    let id: Int64
    let version: Int64
    let rowCount: Int
    /// nil for rows that wait for an anchor.
    let anchors: ClosedRange<Int64>?
    /// Those that changed.
    let columns: [ColumnImage]
}

struct ColumnImage: Sendable {
    let slot: Int
    /// nil when no event has given any row a value.
    let lanes: LaneBuffer?
    let ownStrings: StringPool?
}

/// The numbers that a table and its columns have in the file.
struct TableIdentity: Sendable {
    let tableID: Int64
    let columnIDs: [String: Int64]
}

/// One changed column as it goes into the file.
struct EncodedJob: Sendable {
    let slot: Int
    let segmentID: Int64
    let blob: ColumnBlob
}

extension TableImage {
    /// Column by column, so that what is written together is read together.
    private var jobs: [(segment: SegmentImage, column: ColumnImage)] {
        segments.flatMap { segment in segment.columns.map { (segment, $0) } }
            .sorted { ($0.column.slot, $0.segment.id) < ($1.column.slot, $1.segment.id) }
    }

    private func encode(_ job: (segment: SegmentImage, column: ColumnImage)) -> EncodedJob {
        EncodedJob(
            slot: job.column.slot, segmentID: job.segment.id,
            blob: job.column.blob(layout.slots[job.column.slot], version: job.segment.version, job.segment.rowCount))
    }

    /// All changed columns, encoded on the caller's thread, for images of a bounded size.
    func encoded() -> [EncodedJob] { jobs.map(encode) }

    /// - Parameter encoded: what `encoded` gave; nil encodes on the way, on all threads and within constant memory.
    func write(
        _ encoded: [EncodedJob]? = nil, to database: Database, report: inout CheckpointReport
    ) throws -> TableIdentity {
        if let replacedTableID { try StoredTable.delete(tableID: replacedTableID, in: database) }
        let identity = try writeIdentity(to: database)
        try writeStrings(identity, to: database, report: &report)
        try deleteRemovedSegments(identity, in: database, report: &report)
        if let encoded {
            try write(encoded, identity, to: database, report: &report)
        } else {
            try writeColumns(identity, to: database, report: &report)
        }
        for segment in segments {
            try database.cachedStatement(
                sql: """
                    REPLACE INTO segment (segmentID, tableID, version, rowCount, lowAnchor, highAnchor)
                    VALUES (?, ?, ?, ?, ?, ?)
                    """
            ).execute(arguments: [
                segment.id, identity.tableID, segment.version, segment.rowCount, segment.anchors?.lowerBound,
                segment.anchors?.upperBound,
            ])
            report.segments += 1
        }
        return identity
    }

    /// Some columns are encoded while others are written.
    private func writeColumns(
        _ identity: TableIdentity, to database: Database, report: inout CheckpointReport
    ) throws {
        let jobs = jobs
        for first in stride(from: 0, to: jobs.count, by: TableImage.columnsEncodedAtOnce) {
            let window = jobs[first..<min(first + TableImage.columnsEncodedAtOnce, jobs.count)]
            let encoded = inParallel(window.count) { encode(window[first + $0]) }
            try write(encoded, identity, to: database, report: &report)
        }
    }

    private func write(
        _ encoded: [EncodedJob], _ identity: TableIdentity, to database: Database, report: inout CheckpointReport
    ) throws {
        for job in encoded {
            guard let columnID = identity.columnIDs[layout.slots[job.slot].name] else { continue }
            try job.blob.write(key: ColumnKey.make(columnID, job.segmentID), to: database)
            report.columns += 1
            report.bytes += job.blob.body.count
        }
    }

    /// Bounds the memory that a checkpoint takes beside the segments: about a megabyte a column.
    private static let columnsEncodedAtOnce = 12

    private func writeIdentity(to database: Database) throws -> TableIdentity {
        let name = layout.definition.name
        try database.execute(
            sql: """
                INSERT INTO wideTable (tableName, definitionHash, position, segmentCount, rowCount)
                VALUES (?, ?, ?, ?, ?)
                ON CONFLICT (tableName) DO UPDATE SET position = excluded.position,
                    segmentCount = excluded.segmentCount, rowCount = excluded.rowCount
                """, arguments: [name, layout.hash, position.sequence, segmentCount, rowCount])
        guard
            let tableID = try Int64.fetchOne(
                database, sql: "SELECT tableID FROM wideTable WHERE tableName = ?", arguments: [name])
        else { throw TablesProblem.unknownTable(name: name, nearest: []) }
        if tableID == self.tableID, !columnIDs.isEmpty { return TableIdentity(tableID: tableID, columnIDs: columnIDs) }
        var columnIDs: [String: Int64] = [:]
        for slot in layout.slots where slot.isStored {
            try database.execute(
                sql: "INSERT INTO tableColumn (tableID, columnName) VALUES (?, ?)", arguments: [tableID, slot.name])
            columnIDs[slot.name] = database.lastInsertedRowID
        }
        return TableIdentity(tableID: tableID, columnIDs: columnIDs)
    }

    private func writeStrings(
        _ identity: TableIdentity, to database: Database, report: inout CheckpointReport
    ) throws {
        for image in strings {
            guard let columnID = identity.columnIDs[layout.slots[image.slot].name] else { continue }
            var first = image.firstCode
            while first < image.pool.count {
                let end = min(image.pool.count, first + TableImage.stringsPerChunk)
                try StringChunk(image.pool, codes: first..<end).write(columnID: columnID, to: database)
                report.strings += end - first
                first = end
            }
        }
    }

    private static let stringsPerChunk = 65_536

    private func deleteRemovedSegments(
        _ identity: TableIdentity, in database: Database, report: inout CheckpointReport
    ) throws {
        for segmentID in removedSegmentIDs {
            try database.execute(sql: "DELETE FROM segment WHERE segmentID = ?", arguments: [segmentID])
            for columnID in identity.columnIDs.values {
                try database.cachedStatement(sql: "DELETE FROM segmentColumn WHERE columnSegmentKey = ?")
                    .execute(arguments: [ColumnKey.make(columnID, segmentID)])
            }
            report.removedSegments += 1
        }
    }
}

extension ColumnImage {
    /// The column as it goes into the file; strings that no row has any more stay behind.
    func blob(_ description: LaneSlot, version: Int64, _ rowCount: Int) -> ColumnBlob {
        guard let lanes else {
            return ColumnBlob(
                EncodedColumn(untouched: description, rowCount: rowCount), version: version,
                ownStrings: description.strings == .segment ? StringPool() : nil)
        }
        guard description.strings == .segment, let pool = ownStrings else {
            let column = EncodedColumn(
                lanes: lanes.lanes, validity: lanes.validity, rowCount: rowCount, isFloat: description.isFloat,
                pool: nil)
            return ColumnBlob(column, version: version, ownStrings: nil)
        }
        let compact = StringPool(byteCapacity: max(pool.byteCount, 1), countCapacity: max(rowCount, 1))
        let codes = LaneBuffer(capacity: rowCount, startsValid: false)
        for row in 0..<rowCount where lanes.validity[row] != 0 {
            codes.lanes[row] = Int64(compact.append(pool[UInt32(truncatingIfNeeded: lanes.lanes[row])]))
        }
        let column = EncodedColumn(
            lanes: codes.lanes, validity: lanes.validity, rowCount: rowCount, isFloat: false, pool: compact)
        return ColumnBlob(column, version: version, ownStrings: compact)
    }
}

/// Results of a pure function, computed on as many threads as the machine has.
func inParallel<Value>(_ count: Int, _ body: (Int) -> Value) -> [Value] {
    guard count > 1 else { return (0..<count).map(body) }
    return [Value](unsafeUninitializedCapacity: count) { buffer, initializedCount in
        guard let start = buffer.baseAddress else { return }
        // Each iteration writes an element of its own, and nothing changes what the others read.
        nonisolated(unsafe) let (results, body) = (start, body)
        DispatchQueue.concurrentPerform(iterations: count) { index in
            (results + index).initialize(to: body(index))
        }
        initializedCount = count
    }
}
