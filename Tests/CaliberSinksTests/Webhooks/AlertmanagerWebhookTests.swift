import CaliberCore
import CaliberSinks
import CaliberTesting
import Foundation
import Testing

@Suite struct AlertmanagerWebhookTests {
    /// The body as Alertmanager's documentation describes it.
    struct Body: Decodable {
        struct AlertBody: Decodable {
            let status: String
            let labels: [String: String]
            let annotations: [String: String]
            let startsAt: String
            let endsAt: String
            let generatorURL: String
            let fingerprint: String
        }
        let version: String
        let groupKey: String
        let truncatedAlerts: Int
        let status: String
        let receiver: String
        let groupLabels: [String: String]
        let commonLabels: [String: String]
        let commonAnnotations: [String: String]
        let externalURL: String
        let alerts: [AlertBody]
    }

    private func body(of message: AlertMessage) throws -> Body {
        let settings = AlertmanagerSettings(url: SecretText("https://example.com/"), externalURL: "https://caliber")
        let parts = try Sample.sender(.alertmanager(settings)).parts(of: message)
        #expect(parts.count == 1 && parts[0].utf8.count < 256 * 1024)
        return try JSONDecoder().decode(Body.self, from: Data(parts[0].utf8))
    }

    @Test func `what all alerts share is common, the rest is not`() throws {
        let resolved = Sample.alert(
            id: "b", severity: .warning, status: .resolved, title: "Another",
            labels: ["channel": "douyin", "order_id": "SO-9"])
        let body = try body(of: Sample.message(alerts: [Sample.alert(), resolved]))
        #expect(body.version == "4" && body.status == "firing" && body.receiver == "ops")
        #expect(body.alerts.map(\.status) == ["firing", "resolved"])
        #expect(body.commonLabels == ["alertname": "order_health", "channel": "douyin"])
        #expect(body.commonAnnotations["summary"] == nil && body.commonAnnotations["description"] != nil)
        #expect(body.alerts.map(\.endsAt) == ["0001-01-01T00:00:00Z", "2026-03-01T18:20:05Z"])
        #expect(body.alerts[0].fingerprint != body.alerts[1].fingerprint)
        #expect(body.alerts.allSatisfy { $0.fingerprint.count == 16 })
    }

    @Test func `names of labels are such that Prometheus takes them`() throws {
        let alert = Sample.alert(labels: ["order-id": "1", "order.id": "2", "9lives": "3", "渠道": "4", "severity": "x"])
        let labels = try #require(try body(of: Sample.message(alerts: [alert])).alerts.first?.labels)
        #expect(
            labels == [
                "order_id": "1", "_9lives": "3", "______": "4", "severity": "critical", "alertname": "order_health",
            ])
    }

    @Test func `a flood is cut, and how many are missing is said`() throws {
        let body = try body(of: Sample.message(alerts: Sample.alerts(2000), omitted: 5))
        #expect(body.alerts.count + body.truncatedAlerts == 2005)
        #expect(body.alerts.count > 300)
    }
}
