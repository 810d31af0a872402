import GRDB

extension StoreMigrations {
    /// The log, its keys, quarantine, parking and the accounts of intake.
    static func createEventLog(_ database: Database) throws {
    }
}
