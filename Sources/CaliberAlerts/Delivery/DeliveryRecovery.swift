import CaliberCore
import CaliberSinks
import CaliberStore
import GRDB

/// What a process does before it delivers: makes up for tries that the last one did not live to record, and sees old words
/// with the eyes of today's configuration.
struct DeliveryRecovery {
    let settings: DeliverySettings

    func run() throws {
        let now = settings.clock()
        try settings.write(.recovery) { database in
            _ = try ClockRow.follow(now, in: database)
            try endInterruptedTries(at: now, in: database)
            try markInhibitors(in: database)
            try database.execute(
                sql: """
                    UPDATE alertGroup SET lookAt = ? WHERE alertGroupID IN (SELECT alertGroupID FROM alertMember
                        WHERE mutingAlertID IS NOT NULL OR mutingSilenceID IS NOT NULL)
                    """, arguments: [now.microseconds])
            try ClockRow.advance(to: now, in: database)
        }
        for endpoint in try removedEndpoints() {
            var delivery = EndpointDelivery(AlertEndpoint(name: endpoint), settings: settings, isRemoved: true)
            while try delivery.takeTurn() == .worked {}
        }
        try settings.write(.retirement) { try forgetRemovedMembers(in: $0) }
    }

    /// Whether such a try arrived nobody knows; it is made again. One that ends the process time and again gives way.
    private func endInterruptedTries(at now: Timestamp, in database: Database) throws {
        let open = try Row.fetchAll(
            database, sql: "SELECT alertAttemptID, messageID, endpoint FROM alertAttempt WHERE outcome IS NULL")
        for row in open {
            let messageID: String = row["messageID"]
            try database.execute(
                sql: "UPDATE alertAttempt SET finishedAt = ?, outcome = 'interrupted' WHERE alertAttemptID = ?",
                arguments: [now.microseconds, row["alertAttemptID"] as Int64])
            try database.execute(
                sql: """
                    UPDATE alertMessage SET interruptionCount = interruptionCount + 1, nextTryAt = min(nextTryAt, ?)
                    WHERE messageID = ? AND state = 'pending'
                    """, arguments: [now.microseconds, messageID])
            let counts = try Row.fetchOne(
                database,
                sql: """
                    SELECT interruptionCount, failureCount FROM alertMessage
                    WHERE messageID = ? AND state = 'pending'
                    """, arguments: [messageID])
            guard let counts, counts["interruptionCount"] > settings.policy.freeInterruptions else { continue }
            try postpone(
                messageID, of: row["endpoint"], failureCount: counts["failureCount"] + 1, at: now, in: database)
        }
    }

    private func postpone(
        _ messageID: String, of endpoint: String, failureCount: Int, at now: Timestamp, in database: Database
    ) throws {
        guard let delay = settings.policy.delay(afterFailure: failureCount, of: messageID) else {
            let ending = TryEnding(outbox: settings.outbox, endpoint: endpoint, policy: settings.policy)
            return try ending.kill(messageID, because: "Each try was cut short.", at: now, in: database)
        }
        try database.execute(
            sql: "UPDATE alertMessage SET failureCount = ?, nextTryAt = ? WHERE messageID = ?",
            arguments: [failureCount, (now + delay).microseconds, messageID])
    }

    /// An endpoint that is not declared any more is owed no further word, not even of an end.
    private func forgetRemovedMembers(in database: Database) throws {
        let declared = try AlertJSON.text(settings.outbox.routing.endpoints.map(\.name))
        try database.execute(
            sql: """
                DELETE FROM alertMember WHERE alertGroupID IN (SELECT alertGroupID FROM alertGroup
                    WHERE endpoint NOT IN (SELECT value FROM json_each(?)))
                """, arguments: [declared])
    }

    private func markInhibitors(in database: Database) throws {
        let firing = try Row.fetchAll(
            database, sql: "SELECT alertID, isInhibitor, body FROM alert WHERE status = 'firing'")
        for row in firing {
            let alert = AlertJSON.value(Alert.self, from: row["body"])
            let isInhibitor = alert.map { settings.outbox.routing.isInhibitor($0.matchedLabels) } ?? false
            guard isInhibitor != row["isInhibitor"] else { continue }
            try database.execute(
                sql: "UPDATE alert SET isInhibitor = ? WHERE alertID = ?",
                arguments: [isInhibitor, row["alertID"] as String])
        }
    }

    private func removedEndpoints() throws -> [String] {
        let declared = Set(settings.outbox.routing.endpoints.map(\.name))
        return try settings.store.read { database in
            try String.fetchAll(
                database,
                sql: """
                    SELECT endpoint FROM alertGroup WHERE dueAt IS NOT NULL
                    UNION SELECT endpoint FROM alertMessage WHERE state = 'pending' ORDER BY endpoint
                    """)
        }.filter { !declared.contains($0) }
    }
}
