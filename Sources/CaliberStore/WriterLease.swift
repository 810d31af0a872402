import CaliberCore
import Foundation
import GRDB

/// The right to write, held by one process at a time.
///
/// Two things guard it. A lock on a file beside the database falls to the next process the moment its holder dies. A
/// fencing token, raised at each change of hands and compared inside every write's transaction, stops a holder that was
/// paused past the lease's end and woke up after another had taken over.
///
/// Source of the token: Kleppmann, How to do distributed locking, 2016.
public final class WriterLease: Sendable {
    public let fencingToken: Int64
    private let lockDescriptor: Int32
    private let now: @Sendable () -> Timestamp

    /// How long a holder that neither writes nor dies keeps others out.
    public static let lengthMicroseconds: Int64 = 30_000_000

    private init(fencingToken: Int64, lockDescriptor: Int32, now: @escaping @Sendable () -> Timestamp) {
        self.fencingToken = fencingToken
        self.lockDescriptor = lockDescriptor
        self.now = now
    }

    deinit {
        close(lockDescriptor)
    }

    /// Takes the lease, waiting for at most `waitSeconds` while another process holds it.
    ///
    /// - Throws: `StoreProblem.leaseHeld` when the wait was in vain.
    public static func acquire(
        on store: CaliberStore, holder: String, waitSeconds: Double = 5,
        now: @escaping @Sendable () -> Timestamp
    ) throws -> WriterLease {
        let descriptor = Glibc.open(store.path + ".lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw StoreProblem.lockFile(path: store.path + ".lock", errno: errno) }
        let deadline = ContinuousClock.now + .seconds(waitSeconds)
        while true {
            let holdsLock = flock(descriptor, LOCK_EX | LOCK_NB) == 0
            do {
                guard store.isAtItsPath else { throw StoreProblem.replaced(path: store.path) }
                if let token = try take(on: store, holder: holder, holdsLock: holdsLock, now: now()) {
                    return WriterLease(fencingToken: token, lockDescriptor: descriptor, now: now)
                }
            } catch {
                close(descriptor)
                throw error
            }
            guard ContinuousClock.now < deadline else {
                close(descriptor)
                throw StoreProblem.leaseHeld(path: store.path, holder: try currentHolder(on: store))
            }
            usleep(50_000)
        }
    }

    /// The new token, or nil while a living holder's lease still runs.
    private static func take(
        on store: CaliberStore, holder: String, holdsLock: Bool, now: Timestamp
    ) throws -> Int64? {
        try store.writeUnleased { database in
            let row = try Row.fetchOne(database, sql: "SELECT fencingToken, expiresAt FROM writerLease")
            let expiresAt = row?["expiresAt"] as Int64? ?? 0
            guard holdsLock || expiresAt < now.microseconds else { return nil }
            let token = (row?["fencingToken"] as Int64? ?? 0) + 1
            try database.execute(
                sql: """
                    REPLACE INTO writerLease (leaseID, fencingToken, holder, expiresAt, acquiredAt)
                    VALUES (1, ?, ?, ?, ?)
                    """,
                arguments: [token, holder, now.microseconds + lengthMicroseconds, now.microseconds])
            return token
        }
    }

    private static func currentHolder(on store: CaliberStore) throws -> String {
        try store.read { try String.fetchOne($0, sql: "SELECT holder FROM writerLease") } ?? "unknown"
    }

    /// Confirms inside a transaction that the lease is still this one, and prolongs it.
    func confirm(in database: Database) throws {
        let current = try Int64.fetchOne(database, sql: "SELECT fencingToken FROM writerLease")
        guard current == fencingToken else {
            throw StoreProblem.leaseLost(ownToken: fencingToken, currentToken: current ?? 0)
        }
        try database.execute(
            sql: "UPDATE writerLease SET expiresAt = ?",
            arguments: [now().microseconds + WriterLease.lengthMicroseconds])
    }
}

/// What the file says of who has, or last had, the right to write.
package struct LeaseRow: Sendable, Equatable {
    package let holder: String
    package let fencingToken: Int64
    /// nil where an earlier version let the holder in.
    package let acquiredAt: Timestamp?
    /// When the holder last wrote, or said that it lives.
    package let confirmedAt: Timestamp

    /// nil in a database that nobody ever wrote to.
    package init?(in database: Database) throws {
        guard let row = try Row.fetchOne(database, sql: "SELECT * FROM writerLease") else { return nil }
        holder = row["holder"]
        fencingToken = row["fencingToken"]
        // Older files have no such column.
        acquiredAt =
            row.hasColumn("acquiredAt") ? (row["acquiredAt"] as Int64?).map { Timestamp(microseconds: $0) } : nil
        let expiresAt: Int64 = row["expiresAt"]
        confirmedAt = Timestamp(microseconds: expiresAt.subtractingReportingOverflow(WriterLease.lengthMicroseconds).0)
    }
}

extension CaliberStore {
    package func leaseRow() throws -> LeaseRow? { try read { try LeaseRow(in: $0) } }
}
