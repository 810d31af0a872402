import GRDB

extension StoreMigrations {
    /// Segments, their columns, and the strings that codes stand for.
    ///
    /// A column of a segment is one row whose key is the column's number, then the segment's, so that the segments of
    /// one column are neighbours in the file: a query that reads three columns of forty passes over three runs of pages.
    static func createWideTables(_ database: Database) throws {
        try database.execute(
            sql: """
                CREATE TABLE wideTable (
                    tableID INTEGER PRIMARY KEY,
                    tableName TEXT NOT NULL UNIQUE,
                    definitionHash TEXT NOT NULL,
                    position INTEGER NOT NULL
                ) STRICT;

                CREATE TABLE tableColumn (
                    columnID INTEGER PRIMARY KEY,
                    tableID INTEGER NOT NULL REFERENCES wideTable,
                    columnName TEXT NOT NULL,
                    UNIQUE (tableID, columnName)
                ) STRICT;

                CREATE TABLE segment (
                    segmentID INTEGER PRIMARY KEY,
                    tableID INTEGER NOT NULL REFERENCES wideTable,
                    version INTEGER NOT NULL,
                    rowCount INTEGER NOT NULL,
                    lowAnchor INTEGER,
                    highAnchor INTEGER
                ) STRICT;
                CREATE INDEX segmentOfTable ON segment (tableID);

                -- key = columnID << 32 | segmentID
                CREATE TABLE segmentColumn (
                    columnSegmentKey INTEGER PRIMARY KEY,
                    version INTEGER NOT NULL,
                    rowCount INTEGER NOT NULL,
                    width INTEGER NOT NULL,
                    base INTEGER NOT NULL,
                    low INTEGER,
                    high INTEGER,
                    nullCount INTEGER NOT NULL,
                    stringCount INTEGER NOT NULL,
                    rawByteCount INTEGER NOT NULL,
                    codec INTEGER NOT NULL,
                    checksum INTEGER NOT NULL,
                    body BLOB NOT NULL
                ) STRICT;

                CREATE TABLE stringChunk (
                    columnID INTEGER NOT NULL REFERENCES tableColumn,
                    firstCode INTEGER NOT NULL,
                    stringCount INTEGER NOT NULL,
                    rawByteCount INTEGER NOT NULL,
                    codec INTEGER NOT NULL,
                    checksum INTEGER NOT NULL,
                    body BLOB NOT NULL,
                    UNIQUE (columnID, firstCode)
                ) STRICT;
                """)
    }

    /// Columns whose values are all a multiple of some step apart are kept as counts of that step; and segment numbers
    /// are never given again, so that a number and a version name one content for ever.
    static func addColumnScales(_ database: Database) throws {
        try database.execute(
            sql: """
                ALTER TABLE segmentColumn ADD COLUMN scale INTEGER NOT NULL DEFAULT 1;
                CREATE TABLE segmentSequence (
                    sequenceID INTEGER PRIMARY KEY CHECK (sequenceID = 1),
                    highest INTEGER NOT NULL
                ) STRICT;
                """)
    }

    /// What segments contributed to plans, so that the first query of a process need not read what an earlier one did.
    /// All of it can be computed again.
    static func createPartialAggregates(_ database: Database) throws {
        try database.execute(
            sql: """
                CREATE TABLE partialPlan (
                    planID INTEGER PRIMARY KEY,
                    planText TEXT NOT NULL UNIQUE,
                    usedAt INTEGER NOT NULL
                ) STRICT;

                CREATE TABLE partialAggregate (
                    planID INTEGER NOT NULL REFERENCES partialPlan ON DELETE CASCADE,
                    segmentID INTEGER NOT NULL,
                    version INTEGER NOT NULL,
                    fromMoment INTEGER,
                    untilMoment INTEGER,
                    checksum INTEGER NOT NULL,
                    body BLOB NOT NULL
                ) STRICT;
                CREATE INDEX partialOfPlan ON partialAggregate (planID, segmentID);
                """)
    }
}
