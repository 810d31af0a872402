import CaliberCore
import CaliberSinks
import CaliberStore
import GRDB

/// Where findings become words owed to endpoints, in the transaction that finds them.
public struct AlertOutbox: Sendable {
    public let routing: AlertRouting

    public init(routing: AlertRouting) {
        self.routing = routing
    }

    /// The watch of what Caliber says of its own deliveries.
    public static let ownWatch = "caliber.delivery"

    static let idLengthLimit = 200

    /// What raising an alert came to.
    public enum Raised: Sendable, Equatable {
        /// It fires from now on; so many endpoints are owed the word.
        case opened(endpointCount: Int)
        /// It fired already: its facts are the new ones, nobody is told.
        case stillFiring
    }

    /// Raises an alert, within the caller's transaction.
    ///
    /// One that fires already keeps what was said of it but for its facts and when it was last seen.
    /// - Throws: `AlertProblem.badAlertID`, or what the database says.
    @discardableResult
    package func raise(_ alert: Alert, at now: Timestamp, in database: Database) throws -> Raised {
        try raise(alert, at: now, avoiding: nil, in: database)
    }

    @discardableResult
    func raise(
        _ alert: Alert, at now: Timestamp, avoiding avoided: String?, in database: Database
    ) throws -> Raised {
        guard AlertOutbox.isUsable(alert.id) else { throw AlertProblem.badAlertID(id: alert.id) }
        let known = try Row.fetchOne(
            try database.cachedStatement(sql: "SELECT status, body FROM alert WHERE alertID = ?"),
            arguments: [alert.id])
        if let known, known["status"] == AlertStatus.firing.rawValue {
            let body = AlertJSON.value(Alert.self, from: known["body"]) ?? alert.firing(at: now)
            try database.executeCached(
                sql: "UPDATE alert SET lastSeenAt = max(lastSeenAt, ?), body = ? WHERE alertID = ?",
                arguments: [now.microseconds, try AlertJSON.text(body.with(facts: alert.facts)), alert.id])
            return .stillFiring
        }
        let firing = alert.firing(at: now)
        let targets = targets(of: firing, avoiding: avoided)
        let body = try AlertJSON.text(firing)
        try database.executeCached(
            sql: """
                INSERT INTO alert (alertID, status, severity, raiseCount, lastSeenAt, changedAt, isInhibitor, body)
                VALUES (?, 'firing', ?, 1, ?, ?, ?, ?)
                ON CONFLICT (alertID) DO UPDATE SET status = 'firing', severity = excluded.severity,
                    raiseCount = raiseCount + 1, lastSeenAt = excluded.lastSeenAt, changedAt = excluded.changedAt,
                    isInhibitor = excluded.isInhibitor, body = excluded.body
                """,
            arguments: [
                alert.id, firing.severity.rank, now.microseconds, now.microseconds,
                routing.isInhibitor(firing.matchedLabels), body,
            ])
        let event = try AlertEventRow.insert(
            .raised, of: alert.id, owedCount: targets.count, body: body, at: now, in: database)
        for target in targets {
            let group = try AlertGroupRow.open(target, severity: firing.severity, at: now, in: database)
            try AlertGroupRow.join(group, alertID: alert.id, endpoint: target.endpoint, in: database)
            try owe(event, of: alert.id, to: target.endpoint, group: group, in: database)
        }
        try ClockRow.advance(to: now, in: database)
        return .opened(endpointCount: targets.count)
    }

    /// Ends an alert, within the caller's transaction. Whoever was owed its beginning is owed its end.
    ///
    /// - Returns: whether it fired.
    @discardableResult
    package func resolve(_ alertID: String, at now: Timestamp, in database: Database) throws -> Bool {
        let known = try Row.fetchOne(
            try database.cachedStatement(
                sql: "SELECT body, severity FROM alert WHERE alertID = ? AND status = 'firing'"),
            arguments: [alertID])
        guard let known else { return false }
        let severity = AlertSeverity(rank: known["severity"])
        let alert =
            AlertJSON.value(Alert.self, from: known["body"])
            ?? .unreadable(id: alertID, severity: severity, isFiring: true, at: now)
        let body = try AlertJSON.text(alert.resolved(at: now))
        try database.executeCached(
            sql: "UPDATE alert SET status = 'resolved', changedAt = ?, lastSeenAt = ?, body = ? WHERE alertID = ?",
            arguments: [now.microseconds, now.microseconds, body, alertID])
        let memberships = try Row.fetchAll(
            try database.cachedStatement(
                sql: """
                    SELECT alertGroup.alertGroupID AS alertGroupID, endpoint FROM alertMember
                    JOIN alertGroup USING (alertGroupID) WHERE alertID = ? ORDER BY alertGroupID
                    """), arguments: [alertID])
        let event = try AlertEventRow.insert(
            .resolved, of: alertID, owedCount: memberships.count, body: body, at: now, in: database)
        for membership in memberships {
            try AlertGroupRow.wake(membership["alertGroupID"], severity: severity, at: now, in: database)
            try owe(event, of: alertID, to: membership["endpoint"], group: membership["alertGroupID"], in: database)
        }
        try AlertGroupRow.look(mutedBy: alertID, at: now, in: database)
        try ClockRow.advance(to: now, in: database)
        return true
    }

    private func owe(
        _ event: Int64, of alertID: String, to endpoint: String, group: Int64, in database: Database
    ) throws {
        try AlertDeliveryRow.insert(event, of: alertID, to: endpoint, group: group, in: database)
        try AlertLedger.owe(1, to: endpoint, in: database)
    }

    /// Own words about an endpoint go past it.
    private func targets(of alert: Alert, avoiding avoided: String?) -> [AlertTarget] {
        let targets = routing.root.targets(of: alert.matchedLabels)
        guard let avoided else { return targets }
        let others = targets.filter { $0.endpoint != avoided }
        guard others.isEmpty else { return others }
        let notices = AlertRoute(endpoints: routing.noticeEndpoints.filter { $0 != avoided }, waitMicroseconds: 0)
        return notices.targets(of: alert.matchedLabels)
    }

    /// Whether a text can be an alert's id.
    package static func isUsable(_ id: String) -> Bool {
        (1...idLengthLimit).contains(id.utf8.count)
            && id.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
                    true
                default: false
                }
            }
    }
}
