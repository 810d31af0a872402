import CaliberCore

/// Speaks to robots of WeCom (企业微信) groups, in Markdown.
///
/// Source: WeCom developer documentation, 群机器人配置说明, and 全局错误码.
struct WeComRobot: Receiver {
    /// Of `markdown.content`, in UTF-8.
    static let contentByteLimit = 4096
    /// Twenty messages a minute.
    private static let windowSeconds = 60.0

    let settings: WeComSettings
    let wording: Wording

    func parts(of message: AlertMessage) -> [String] {
        let split = PartSplit(partCost: WeComRobot.contentByteLimit, separatorCost: 1) { line in
            MarkdownLines.written(line).utf8.count + 1
        }
        let parts = split.parts(of: message, wording: wording, neutral: NeutralText.markdown)
        return parts.map { blocks in
            let content = blocks.map { $0.map(MarkdownLines.written).joined(separator: "\n") }.joined(separator: "\n\n")
            let value: JSONValue = ["msgtype": "markdown", "markdown": ["content": .text(content)]]
            return value.written
        }
    }

    func request(_ part: String, of message: AlertMessage, at moment: Timestamp) -> HTTPRequest {
        HTTPRequest(url: settings.url.value, headers: [], body: Array(part.utf8))
    }

    func outcome(of answer: HTTPAnswer, at moment: Timestamp) -> SendOutcome {
        answer.robotOutcome(at: moment) { robot in
            switch robot.code {
            // Too often, too many at once.
            case 45009, 45033: .throttled(seconds: WeComRobot.windowSeconds)
            // Too long or malformed, of an unknown kind, empty, too long.
            case 40058, 40008, 44004, 45002: .refused
            // The key is of no robot, or the robot was taken out of its group.
            case 93000: .gone
            default: .failed
            }
        }
    }

    var secrets: [String] { [] }
}

/// The Markdown that WeCom and DingTalk have in common.
enum MarkdownLines {
    static func written(_ line: ReadableLine) -> String {
        switch line.style {
        case .heading: "**\(line.text)**"
        case .plain: line.shown
        case .link: "[\(line.label ?? line.text)](\(line.text))"
        }
    }
}
