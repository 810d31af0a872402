import CaliberCore
import CaliberStore
import GRDB

/// The latest moment that anything was written at. A clock that was set back would leave every wait as much too long.
enum ClockRow {
    /// How far behind a clock may be without having been set back.
    static let toleranceMicroseconds: Int64 = 10_000_000

    static func advance(to now: Timestamp, in database: Database) throws {
        try database.executeCached(
            sql: "UPDATE alertClock SET latest = ? WHERE latest < ?", arguments: [now.microseconds, now.microseconds])
    }

    static func isSetBack(_ now: Timestamp, in database: Database) throws -> Bool {
        let latest = try Int64.fetchOne(database, sql: "SELECT latest FROM alertClock") ?? 0
        return (now + toleranceMicroseconds).microseconds < latest
    }

    /// Moves all that waits, and what is remembered of the last hours, as far as the clock was.
    ///
    /// - Returns: how far, in microseconds.
    static func follow(_ now: Timestamp, in database: Database) throws -> Int64 {
        guard try isSetBack(now, in: database) else { return 0 }
        let latest = try Int64.fetchOne(database, sql: "SELECT latest FROM alertClock") ?? 0
        let distance = latest - now.microseconds
        let moved = [
            ("alertGroup", ["dueAt", "lookAt", "lastMessageAt"], "1"),
            ("alertMessage", ["nextTryAt", "queuedAt"], "state = 'pending'"),
            ("alertAttempt", ["startedAt", "finishedAt"], "coalesce(finishedAt, startedAt) > \(now.microseconds)"),
            ("alertEndpoint", ["failingSince", "restsUntil"], "1"),
        ]
        for (table, columns, condition) in moved {
            let settings = columns.map { "\($0) = \($0) - \(distance)" }.joined(separator: ", ")
            try database.execute(sql: "UPDATE \(table) SET \(settings) WHERE \(condition)")
        }
        try database.execute(sql: "UPDATE alertClock SET latest = ?", arguments: [now.microseconds])
        return distance
    }
}

extension Row {
    /// A moment that a column keeps as microseconds.
    func moment(_ column: String) -> Timestamp? {
        (self[column] as Int64?).map(Timestamp.init(microseconds:))
    }
}
