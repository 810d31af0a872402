import CaliberCore
import Foundation
import GRDB

extension CaliberStore {
    /// Copies one consistent state of the file to a new one, while others read and write.
    ///
    /// The copy is whole by itself: it has no write-ahead log beside it, and needs none. It is not synced to the disk.
    ///
    /// - Parameter path: no database; what stands there is written over.
    /// - Throws: `DatabaseError`, with `SQLITE_FULL` when there is no room.
    package func copy(to path: String) throws {
        try CaliberStore.removeFiles(at: path)
        var configuration = Configuration()
        // The whole file is synced once, by whoever asked for it, before it gets its name.
        configuration.prepareDatabase { try $0.execute(sql: "PRAGMA synchronous = OFF") }
        let copy = try DatabaseQueue(path: path, configuration: configuration)
        defer { try? copy.close() }
        // In one step, under one read transaction: a copy in several would begin anew with every commit of another process.
        try pool.backup(to: copy)
        try copy.writeWithoutTransaction { database in
            // The pages say that there is a write-ahead log; in a copy there is none.
            let mode = try String.fetchOne(database, sql: "PRAGMA journal_mode = DELETE")
            guard mode == "delete" else {
                throw StoreProblem.failed(path: path, message: "the copy's journal can't be set to delete")
            }
        }
    }

    /// Removes a database that nobody has open, with what stands beside it.
    package static func removeFiles(at path: String) throws {
        for name in [path, path + "-wal", path + "-shm", path + "-journal"]
        where FileManager.default.fileExists(atPath: name) {
            try FileManager.default.removeItem(atPath: name)
        }
    }

    /// Whether a process holds the lock that goes with the right to write.
    package var isBeingWritten: Bool {
        guard let lock = WriterLock(path: path, creating: false) else { return false }
        return !lock.isHeld
    }
}

/// The lock on the file beside a database, for who is no writer but must know that nobody is.
package final class WriterLock: Sendable {
    private let descriptor: Int32
    /// Whether it is ours; else another process has it.
    package let isHeld: Bool

    /// nil where the lock's file can't be opened, or there is none.
    package init?(path: String, creating: Bool) {
        let flags = creating ? O_RDWR | O_CREAT | O_CLOEXEC : O_RDONLY | O_CLOEXEC
        descriptor = Glibc.open(path + ".lock", flags, 0o644)
        guard descriptor >= 0 else { return nil }
        isHeld = flock(descriptor, LOCK_EX | LOCK_NB) == 0
    }

    deinit { close(descriptor) }
}
