import CaliberCore
import Crypto
import Foundation

/// Speaks to programs that understand the webhooks of Prometheus Alertmanager.
///
/// Source: the Prometheus documentation, Alertmanager configuration, `webhook_config`, body version "4".
struct AlertmanagerWebhook: Receiver {
    /// Its receivers state no limit; this one keeps a flood of alerts readable by all of them.
    static let byteLimit = 256 * 1024
    private static let stillFiring = "0001-01-01T00:00:00Z"

    let settings: AlertmanagerSettings

    func parts(of message: AlertMessage) -> [String] {
        [message.fitted(body) { $0.utf8.count < AlertmanagerWebhook.byteLimit }]
    }

    private func body(of message: AlertMessage, isShortened: Bool) -> String {
        let alerts = message.alerts
        let labels = alerts.map(\.alertmanagerLabels)
        let annotations = alerts.map(\.alertmanagerAnnotations)
        let value: JSONValue = [
            "version": "4", "groupKey": .text(message.groupKey), "truncatedAlerts": .integer(message.omittedCount),
            "status": .text(message.status.rawValue), "receiver": .text(message.endpoint),
            "groupLabels": JSONValue(message.groupLabels.withPrometheusNames),
            "commonLabels": JSONValue(shared(labels)),
            "commonAnnotations": JSONValue(shared(annotations)), "externalURL": .text(settings.externalURL),
            "alerts": .list(
                zip(alerts, zip(labels, annotations)).map { alert, texts in
                    [
                        "status": .text(alert.status.rawValue), "labels": JSONValue(texts.0),
                        "annotations": JSONValue(texts.1), "startsAt": .text(alert.startsAt.description),
                        "endsAt": .text(alert.endsAt?.description ?? AlertmanagerWebhook.stillFiring),
                        "generatorURL": .text(alert.link ?? ""), "fingerprint": .text(alert.fingerprint),
                    ]
                }),
        ]
        return value.written
    }

    /// What all of them have in common.
    private func shared(_ texts: [[String: String]]) -> [String: String] {
        guard let first = texts.first else { return [:] }
        return first.filter { name, value in texts.allSatisfy { $0[name] == value } }
    }

    func request(_ part: String, of message: AlertMessage, at moment: Timestamp) -> HTTPRequest {
        let authorization = settings.bearerToken.map { HTTPRequest.Header("Authorization", "Bearer \($0.value)") }
        return HTTPRequest(
            url: settings.url.value, headers: authorization.map { [$0] } ?? [], body: Array(part.utf8))
    }

    func outcome(of answer: HTTPAnswer, at moment: Timestamp) -> SendOutcome {
        answer.outcomeByStatus(at: moment) ?? .delivered(answer: answer.summary)
    }

    var secrets: [String] { settings.bearerToken.map { [$0.value] } ?? [] }
}

extension Alert {
    fileprivate var alertmanagerLabels: [String: String] {
        var named = labels.withPrometheusNames
        named["alertname"] = watch
        named["severity"] = severity.rawValue
        return named
    }

    fileprivate var alertmanagerAnnotations: [String: String] {
        var texts = ["summary": title, "description": summary]
        texts["cause"] = cause
        if !advice.isEmpty { texts["advice"] = advice.joined(separator: "\n") }
        if !facts.isEmpty { texts["facts"] = facts.map { "\($0.name): \($0.value)" }.joined(separator: "\n") }
        return texts
    }

    /// Sixteen hexadecimal digits that tell this alert from others.
    fileprivate var fingerprint: String {
        SHA256.hash(data: Data(id.utf8)).prefix(8).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }
            .joined()
    }
}

extension [String: String] {
    /// Names that Prometheus takes: letters, digits and `_`, no digit first. Of two names that become one, the first
    /// in alphabetical order stays.
    fileprivate var withPrometheusNames: [String: String] {
        let renamed = sorted { $0.key < $1.key }.map { name, value in
            let bytes = name.utf8.map { $0.isASCIILetterOrDigit ? $0 : UInt8(ascii: "_") }
            let text = String(decoding: bytes, as: UTF8.self)
            return (text.first.map { $0.isNumber } ?? true ? "_" + text : text, value)
        }
        return Dictionary(renamed) { first, _ in first }
    }
}
