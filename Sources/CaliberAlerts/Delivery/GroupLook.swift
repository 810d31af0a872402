import CaliberCore
import CaliberSinks
import GRDB

/// Looks again at the alerts of a group that still fire: those that were muted and are not any more are told, and those
/// that were told long ago are told again.
enum GroupLook {
    static func take(
        _ group: Int64, endpoint: String, muting: Muting, limit: Int, at now: Timestamp, in database: Database
    ) throws {
        let isReminderDue = try isReminderDue(group, at: now, in: database)
        var reminded = 0
        // Alerts of which a word waits anyway are left to it.
        let members = try Row.fetchAll(
            database,
            sql: """
                SELECT alertMember.alertID AS alertID, isTold, mutingSilenceID, mutingAlertID, severity, body
                FROM alertMember JOIN alert USING (alertID)
                WHERE alertGroupID = :group AND status = 'firing' AND NOT EXISTS (
                    SELECT 1 FROM alertDelivery WHERE alertDelivery.alertGroupID = :group
                    AND state = 'waiting' AND messageID IS NULL AND alertDelivery.alertID = alertMember.alertID)
                ORDER BY severity DESC, alertMember.alertID
                """, arguments: ["group": group])
        for member in members {
            let isTold: Bool = member["isTold"]
            let wasMuted = member["mutingSilenceID"] as Int64? != nil || member["mutingAlertID"] as String? != nil
            guard isTold || wasMuted else { continue }
            let alertID: String = member["alertID"]
            let reason =
                muting.isIdle
                ? nil
                : AlertJSON.value(Alert.self, from: member["body"]).flatMap(muting.reason(toMute:))
            try note(alertID, in: group, isResolved: false, muting: reason, isTold: isTold, database)
            guard reason == nil else { continue }
            if !isTold {
                try owe(.unmuted, member, group: group, endpoint: endpoint, at: now, in: database)
            } else if isReminderDue, reminded < limit {
                reminded += 1
                try owe(.reminded, member, group: group, endpoint: endpoint, at: now, in: database)
            }
        }
        try plan(group, at: now, in: database)
    }

    private static func isReminderDue(_ group: Int64, at now: Timestamp, in database: Database) throws -> Bool {
        try Bool.fetchOne(
            database, sql: "SELECT lastMessageAt + repeatLength <= ? FROM alertGroup WHERE alertGroupID = ?",
            arguments: [now.microseconds, group]) ?? false
    }

    private static func owe(
        _ kind: AlertEventRow.Kind, _ member: Row, group: Int64, endpoint: String, at now: Timestamp,
        in database: Database
    ) throws {
        let alertID: String = member["alertID"]
        let event = try AlertEventRow.insert(
            kind, of: alertID, owedCount: 1, body: member["body"], at: now, in: database)
        try AlertDeliveryRow.insert(event, of: alertID, to: endpoint, group: group, in: database)
        try AlertLedger.owe(1, to: endpoint, in: database)
        try AlertGroupRow.wake(group, severity: AlertSeverity(rank: member["severity"]), at: now, in: database)
    }

    /// Keeps in mind whether an endpoint has been told of an alert and what mutes it; forgets what is over.
    static func note(
        _ alertID: String, in group: Int64, isResolved: Bool, muting: Muting.Reason?, isTold: Bool,
        _ database: Database
    ) throws {
        guard !isResolved else { return try forget(alertID, in: group, database) }
        var silenceID: Int64?
        var inhibitorID: String?
        switch muting {
        case .silence(let number): silenceID = number
        case .alert(let id): inhibitorID = id
        case nil: break
        }
        try database.execute(
            sql: """
                UPDATE alertMember SET isTold = max(isTold, ?), mutingSilenceID = ?, mutingAlertID = ?
                WHERE alertID = ? AND alertGroupID = ?
                """, arguments: [isTold, silenceID, inhibitorID, alertID, group])
    }

    private static func forget(_ alertID: String, in group: Int64, _ database: Database) throws {
        try database.execute(
            sql: """
                DELETE FROM alertMember WHERE alertID = :alert AND alertGroupID = :group
                    AND NOT EXISTS (SELECT 1 FROM alert WHERE alertID = :alert AND status = 'firing')
                """, arguments: ["alert": alertID, "group": group])
        // One that fires again meanwhile begins anew.
        try database.execute(
            sql: """
                UPDATE alertMember SET isTold = 0, mutingSilenceID = NULL, mutingAlertID = NULL
                WHERE alertID = ? AND alertGroupID = ?
                """, arguments: [alertID, group])
    }

    /// Says when to look next: when a silence ends, or when it is time to remind.
    static func plan(_ group: Int64, at now: Timestamp, in database: Database) throws {
        try database.execute(
            sql: """
                UPDATE alertGroup SET lookAt = (SELECT max(min(moment), :soonest) FROM (
                    SELECT untilMoment AS moment FROM alertMember JOIN alertSilence
                        ON alertSilenceID = mutingSilenceID WHERE alertMember.alertGroupID = alertGroup.alertGroupID
                    UNION ALL SELECT lastMessageAt + repeatLength WHERE dueAt IS NULL AND EXISTS (
                        SELECT 1 FROM alertMember WHERE alertMember.alertGroupID = alertGroup.alertGroupID
                        AND isTold AND mutingSilenceID IS NULL AND mutingAlertID IS NULL)))
                WHERE alertGroupID = :group
                """, arguments: ["group": group, "soonest": (now + 1_000_000).microseconds])
    }
}
