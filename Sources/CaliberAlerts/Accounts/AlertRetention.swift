import CaliberCore
import GRDB

/// Lets go of what is long over, so that the file does not grow for ever. The account keeps counting it.
public enum AlertRetention {
    /// What was let go.
    public struct Forgotten: Sendable, Equatable {
        public internal(set) var alertCount = 0
        public internal(set) var wordCount = 0
        public internal(set) var messageCount = 0
    }

    /// Forgets alerts that ended before a moment, with their words and the messages that only spoke of such; within the
    /// caller's transaction. What waits, dead letters, and alerts that fire stay as they are.
    ///
    /// - Parameter limit: alerts in one call; call again while it finds as many.
    package static func forget(before moment: Timestamp, limit: Int = 500, in database: Database) throws -> Forgotten {
        let alerts = try String.fetchAll(
            database,
            sql: """
                SELECT alertID FROM alert WHERE status = 'resolved' AND changedAt < ?
                    AND NOT EXISTS (SELECT 1 FROM alertDelivery WHERE alertDelivery.alertID = alert.alertID
                        AND state IN ('waiting', 'dead'))
                    AND NOT EXISTS (SELECT 1 FROM alertDelivery WHERE inhibitorID = alert.alertID
                        AND alertDelivery.alertID <> alert.alertID)
                    AND NOT EXISTS (SELECT 1 FROM alertMember WHERE alertMember.alertID = alert.alertID)
                ORDER BY changedAt LIMIT ?
                """, arguments: [moment.microseconds, max(0, limit)])
        var forgotten = Forgotten()
        for alert in alerts { try forget(alert, &forgotten, in: database) }
        forgotten.messageCount = try forgetEmptyMessages(before: moment, in: database)
        try forgetIdleGroups(before: moment, in: database)
        return forgotten
    }

    private static func forget(_ alert: String, _ forgotten: inout Forgotten, in database: Database) throws {
        try database.execute(
            sql: """
                INSERT INTO alertForgotten (endpoint, state, deliveryCount)
                SELECT endpoint, state, count(*) FROM alertDelivery WHERE alertID = ? GROUP BY endpoint, state
                ON CONFLICT (endpoint, state) DO UPDATE SET deliveryCount = deliveryCount + excluded.deliveryCount
                """, arguments: [alert])
        try database.execute(sql: "DELETE FROM alertDelivery WHERE alertID = ?", arguments: [alert])
        forgotten.wordCount += database.changesCount
        try database.execute(sql: "DELETE FROM alertEvent WHERE alertID = ?", arguments: [alert])
        try database.execute(sql: "DELETE FROM alert WHERE alertID = ?", arguments: [alert])
        forgotten.alertCount += 1
    }

    private static func forgetEmptyMessages(before moment: Timestamp, in database: Database) throws -> Int {
        try database.execute(
            sql: """
                DELETE FROM alertAttempt WHERE messageID IN (SELECT messageID FROM alertMessage
                    WHERE (state = 'delivered' OR kind = 'test') AND finishedAt < :moment AND NOT EXISTS (
                        SELECT 1 FROM alertDelivery WHERE alertDelivery.messageID = alertMessage.messageID))
                """, arguments: ["moment": moment.microseconds])
        try database.execute(
            sql: """
                DELETE FROM alertMessage WHERE (state = 'delivered' OR kind = 'test') AND finishedAt < :moment
                    AND NOT EXISTS (
                        SELECT 1 FROM alertDelivery WHERE alertDelivery.messageID = alertMessage.messageID)
                """, arguments: ["moment": moment.microseconds])
        return database.changesCount
    }

    private static func forgetIdleGroups(before moment: Timestamp, in database: Database) throws {
        try database.execute(
            sql: """
                DELETE FROM alertGroup WHERE dueAt IS NULL AND pendingMessageID IS NULL AND lastMessageAt < ?
                    AND NOT EXISTS (SELECT 1 FROM alertMember
                        WHERE alertMember.alertGroupID = alertGroup.alertGroupID)
                    AND NOT EXISTS (SELECT 1 FROM alertDelivery
                        WHERE alertDelivery.alertGroupID = alertGroup.alertGroupID)
                """, arguments: [moment.microseconds])
    }
}
