import CaliberCore
import CaliberSinks
import GRDB

/// A message on its way: what is recorded before a try, and what after it.
struct TryRecord: Sendable {
    let attemptID: Int64
    let message: AlertMessage

    /// Records that a message is about to be tried, which is what counts against the budget.
    ///
    /// - Returns: nil when it is not waiting any more, or can't be read, which makes it a dead letter.
    static func begin(
        _ messageID: String, at now: Timestamp, ending: TryEnding, in database: Database
    ) throws -> TryRecord? {
        let row = try Row.fetchOne(
            database,
            sql: "SELECT endpoint, partCount, body FROM alertMessage WHERE messageID = ? AND state = 'pending'",
            arguments: [messageID])
        guard let row else { return nil }
        guard let message = AlertJSON.value(AlertMessage.self, from: row["body"]) else {
            try ending.kill(messageID, because: "The message can't be read from the database.", at: now, in: database)
            return nil
        }
        try database.execute(
            sql: "INSERT INTO alertAttempt (messageID, endpoint, partCount, startedAt) VALUES (?, ?, ?, ?)",
            arguments: [messageID, row["endpoint"] as String, row["partCount"] as Int, now.microseconds])
        return TryRecord(attemptID: database.lastInsertedRowID, message: message)
    }
}

/// What the end of a try changes: the message, the words it answers for, the endpoint, and who is told of that.
struct TryEnding: Sendable {
    let outbox: AlertOutbox
    let endpoint: String
    let policy: DeliveryPolicy

    private static let answerLengthLimit = 1_000

    /// Records how a try ended.
    func record(_ outcome: SendOutcome, of attempt: TryRecord, at now: Timestamp, in database: Database) throws {
        let (name, answer) = TryEnding.words(for: outcome)
        try database.execute(
            sql: "UPDATE alertAttempt SET finishedAt = ?, outcome = ?, answer = ? WHERE alertAttemptID = ?",
            arguments: [now.microseconds, name, answer, attempt.attemptID])
        var health = try EndpointHealth.read(endpoint, in: database)
        let wasDisabled = health.isDisabled
        let change = health.take(outcome, at: now, policy)
        try health.write(endpoint, in: database)
        try decide(outcome, of: attempt.message.id, health: health, at: now, in: database)
        switch change {
        case .none: break
        case .recovered: try hurry(at: now, in: database)
        case .disabled(let reason) where !wasDisabled: try tell(disabledBecause: reason, at: now, in: database)
        case .disabled: break
        }
        try ClockRow.advance(to: now, in: database)
    }

    private func decide(
        _ outcome: SendOutcome, of messageID: String, health: EndpointHealth, at now: Timestamp,
        in database: Database
    ) throws {
        let row = try Row.fetchOne(
            database,
            sql: "SELECT kind, failureCount, queuedAt FROM alertMessage WHERE messageID = ? AND state = 'pending'",
            arguments: [messageID])
        guard let row else { return }
        let answer = TryEnding.words(for: outcome).answer
        let fate = MessageFate(
            outcome, of: messageID, failureCount: row["failureCount"],
            queuedAt: Timestamp(microseconds: row["queuedAt"]), health: health, at: now, policy)
        let isTest = row["kind"] == AlertMessage.Kind.test.rawValue
        switch fate {
        case .delivered: try finish(messageID, as: .delivered, answer: answer, at: now, in: database)
        // Whoever makes a test is waiting for its answer.
        case .again where isTest: try finish(messageID, as: .dead, answer: answer, at: now, in: database)
        case .again(let moment, let failureCount):
            try database.execute(
                sql: """
                    UPDATE alertMessage SET nextTryAt = ?, failureCount = ?, interruptionCount = 0, answer = ?
                    WHERE messageID = ?
                    """, arguments: [moment.microseconds, failureCount, answer, messageID])
        case .dead(let reason): try kill(messageID, because: reason, at: now, in: database)
        }
    }

    /// Gives a message up. Someone is told, unless it was a test.
    func kill(_ messageID: String, because reason: String, at now: Timestamp, in database: Database) throws {
        let wordCount = try finish(messageID, as: .dead, answer: reason, at: now, in: database)
        guard wordCount > 0, try !EndpointHealth.read(endpoint, in: database).isDisabled else { return }
        try outbox.raise(
            Alert(
                id: OwnAlert.deadLetters(of: endpoint), watch: AlertOutbox.ownWatch, severity: .warning,
                title: "Messages to \(endpoint) were given up",
                summary: "A message could not be delivered, and is kept as a dead letter: \(reason)",
                advice: ["See what \(endpoint) says, then replay its dead letters."],
                labels: ["endpoint": endpoint], facts: [Alert.Fact(name: "message", value: messageID)],
                startsAt: now), at: now, avoiding: endpoint, in: database)
    }

    /// Settles a message and every word that it answers for.
    ///
    /// - Returns: how many words those were.
    @discardableResult
    func finish(
        _ messageID: String, as state: AlertLedger.State, answer: String, at now: Timestamp, in database: Database
    ) throws -> Int {
        try database.execute(
            sql: "UPDATE alertMessage SET state = ?, finishedAt = ?, answer = ? WHERE messageID = ?",
            arguments: [
                state.rawValue, now.microseconds, String(answer.prefix(TryEnding.answerLengthLimit)), messageID,
            ])
        var total = 0
        for isMerged in [false, true] {
            let settled: AlertLedger.State = state == .delivered && isMerged ? .merged : state
            try database.execute(
                sql: "UPDATE alertDelivery SET state = ? WHERE messageID = ? AND state = 'waiting' AND isMerged = ?",
                arguments: [settled.rawValue, messageID, isMerged])
            let count = database.changesCount
            try AlertLedger.move(count, of: endpoint, from: .waiting, to: settled, in: database)
            total += count
        }
        try release(messageID, at: now, in: database)
        return total
    }

    /// Lets the groups of a message go on: not at once, so that two messages keep their distance.
    private func release(_ messageID: String, at now: Timestamp, in database: Database) throws {
        let groups = try Int64.fetchAll(
            database, sql: "SELECT alertGroupID FROM alertGroup WHERE pendingMessageID = ?", arguments: [messageID])
        for group in groups {
            try database.execute(
                sql: """
                    UPDATE alertGroup SET pendingMessageID = NULL, lastMessageAt = :now,
                        dueAt = CASE WHEN dueAt IS NULL THEN NULL ELSE max(dueAt, :now + intervalLength) END
                    WHERE alertGroupID = :group
                    """, arguments: ["now": now.microseconds, "group": group])
            try GroupLook.plan(group, at: now, in: database)
        }
    }

    /// Tries at once what failed while the endpoint was down.
    private func hurry(at now: Timestamp, in database: Database) throws {
        try database.execute(
            sql: """
                UPDATE alertMessage SET nextTryAt = min(nextTryAt, ?)
                WHERE endpoint = ? AND state = 'pending' AND failureCount > 0
                """, arguments: [now.microseconds, endpoint])
    }

    private func tell(disabledBecause reason: String, at now: Timestamp, in database: Database) throws {
        try outbox.raise(
            OwnAlert.disabled(endpoint, because: reason, at: now), at: now, avoiding: endpoint, in: database)
    }

    static func words(for outcome: SendOutcome) -> (name: String, answer: String) {
        switch outcome {
        case .delivered(let answer): ("delivered", answer)
        case .failed(let reason): ("failed", reason)
        case .throttled(let reason, _): ("throttled", reason)
        case .refused(let reason): ("refused", reason)
        case .gone(let reason): ("gone", reason)
        }
    }
}

/// What Caliber says of its own deliveries.
enum OwnAlert {
    static func disabled(_ endpoint: String, because reason: String, at now: Timestamp) -> Alert {
        Alert(
            id: disabled(endpoint), watch: AlertOutbox.ownWatch, severity: .critical,
            title: "Endpoint \(endpoint) was turned off",
            summary: "Nothing is sent to \(endpoint) any more: \(reason)",
            advice: ["Mend or replace \(endpoint), turn it on again and replay its dead letters."],
            labels: ["endpoint": endpoint], startsAt: now)
    }

    static func disabled(_ endpoint: String) -> String { "endpoint-disabled-" + text(endpoint) }
    static func deadLetters(of endpoint: String) -> String { "endpoint-dead-letters-" + text(endpoint) }

    /// An endpoint's name in the letters of an alert's id: others as their number between `_`.
    private static func text(_ endpoint: String) -> String {
        let spelled = endpoint.unicodeScalars.map { scalar in
            let isPlain = scalar.isASCII && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil)
            return isPlain || scalar == "-" ? String(scalar) : "_\(String(scalar.value, radix: 16))_"
        }.joined()
        return String(spelled.prefix(AlertOutbox.idLengthLimit - 30))
    }
}
