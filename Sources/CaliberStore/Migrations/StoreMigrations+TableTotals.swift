import GRDB

extension StoreMigrations {
    /// What a table's segments must add up to, so that the loss of a whole one is noticed.
    static func addTableTotals(_ database: Database) throws {
        try database.execute(
            sql: """
                ALTER TABLE wideTable ADD COLUMN segmentCount INTEGER NOT NULL DEFAULT 0;
                ALTER TABLE wideTable ADD COLUMN rowCount INTEGER NOT NULL DEFAULT 0;
                UPDATE wideTable SET
                    segmentCount = (SELECT COUNT(*) FROM segment WHERE segment.tableID = wideTable.tableID),
                    rowCount = (SELECT COALESCE(SUM(rowCount), 0) FROM segment WHERE segment.tableID = wideTable.tableID);
                """)
    }
}
