import CaliberCore
import CaliberSinks
import GRDB

/// Makes one message of what groups have to say: settles what is muted, lets the newest word about an alert stand for the
/// earlier ones, and names the worst alerts where there are too many.
struct MessageFormation {
    let endpoint: AlertEndpoint
    let policy: DeliveryPolicy
    let muting: Muting
    let partCount: (AlertMessage) -> Int
    let makeMessageID: () -> String
    let now: Timestamp

    private struct Word {
        let deliveryID: Int64
        let alertID: String
        let group: Int64
        let isResolved: Bool
        let eventBody: String
    }

    /// What is said of one alert: its last word, and the words that it stands for.
    private struct Subject {
        let words: [Word]
        let alert: Alert

        var last: Word { words[words.count - 1] }
    }

    /// Makes the message, to be tried at once.
    ///
    /// - Returns: its id; nil when all of it was muted.
    func form(_ groups: [Int64], in database: Database) throws -> String? {
        var words: [Word] = []
        for group in groups {
            let limit = policy.wordLimit - words.count
            let found = limit > 0 ? try unsentWords(of: group, limit: limit, in: database) : []
            words += found
            try close(group, isExhausted: limit > 0 && found.count < limit, in: database)
        }
        var subjects: [Subject] = []
        for subject in try gather(words, in: database) {
            if let reason = try reasonToMute(subject, in: database) {
                try settle(subject, as: reason, in: database)
            } else {
                subjects.append(subject)
            }
        }
        guard !subjects.isEmpty else {
            for group in groups { try GroupLook.plan(group, at: now, in: database) }
            return nil
        }
        return try write(subjects, groups: groups, in: database)
    }

    private func unsentWords(of group: Int64, limit: Int, in database: Database) throws -> [Word] {
        try Row.fetchAll(
            database,
            sql: """
                SELECT alertDeliveryID, alertDelivery.alertID AS alertID, kind, body
                FROM alertDelivery JOIN alertEvent USING (alertEventID)
                WHERE alertGroupID = ? AND state = 'waiting' AND messageID IS NULL ORDER BY alertDeliveryID LIMIT ?
                """, arguments: [group, limit]
        ).map {
            Word(
                deliveryID: $0["alertDeliveryID"], alertID: $0["alertID"], group: group,
                isResolved: $0["kind"] == AlertEventRow.Kind.resolved.rawValue, eventBody: $0["body"])
        }
    }

    /// Nothing of the group is due any more, unless words were left for the next message.
    private func close(_ group: Int64, isExhausted: Bool, in database: Database) throws {
        try database.execute(
            sql:
                "UPDATE alertGroup SET dueAt = ?, severity = CASE WHEN ? THEN 0 ELSE severity END WHERE alertGroupID = ?",
            arguments: [isExhausted ? nil : now.microseconds, isExhausted, group])
    }

    private func gather(_ words: [Word], in database: Database) throws -> [Subject] {
        try Dictionary(grouping: words) { $0.alertID }.values
            .sorted { $0[0].deliveryID < $1[0].deliveryID }
            .map { words in Subject(words: words, alert: try alert(of: words[words.count - 1], in: database)) }
    }

    /// The alert as it stands now, or, where it fires again meanwhile, as it ended.
    private func alert(of word: Word, in database: Database) throws -> Alert {
        let current = try Row.fetchOne(
            database, sql: "SELECT status, severity, body FROM alert WHERE alertID = ?", arguments: [word.alertID])
        let isCurrent = current?["status"] == (word.isResolved ? AlertStatus.resolved : .firing).rawValue
        let body: String? = isCurrent ? current?["body"] : word.eventBody
        return body.flatMap { AlertJSON.value(Alert.self, from: $0) }
            ?? .unreadable(
                id: word.alertID, severity: AlertSeverity(rank: current?["severity"] ?? 0),
                isFiring: !word.isResolved, at: now)
    }

    private func reasonToMute(_ subject: Subject, in database: Database) throws -> Muting.Reason? {
        if !muting.isIdle, let reason = muting.reason(toMute: subject.alert) { return reason }
        // The end of what the endpoint never heard of is as little its concern as the beginning was.
        guard subject.words.allSatisfy(\.isResolved) else { return nil }
        let member = try Row.fetchOne(
            database, sql: "SELECT * FROM alertMember WHERE alertID = ? AND alertGroupID = ? AND NOT isTold",
            arguments: [subject.last.alertID, subject.last.group])
        if let number = member?["mutingSilenceID"] as Int64? { return .silence(number: number) }
        return (member?["mutingAlertID"] as String?).map { .alert(id: $0) }
    }

    private func settle(_ subject: Subject, as reason: Muting.Reason, in database: Database) throws {
        let state: AlertLedger.State
        let silenceID: Int64?
        let inhibitorID: String?
        switch reason {
        case .silence(let number): (state, silenceID, inhibitorID) = (.silenced, number, nil)
        case .alert(let id): (state, silenceID, inhibitorID) = (.inhibited, nil, id)
        }
        for word in subject.words {
            try database.execute(
                sql: "UPDATE alertDelivery SET state = ?, silenceID = ?, inhibitorID = ? WHERE alertDeliveryID = ?",
                arguments: [state.rawValue, silenceID, inhibitorID, word.deliveryID])
        }
        try AlertLedger.move(subject.words.count, of: endpoint.name, from: .waiting, to: state, in: database)
        try GroupLook.note(
            subject.last.alertID, in: subject.last.group, isResolved: subject.last.isResolved, muting: reason,
            isTold: false, database)
    }

    private func write(_ subjects: [Subject], groups: [Int64], in database: Database) throws -> String {
        let sorted = subjects.sorted { MessageFormation.goes($0.alert, before: $1.alert) }
        let id = makeMessageID()
        let (message, parts) = try draft(sorted.map(\.alert), groups: groups, id: id, in: database)
        try database.execute(
            sql: """
                INSERT INTO alertMessage (messageID, endpoint, kind, severity, partCount, state, createdAt, queuedAt,
                    nextTryAt, body) VALUES (?, ?, ?, ?, ?, 'pending', ?, ?, ?, ?)
                """,
            arguments: [
                id, endpoint.name, message.kind.rawValue, sorted[0].alert.severity.rank, parts, now.microseconds,
                now.microseconds, now.microseconds, try AlertJSON.text(message),
            ])
        for (index, subject) in sorted.enumerated() {
            for word in subject.words {
                let isNamed = index < message.alerts.count && word.deliveryID == subject.last.deliveryID
                try database.execute(
                    sql: "UPDATE alertDelivery SET messageID = ?, isMerged = ? WHERE alertDeliveryID = ?",
                    arguments: [id, !isNamed, word.deliveryID])
            }
            try GroupLook.note(
                subject.last.alertID, in: subject.last.group, isResolved: subject.last.isResolved, muting: nil,
                isTold: true, database)
        }
        for group in groups {
            try database.execute(
                sql: "UPDATE alertGroup SET pendingMessageID = ?, lastMessageAt = ? WHERE alertGroupID = ?",
                arguments: [id, now.microseconds, group])
            try GroupLook.plan(group, at: now, in: database)
        }
        return id
    }

    /// Worst first; what still fires before what is over; then the longest first.
    private static func goes(_ left: Alert, before right: Alert) -> Bool {
        if left.severity != right.severity { return left.severity > right.severity }
        if left.status != right.status { return left.status == .firing }
        return (left.startsAt, left.id) < (right.startsAt, right.id)
    }

    /// Names as many alerts as the endpoint can take at once.
    private func draft(
        _ alerts: [Alert], groups: [Int64], id: String, in database: Database
    ) throws -> (AlertMessage, partCount: Int) {
        let rows = try groups.map {
            try Row.fetchOne(
                database, sql: "SELECT groupKey, labels FROM alertGroup WHERE alertGroupID = ?", arguments: [$0])
        }
        let isDigest = groups.count > 1
        let isOwn = alerts.allSatisfy { $0.watch == AlertOutbox.ownWatch }
        let labels = isDigest ? nil : rows[0].flatMap { AlertJSON.value([String: String].self, from: $0["labels"]) }
        var namedCount = min(alerts.count, policy.listedAlertLimit)
        while true {
            let message = AlertMessage(
                id: id, kind: isDigest ? .digest : isOwn ? .notice : .alerts, endpoint: endpoint.name,
                groupKey: isDigest ? "digest" : rows[0]?["groupKey"] ?? "", groupLabels: labels ?? [:],
                alerts: Array(alerts.prefix(namedCount)), omittedCount: alerts.count - namedCount, createdAt: now)
            let parts = max(1, partCount(message))
            guard parts > endpoint.budget.capacity, namedCount > 1 else { return (message, parts) }
            namedCount /= 2
        }
    }
}
