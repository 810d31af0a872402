import CaliberCore
import CaliberEventLog
import CaliberStore
import Foundation

/// A copy of a database at one moment, whole in one file and sealed.
public struct DatabaseBackup: Sendable {
    public let path: String
    public let byteCount: Int64
    /// The log's end in it.
    public let position: LogPosition
    public let account: IntakeAccount

    /// Copies a database to a file while others read and write it. Everything that was acknowledged before the call is
    /// in the copy. The file is there as a whole or not at all, whatever ends the process.
    ///
    /// - Parameters:
    ///   - databasePath: only looked at.
    ///   - path: where the copy is to be; made under a name beside it, `….partial`.
    ///   - isReplacing: lets it take the place of a file that is there.
    /// - Throws: `BackupProblem`; `StoreProblem` when there is no such database.
    public static func write(
        of databasePath: String, to path: String, isReplacing: Bool = false
    ) throws -> DatabaseBackup {
        try check(path, for: databasePath, isReplacing: isReplacing)
        let store = try CaliberStore.openReadOnly(at: databasePath, allowsOlder: true)
        let partial = path + ".partial"
        // Two that write one file would both be wrong.
        guard let lock = WriterLock(path: partial, creating: true) else {
            throw BackupProblem.failed(
                path: partial + ".lock", what: "it can't be made", reason: String(cString: strerror(errno)))
        }
        guard lock.isHeld else { throw BackupProblem.underway(path: path) }
        defer {
            try? CaliberStore.removeFiles(at: partial)
            unlink(partial + ".lock")
        }
        try store.copy(to: partial)
        DurableFile.copyMode(of: databasePath, to: partial)
        let (position, account) = try look(at: partial, calledInProblems: path)
        try BackupSeal.seal(partial)
        try DurableFile.sync(partial)
        let byteCount = DurableFile.byteCount(partial) ?? 0
        if isReplacing {
            try DurableFile.rename(partial, to: path)
        } else {
            try DurableFile.renameAside(partial, to: path)
        }
        try DurableFile.syncFolder(of: path)
        return DatabaseBackup(path: path, byteCount: byteCount, position: position, account: account)
    }

    private static func check(_ path: String, for databasePath: String, isReplacing: Bool) throws {
        guard FileManager.default.fileExists(atPath: databasePath) else {
            throw StoreProblem.missing(path: databasePath)
        }
        var isFolder: ObjCBool = false
        let folder = DurableFile.folder(of: path)
        guard FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder), isFolder.boolValue else {
            throw BackupProblem.noFolder(path: folder)
        }
        for suffix in ["", "-wal", "-shm", "-journal", ".lock"] {
            let own = databasePath + suffix
            let isSameFile = FileIdentity(path: own).map { $0 == FileIdentity(path: path) } ?? false
            guard !isSameFile,
                URL(fileURLWithPath: own).standardizedFileURL != URL(fileURLWithPath: path).standardizedFileURL
            else { throw BackupProblem.ontoItself(path: path, database: databasePath) }
        }
        if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) {
            guard isReplacing, !isFolder.boolValue else { throw BackupProblem.exists(path: path) }
        }
        let needed = (DurableFile.byteCount(databasePath) ?? 0) + (DurableFile.byteCount(databasePath + "-wal") ?? 0)
        if let free = DurableFile.freeByteCount(at: path), free < needed {
            throw BackupProblem.noRoom(path: path, neededByteCount: needed, freeByteCount: free)
        }
    }

    /// What a fresh copy holds, after SQLite has checked its structure.
    private static func look(
        at copy: String, calledInProblems path: String
    ) throws -> (LogPosition, IntakeAccount) {
        let store = try CaliberStore.openReadOnly(at: copy, allowsOlder: true)
        let problems = try store.integrityProblems()
        guard problems.isEmpty else {
            throw BackupProblem.damaged(
                path: path,
                problems.map {
                    Diagnostic(
                        "database-corrupt", "SQLite's check says: \($0).",
                        remedy: "The database itself is damaged: caliber verify names what.")
                })
        }
        return try store.read { (try IntakeLedger.position(in: $0), try IntakeLedger.total(in: $0)) }
    }
}
