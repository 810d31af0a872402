import CaliberCore

/// Speaks to robots of Feishu (飞书) and Lark groups, in rich text, whose text elements know no markup.
///
/// Source: Feishu open platform, 自定义机器人使用指南, and its table of error codes.
struct FeishuRobot: Receiver {
    /// Of the whole body: 20 KB.
    static let bodyByteLimit = 20_000
    /// What a body has beside title and lines, the signature included.
    private static let envelopeByteCount = 260
    private static let titleScalarLimit = 100
    /// A hundred messages a minute, five a second.
    private static let windowSeconds = 60.0

    let settings: FeishuSettings
    let wording: Wording

    func parts(of message: AlertMessage) -> [String] {
        let title = ReadableMessage(message, wording: wording, neutral: NeutralText.tags).title
            .shortened(toScalars: FeishuRobot.titleScalarLimit)
        let keywordCost = settings.keyword.map { cost(of: ReadableLine($0)) } ?? 0
        let room =
            FeishuRobot.bodyByteLimit - FeishuRobot.envelopeByteCount - JSONValue.byteCount(of: title) - keywordCost
        let split = PartSplit(partCost: room, separatorCost: cost(of: ReadableLine(""))) { cost(of: $0) }
        return split.parts(of: message, wording: wording, neutral: NeutralText.tags).map { blocks in
            var lines = Array(blocks.joined(separator: [ReadableLine("")]))
            if let keyword = settings.keyword, !lines.contains(where: { $0.shown.contains(keyword) }) {
                lines.append(ReadableLine(keyword))
            }
            let post: JSONValue = [
                "title": .text(title), "content": .list(lines.map { .list([element($0)]) }),
            ]
            let language = wording.language == .zh ? "zh_cn" : "en_us"
            let value: JSONValue = [
                "msg_type": "post", "content": ["post": .object([(language, post)])],
            ]
            return value.written
        }
    }

    private func element(_ line: ReadableLine) -> JSONValue {
        switch line.style {
        case .heading, .plain: ["tag": "text", "text": .text(line.shown)]
        case .link: ["tag": "a", "text": .text(line.label ?? line.text), "href": .text(line.text)]
        }
    }

    /// With the brackets and the comma around it.
    private func cost(of line: ReadableLine) -> Int { element(line).written.utf8.count + 3 }

    func request(_ part: String, of message: AlertMessage, at moment: Timestamp) -> HTTPRequest {
        HTTPRequest(url: settings.url.value, headers: [], body: Array(signed(part, at: moment).utf8))
    }

    /// HMAC-SHA256 over nothing, with the time in seconds, a line break and the secret as key.
    private func signed(_ part: String, at moment: Timestamp) -> String {
        guard let secret = settings.secret else { return part }
        let timestamp = String(moment.unixSeconds)
        let sign = robotSignature(key: "\(timestamp)\n\(secret.value)", message: "")
        return "{\"timestamp\":\"\(timestamp)\",\"sign\":\"\(sign)\"," + part.dropFirst()
    }

    func outcome(of answer: HTTPAnswer, at moment: Timestamp) -> SendOutcome {
        answer.robotOutcome(at: moment) { robot in
            switch robot.code {
            // One code for two things; the words tell them apart.
            case 9499 where robot.message.lowercased().contains("bad request"): .refused
            case 9499, 11232, 99_991_400: .throttled(seconds: FeishuRobot.windowSeconds)
            // Malformed; too long.
            case 19002, 230025: .refused
            // The address is of no robot.
            case 19001: .gone
            // 19021, 19022, 19024 (signature, address, key word) among them: a person can mend it.
            default: .failed
            }
        }
    }

    var secrets: [String] { settings.secret.map { [$0.value] } ?? [] }
}
