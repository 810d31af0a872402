import CaliberCore

/// Why a backup can't be made or put back.
public enum BackupProblem: Error, Sendable {
    case exists(path: String)
    case ontoItself(path: String, database: String)
    case noFolder(path: String)
    case underway(path: String)
    case noRoom(path: String, neededByteCount: Int64, freeByteCount: Int64)
    /// The database that a backup is to take the place of.
    case inUse(path: String, holder: String)
    case failed(path: String, what: String, reason: String)
    /// What was found wrong with a copy, or with a backup that was to be put back.
    case damaged(path: String, [Diagnostic])

    public var diagnostics: [Diagnostic] {
        switch self {
        case .exists(let path):
            [
                Diagnostic(
                    "backup-exists", "\(path) is there already, and was left as it is.",
                    remedy: "Name another file, or say --force to replace it.")
            ]
        case .ontoItself(let path, let database):
            [
                Diagnostic(
                    "backup-onto-itself", "\(path) belongs to the database \(database) itself.",
                    remedy: "Name a file of its own, best on another disk.")
            ]
        case .noFolder(let path):
            [Diagnostic("backup-folder", "There is no folder \(path).", remedy: "Make it, or name another file.")]
        case .underway(let path):
            [Diagnostic("backup-underway", "Another process writes \(path) now.", remedy: "Wait until it is done.")]
        case .noRoom(let path, let neededByteCount, let freeByteCount):
            [
                Diagnostic(
                    "disk-full", "\(path) needs \(neededByteCount) bytes, and \(freeByteCount) are free there.",
                    remedy: "Make room, or name a file on another disk.")
            ]
        case .inUse(let path, let holder):
            [
                Diagnostic(
                    "writer-busy", "\(path) is being written by \(holder); nothing was restored.",
                    remedy: "Stop it first.")
            ]
        case .failed(let path, let what, let reason):
            [Diagnostic("backup-failed", "\(path): \(what): \(reason).")]
        case .damaged(let path, let problems):
            [Diagnostic("backup-damaged", "\(path) is not whole, and was not used.", remedy: "Use another backup.")]
                + problems
        }
    }
}
