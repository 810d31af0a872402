import CaliberEventLog
import GRDB

/// A segment's line in the directory.
struct StoredSegment: Sendable {
    let id: Int64
    let version: Int64
    let rowCount: Int
    /// nil for rows that wait for an anchor.
    let anchors: ClosedRange<Int64>?
}

/// What the file says about one table, apart from its columns.
struct StoredTable: Sendable {
    let tableID: Int64
    let definitionHash: String
    let position: LogPosition
    let segments: [StoredSegment]
    let columnIDs: [String: Int64]
    /// By column: how many strings of the table's own pools are in the file.
    let stringCounts: [Int64: Int]
    /// What the segments must add up to.
    let segmentCount: Int
    let rowCount: Int

    /// The table of a name; nil when the file has none yet.
    init?(named name: String, in database: Database) throws {
        guard
            let row = try Row.fetchOne(
                database,
                sql: """
                    SELECT tableID, definitionHash, position, segmentCount, rowCount FROM wideTable WHERE tableName = ?
                    """,
                arguments: [name])
        else { return nil }
        let tableID: Int64 = row["tableID"]
        self.tableID = tableID
        definitionHash = row["definitionHash"]
        position = LogPosition(sequence: row["position"])
        segmentCount = row["segmentCount"]
        rowCount = row["rowCount"]
        segments = try Row.fetchAll(
            database,
            sql: "SELECT segmentID, version, rowCount, lowAnchor, highAnchor FROM segment WHERE tableID = ? ORDER BY 1",
            arguments: [tableID]
        ).map { row in
            let (low, high): (Int64?, Int64?) = (row["lowAnchor"], row["highAnchor"])
            var anchors: ClosedRange<Int64>?
            if let low, let high, low <= high { anchors = low...high }
            return StoredSegment(
                id: row["segmentID"], version: row["version"], rowCount: row["rowCount"], anchors: anchors)
        }
        columnIDs = Dictionary(
            uniqueKeysWithValues: try Row.fetchAll(
                database, sql: "SELECT columnName, columnID FROM tableColumn WHERE tableID = ?", arguments: [tableID]
            ).map { ($0["columnName"] as String, $0["columnID"] as Int64) })
        stringCounts = Dictionary(
            uniqueKeysWithValues: try Row.fetchAll(
                database,
                sql: """
                    SELECT columnID, MAX(firstCode + stringCount) AS total
                    FROM stringChunk JOIN tableColumn USING (columnID) WHERE tableID = ? GROUP BY columnID
                    """, arguments: [tableID]
            ).map { ($0["columnID"] as Int64, $0["total"] as Int) })
    }

    /// Whether segments are missing, or have other numbers of rows than were written.
    func lostSegments(of name: String) -> TablesProblem? {
        let found = segments.reduce(0) { $0 + $1.rowCount }
        guard found != rowCount || segments.count != segmentCount else { return nil }
        return .lostSegments(
            table: name, segments: segments.count, ofSegments: segmentCount, rows: found, ofRows: rowCount)
    }

    /// The number that the next new segment gets, in any table: none that a segment ever had in this file.
    static func nextSegmentID(in database: Database) throws -> Int64 {
        let highest = try Int64.fetchOne(
            database,
            sql:
                "SELECT MAX(segmentID) FROM (SELECT MAX(segmentID) AS segmentID FROM segment UNION ALL SELECT highest FROM segmentSequence)"
        )
        return (highest ?? 0) + 1
    }

    /// Sees to it that no number up to `last` is given again, whatever becomes of its segment.
    static func keepSegmentIDs(upTo last: Int64, in database: Database) throws {
        try database.execute(
            sql: """
                INSERT INTO segmentSequence (sequenceID, highest) VALUES (1, ?)
                ON CONFLICT (sequenceID) DO UPDATE SET highest = max(highest, excluded.highest)
                """, arguments: [last])
    }

    /// Removes everything the file has of a table.
    static func delete(tableID: Int64, in database: Database) throws {
        try database.execute(
            sql: "DELETE FROM stringChunk WHERE columnID IN (SELECT columnID FROM tableColumn WHERE tableID = ?)",
            arguments: [tableID])
        for columnID in try Int64.fetchAll(
            database, sql: "SELECT columnID FROM tableColumn WHERE tableID = ?", arguments: [tableID])
        {
            try database.execute(
                sql: "DELETE FROM segmentColumn WHERE columnSegmentKey >= ? AND columnSegmentKey < ?",
                arguments: [ColumnKey.make(columnID, 0), ColumnKey.make(columnID + 1, 0)])
        }
        try database.execute(sql: "DELETE FROM tableColumn WHERE tableID = ?", arguments: [tableID])
        try database.execute(sql: "DELETE FROM segment WHERE tableID = ?", arguments: [tableID])
        try database.execute(sql: "DELETE FROM wideTable WHERE tableID = ?", arguments: [tableID])
    }
}

/// The key of a segment's column: the column first, so that a column's segments are neighbours.
enum ColumnKey {
    static let segmentIDLimit: Int64 = 1 << 32

    static func make(_ columnID: Int64, _ segmentID: Int64) -> Int64 {
        columnID << 32 | (segmentID & (segmentIDLimit - 1))
    }
}
