import CaliberCore
import CaliberStore
import GRDB

/// Everything that the file has of tables against its checksums, whether the dictionary still has the table or not.
package enum StoredChecksums {
    /// - Returns: what is wrong; empty when nothing is.
    package static func verify(in store: CaliberStore) throws -> [Diagnostic] {
        try store.read { database in
            try tableProblems(in: database) + columnProblems(in: database) + stringProblems(in: database)
        }.map(\.diagnostic)
    }

    private static func tableProblems(in database: Database) throws -> [TablesProblem] {
        try String.fetchAll(database, sql: "SELECT tableName FROM wideTable ORDER BY tableName").compactMap { name in
            try StoredTable(named: name, in: database)?.lostSegments(of: name)
        }
    }

    private static func columnProblems(in database: Database) throws -> [TablesProblem] {
        var problems: [TablesProblem] = []
        let keys = try Row.fetchCursor(
            database,
            sql: """
                SELECT columnSegmentKey, tableName, columnName FROM segmentColumn
                LEFT JOIN tableColumn ON columnID = columnSegmentKey >> 32 LEFT JOIN wideTable USING (tableID)
                ORDER BY columnSegmentKey
                """)
        while let row = try keys.next(), problems.count < problemLimit {
            let key: Int64 = row[0]
            if try ColumnBlob(key: key, in: database) == nil {
                problems.append(
                    .corruptSegment(
                        table: row[1] ?? "?", column: row[2] ?? "?", segment: key & (ColumnKey.segmentIDLimit - 1)))
            }
        }
        return problems
    }

    private static func stringProblems(in database: Database) throws -> [TablesProblem] {
        var problems: [TablesProblem] = []
        let chunks = try Row.fetchCursor(
            database,
            sql: """
                SELECT tableName, columnName, firstCode, stringCount, rawByteCount, codec, checksum, body
                FROM stringChunk LEFT JOIN tableColumn USING (columnID) LEFT JOIN wideTable USING (tableID)
                ORDER BY columnID, firstCode
                """)
        while let row = try chunks.next(), problems.count < problemLimit {
            if StringChunk(row) == nil {
                let problem = TablesProblem.corruptStrings(table: row[0] ?? "?", column: row[1] ?? "?")
                if problems.last != problem { problems.append(problem) }
            }
        }
        return problems
    }

    /// What is worth naming one by one.
    private static let problemLimit = 20
}
