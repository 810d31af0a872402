import CaliberChecks
import CaliberCore
import CaliberDictionary
import CaliberStore
import Foundation
import GRDB

/// What watches know from one look to the next, in the database.
struct WatchStore {
    let store: CaliberStore

    /// What one watch knew at the end of its last look; of what is over, only what still cools down.
    func memory(of watch: WatchDefinition, now: Timestamp) throws -> WatchMemory {
        try store.read { database in
            var memory = WatchMemory()
            let open = try Row.fetchCursor(
                database, sql: "SELECT subject, openedAt FROM watchFinding WHERE watch = ? AND closedAt IS NULL",
                arguments: [watch.name])
            while let row = try open.next() {
                memory.open[row[0]] = Timestamp(microseconds: row[1])
            }
            if watch.coolDown > 0 {
                let closed = try Row.fetchCursor(
                    database,
                    sql: """
                        SELECT subject, MAX(closedAt) FROM watchFinding WHERE watch = ? AND closedAt > ?
                        GROUP BY subject
                        """,
                    arguments: [watch.name, now.microseconds.subtractingReportingOverflow(watch.coolDown).partialValue])
                while let row = try closed.next() {
                    memory.cooling[row[0]] = Timestamp(microseconds: row[1])
                }
            }
            if watch.opensTicket {
                let tickets = try Row.fetchCursor(
                    database,
                    sql: """
                        SELECT subject, healthHundredths FROM watchFinding JOIN reviewTicket ON orderID = subject AND isOpen
                        WHERE watchFinding.watch = ? AND watchFinding.closedAt IS NULL
                        """, arguments: [watch.name])
                while let row = try tickets.next() { memory.ticketHealth[row[0]] = row[1] }
            }
            let streaks = try Row.fetchCursor(
                database, sql: "SELECT subject, last, count, endCount FROM watchStreak WHERE watch = ?",
                arguments: [watch.name])
            while let row = try streaks.next() {
                memory.streaks[row[0]] = WatchMemory.Streak(
                    last: Timestamp(microseconds: row[1]), count: row[2], endCount: row[3])
            }
            return memory
        }
    }

    /// When a watch looked last; nil before its first look.
    func lastLook(of watch: String) throws -> Timestamp? {
        try store.read {
            try Int64.fetchOne($0, sql: "SELECT at FROM watchLook WHERE watch = ?", arguments: [watch])
                .map { Timestamp(microseconds: $0) }
        }
    }

    /// Keeps what a look found, with what the watch knows from then on.
    ///
    /// - Parameter streaks: those that have moved.
    func keep(
        _ findings: [Finding], of watch: WatchDefinition, _ streaks: [String: WatchMemory.Streak], lookedAt: Timestamp,
        in database: Database
    ) throws {
        for finding in findings {
            if let closedAt = finding.closedAt {
                try database.executeCached(
                    sql: """
                        UPDATE watchFinding SET closedAt = ? WHERE watch = ? AND subject = ? AND closedAt IS NULL
                        """, arguments: [closedAt.microseconds, watch.name, finding.subject])
            } else {
                try database.executeCached(
                    sql: "INSERT OR REPLACE INTO watchFinding (watch, subject, openedAt, body) VALUES (?, ?, ?, ?)",
                    arguments: [
                        watch.name, finding.subject, finding.openedAt.microseconds, try WatchStore.body(finding),
                    ])
            }
        }
        for (subject, streak) in streaks {
            try database.executeCached(
                sql: """
                    INSERT INTO watchStreak (watch, subject, last, count, endCount) VALUES (?, ?, ?, ?, ?)
                    ON CONFLICT (watch, subject) DO UPDATE
                    SET last = excluded.last, count = excluded.count, endCount = excluded.endCount
                    """,
                arguments: [watch.name, subject, streak.last.microseconds, streak.count, streak.endCount])
        }
        try database.executeCached(
            sql: """
                INSERT INTO watchLook (watch, at) VALUES (?, ?) ON CONFLICT (watch) DO UPDATE SET at = excluded.at
                """, arguments: [watch.name, lookedAt.microseconds])
    }

    /// What is open, or was: worst first is the caller's to sort; here the latest first.
    func findings(openOnly: Bool, watch: String?) throws -> [WatchFinding] {
        try store.read { database in
            let rows = try Row.fetchAll(
                database,
                sql: """
                    SELECT closedAt, body FROM watchFinding
                    WHERE (closedAt IS NULL OR NOT ?) AND (? IS NULL OR watch = ?)
                    ORDER BY openedAt DESC, watch, subject
                    """, arguments: [openOnly, watch, watch])
            return try rows.map { row in
                let body: String = row[1]
                var finding = try JSONDecoder().decode(WatchFinding.self, from: Data(body.utf8))
                finding.closedAt = (row[0] as Int64?).map { Timestamp(microseconds: $0) }
                return finding
            }
        }
    }

    private static func body(_ finding: Finding) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(WatchFinding(finding)), as: UTF8.self)
    }
}
