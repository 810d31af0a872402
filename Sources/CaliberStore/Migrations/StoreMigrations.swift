import GRDB

/// Every step the schema has taken, oldest first. A step that has shipped is never edited; the next one follows it.
enum StoreMigrations {
    static var all: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1-writer-lease", migrate: createWriterLease)
        migrator.registerMigration("2-event-log", migrate: createEventLog)
        migrator.registerMigration("3-wide-tables", migrate: createWideTables)
        migrator.registerMigration("4-column-scales", migrate: addColumnScales)
        migrator.registerMigration("5-partial-aggregates", migrate: createPartialAggregates)
        migrator.registerMigration("6-table-totals", migrate: addTableTotals)
        return migrator
    }

    private static func createWriterLease(_ database: Database) throws {
        try database.execute(
            sql: """
                CREATE TABLE writerLease (
                    leaseID INTEGER PRIMARY KEY CHECK (leaseID = 1),
                    fencingToken INTEGER NOT NULL,
                    holder TEXT NOT NULL,
                    expiresAt INTEGER NOT NULL
                ) STRICT
                """)
    }
}
