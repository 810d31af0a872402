import CaliberCore
import CaliberSinks
import Foundation

/// Alerts and messages as the text that the database keeps.
enum AlertJSON {
    static func text(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    static func value<Value: Decodable>(_ type: Value.Type, from text: String) -> Value? {
        try? JSONDecoder().decode(type, from: Data(text.utf8))
    }
}

extension AlertSeverity {
    /// As the database keeps it: 0 the mildest.
    var rank: Int { AlertSeverity.allCases.firstIndex(of: self) ?? 0 }

    init(rank: Int) {
        self = AlertSeverity.allCases[min(max(rank, 0), AlertSeverity.allCases.count - 1)]
    }
}

extension Alert {
    /// The same alert, as it began to fire.
    func firing(at moment: Timestamp) -> Alert {
        with(status: .firing, facts: facts, startsAt: min(startsAt, moment), endsAt: nil)
    }

    func resolved(at moment: Timestamp) -> Alert {
        with(status: .resolved, facts: facts, startsAt: startsAt, endsAt: max(startsAt, moment))
    }

    func with(facts: [Fact]) -> Alert {
        with(status: status, facts: facts, startsAt: startsAt, endsAt: endsAt)
    }

    private func with(status: AlertStatus, facts: [Fact], startsAt: Timestamp, endsAt: Timestamp?) -> Alert {
        Alert(
            id: id, watch: watch, severity: severity, status: status, title: title, summary: summary, cause: cause,
            advice: advice, labels: labels, facts: facts, startsAt: startsAt, endsAt: endsAt, link: link)
    }

    /// What is said of an alert whose record can't be read: a person is to know that there was one.
    static func unreadable(id: String, severity: AlertSeverity, isFiring: Bool, at moment: Timestamp) -> Alert {
        Alert(
            id: id, watch: AlertOutbox.ownWatch, severity: severity, status: isFiring ? .firing : .resolved,
            title: "Alert \(id)", summary: "What it said can't be read from the database any more.",
            startsAt: moment, endsAt: isFiring ? nil : moment)
    }
}
