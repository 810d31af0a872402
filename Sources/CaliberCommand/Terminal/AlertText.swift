import CaliberAlerts
import CaliberCore
import CaliberEngine
import CaliberSinks

/// Alerts and messages as people read them.
enum AlertText {
    static func list(_ alerts: [AlertRecord], zone: BusinessZone) -> String {
        var rows = [["SEVERITY", "SINCE", "STATE", "WHAT", "ALERT"]]
        for record in alerts {
            let alert = record.alert
            rows.append([
                alert.severity.rawValue, zone.clockText(of: alert.startsAt),
                alert.endsAt.map { "over \(zone.clockText(of: $0))" } ?? "fires", alert.title, alert.id,
            ])
        }
        return TextColumns.align(rows, indent: "")
    }

    static func alert(_ record: AlertRecord, zone: BusinessZone) -> String {
        let alert = record.alert
        var facts = [
            ["alert", alert.id], ["watch", alert.watch], ["severity", alert.severity.rawValue],
            ["since", zone.clockText(of: alert.startsAt)],
        ]
        if let end = alert.endsAt { facts.append(["over", zone.clockText(of: end)]) }
        if record.raiseCount > 1 { facts.append(["raised", "\(Output.grouped(record.raiseCount)) times"]) }
        if let cause = alert.cause { facts.append(["cause", cause]) }
        facts += alert.advice.map { ["advice", $0] }
        facts += alert.labels.sorted { $0.key < $1.key }.map { ["label", "\($0.key) = \($0.value)"] }
        facts += alert.facts.map { ["fact", "\($0.name) \($0.value)"] }
        let summary = alert.summary == alert.title ? "" : "\n  \(alert.summary)"
        var text = "\(alert.title)\(summary)\n\n" + TextColumns.align(facts)
        text += "\n\n"
        guard !record.words.isEmpty else { return text + "Nobody is told of it: no route has an endpoint for it." }
        let rows = record.words.map { word in
            [zone.clockText(of: word.at), word.kind, "to \(word.endpoint)", state(word.state)]
        }
        return text + TextColumns.align(rows)
    }

    private static func state(_ state: AlertRecord.Word.State) -> String {
        switch state {
        case .waiting(let message): "waits" + (message.map { ", in message \($0)" } ?? "")
        case .delivered(let message): "delivered in \(message)"
        case .merged(let message): "merged into \(message)"
        case .silenced(let number): "silenced by \(number)"
        case .inhibited(let alert): "not told because of \(alert)"
        case .dead(let message): "dead letter \(message)"
        }
    }

    static func message(_ record: MessageRecord, zone: BusinessZone) -> String {
        var facts = [
            ["message", record.id], ["to", record.endpoint], ["kind", record.kind.rawValue],
            ["state", record.state.rawValue], ["made", zone.clockText(of: record.createdAt)],
        ]
        if let next = record.nextTryAt { facts.append(["next try", zone.clockText(of: next)]) }
        if let answer = record.answer { facts.append(["answer", answer]) }
        facts += (record.message?.alerts ?? []).map { ["about", $0.title] }
        if let omitted = record.message?.omittedCount, omitted > 0 {
            facts.append(["about", "\(Output.grouped(omitted)) more"])
        }
        let tries = record.attempts.map { attempt in
            [zone.clockText(of: attempt.startedAt), attempt.outcome ?? "under way", attempt.answer ?? ""]
        }
        return TextColumns.align(facts) + (tries.isEmpty ? "" : "\n\n" + TextColumns.align(tries))
    }

    static func state(_ endpoint: AlertDesk.Endpoint, zone: BusinessZone) -> String {
        if let reason = endpoint.disabledReason { return "off: \(reason)" }
        if let until = endpoint.restsUntil { return "rests until \(zone.clockText(of: until))" }
        return endpoint.failureCount > 0 ? "\(Output.count(endpoint.failureCount, "failure")) in a row" : "well"
    }
}
