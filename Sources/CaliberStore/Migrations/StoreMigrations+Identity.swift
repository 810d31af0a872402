import GRDB

extension StoreMigrations {
    /// Evidence of who is one person, part by part, and the log position it stands for: derived, and made anew where it is
    /// missing; operators' decisions are events of the log.
    static func createIdentity(_ database: Database) throws {
        try database.execute(
            sql: """
                CREATE TABLE identityGraph (
                    name TEXT PRIMARY KEY NOT NULL,
                    evidenceHash TEXT NOT NULL,
                    position INTEGER NOT NULL
                ) STRICT, WITHOUT ROWID;
                CREATE TABLE identityPart (
                    name TEXT NOT NULL,
                    part INTEGER NOT NULL,
                    checksum INTEGER NOT NULL,
                    body BLOB NOT NULL,
                    PRIMARY KEY (name, part)
                ) STRICT;
                """)
    }
}
