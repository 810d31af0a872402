import CaliberCore
import CaliberSinks
import CaliberTesting
import Foundation
import Testing

/// What each kind of receiver is sent, kept to be read.
@Suite struct RenderingTests {
    private static let url = SecretText("https://robots.example.com/hook?key=0123456789")

    private static let kinds: [(name: String, kind: SinkDefinition.Kind)] = [
        ("webhook", .webhook(WebhookSettings(url: url, secrets: []))),
        (
            "alertmanager",
            .alertmanager(AlertmanagerSettings(url: url, externalURL: "https://caliber.example.com"))
        ),
        ("wecom", .weCom(WeComSettings(url: url))), ("dingtalk", .dingTalk(DingTalkSettings(url: url))),
        ("feishu", .feishu(FeishuSettings(url: url))), ("slack", .slack(SlackSettings(url: url))),
    ]

    @Test(arguments: kinds.indices)
    func `what is sent reads like this`(index: Int) throws {
        let (name, kind) = RenderingTests.kinds[index]
        for (sample, message) in Sample.messages {
            let sender = try Sample.sender(kind, language: sample == "chinese" ? .zh : .en)
            GoldenFile.expect(
                readable(sender.parts(of: message)), matches: "\(name)-\(sample).txt", testFile: Sample.file)
        }
    }

    /// Parts with their sizes; line ends within texts as line ends.
    private func readable(_ parts: [String]) -> String {
        parts.enumerated().map { index, part in
            let text = part.split(separator: "\\n", omittingEmptySubsequences: false).joined(separator: "\n")
            let members = text.split(separator: "},{", omittingEmptySubsequences: false).joined(separator: "},\n{")
            return "--- part \(index + 1) of \(parts.count), \(part.utf8.count) bytes\n\(members)\n"
        }.joined()
    }

    @Test func `the same message is always split into the same parts`() throws {
        for (_, kind) in RenderingTests.kinds {
            for (_, message) in Sample.messages {
                let first = try Sample.sender(kind).parts(of: message)
                #expect(try Sample.sender(kind).parts(of: message) == first)
            }
        }
    }

    @Test func `words of others are no markup to any robot`() throws {
        let attacks = [
            "<@all>", "<@U123>", "<!channel>", "@everyone", "<at user_id=\"all\">x</at>", "[free](http://evil.example)",
            "![x](http://evil.example/x.png)", "# not a heading", "**shout**", "`code`",
            "<font color=\"warning\">x</font>",
            "http://evil.example", "a\n\n# b", "&lt;@all&gt;", "<http://evil.example|bank>", "\u{202E}reversed",
        ]
        for attack in attacks {
            let alert = Sample.alert(
                title: attack, summary: attack, cause: attack, facts: [.init(name: attack, value: attack)],
                advice: [attack], link: "javascript:alert(1)")
            let message = Sample.message(alerts: [alert, alert], groupLabels: [attack: attack])
            for (name, kind) in RenderingTests.kinds where ["wecom", "dingtalk", "feishu", "slack"].contains(name) {
                let text = try Sample.sender(kind).parts(of: message).joined()
                for sign in ["<@", "<!", "<at", "\u{202E}", "://evil", "javascript", "<font", "<http"] {
                    #expect(!text.contains(sign), "\(name): \(sign) of \(attack) in \(text)")
                }
                if name != "slack" { #expect(!text.contains("@") && !text.contains("&lt;")) }
                if name == "wecom" || name == "dingtalk" {
                    // Headings alone are set in asterisks, and none of theirs begins a line with #.
                    #expect(
                        !text.contains("](") && !text.contains("**shout") && !text.contains("\\n#")
                            && !text.contains("`"))
                }
            }
        }
    }

    @Test func `a link keeps its place, whatever is in it`() throws {
        for (link, expected) in [
            ("https://example.com/a b(c)|<d>", "https://example.com/a%20b%28c%29%7C%3Cd%3E"),
            ("https://example.com/订单", "https://example.com/%E8%AE%A2%E5%8D%95"),
        ] {
            let message = Sample.message(alerts: [Sample.alert(link: link)])
            for (name, kind) in RenderingTests.kinds where ["wecom", "dingtalk", "feishu", "slack"].contains(name) {
                let text = try Sample.sender(kind).parts(of: message).joined()
                #expect(text.contains(expected), "\(name)")
            }
        }
    }
}
