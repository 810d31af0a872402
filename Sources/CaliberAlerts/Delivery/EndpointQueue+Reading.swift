import CaliberCore
import CaliberSinks
import GRDB

extension EndpointQueue {
    /// Reads what an endpoint has before it.
    ///
    /// - Parameter horizon: up to when things count as due.
    init(
        of endpoint: AlertEndpoint, at now: Timestamp, horizon: Timestamp, _ policy: DeliveryPolicy,
        in database: Database
    ) throws {
        health = try EndpointHealth.read(endpoint.name, in: database)
        groups = try Row.fetchAll(
            database,
            sql: """
                SELECT alertGroupID, severity, dueAt FROM alertGroup
                WHERE endpoint = ? AND dueAt <= ? AND pendingMessageID IS NULL
                ORDER BY dueAt, alertGroupID LIMIT ?
                """, arguments: [endpoint.name, horizon.microseconds, policy.digestGroupLimit]
        ).map {
            Group(
                id: $0["alertGroupID"], severity: AlertSeverity(rank: $0["severity"]),
                dueAt: Timestamp(microseconds: $0["dueAt"]))
        }
        messages = try Row.fetchAll(
            database,
            sql: """
                SELECT messageID, severity, partCount, nextTryAt FROM alertMessage
                WHERE endpoint = ? AND state = 'pending' AND nextTryAt <= ?
                ORDER BY nextTryAt, alertMessageID LIMIT ?
                """, arguments: [endpoint.name, horizon.microseconds, EndpointQueue.messageLimit]
        ).map {
            Message(
                id: $0["messageID"], severity: AlertSeverity(rank: $0["severity"]), partCount: $0["partCount"],
                dueAt: Timestamp(microseconds: $0["nextTryAt"]))
        }
        groupToLookAt = try Int64.fetchOne(
            database,
            sql: """
                SELECT alertGroupID FROM alertGroup WHERE endpoint = ? AND lookAt <= ? AND pendingMessageID IS NULL
                ORDER BY lookAt LIMIT 1
                """, arguments: [endpoint.name, now.microseconds])
        nextDueAt = try EndpointQueue.nextDueAt(of: endpoint.name, after: horizon, in: database)
        spendings = try EndpointQueue.spendings(of: endpoint, at: now, in: database)
    }

    static let messageLimit = 200

    private static func nextDueAt(
        of endpoint: String, after horizon: Timestamp, in database: Database
    ) throws -> Timestamp? {
        // Looking again is no matter for an endpoint that is turned off; waking up for it does no harm.
        try Int64.fetchOne(
            database,
            sql: """
                SELECT min(moment) FROM (
                    SELECT min(dueAt) AS moment FROM alertGroup
                        WHERE endpoint = :endpoint AND dueAt > :horizon AND pendingMessageID IS NULL
                    UNION ALL SELECT min(lookAt) FROM alertGroup
                        WHERE endpoint = :endpoint AND lookAt > :horizon AND pendingMessageID IS NULL
                    UNION ALL SELECT min(nextTryAt) FROM alertMessage
                        WHERE endpoint = :endpoint AND state = 'pending' AND nextTryAt > :horizon)
                """, arguments: ["endpoint": endpoint, "horizon": horizon.microseconds]
        ).map(Timestamp.init(microseconds:))
    }

    private static func spendings(
        of endpoint: AlertEndpoint, at now: Timestamp, in database: Database
    ) throws -> [SendingBudget.Spending] {
        guard !endpoint.budget.limits.isEmpty else { return [] }
        let start = now + -endpoint.budget.memoryMicroseconds
        // A try counts from its end, so that no stretch at the receiver holds more, however long messages take to arrive.
        return try Row.fetchAll(
            database,
            sql: """
                SELECT coalesce(finishedAt, startedAt) AS moment, partCount FROM alertAttempt
                WHERE endpoint = ? AND (startedAt > ? OR finishedAt > ?) AND startedAt > ?
                ORDER BY moment
                """,
            arguments: [
                endpoint.name, start.microseconds, start.microseconds,
                (start + -EndpointQueue.longestTryMicroseconds).microseconds,
            ]
        ).map { SendingBudget.Spending(at: Timestamp(microseconds: $0["moment"]), partCount: $0["partCount"]) }
    }

    /// How long a try may take: how far back one may have begun that has only just ended.
    static let longestTryMicroseconds: Int64 = 600_000_000
}

extension EndpointHealth {
    static func read(_ endpoint: String, in database: Database) throws -> EndpointHealth {
        var health = EndpointHealth()
        let row = try Row.fetchOne(
            database, sql: "SELECT * FROM alertEndpoint WHERE endpoint = ?", arguments: [endpoint])
        guard let row else { return health }
        health.failureCount = row["failureCount"]
        health.failingSince = row.moment("failingSince")
        health.throttleCount = row["throttleCount"]
        health.restsUntil = row.moment("restsUntil")
        health.disabledAt = row.moment("disabledAt")
        health.disabledReason = row["disabledReason"]
        return health
    }

    func write(_ endpoint: String, in database: Database) throws {
        try database.execute(
            sql: """
                REPLACE INTO alertEndpoint (endpoint, failureCount, failingSince, throttleCount, restsUntil,
                    disabledAt, disabledReason) VALUES (?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                endpoint, failureCount, failingSince?.microseconds, throttleCount, restsUntil?.microseconds,
                disabledAt?.microseconds, disabledReason,
            ])
    }
}
