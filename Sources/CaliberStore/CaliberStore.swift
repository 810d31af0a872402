import CaliberCore
import Foundation
import GRDB

/// The one SQLite file that holds everything: log, quarantine, segments, dictionary history.
///
/// Many readers, one writer. A reader sees one consistent state of the file for as long as its closure runs. Every write
/// is one transaction, durable when it returns, and refused when the writer's lease has passed to another process.
public final class CaliberStore: Sendable {
    public let path: String
    let pool: DatabasePool
    /// Tells the file from another that takes its place.
    private let identity: FileIdentity?

    /// Opens the file and brings its schema up to date; creates it where there is none.
    ///
    /// - Throws: `StoreProblem` when the file can't be opened, is no Caliber database, or was written by a newer Caliber.
    public static func open(at path: String, creating: Bool = true) throws -> CaliberStore {
        guard creating || FileManager.default.fileExists(atPath: path) else { throw StoreProblem.missing(path: path) }
        do {
            let store = try CaliberStore(path: path, isReadOnly: false)
            try store.migrate()
            return store
        } catch let error as DatabaseError {
            throw StoreProblem(error, path: path)
        }
    }

    /// Opens the file to look at it: nothing of it is changed, its schema neither.
    ///
    /// - Parameter allowsOlder: lets in what an earlier Caliber wrote, for copying alone.
    /// - Throws: `StoreProblem` as `open` does, and its `olderSchema`.
    package static func openReadOnly(at path: String, allowsOlder: Bool = false) throws -> CaliberStore {
        guard FileManager.default.fileExists(atPath: path) else { throw StoreProblem.missing(path: path) }
        do {
            let store = try CaliberStore(path: path, isReadOnly: true)
            try store.pool.read { database in
                let lacking = try store.lackingMigrations(in: database)
                guard lacking.count < StoreMigrations.all.migrations.count else {
                    throw StoreProblem.notADatabase(path: path)
                }
                guard allowsOlder || lacking.isEmpty else {
                    throw StoreProblem.olderSchema(path: path, migrations: lacking)
                }
            }
            return store
        } catch let error as DatabaseError {
            throw StoreProblem(error, path: path)
        }
    }

    private init(path: String, isReadOnly: Bool) throws {
        self.path = path
        var configuration = Configuration()
        configuration.readonly = isReadOnly
        configuration.busyMode = .timeout(StoreLimits.busyTimeoutSeconds)
        configuration.maximumReaderCount = StoreLimits.readerCount
        configuration.prepareDatabase { database in
            try database.execute(sql: "PRAGMA page_size = \(StoreLimits.pageByteCount)")
            try database.execute(sql: "PRAGMA cache_size = -\(StoreLimits.cacheKibibytes)")
            try database.execute(sql: "PRAGMA wal_autocheckpoint = \(StoreLimits.walCheckpointPageCount)")
            // Pages that were looked at in the file itself stay with the process: only snapshots do so, for queries.
            try database.execute(sql: "PRAGMA mmap_size = 0")
        }
        pool = try DatabasePool(path: path, configuration: configuration)
        // Only now: a pool that turns to write-ahead logging says NORMAL, with which a commit outlives the process but not
        // the machine.
        try pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = FULL") }
        identity = FileIdentity(path: path)
    }

    private func migrate() throws {
        _ = try pool.read { try lackingMigrations(in: $0) }
        try StoreMigrations.all.migrate(pool)
    }

    /// - Throws: `StoreProblem.newerSchema`.
    private func lackingMigrations(in database: Database) throws -> [String] {
        let migrator = StoreMigrations.all
        let applied = try migrator.appliedIdentifiers(database)
        let unknown = applied.subtracting(migrator.migrations)
        guard unknown.isEmpty else { throw StoreProblem.newerSchema(path: path, migrations: unknown.sorted()) }
        return migrator.migrations.filter { !applied.contains($0) }
    }

    /// Whether the file that was opened is still the one at its path; false after another was restored there.
    var isAtItsPath: Bool { identity != nil && FileIdentity(path: path) == identity }

    /// Reads one consistent state of the file.
    package func read<Value>(_ body: (Database) throws -> Value) throws -> Value {
        try pool.read(body)
    }

    /// Holds on to the state the file has now. Its reader looks at columns in the file's own pages.
    package func makeSnapshot() throws -> StoreSnapshot {
        let snapshot = try pool.makeSnapshot()
        try snapshot.read { try $0.execute(sql: "PRAGMA mmap_size = \(StoreLimits.mappedByteCount)") }
        return StoreSnapshot(snapshot)
    }

    /// Runs one durable transaction as the holder of `lease`; an error undoes all of it.
    ///
    /// - Throws: `StoreProblem.leaseLost` when another process has taken the lease since.
    package func write<Value>(_ lease: WriterLease, _ body: (Database) throws -> Value) throws -> Value {
        try pool.write { database in
            try lease.confirm(in: database)
            return try body(database)
        }
    }

    /// Runs one durable transaction beside whoever holds the lease: for rows that no writer keeps in memory, which people
    /// change while a service runs, such as review tickets and silences.
    package func writeBeside<Value>(_ body: (Database) throws -> Value) throws -> Value {
        try pool.write(body)
    }

    /// Writes what can be computed again, without a lease: not at all while another process writes, nor where the file
    /// can't be written.
    ///
    /// - Returns: whether it was written.
    @discardableResult
    package func writeDerived(_ body: (Database) throws -> Void) -> Bool {
        do {
            try pool.writeWithoutTransaction { database in
                try database.execute(sql: "PRAGMA busy_timeout = \(StoreLimits.derivedBusyTimeoutMilliseconds)")
                defer {
                    try? database.execute(
                        sql: "PRAGMA busy_timeout = \(Int(StoreLimits.busyTimeoutSeconds * 1000))")
                }
                try database.inTransaction(.immediate) {
                    try body(database)
                    return .commit
                }
            }
            return true
        } catch {
            return false
        }
    }

    /// For the lease itself, which is written before there is one.
    func writeUnleased<Value>(_ body: (Database) throws -> Value) throws -> Value {
        try pool.write(body)
    }

    /// Moves the write-ahead log into the file, so that the file alone is whole.
    package func foldWriteAheadLog() throws {
        _ = try pool.writeWithoutTransaction { database in try database.checkpoint(.truncate) }
    }

    /// Moves a long write-ahead log into the file through a connection of its own, while others read and write. Not at
    /// all when that fails: the next writer's commit does it then.
    package func foldLongWriteAheadLogAside() {
        let attributes = try? FileManager.default.attributesOfItem(atPath: path + "-wal")
        guard let byteCount = attributes?[.size] as? Int, byteCount >= StoreLimits.longWriteAheadLogByteCount else {
            return
        }
        var configuration = Configuration()
        configuration.prepareDatabase { try $0.execute(sql: "PRAGMA synchronous = FULL") }
        guard let connection = try? DatabaseQueue(path: path, configuration: configuration) else { return }
        _ = try? connection.writeWithoutTransaction { try $0.checkpoint(.passive) }
        try? connection.close()
    }

    /// Lets go of pages that connections keep in memory, as soon as they are idle.
    package func releaseMemory() {
        pool.releaseMemoryEventually()
    }

    /// SQLite's own check of the whole file; empty when nothing is wrong.
    package func integrityProblems() throws -> [String] {
        try pool.read { database in
            try String.fetchAll(database, sql: "PRAGMA integrity_check").filter { $0 != "ok" }
        }
    }
}

/// Limits of the database's connections, named and with units.
enum StoreLimits {
    static let busyTimeoutSeconds = 10.0
    static let derivedBusyTimeoutMilliseconds = 20
    static let readerCount = 4
    static let pageByteCount = 8192
    /// Of one connection. What is written is mostly written once, in order; what is read is mapped.
    static let cacheKibibytes = 16_384
    static let walCheckpointPageCount = 16_000
    static let longWriteAheadLogByteCount = 16 << 20
    static let mappedByteCount: Int64 = 1 << 36
}
