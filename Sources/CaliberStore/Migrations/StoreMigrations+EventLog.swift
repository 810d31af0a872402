import GRDB

extension StoreMigrations {
    /// The log, its keys, quarantine, parking and the accounts of intake.
    static func createEventLog(_ database: Database) throws {
        try database.execute(
            sql: """
                -- Accepted events, a chunk a row: their lines, joined by line feeds, as one zstd frame with a checksum.
                CREATE TABLE eventBatch (
                    firstSequence INTEGER PRIMARY KEY,
                    eventCount INTEGER NOT NULL CHECK (eventCount > 0),
                    receivedAt INTEGER NOT NULL,
                    intakeRunID INTEGER NOT NULL,
                    byteCount INTEGER NOT NULL,
                    body BLOB NOT NULL
                ) STRICT;

                -- Keys of accepted events: runs of sorted 16-byte keys. A key run's number is never used again.
                CREATE TABLE eventKeyRun (
                    keyRunID INTEGER PRIMARY KEY AUTOINCREMENT,
                    level INTEGER NOT NULL,
                    keyCount INTEGER NOT NULL CHECK (keyCount > 0),
                    filter BLOB NOT NULL
                ) STRICT;

                -- pageID is keyRunID · 2^24 + the page's number within its run.
                CREATE TABLE eventKeyPage (
                    pageID INTEGER PRIMARY KEY,
                    firstKey INTEGER NOT NULL,
                    keys BLOB NOT NULL
                ) STRICT;

                CREATE TABLE intakeRun (
                    intakeRunID INTEGER PRIMARY KEY AUTOINCREMENT,
                    kind TEXT NOT NULL CHECK (kind IN ('ingest', 'replay', 'unpark')),
                    origin TEXT NOT NULL,
                    startedAt INTEGER NOT NULL,
                    finishedAt INTEGER,
                    received INTEGER NOT NULL DEFAULT 0,
                    accepted INTEGER NOT NULL DEFAULT 0,
                    duplicate INTEGER NOT NULL DEFAULT 0,
                    quarantined INTEGER NOT NULL DEFAULT 0,
                    parked INTEGER NOT NULL DEFAULT 0,
                    CHECK (received = accepted + duplicate + quarantined + parked)
                ) STRICT;

                -- All of intake as it stands now: a line that leaves quarantine moves from one number to another.
                CREATE TABLE intakeTotal (
                    intakeTotalID INTEGER PRIMARY KEY CHECK (intakeTotalID = 1),
                    received INTEGER NOT NULL,
                    accepted INTEGER NOT NULL,
                    duplicate INTEGER NOT NULL,
                    quarantined INTEGER NOT NULL,
                    parked INTEGER NOT NULL,
                    CHECK (received = accepted + duplicate + quarantined + parked)
                ) STRICT;
                INSERT INTO intakeTotal VALUES (1, 0, 0, 0, 0, 0);

                CREATE TABLE quarantinedEvent (
                    quarantineID INTEGER PRIMARY KEY AUTOINCREMENT,
                    receivedAt INTEGER NOT NULL,
                    intakeRunID INTEGER NOT NULL,
                    state TEXT NOT NULL CHECK (state IN ('open', 'replayed', 'dismissed')),
                    code TEXT NOT NULL,
                    contract TEXT,
                    field TEXT,
                    offendingText TEXT,
                    message TEXT NOT NULL,
                    hint TEXT,
                    originFile TEXT NOT NULL,
                    originLine INTEGER NOT NULL,
                    source TEXT,
                    eventID TEXT,
                    -- Whether the body is a whole line that can be taken in again; else it is a row, or cut.
                    isReplayable INTEGER NOT NULL,
                    body BLOB NOT NULL,
                    bodyHash BLOB NOT NULL,
                    -- The foreign row that the event was made from.
                    originRow BLOB
                ) STRICT;
                -- A line that comes again while it stands in quarantine is a repeat.
                CREATE UNIQUE INDEX quarantinedEventBody ON quarantinedEvent (bodyHash) WHERE state <> 'replayed';
                CREATE INDEX quarantinedEventCode ON quarantinedEvent (state, code, contract, field);

                -- Whole events of types that no contract declares.
                CREATE TABLE parkedEvent (
                    parkedEventID INTEGER PRIMARY KEY AUTOINCREMENT,
                    eventKey BLOB NOT NULL UNIQUE,
                    type TEXT NOT NULL,
                    receivedAt INTEGER NOT NULL,
                    intakeRunID INTEGER NOT NULL,
                    originFile TEXT NOT NULL,
                    originLine INTEGER NOT NULL,
                    body BLOB NOT NULL
                ) STRICT;
                CREATE INDEX parkedEventType ON parkedEvent (type);
                """)
    }
}
