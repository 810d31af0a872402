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
        migrator.registerMigration("7-scoring", migrate: createScoring)
        migrator.registerMigration("8-alerts", migrate: createAlerts)
        migrator.registerMigration("9-watches", migrate: createWatches)
        migrator.registerMigration("10-lease-begin", migrate: addLeaseBegin)
        migrator.registerMigration("11-model-drift", migrate: createModelDrift)
        migrator.registerMigration("12-identity", migrate: createIdentity)
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

    /// Since when its holder has the right to write; null of one that an earlier version let in.
    private static func addLeaseBegin(_ database: Database) throws {
        try database.execute(sql: "ALTER TABLE writerLease ADD COLUMN acquiredAt INTEGER")
    }

    /// How far each model's scores go, and the state of the features there: derived, and made anew where it is missing.
    private static func createScoring(_ database: Database) throws {
        try database.execute(
            sql: """
                CREATE TABLE scoring (
                    name TEXT PRIMARY KEY NOT NULL,
                    position INTEGER NOT NULL
                ) STRICT, WITHOUT ROWID;
                CREATE TABLE featureState (
                    name TEXT NOT NULL,
                    part INTEGER NOT NULL,
                    planHash TEXT NOT NULL,
                    checksum INTEGER NOT NULL,
                    body BLOB NOT NULL,
                    PRIMARY KEY (name, part)
                ) STRICT;
                """)
    }
}
