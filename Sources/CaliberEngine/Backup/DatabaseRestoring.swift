import CaliberCore
import CaliberDictionary
import CaliberEventLog
import CaliberStore
import Foundation

/// A database that was put back from a backup.
public struct DatabaseRestoring: Sendable {
    public let path: String
    /// The log's end in it.
    public let position: LogPosition
    public let account: IntakeAccount
    /// Where the database is that was there before; nil where there was none.
    public let keptAside: String?

    /// Puts a backup in a database's place, once it is verified, and keeps what was there.
    ///
    /// The backup is copied beside the database, brought up to this version's schema, verified as a whole, and only then
    /// given the database's name, in one step.
    ///
    /// - Parameters:
    ///   - backupPath: a backup, or any database; only looked at.
    ///   - now: names what is kept aside.
    /// - Throws: `BackupProblem.damaged` with everything that is wrong with the backup, `inUse` while a process has the
    ///   right to write to the database.
    public static func restore(
        _ backupPath: String, to databasePath: String, dictionary: LoadedDictionary, now: Timestamp
    ) throws -> DatabaseRestoring {
        guard FileManager.default.fileExists(atPath: backupPath) else { throw StoreProblem.missing(path: backupPath) }
        guard FileIdentity(path: backupPath) != FileIdentity(path: databasePath) else {
            throw BackupProblem.ontoItself(path: backupPath, database: databasePath)
        }
        guard let lock = WriterLock(path: databasePath, creating: true) else {
            throw StoreProblem.lockFile(path: databasePath + ".lock", errno: errno)
        }
        guard lock.isHeld else { throw BackupProblem.inUse(path: databasePath, holder: holder(of: databasePath)) }
        // Held until the new file is in its place: nobody begins to write to the old one meanwhile.
        return try withExtendedLifetime(lock) {
            let staged = databasePath + ".restoring"
            defer { try? CaliberStore.removeFiles(at: staged) }
            let (position, account) = try stage(backupPath, at: staged, dictionary: dictionary)
            // The last connection folds its write-ahead log as it closes.
            guard DurableFile.byteCount(staged + "-wal") ?? 0 == 0 else {
                throw BackupProblem.failed(
                    path: staged, what: "it can't be closed", reason: "its log is still beside it")
            }
            DurableFile.copyMode(of: FileIdentity(path: databasePath) == nil ? backupPath : databasePath, to: staged)
            try DurableFile.sync(staged)
            let aside = try putAside(databasePath, now: now)
            try DurableFile.rename(staged, to: databasePath)
            try DurableFile.syncFolder(of: databasePath)
            let engine = try Engine.open(databasePath: databasePath, dictionary: dictionary)
            guard try engine.position == position, try engine.log.account() == account else {
                throw BackupProblem.failed(
                    path: databasePath, what: "what was put in place does not open as it was verified",
                    reason: "\(try engine.position.sequence) events in place of \(position.sequence)")
            }
            return DatabaseRestoring(path: databasePath, position: position, account: account, keptAside: aside)
        }
    }

    private static func holder(of databasePath: String) -> String {
        guard let store = try? CaliberStore.openReadOnly(at: databasePath, allowsOlder: true) else {
            return "another process"
        }
        return (try? store.leaseRow()?.holder) ?? "another process"
    }

    /// A copy of the backup, up to date and verified, whole in one file.
    private static func stage(
        _ backupPath: String, at staged: String, dictionary: LoadedDictionary
    ) throws -> (LogPosition, IntakeAccount) {
        let seal = try BackupSeal.problems(of: backupPath)
        guard seal.isEmpty else { throw BackupProblem.damaged(path: backupPath, seal) }
        try CaliberStore.openReadOnly(at: backupPath, allowsOlder: true).copy(to: staged)
        let engine = try Engine.open(databasePath: staged, dictionary: dictionary)
        let problems = try engine.verify()
        guard problems.isEmpty else { throw BackupProblem.damaged(path: backupPath, problems) }
        try engine.store.foldWriteAheadLog()
        return (try engine.position, try engine.log.account())
    }

    /// Gives the database that is there another name, with its write-ahead log.
    ///
    /// It loses its old name only when the new file takes it: where nothing was wrong with it, there is a whole database
    /// under that name at each moment.
    private static func putAside(_ databasePath: String, now: Timestamp) throws -> String? {
        guard FileIdentity(path: databasePath) != nil else {
            // A write-ahead log without its file would be taken for the new one's.
            try CaliberStore.removeFiles(at: databasePath)
            return nil
        }
        // What is whole needs no write-ahead log; what can't be opened keeps it beside it.
        try? CaliberStore.open(at: databasePath, creating: false).foldWriteAheadLog()
        let stamp = now.description.filter { $0.isNumber || $0 == "T" || $0 == "Z" }
        var aside = "\(databasePath).before-\(stamp)"
        var number = 1
        while FileIdentity(path: aside) != nil {
            number += 1
            aside = "\(databasePath).before-\(stamp)-\(number)"
        }
        if link(databasePath, aside) != 0 { try FileManager.default.copyItem(atPath: databasePath, toPath: aside) }
        for suffix in ["-wal", "-shm"] where FileIdentity(path: databasePath + suffix) != nil {
            try DurableFile.rename(databasePath + suffix, to: aside + suffix)
        }
        try DurableFile.syncFolder(of: databasePath)
        return aside
    }
}
