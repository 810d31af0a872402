import CaliberStore
import CaliberTables

extension Engine {
    /// Folds tables from the start of the log, in place of what is stored of them.
    ///
    /// Durable as a whole: until it is done, readers see what was stored before.
    ///
    /// - Parameter names: nil for all tables.
    /// - Returns: the tables with their rows afterwards.
    /// - Throws: `TablesProblem.unknownTable` before anything is folded; `StoreProblem.leaseHeld` beside another writer.
    public func rebuild(tables names: [String]? = nil) throws -> [(table: String, rowCount: Int)] {
        let lease = try acquireLease()
        var isFresh: Set<String> = []
        let tables = try openTables(.writing(lease)) { table, _ in isFresh.insert(table) }
        let wanted = names ?? tables.tableNames
        for name in wanted { _ = try tables.rowCount(of: name) }
        // A table that opening has folded anew already is not folded twice.
        for name in wanted where isFresh.insert(name).inserted { try tables.rebuild(name) }
        try tables.checkpoint(lease)
        return try wanted.map { ($0, try tables.rowCount(of: $0)) }
    }
}
