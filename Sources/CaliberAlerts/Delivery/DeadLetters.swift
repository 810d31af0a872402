import CaliberCore
import CaliberSinks
import GRDB

/// A message as the database has it.
public struct MessageRecord: Sendable, Equatable {
    public enum State: String, Sendable {
        case pending
        case delivered
        case dead
    }

    public struct Attempt: Sendable, Equatable {
        public let startedAt: Timestamp
        /// Nil while it is under way.
        public let finishedAt: Timestamp?
        /// `delivered`, `failed`, `throttled`, `refused`, `gone` or `interrupted`.
        public let outcome: String?
        public let answer: String?
    }

    public let id: String
    public let endpoint: String
    public let kind: AlertMessage.Kind
    public let state: State
    public let createdAt: Timestamp
    public let nextTryAt: Timestamp?
    public let finishedAt: Timestamp?
    public let answer: String?
    /// Nil when it can't be read any more.
    public let message: AlertMessage?
    /// Oldest first.
    public let attempts: [Attempt]
}

/// Which dead letters someone means; all that is given holds.
public struct DeadLetterChoice: Sendable, Equatable {
    public var messageID: String?
    public var endpoint: String?
    /// When they were given up.
    public var from: Timestamp?
    public var until: Timestamp?
    public var limit: Int

    public init(
        messageID: String? = nil, endpoint: String? = nil, from: Timestamp? = nil, until: Timestamp? = nil,
        limit: Int = 10_000
    ) {
        self.messageID = messageID
        self.endpoint = endpoint
        self.from = from
        self.until = until
        self.limit = limit
    }
}

/// Messages that were made, and those that were given up.
public enum AlertMessages {
    /// One message with its tries.
    ///
    /// - Throws: `AlertProblem.unknownMessage`.
    package static func message(_ id: String, in database: Database) throws -> MessageRecord {
        let row = try Row.fetchOne(database, sql: "SELECT * FROM alertMessage WHERE messageID = ?", arguments: [id])
        guard let row else { throw AlertProblem.unknownMessage(id: id) }
        let attempts = try Row.fetchAll(
            database, sql: "SELECT * FROM alertAttempt WHERE messageID = ? ORDER BY alertAttemptID", arguments: [id])
        return record(row, attempts: attempts)
    }

    /// Dead letters, oldest first, without their tries.
    package static func deadLetters(_ choice: DeadLetterChoice, in database: Database) throws -> [MessageRecord] {
        try Row.fetchAll(
            database,
            sql: """
                SELECT * FROM alertMessage WHERE state = 'dead' AND kind <> 'test'
                    AND (:id IS NULL OR messageID = :id) AND (:endpoint IS NULL OR endpoint = :endpoint)
                    AND (:from IS NULL OR finishedAt >= :from) AND (:until IS NULL OR finishedAt < :until)
                ORDER BY alertMessageID LIMIT :limit
                """,
            arguments: [
                "id": choice.messageID, "endpoint": choice.endpoint, "from": choice.from?.microseconds,
                "until": choice.until?.microseconds, "limit": max(0, choice.limit),
            ]
        ).map { record($0, attempts: []) }
    }

    /// Has dead letters tried again from the beginning, under their own ids, within the caller's transaction.
    ///
    /// They go as they were: in the order of their making, though newer messages about a group may have arrived since.
    /// - Returns: how many.
    /// - Throws: `AlertProblem` for a single message that is no dead letter, or whose endpoint is turned off.
    @discardableResult
    package static func replay(_ choice: DeadLetterChoice, at now: Timestamp, in database: Database) throws -> Int {
        let letters = try deadLetters(choice, in: database)
        if let id = choice.messageID, letters.isEmpty {
            let state = try message(id, in: database).state
            guard state == .dead else { throw AlertProblem.messageNotDead(id: id, state: state.rawValue) }
        }
        var count = 0
        for letter in letters {
            let health = try EndpointHealth.read(letter.endpoint, in: database)
            if let reason = health.disabledReason {
                throw AlertProblem.endpointDisabled(name: letter.endpoint, reason: reason)
            }
            try revive(letter, at: now, in: database)
            count += 1
        }
        return count
    }

    private static func revive(_ letter: MessageRecord, at now: Timestamp, in database: Database) throws {
        try database.execute(
            sql: """
                UPDATE alertMessage SET state = 'pending', finishedAt = NULL, queuedAt = :now, nextTryAt = :now,
                    failureCount = 0, interruptionCount = 0 WHERE messageID = :id
                """, arguments: ["now": now.microseconds, "id": letter.id])
        try database.execute(
            sql: "UPDATE alertDelivery SET state = 'waiting' WHERE messageID = ? AND state = 'dead'",
            arguments: [letter.id])
        try AlertLedger.move(
            database.changesCount, of: letter.endpoint, from: .dead, to: .waiting, in: database)
    }

    /// Queues a message that shows whether messages arrive; it is tried once. Its id, for `message(_:in:)`.
    ///
    /// - Throws: `AlertProblem.endpointDisabled`.
    package static func queueTest(
        to endpoint: String, id: String, by author: String, at now: Timestamp, in database: Database
    ) throws {
        let health = try EndpointHealth.read(endpoint, in: database)
        if let reason = health.disabledReason { throw AlertProblem.endpointDisabled(name: endpoint, reason: reason) }
        let message = testMessage(to: endpoint, id: id, by: author, at: now)
        try database.execute(
            sql: """
                INSERT INTO alertMessage (messageID, endpoint, kind, severity, partCount, state, createdAt, queuedAt,
                    nextTryAt, body) VALUES (?, ?, 'test', ?, 1, 'pending', ?, ?, ?, ?)
                """,
            arguments: [
                id, endpoint, AlertSeverity.critical.rank, now.microseconds, now.microseconds, now.microseconds,
                try AlertJSON.text(message),
            ])
    }

    /// What a test says.
    public static func testMessage(
        to endpoint: String, id: String, by author: String, at now: Timestamp
    ) -> AlertMessage {
        let alert = Alert(
            id: "test", watch: AlertOutbox.ownWatch, severity: .info, title: "A test by \(author)",
            summary: "Messages of Caliber arrive here. Nothing is to be done.", labels: ["endpoint": endpoint],
            startsAt: now)
        return AlertMessage(
            id: id, kind: .test, endpoint: endpoint, groupKey: "test", groupLabels: [:], alerts: [alert],
            createdAt: now)
    }

    private static func record(_ row: Row, attempts: [Row]) -> MessageRecord {
        MessageRecord(
            id: row["messageID"], endpoint: row["endpoint"],
            kind: AlertMessage.Kind(rawValue: row["kind"]) ?? .alerts,
            state: MessageRecord.State(rawValue: row["state"]) ?? .pending,
            createdAt: Timestamp(microseconds: row["createdAt"]),
            nextTryAt: row["state"] == "pending" ? row.moment("nextTryAt") : nil,
            finishedAt: row.moment("finishedAt"), answer: row["answer"],
            message: AlertJSON.value(AlertMessage.self, from: row["body"]),
            attempts: attempts.map {
                MessageRecord.Attempt(
                    startedAt: Timestamp(microseconds: $0["startedAt"]), finishedAt: $0.moment("finishedAt"),
                    outcome: $0["outcome"], answer: $0["answer"])
            })
    }
}
