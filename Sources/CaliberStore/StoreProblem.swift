import CaliberCore
import GRDB
import Glibc

/// Why the database can't be opened, read or written.
public enum StoreProblem: Error, Sendable, Equatable {
    case missing(path: String)
    case notADatabase(path: String)
    case newerSchema(path: String, migrations: [String])
    case olderSchema(path: String, migrations: [String])
    case replaced(path: String)
    case lockFile(path: String, errno: Int32)
    case leaseHeld(path: String, holder: String)
    case leaseLost(ownToken: Int64, currentToken: Int64)
    case failed(path: String, message: String)

    init(_ error: DatabaseError, path: String) {
        self =
            error.resultCode == .SQLITE_NOTADB
            ? .notADatabase(path: path) : .failed(path: path, message: error.message ?? "\(error.resultCode)")
    }

    public var diagnostic: Diagnostic {
        switch self {
        case .missing(let path):
            Diagnostic(
                "database-missing", "There is no database at \(path).",
                remedy: "Create one with `caliber init`, or name another with --database.")
        case .notADatabase(let path):
            Diagnostic(
                "database-malformed", "\(path) is not a Caliber database.",
                remedy: "Name another file with --database.")
        case .newerSchema(let path, let migrations):
            Diagnostic(
                "database-newer",
                "\(path) was written by a newer Caliber (it has \(migrations.joined(separator: ", "))).",
                remedy: "Use that version.")
        case .olderSchema(let path, let migrations):
            Diagnostic(
                "database-older",
                "\(path) was written by an earlier Caliber (it lacks \(migrations.joined(separator: ", "))).",
                remedy: "Verify it with that version, or restore it, which brings it up to date and verifies it.")
        case .replaced(let path):
            Diagnostic(
                "database-replaced", "\(path) is another file than the one that was opened: it was restored meanwhile.",
                remedy: "Start again.")
        case .lockFile(let path, let errno):
            Diagnostic(
                "lock-file", "The lock file \(path) can't be opened: \(String(cString: strerror(errno))).",
                remedy: "Check that its folder exists and can be written.")
        case .leaseHeld(let path, let holder):
            Diagnostic(
                "writer-busy", "\(path) is being written by \(holder).",
                remedy: "Wait until it is done; queries work meanwhile.")
        case .leaseLost(let ownToken, let currentToken):
            Diagnostic(
                "writer-fenced-off",
                "This process lost the right to write: its token is \(ownToken), the current one \(currentToken).",
                remedy: "It was paused for too long. Start it again; what was acknowledged is safe.")
        case .failed(let path, let message):
            Diagnostic("database-failed", "\(path): \(message).")
        }
    }
}
