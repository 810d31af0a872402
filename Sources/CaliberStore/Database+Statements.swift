import GRDB

extension Database {
    /// Runs a statement that is run often: each connection compiles it once.
    package func executeCached(sql: String, arguments: StatementArguments) throws {
        try cachedStatement(sql: sql).execute(arguments: arguments)
    }
}
