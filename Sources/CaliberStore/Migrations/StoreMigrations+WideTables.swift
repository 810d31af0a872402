import GRDB

extension StoreMigrations {
    /// Segments, their columns, and the strings that codes stand for.
    static func createWideTables(_ database: Database) throws {
    }
}
