import CaliberAlerts
import CaliberChecks
import CaliberCore
import CaliberDictionary
import CaliberScoring
import CaliberSinks
import Crypto
import Foundation
import GRDB

/// What a finding becomes for people, in the transaction that keeps it: an alert, and a ticket where its watch opens one.
struct FindingWords {
    let outbox: AlertOutbox

    /// Says what is new, what has become worse, and what is over.
    func say(_ finding: Finding, at now: Timestamp, in database: Database) throws {
        let alertID = FindingWords.alertID(watch: finding.watch.name, subject: finding.subject)
        if finding.closedAt != nil {
            try outbox.resolve(alertID, at: now, in: database)
            if finding.watch.opensTicket { try close(finding, at: now, in: database) }
            return
        }
        try outbox.raise(FindingWords.alert(finding, id: alertID), at: now, in: database)
        if finding.watch.opensTicket {
            _ = try ReviewTickets.report(FindingWords.review(finding), at: now, in: database)
        }
    }

    /// The same for every word about one row or group of one watch, however often it begins and ends.
    static func alertID(watch: String, subject: String) -> String {
        let id = "\(watch)-\(subject)"
        let standsForItself = subject.utf8.count <= subjectLengthLimit && !subject.hasPrefix("-")
        if standsForItself, AlertOutbox.isUsable(id) { return id }
        // A subject that begins with a hyphen never stands for itself, so the two forms can't meet.
        let digest = SHA256.hash(data: Data(subject.utf8)).prefix(12)
        return "\(watch)--" + digest.map { String(format: "%02x", $0) }.joined()
    }

    /// An alert's id has at most 200 characters, a watch's name 100.
    private static let subjectLengthLimit = 90

    private static func alert(_ finding: Finding, id: String) -> Alert {
        var labels = finding.labels
        if let signal = finding.watch.signal { labels["signal"] = signal }
        return Alert(
            id: id, watch: finding.watch.name, severity: finding.watch.severity.alertSeverity, title: finding.title,
            summary: finding.summary ?? finding.watch.description ?? finding.title, cause: finding.cause,
            advice: finding.advice, labels: labels,
            facts: finding.facts.map { Alert.Fact(name: $0.name, value: $0.value) }, startsAt: finding.openedAt)
    }

    private static func review(_ finding: Finding) -> ReviewFinding {
        ReviewFinding(
            orderID: finding.subject, watch: finding.watch.name, channel: finding.labels["channel"],
            healthHundredths: finding.healthHundredths ?? Finding.perfectHealthHundredths, advice: finding.advice,
            explanation: finding.explanation)
    }

    private func close(_ finding: Finding, at now: Timestamp, in database: Database) throws {
        // A ticket that another watch has taken over is that one's to close.
        guard let ticket = try ReviewTickets.openTicket(of: finding.subject, in: database),
            ticket.watch == finding.watch.name
        else { return }
        let health = finding.healthHundredths.map { "health \(HealthPoints.text(hundredths: $0))" }
        try ReviewTickets.close(
            ticket.number, because: "\(finding.watch.name) is over" + (health.map { ", \($0)" } ?? ""), by: nil,
            at: now, in: database)
    }
}

extension WatchDefinition.Severity {
    fileprivate var alertSeverity: AlertSeverity {
        switch self {
        case .info: .info
        case .warning: .warning
        case .critical: .critical
        }
    }
}
