import CaliberCore

/// Speaks to programs that understand Standard Webhooks 1.0.0.
struct StandardWebhook: Receiver {
    /// The standard asks for bodies under 20 kB.
    static let byteLimit = 20_000

    let settings: WebhookSettings
    private let keys: [WebhookKey]

    init(_ settings: WebhookSettings) {
        self.settings = settings
        keys = settings.secrets.compactMap(WebhookKey.init)
    }

    func parts(of message: AlertMessage) -> [String] {
        [message.fitted(body) { $0.utf8.count < StandardWebhook.byteLimit }]
    }

    private func body(of message: AlertMessage, isShortened: Bool) -> String {
        let type =
            switch message.kind {
            case .alerts: "alerts.\(message.status.rawValue)"
            case .digest: "alerts.digest"
            case .test: "alerts.test"
            case .notice: "alerts.notice"
            }
        let value: JSONValue = [
            "type": .text(type), "timestamp": .text(message.createdAt.description),
            "data": [
                "message_id": .text(message.id), "endpoint": .text(message.endpoint),
                "status": .text(message.status.rawValue), "group_key": .text(message.groupKey),
                "group_labels": JSONValue(message.groupLabels), "alerts": .list(message.alerts.map(\.json)),
                "omitted_count": .integer(message.omittedCount), "is_shortened": .boolean(isShortened),
            ],
        ]
        return value.written
    }

    func request(_ part: String, of message: AlertMessage, at moment: Timestamp) -> HTTPRequest {
        let body = Array(part.utf8)
        var headers = [
            HTTPRequest.Header("webhook-id", message.id),
            HTTPRequest.Header("webhook-timestamp", String(moment.unixSeconds)),
        ]
        let signatures = keys.map { $0.signature(id: message.id, timestampSeconds: moment.unixSeconds, body: body) }
        if !signatures.isEmpty {
            headers.append(HTTPRequest.Header("webhook-signature", signatures.joined(separator: " ")))
        }
        return HTTPRequest(url: settings.url.value, headers: headers, body: body)
    }

    func outcome(of answer: HTTPAnswer, at moment: Timestamp) -> SendOutcome {
        answer.outcomeByStatus(at: moment) ?? .delivered(answer: answer.summary)
    }

    var secrets: [String] { settings.secrets.map(\.value) }
}
