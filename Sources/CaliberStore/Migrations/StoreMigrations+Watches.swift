import GRDB

extension StoreMigrations {
    /// What watches know from one look to the next: what fires, what cools down, how long streaks are.
    static func createWatches(_ database: Database) throws {
        try database.execute(
            sql: """
                CREATE TABLE watchFinding (
                    watch TEXT NOT NULL,
                    subject TEXT NOT NULL,
                    openedAt INTEGER NOT NULL,
                    closedAt INTEGER,
                    body TEXT NOT NULL,
                    PRIMARY KEY (watch, subject, openedAt)
                ) STRICT, WITHOUT ROWID;
                CREATE INDEX watchFindingOpen ON watchFinding (watch, subject) WHERE closedAt IS NULL;
                CREATE TABLE watchStreak (
                    watch TEXT NOT NULL,
                    subject TEXT NOT NULL,
                    last INTEGER NOT NULL,
                    count INTEGER NOT NULL,
                    endCount INTEGER NOT NULL,
                    PRIMARY KEY (watch, subject)
                ) STRICT, WITHOUT ROWID;
                CREATE TABLE watchLook (
                    watch TEXT PRIMARY KEY NOT NULL,
                    at INTEGER NOT NULL
                ) STRICT, WITHOUT ROWID;
                """)
    }
}
