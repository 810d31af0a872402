import CaliberCore
import CaliberSinks
import CaliberStore
import GRDB

/// Something there was to say about an alert.
enum AlertEventRow {
    enum Kind: String {
        case raised
        case resolved
        /// It still fires, and was last told long ago.
        case reminded
        /// It still fires, and what muted it is over.
        case unmuted
    }

    static func insert(
        _ kind: Kind, of alertID: String, owedCount: Int, body: String, at now: Timestamp, in database: Database
    ) throws -> Int64 {
        try database.executeCached(
            sql: "INSERT INTO alertEvent (alertID, kind, at, owedCount, body) VALUES (?, ?, ?, ?, ?)",
            arguments: [alertID, kind.rawValue, now.microseconds, owedCount, body])
        return database.lastInsertedRowID
    }
}

/// A word owed to an endpoint.
enum AlertDeliveryRow {
    static func insert(
        _ event: Int64, of alertID: String, to endpoint: String, group: Int64, in database: Database
    ) throws {
        try database.executeCached(
            sql: """
                INSERT INTO alertDelivery (alertEventID, alertID, endpoint, alertGroupID, state)
                VALUES (?, ?, ?, ?, 'waiting')
                """, arguments: [event, alertID, endpoint, group])
    }
}

/// Alerts that an endpoint is told of together.
enum AlertGroupRow {
    /// Finds or makes the target's group and has it told in time: the first alert after a quiet time waits for others,
    /// and two messages keep their distance.
    static func open(
        _ target: AlertTarget, severity: AlertSeverity, at now: Timestamp, in database: Database
    ) throws -> Int64 {
        try database.executeCached(
            sql: """
                INSERT INTO alertGroup (endpoint, groupKey, labels, severity, intervalLength, repeatLength, dueAt)
                VALUES (:endpoint, :key, :labels, :severity, :interval, :repeat, :due)
                ON CONFLICT (endpoint, groupKey) DO UPDATE SET
                    severity = max(severity, excluded.severity), intervalLength = excluded.intervalLength,
                    repeatLength = excluded.repeatLength,
                    dueAt = coalesce(dueAt, max(excluded.dueAt, coalesce(lastMessageAt + excluded.intervalLength, 0)))
                """,
            arguments: [
                "endpoint": target.endpoint, "key": target.groupKey, "labels": try AlertJSON.text(target.groupLabels),
                "severity": severity.rank, "interval": target.intervalMicroseconds,
                "repeat": target.repeatMicroseconds, "due": (now + target.waitMicroseconds).microseconds,
            ])
        return try Int64.fetchOne(
            try database.cachedStatement(
                sql: "SELECT alertGroupID FROM alertGroup WHERE endpoint = ? AND groupKey = ?"),
            arguments: [target.endpoint, target.groupKey])!
    }

    /// Has a group told as soon as its distance from the last message allows.
    static func wake(
        _ group: Int64, severity: AlertSeverity, at now: Timestamp, in database: Database
    ) throws {
        try database.executeCached(
            sql: """
                UPDATE alertGroup SET severity = max(severity, ?),
                    dueAt = coalesce(dueAt, max(?, coalesce(lastMessageAt + intervalLength, 0)))
                WHERE alertGroupID = ?
                """, arguments: [severity.rank, now.microseconds, group])
    }

    /// Puts an alert into a group, and takes it out of others that the endpoint would hear of it in.
    static func join(_ group: Int64, alertID: String, endpoint: String, in database: Database) throws {
        try database.executeCached(
            sql: """
                DELETE FROM alertMember WHERE alertID = ? AND alertGroupID IN
                    (SELECT alertGroupID FROM alertGroup WHERE endpoint = ? AND alertGroupID <> ?)
                """, arguments: [alertID, endpoint, group])
        try database.executeCached(
            sql: """
                INSERT INTO alertMember (alertID, alertGroupID, isTold) VALUES (?, ?, 0)
                ON CONFLICT (alertID, alertGroupID) DO NOTHING
                """, arguments: [alertID, group])
    }

    /// Has groups looked at whose alerts this one muted.
    static func look(mutedBy alertID: String, at now: Timestamp, in database: Database) throws {
        try database.executeCached(
            sql: """
                UPDATE alertGroup SET lookAt = ? WHERE alertGroupID IN
                    (SELECT alertGroupID FROM alertMember WHERE mutingAlertID = ?)
                """, arguments: [now.microseconds, alertID])
    }

    /// Has groups looked at whose alerts this silence muted.
    static func look(mutedBySilence silenceID: Int64, at now: Timestamp, in database: Database) throws {
        try database.executeCached(
            sql: """
                UPDATE alertGroup SET lookAt = ? WHERE alertGroupID IN
                    (SELECT alertGroupID FROM alertMember WHERE mutingSilenceID = ?)
                """, arguments: [now.microseconds, silenceID])
    }
}

/// The account of each endpoint, moved in the transaction that moves what it counts.
enum AlertLedger {
    enum State: String, CaseIterable, Sendable {
        case waiting, delivered, merged, silenced, inhibited, dead
    }

    static func owe(_ count: Int, to endpoint: String, in database: Database) throws {
        try database.executeCached(
            sql: """
                INSERT INTO alertTotal VALUES (:endpoint, :count, :count, 0, 0, 0, 0, 0)
                ON CONFLICT (endpoint) DO UPDATE SET owed = owed + :count, waiting = waiting + :count
                """, arguments: ["endpoint": endpoint, "count": count])
    }

    static func move(
        _ count: Int, of endpoint: String, from source: State, to target: State, in database: Database
    ) throws {
        guard count > 0 else { return }
        try database.executeCached(
            sql: """
                UPDATE alertTotal SET \(source.rawValue) = \(source.rawValue) - ?,
                    \(target.rawValue) = \(target.rawValue) + ? WHERE endpoint = ?
                """, arguments: [count, count, endpoint])
    }
}
