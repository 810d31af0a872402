import GRDB

extension StoreMigrations {
    /// How the rows that a model scored lie in the bins of its training, by business day, for the days that are still
    /// needed: the one that is not over, and those before it that belong to the same seven days.
    static func createModelDrift(_ database: Database) throws {
        try database.execute(
            sql: """
                -- Written in the transaction that moves \"scoring\".\"position\", so that every row is counted once.
                CREATE TABLE modelDrift (
                    name TEXT PRIMARY KEY NOT NULL,
                    -- Name and version of the model whose rows these are, and what tells its bins from others.
                    model TEXT NOT NULL,
                    baselineHash INTEGER NOT NULL,
                    -- The log up to where rows are counted.
                    position INTEGER NOT NULL,
                    -- Days are numbered from 1970-01-01: since when rows are counted, and which day is not over.
                    firstDay INTEGER,
                    openDay INTEGER
                ) STRICT, WITHOUT ROWID;
                CREATE TABLE modelDriftDay (
                    name TEXT NOT NULL REFERENCES modelDrift ON DELETE CASCADE,
                    day INTEGER NOT NULL,
                    rowCount INTEGER NOT NULL,
                    checksum INTEGER NOT NULL,
                    counts BLOB NOT NULL,
                    PRIMARY KEY (name, day)
                ) STRICT;
                """)
    }
}
