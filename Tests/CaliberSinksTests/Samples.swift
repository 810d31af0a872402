import CaliberCore
import CaliberSinks
import CaliberTesting
import Foundation

/// One set of receivers for all tests of this module.
enum Receivers {
    static let shared = Result { try AlertReceiver() }

    static var receiver: AlertReceiver {
        get throws { try shared.get() }
    }
}

extension AddressPolicy {
    /// The receivers of the tests, and nothing else of this machine.
    static let receivers = try! AddressPolicy(allowedNetworks: ["127.0.0.1/32"])
}

extension Timestamp {
    static func utc(_ text: String) -> Timestamp {
        do throws(TimestampText.Failure) {
            return try TimestampText.parse(text, zone: nil)
        } catch {
            preconditionFailure("\(text) is no time: \(error)")
        }
    }

    static var now: Timestamp { Timestamp(microseconds: Int64(Date().timeIntervalSince1970 * 1_000_000)) }
}

enum Sample {
    /// Golden files stand beside this file.
    static let file = #filePath

    static let start = Timestamp.utc("2026-03-01T16:10:05Z")
    static let shanghai = BusinessZone(identifier: "Asia/Shanghai")!

    static func alert(
        id: String = "a1", watch: String = "order_health", severity: AlertSeverity = .critical,
        status: AlertStatus = .firing, title: String = "Health of order SO-1001 is 41.20",
        summary: String = "The order scores 41.20, below 60, and is to be looked at.",
        cause: String? = "The address differs from the last five", facts: [Alert.Fact]? = nil,
        advice: [String] = ["Call the buyer before the parcel leaves.", "Hold the shipment until the buyer answers."],
        labels: [String: String] = ["channel": "douyin", "order_id": "SO-1001"],
        link: String? = "https://caliber.example.com/orders/SO-1001"
    ) -> Alert {
        Alert(
            id: id, watch: watch, severity: severity, status: status, title: title, summary: summary, cause: cause,
            advice: advice, labels: labels,
            facts: facts ?? [
                Alert.Fact(name: "health", value: "41.20"), Alert.Fact(name: "paid", value: "CNY 1,999.00"),
            ],
            startsAt: start, endsAt: status == .resolved ? Timestamp.utc("2026-03-01T18:20:05Z") : nil, link: link)
    }

    static func message(
        id: String = "msg_1", kind: AlertMessage.Kind = .alerts, alerts: [Alert] = [alert()], omitted: Int = 0,
        groupLabels: [String: String] = ["channel": "douyin"]
    ) -> AlertMessage {
        AlertMessage(
            id: id, kind: kind, endpoint: "ops", groupKey: "order_health/channel=douyin", groupLabels: groupLabels,
            alerts: alerts, omittedCount: omitted, createdAt: Timestamp.utc("2026-03-01T16:10:35Z"))
    }

    static func alerts(_ count: Int) -> [Alert] {
        (1...count).map { number in
            alert(
                id: "a\(number)", severity: number <= 5 ? .critical : .warning,
                title: "Health of order SO-\(1000 + number) is \(60 - number).20",
                labels: ["channel": "douyin", "order_id": "SO-\(1000 + number)"],
                link: "https://caliber.example.com/orders/SO-\(1000 + number)")
        }
    }

    static let chinese = alert(
        severity: .warning, title: "抖音渠道连续 10 单健康度低于 40", summary: "最近 10 个订单的健康度都低于 40，建议暂停该渠道。",
        cause: "收货地址集中在同一街道", facts: [.init(name: "健康度", value: "31.50"), .init(name: "渠道", value: "抖音")],
        advice: ["暂停该渠道的自动发货。", "联系渠道负责人核实。"])

    static let messages: [(name: String, message: AlertMessage)] = [
        ("firing", message()),
        ("resolved", message(alerts: [alert(status: .resolved)])),
        ("digest", message(kind: .digest, alerts: Array(alerts(3)) + [alert(id: "a9", status: .resolved)], omitted: 2)),
        ("forty", message(alerts: alerts(40))),
        ("chinese", message(alerts: [chinese])),
        (
            "test",
            message(
                kind: .test,
                alerts: [
                    alert(severity: .info, title: "A test", summary: "", cause: nil, facts: [], advice: [], link: nil)
                ])
        ),
    ]

    static let webhookSecret = SecretText("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")

    static func sender(
        _ kind: SinkDefinition.Kind, timeout: Double = 10, authority: String? = nil, language: SinkLanguage = .en,
        policy: AddressPolicy = .receivers
    ) throws -> SinkSender {
        try SinkSender(
            SinkDefinition(
                name: "ops", kind: kind, timeoutSeconds: timeout, certificateAuthorityFile: authority,
                language: language, zone: shanghai), policy: policy)
    }

    static func webhook(_ url: String, secrets: [SecretText] = [webhookSecret], timeout: Double = 10) throws
        -> SinkSender
    {
        try sender(.webhook(WebhookSettings(url: SecretText(url), secrets: secrets)), timeout: timeout)
    }
}

extension SendOutcome {
    /// `delivered`, `failed`, `throttled`, `refused`, `gone`.
    var word: String {
        switch self {
        case .delivered: "delivered"
        case .failed: "failed"
        case .throttled: "throttled"
        case .refused: "refused"
        case .gone: "gone"
        }
    }

    var text: String {
        switch self {
        case .delivered(let text), .failed(let text), .throttled(let text, _), .refused(let text), .gone(let text): text
        }
    }

    var retryAfterSeconds: Double? {
        if case .throttled(_, let seconds) = self { seconds } else { nil }
    }
}
