import CaliberColumns
import CaliberCore
import CaliberDictionary
import CaliberEventLog
import CaliberStore
import Dispatch
import GRDB

/// What one checkpoint wrote.
public struct CheckpointReport: Equatable, Sendable {
    public internal(set) var segments = 0
    public internal(set) var columns = 0
    public internal(set) var bytes = 0
    public internal(set) var strings = 0
    public internal(set) var removedSegments = 0

    public init() {}
}

extension TableSet {
    /// Writes what changed since the last checkpoint, and the log position it stands for, in one transaction.
    ///
    /// - Parameter lease: the set's own when nil.
    /// - Throws: `TablesProblem.notWritable` without a lease; `StoreProblem.leaseLost` when another process writes now.
    @discardableResult
    public func checkpoint(_ lease: WriterLease? = nil) throws -> CheckpointReport {
        try checkWhole()
        guard let lease = lease ?? self.lease else { throw TablesProblem.notWritable }
        for table in tables { table.prepareCheckpoint() }
        var report = CheckpointReport()
        let written = try store.write(lease) { database in
            report = CheckpointReport()
            try StoredTable.keepSegmentIDs(upTo: segmentIDs.last, in: database)
            return try tables.map { try $0.write(to: database, report: &report) }
        }
        for (table, identity) in zip(tables, written) {
            table.markCheckpointed(identity, view: view, cache: cache)
        }
        heldSnapshot = nil
        return report
    }
}

extension TableSet {
    /// Checkpoints when the file is more than a little behind: what one costs is then shared by many events.
    ///
    /// Until then the log has all that is needed; the next opening folds its tail again.
    @discardableResult
    public func checkpointIfDue(_ lease: WriterLease? = nil) throws -> CheckpointReport? {
        try checkWhole()
        let isDue = tables.contains { table in
            table.tableID == nil || position.sequence - table.storedPosition.sequence >= settings.tailEventLimit
        }
        return isDue ? try checkpoint(lease) : nil
    }
}

/// The numbers that a table and its columns have in the file.
struct TableIdentity {
    let tableID: Int64
    let columnIDs: [String: Int64]
}

extension WideTable {
    /// Puts every changed segment's rows in order; drops segments that emptied.
    func prepareCheckpoint() {
        removeEmptySegments()
        for segment in liveSegments where segment.isDirty { segment.sort() }
    }

    func write(to database: Database, report: inout CheckpointReport) throws -> TableIdentity {
        if let replacedTableID { try StoredTable.delete(tableID: replacedTableID, in: database) }
        let identity = try writeIdentity(to: database)
        try writeStrings(identity, to: database, report: &report)
        try deleteRemovedSegments(identity, in: database, report: &report)
        let dirty = liveSegments.filter(\.isDirty)
        try writeColumns(of: dirty, identity, to: database, report: &report)
        for segment in dirty {
            try database.cachedStatement(
                sql: """
                    REPLACE INTO segment (segmentID, tableID, version, rowCount, lowAnchor, highAnchor)
                    VALUES (?, ?, ?, ?, ?, ?)
                    """
            ).execute(arguments: [
                segment.id, identity.tableID, segment.version, segment.rowCount,
                segment.isAnchored ? segment.anchors?.lowerBound : nil,
                segment.isAnchored ? segment.anchors?.upperBound : nil,
            ])
            report.segments += 1
        }
        return identity
    }

    /// Column by column, so that what is written together is read together; some are encoded while others are written.
    private func writeColumns(
        of dirty: [MutableSegment], _ identity: TableIdentity, to database: Database, report: inout CheckpointReport
    ) throws {
        var jobs: [(columnID: Int64, slot: Int, segment: MutableSegment)] = []
        for slot in layout.slots.indices {
            guard let columnID = identity.columnIDs[layout.slots[slot].name] else { continue }
            for segment in dirty where segment.isChanged[slot] { jobs.append((columnID, slot, segment)) }
        }
        for first in stride(from: 0, to: jobs.count, by: WideTable.columnsEncodedAtOnce) {
            let window = jobs[first..<min(first + WideTable.columnsEncodedAtOnce, jobs.count)]
            let blobs = WideTable.inParallel(window.count) { index in
                let job = window[first + index]
                return job.segment.blob(job.slot)
            }
            for (job, blob) in zip(window, blobs) {
                try blob.write(key: ColumnKey.make(job.columnID, job.segment.id), to: database)
                report.columns += 1
                report.bytes += blob.body.count
            }
        }
    }

    /// Bounds the memory that a checkpoint takes beside the segments: about a megabyte a column.
    private static let columnsEncodedAtOnce = 12

    /// Results of a pure function, computed on as many threads as the machine has.
    private static func inParallel<Value>(_ count: Int, _ body: (Int) -> Value) -> [Value] {
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

    private func writeIdentity(to database: Database) throws -> TableIdentity {
        try database.execute(
            sql: """
                INSERT INTO wideTable (tableName, definitionHash, position, segmentCount, rowCount)
                VALUES (?, ?, ?, ?, ?)
                ON CONFLICT (tableName) DO UPDATE SET position = excluded.position,
                    segmentCount = excluded.segmentCount, rowCount = excluded.rowCount
                """, arguments: [name, layout.hash, position.sequence, liveSegments.count, rowCount])
        guard
            let tableID = try Int64.fetchOne(
                database, sql: "SELECT tableID FROM wideTable WHERE tableName = ?", arguments: [name])
        else { throw TablesProblem.unknownTable(name: name, nearest: []) }
        if tableID == self.tableID, !columnIDs.isEmpty { return TableIdentity(tableID: tableID, columnIDs: columnIDs) }
        var columnIDs: [String: Int64] = [:]
        for slot in layout.slots {
            try database.execute(
                sql: "INSERT INTO tableColumn (tableID, columnName) VALUES (?, ?)", arguments: [tableID, slot.name])
            columnIDs[slot.name] = database.lastInsertedRowID
        }
        return TableIdentity(tableID: tableID, columnIDs: columnIDs)
    }

    private func writeStrings(
        _ identity: TableIdentity, to database: Database, report: inout CheckpointReport
    ) throws {
        for (slot, pool) in pools.enumerated() {
            guard let pool = pool?.writableIfLoaded, pool.count > storedStringCounts[slot],
                let columnID = identity.columnIDs[layout.slots[slot].name]
            else { continue }
            var first = storedStringCounts[slot]
            while first < pool.count {
                let end = min(pool.count, first + WideTable.stringsPerChunk)
                try StringChunk(pool, codes: first..<end).write(columnID: columnID, to: database)
                report.strings += end - first
                first = end
            }
        }
    }

    static let stringsPerChunk = 65_536

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

    /// Says that the file has what `write` wrote.
    func markCheckpointed(_ identity: TableIdentity, view: StoreView, cache: ColumnCache) {
        tableID = identity.tableID
        columnIDs = identity.columnIDs
        replacedTableID = nil
        storedPosition = position
        removedSegmentIDs = []
        for (slot, pool) in pools.enumerated() {
            if let count = pool?.writableIfLoaded?.count { storedStringCounts[slot] = count }
        }
        for segment in liveSegments where segment.isDirty { segment.markStored() }
        loader = ColumnLoader(
            table: name, layout: layout, columnIDs: identity.columnIDs, view: view, cache: cache)
    }
}

extension MutableSegment {
    /// One column as it goes into the file; strings that no row has any more stay behind.
    func blob(_ slot: Int) -> ColumnBlob {
        let description = layout.slots[slot]
        guard let buffer = buffers[slot] else {
            let empty = LaneBuffer(capacity: rowCount, startsValid: description.startsValid)
            let column = EncodedColumn(
                lanes: empty.lanes, validity: empty.validity, rowCount: rowCount, isFloat: description.isFloat,
                pool: nil)
            return ColumnBlob(
                column, version: version, ownStrings: description.strings == .segment ? StringPool() : nil)
        }
        guard description.strings == .segment, let pool = pools[slot] else {
            let column = EncodedColumn(
                lanes: buffer.lanes, validity: buffer.validity, rowCount: rowCount, isFloat: description.isFloat,
                pool: nil)
            return ColumnBlob(column, version: version, ownStrings: nil)
        }
        let compact = StringPool(byteCapacity: max(pool.byteCount, 1), countCapacity: max(rowCount, 1))
        let lanes = LaneBuffer(capacity: rowCount, startsValid: false)
        for row in 0..<rowCount where buffer.validity[row] != 0 {
            lanes.lanes[row] = Int64(compact.append(pool[UInt32(truncatingIfNeeded: buffer.lanes[row])]))
        }
        let column = EncodedColumn(
            lanes: lanes.lanes, validity: buffer.validity, rowCount: rowCount, isFloat: false, pool: compact)
        return ColumnBlob(column, version: version, ownStrings: compact)
    }
}
