import CaliberCore

/// Speaks to Slack's incoming webhooks, in blocks of plain text.
///
/// Source: Slack API documentation, "Sending messages using incoming webhooks", "Block Kit", "Formatting text".
struct SlackRobot: Receiver {
    /// Characters of a section's text; Slack takes 3,000.
    static let sectionLimit = 2900
    static let headerLimit = 150
    /// Slack takes fifty blocks, and an alert is up to three of them.
    private static let alertBlockLimit = 15
    private static let partLimit = 30_000
    /// One message a second.
    private static let windowSeconds = 1.0

    let settings: SlackSettings
    let wording: Wording

    func parts(of message: AlertMessage) -> [String] {
        let split = PartSplit(
            partCost: SlackRobot.partLimit, blockCost: SlackRobot.sectionLimit, blockCount: SlackRobot.alertBlockLimit
        ) { line in
            escaped(line.shown).utf16.count + 1
        }
        let title = ReadableMessage(message, wording: wording, neutral: NeutralText.plain).title
        let parts = split.parts(of: message, wording: wording, neutral: NeutralText.plain)
        return parts.enumerated().map { index, blocks in
            let mark = parts.count > 1 ? "(\(index + 1)/\(parts.count)) " : ""
            let value: JSONValue = [
                "text": .text(mark + escaped(title.shortened(toScalars: SlackRobot.headerLimit))),
                "mrkdwn": false, "unfurl_links": false, "unfurl_media": false,
                "blocks": .list(blocks.flatMap(slackBlocks)),
            ]
            return value.written
        }
    }

    private func slackBlocks(_ block: [ReadableLine]) -> [JSONValue] {
        var blocks: [JSONValue] = []
        var lines = block[...]
        if let heading = lines.first, heading.style == .heading,
            escaped(heading.text).utf16.count <= SlackRobot.headerLimit
        {
            blocks.append(["type": "header", "text": plainText(heading.text)])
            lines = lines.dropFirst()
        }
        let text = lines.filter { $0.style != .link }.map(\.shown).joined(separator: "\n")
        if !text.isEmpty { blocks.append(["type": "section", "text": plainText(text)]) }
        for link in lines where link.style == .link {
            let written = "<\(escaped(link.text))|\(escaped(link.label ?? link.text))>"
            blocks.append([
                "type": "context", "elements": [["type": "mrkdwn", "verbatim": true, "text": .text(written)]],
            ])
        }
        return blocks
    }

    private func plainText(_ text: String) -> JSONValue {
        ["type": "plain_text", "emoji": false, "text": .text(escaped(text))]
    }

    /// The three signs that mean something in every text of Slack's.
    private func escaped(_ text: String) -> String {
        var written = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": written.append(contentsOf: "&amp;".unicodeScalars)
            case "<": written.append(contentsOf: "&lt;".unicodeScalars)
            case ">": written.append(contentsOf: "&gt;".unicodeScalars)
            default: written.append(scalar)
            }
        }
        return String(written)
    }

    func request(_ part: String, of message: AlertMessage, at moment: Timestamp) -> HTTPRequest {
        HTTPRequest(url: settings.url.value, headers: [], body: Array(part.utf8))
    }

    /// Slack answers with a word.
    func outcome(of answer: HTTPAnswer, at moment: Timestamp) -> SendOutcome {
        let word = String(decoding: answer.body, as: UTF8.self).filter { !$0.isWhitespace }
        switch (answer.status, word) {
        case (200..<300, "ok"): return .delivered(answer: answer.summary)
        case (200..<300, _): return .failed(reason: "\(answer.summary) (Slack says ok when it has a message)")
        case (404, "no_service"), (404, "no_active_hooks"), (404, "no_team"), (404, "team_disabled"),
            (403, "team_disabled"), (403, "invalid_token"):
            return .gone(reason: answer.summary)
        case (400, _): return .refused(reason: answer.summary)
        case (429, _):
            return .throttled(
                reason: answer.summary,
                retryAfterSeconds: answer.retryAfterSeconds(at: moment) ?? SlackRobot.windowSeconds)
        default: return answer.outcomeByStatus(at: moment) ?? .failed(reason: answer.summary)
        }
    }

    var secrets: [String] { [] }
}
