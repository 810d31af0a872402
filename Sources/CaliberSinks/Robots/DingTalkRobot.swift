import CaliberCore
import Foundation

/// Speaks to robots of DingTalk (钉钉) groups, in Markdown.
///
/// Source: DingTalk open platform, 自定义机器人接入, 自定义机器人安全设置, and its table of error codes.
struct DingTalkRobot: Receiver {
    /// Of the whole body.
    static let bodyByteLimit = 20_000
    /// What a body has beside title and text.
    private static let envelopeByteCount = 120
    private static let titleScalarLimit = 100
    /// Who sends more than twenty messages a minute is shut out for this long.
    private static let penaltySeconds = 600.0

    let settings: DingTalkSettings
    let wording: Wording

    func parts(of message: AlertMessage) -> [String] {
        let title = withKeyword(
            ReadableMessage(message, wording: wording, neutral: NeutralText.markdown).title
                .shortened(toScalars: DingTalkRobot.titleScalarLimit))
        let keywordCost = settings.keyword.map { JSONValue.byteCount(of: $0) + 4 } ?? 0
        let room =
            DingTalkRobot.bodyByteLimit - DingTalkRobot.envelopeByteCount - JSONValue.byteCount(of: title) - keywordCost
        let split = PartSplit(partCost: room) { JSONValue.byteCount(of: MarkdownLines.written($0)) + 4 }
        return split.parts(of: message, wording: wording, neutral: NeutralText.markdown).map { blocks in
            // Two spaces before a line's end keep it; an empty line stands between blocks.
            let text = blocks.map { $0.map(MarkdownLines.written).joined(separator: "  \n") }.joined(separator: "\n\n")
            let value: JSONValue = [
                "msgtype": "markdown", "markdown": ["title": .text(title), "text": .text(withKeyword(text))],
                "at": ["isAtAll": false],
            ]
            return value.written
        }
    }

    /// A robot whose safety setting is key words takes only texts that hold one.
    private func withKeyword(_ text: String) -> String {
        guard let keyword = settings.keyword, !text.contains(keyword) else { return text }
        return "\(keyword)\n\n\(text)"
    }

    func request(_ part: String, of message: AlertMessage, at moment: Timestamp) -> HTTPRequest {
        HTTPRequest(url: signedURL(at: moment), headers: [], body: Array(part.utf8))
    }

    /// HMAC-SHA256 with the secret as key, over the time in milliseconds, a line break and the secret.
    private func signedURL(at moment: Timestamp) -> String {
        let url = settings.url.value
        guard let secret = settings.secret else { return url }
        let timestamp = String(moment.unixMilliseconds)
        let sign = robotSignature(key: secret.value, message: "\(timestamp)\n\(secret.value)")
        let encoded = sign.utf8.reduce(into: "") { written, byte in
            switch byte {
            case UInt8(ascii: "+"): written += "%2B"
            case UInt8(ascii: "/"): written += "%2F"
            case UInt8(ascii: "="): written += "%3D"
            default: written.unicodeScalars.append(UnicodeScalar(byte))
            }
        }
        return url + (url.contains("?") ? "&" : "?") + "timestamp=\(timestamp)&sign=\(encoded)"
    }

    func outcome(of answer: HTTPAnswer, at moment: Timestamp) -> SendOutcome {
        answer.robotOutcome(at: moment) { robot in
            switch robot.code {
            // Too fast, and shut out for it.
            case 130101, 410100: .throttled(seconds: DingTalkRobot.penaltySeconds)
            // Malformed, of an unknown kind, too long; words or pictures that DingTalk does not let through.
            case 40035, 400105, 460101, 430101, 430102, 430103, 430104: .refused
            // No such token; robot turned off; no such robot; group dissolved.
            case 300001, 300005, 400101, 400102, 400106, 400013: .gone
            // 310000, a safety setting (signature, key word, address), among them: a person can mend it.
            default: .failed
            }
        }
    }

    var secrets: [String] { settings.secret.map { [$0.value] } ?? [] }
}
