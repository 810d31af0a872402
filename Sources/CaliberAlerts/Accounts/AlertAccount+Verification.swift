import CaliberCore
import GRDB

extension AlertAccount {
    /// Holds the account against the rows that it counts, and the rows against each other.
    ///
    /// - Returns: what is wrong, one sentence each; empty when everything adds up.
    package static func verify(in database: Database) throws -> [String] {
        try countProblems(in: database) + (try rowProblems(in: database))
    }

    private static func countProblems(in database: Database) throws -> [String] {
        var problems: [String] = []
        var counted: [String: [String: Int]] = [:]
        let rows = try Row.fetchAll(
            database,
            sql: """
                SELECT endpoint, state, sum(number) AS number FROM (
                    SELECT endpoint, state, count(*) AS number FROM alertDelivery GROUP BY endpoint, state
                    UNION ALL SELECT endpoint, state, deliveryCount FROM alertForgotten)
                GROUP BY endpoint, state
                """)
        for row in rows { counted[row["endpoint"], default: [:]][row["state"]] = row["number"] }
        let kept = try AlertAccount.read(in: database)
        for endpoint in Set(counted.keys).union(kept.lines.map(\.endpoint)).sorted() {
            let line = kept.lines.first { $0.endpoint == endpoint }?.line ?? Line()
            let states = counted[endpoint] ?? [:]
            if line.missing != 0 { problems.append("\(endpoint): \(line.missing) owed words are missing.") }
            for (state, count) in line.counts where states[state.rawValue] ?? 0 != count {
                problems.append(
                    "\(endpoint): the account has \(count) \(state.rawValue), the rows are \(states[state.rawValue] ?? 0)."
                )
            }
        }
        return problems
    }

    /// Each gives the keys of rows that can't be so.
    private static let rules: [(sentence: String, sql: String)] = [
        (
            "Event %: not as many deliveries as it owes.",
            """
            SELECT alertEventID FROM alertEvent WHERE owedCount <>
                (SELECT count(*) FROM alertDelivery WHERE alertDelivery.alertEventID = alertEvent.alertEventID)
            """
        ),
        (
            "Delivery %: its event is gone, or about another alert.",
            """
            SELECT alertDeliveryID FROM alertDelivery LEFT JOIN alertEvent USING (alertEventID)
            WHERE alertEvent.alertID IS NOT alertDelivery.alertID
            """
        ),
        (
            "Delivery %: its group is gone, or another endpoint's.",
            """
            SELECT alertDeliveryID FROM alertDelivery LEFT JOIN alertGroup USING (alertGroupID)
            WHERE alertGroup.endpoint IS NOT alertDelivery.endpoint
            """
        ),
        (
            "Delivery %: its state is not that of its message.",
            """
            SELECT alertDeliveryID FROM alertDelivery LEFT JOIN alertMessage USING (messageID)
            WHERE (alertDelivery.state IN ('delivered', 'merged', 'dead')
                    OR alertDelivery.state = 'waiting' AND messageID IS NOT NULL)
                AND (alertMessage.endpoint IS NOT alertDelivery.endpoint
                    OR alertMessage.state IS NOT CASE alertDelivery.state
                        WHEN 'dead' THEN 'dead' WHEN 'waiting' THEN 'pending' ELSE 'delivered' END)
            """
        ),
        (
            "Delivery %: delivered and merged are confused.",
            """
            SELECT alertDeliveryID FROM alertDelivery
            WHERE state = 'delivered' AND isMerged OR state = 'merged' AND NOT isMerged
            """
        ),
        (
            "Delivery %: nobody knows the silence.",
            """
            SELECT alertDeliveryID FROM alertDelivery WHERE state = 'silenced' AND NOT EXISTS
                (SELECT 1 FROM alertSilence WHERE alertSilenceID = silenceID)
            """
        ),
        (
            "Delivery %: nobody knows the alert that inhibited it.",
            """
            SELECT alertDeliveryID FROM alertDelivery WHERE state = 'inhibited' AND NOT EXISTS
                (SELECT 1 FROM alert WHERE alert.alertID = inhibitorID)
            """
        ),
        (
            "Delivery %: it waits, and nothing will ever take it up.",
            """
            SELECT alertDeliveryID FROM alertDelivery LEFT JOIN alertGroup USING (alertGroupID)
            WHERE state = 'waiting' AND messageID IS NULL AND dueAt IS NULL
            """
        ),
        (
            "Group %: it waits for a message that is not under way.",
            """
            SELECT alertGroupID FROM alertGroup WHERE pendingMessageID IS NOT NULL AND NOT EXISTS
                (SELECT 1 FROM alertMessage WHERE messageID = pendingMessageID AND state = 'pending')
            """
        ),
        (
            "Message %: delivered without a try that says so.",
            """
            SELECT messageID FROM alertMessage WHERE state = 'delivered' AND NOT EXISTS
                (SELECT 1 FROM alertAttempt WHERE alertAttempt.messageID = alertMessage.messageID
                AND outcome = 'delivered')
            """
        ),
        (
            "Message %: it names none of the words it was made for.",
            """
            SELECT messageID FROM alertMessage WHERE kind <> 'test' AND state <> 'delivered' AND NOT EXISTS
                (SELECT 1 FROM alertDelivery WHERE alertDelivery.messageID = alertMessage.messageID AND NOT isMerged)
            """
        ),
        (
            "Alert %: it is not what was last said of it.",
            """
            SELECT alertID FROM alert WHERE (status = 'firing') IS NOT
                (SELECT kind <> 'resolved' FROM alertEvent WHERE alertEvent.alertID = alert.alertID
                ORDER BY alertEventID DESC LIMIT 1)
            """
        ),
    ]

    private static let problemsNamedPerRule = 5

    private static func rowProblems(in database: Database) throws -> [String] {
        var problems: [String] = []
        for rule in rules {
            let keys = try DatabaseValue.fetchAll(
                database, sql: rule.sql + " LIMIT \(problemsNamedPerRule)")
            for key in keys {
                let name = String.fromDatabaseValue(key) ?? Int64.fromDatabaseValue(key).map(String.init) ?? "?"
                problems.append(rule.sentence.replacing("%", with: name))
            }
        }
        return problems
    }
}

extension AlertAccount.Line {
    var counts: [(AlertLedger.State, Int)] {
        [
            (.waiting, waiting), (.delivered, delivered), (.merged, merged), (.silenced, silenced),
            (.inhibited, inhibited), (.dead, dead),
        ]
    }
}
