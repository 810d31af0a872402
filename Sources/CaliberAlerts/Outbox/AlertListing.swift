import CaliberCore
import CaliberSinks
import GRDB

/// An alert as it stands, and what became of the words about it.
public struct AlertRecord: Sendable, Equatable {
    /// A word owed to an endpoint.
    public struct Word: Sendable, Equatable {
        public enum State: Sendable, Equatable {
            /// In this message, once there is one.
            case waiting(messageID: String?)
            case delivered(messageID: String)
            /// This message says something newer in its place, or counts it.
            case merged(messageID: String)
            case silenced(number: Int64)
            case inhibited(alertID: String)
            case dead(messageID: String)
        }

        /// `raised`, `resolved`, `reminded` or `unmuted`.
        public let kind: String
        public let at: Timestamp
        public let endpoint: String
        public let state: State
    }

    public let alert: Alert
    public let raiseCount: Int
    public let lastSeenAt: Timestamp
    /// Oldest first; empty in lists.
    public let words: [Word]
}

public enum AlertListing {
    /// Alerts, worst first, then those that changed last.
    ///
    /// - Parameter status: nil for both.
    package static func alerts(
        status: AlertStatus? = .firing, limit: Int = 100, in database: Database
    ) throws -> [AlertRecord] {
        try Row.fetchAll(
            database,
            sql: """
                SELECT * FROM alert WHERE :status IS NULL OR status = :status
                ORDER BY status, severity DESC, changedAt DESC, alertID LIMIT :limit
                """, arguments: ["status": status?.rawValue, "limit": max(0, limit)]
        ).map { record($0, words: []) }
    }

    /// One alert with every word about it; nil when there is none.
    package static func alert(_ id: String, in database: Database) throws -> AlertRecord? {
        let row = try Row.fetchOne(database, sql: "SELECT * FROM alert WHERE alertID = ?", arguments: [id])
        return try row.map { row in
            let words = try Row.fetchAll(
                database,
                sql: """
                    SELECT kind, at, endpoint, state, messageID, silenceID, inhibitorID
                    FROM alertDelivery JOIN alertEvent USING (alertEventID)
                    WHERE alertDelivery.alertID = ? ORDER BY alertDeliveryID
                    """, arguments: [id])
            return record(row, words: words)
        }
    }

    private static func record(_ row: Row, words: [Row]) -> AlertRecord {
        let lastSeenAt = Timestamp(microseconds: row["lastSeenAt"])
        return AlertRecord(
            alert: AlertJSON.value(Alert.self, from: row["body"])
                ?? .unreadable(
                    id: row["alertID"], severity: AlertSeverity(rank: row["severity"]),
                    isFiring: row["status"] == AlertStatus.firing.rawValue, at: lastSeenAt),
            raiseCount: row["raiseCount"], lastSeenAt: lastSeenAt, words: words.map(word))
    }

    private static func word(_ row: Row) -> AlertRecord.Word {
        let messageID: String? = row["messageID"]
        let state: AlertRecord.Word.State =
            switch AlertLedger.State(rawValue: row["state"]) {
            case .delivered: .delivered(messageID: messageID ?? "")
            case .merged: .merged(messageID: messageID ?? "")
            case .silenced: .silenced(number: row["silenceID"] ?? 0)
            case .inhibited: .inhibited(alertID: row["inhibitorID"] ?? "")
            case .dead: .dead(messageID: messageID ?? "")
            case .waiting, nil: .waiting(messageID: messageID)
            }
        return AlertRecord.Word(
            kind: row["kind"], at: Timestamp(microseconds: row["at"]), endpoint: row["endpoint"], state: state)
    }
}
