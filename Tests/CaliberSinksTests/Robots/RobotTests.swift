import CaliberCore
import CaliberSinks
import CaliberTesting
import Foundation
import Testing

/// Chat robots with their makers' limits, signature checks and failures inside answers.
@Suite struct RobotTests {
    private static let long = String(repeating: "连续十单健康度低于四十 <@all> & \"quoted\" \\ 👨‍👩‍👧‍👦 ", count: 300)

    /// Messages of every size, the impolite ones among them.
    private static let messages =
        Sample.messages.map(\.message) + [
            Sample.message(alerts: [Sample.alert(title: long, summary: long, cause: long, advice: [long, long])]),
            Sample.message(kind: .digest, alerts: Sample.alerts(200)),
            Sample.message(alerts: (0..<60).map { Sample.alert(id: "\($0)", summary: String(long.prefix(400))) }),
            // Titles around the lengths that receivers limit, also when signs become longer on the way.
            Sample.message(
                alerts: (110..<160).map { Sample.alert(id: "\($0)", title: String(repeating: "t", count: $0)) }),
            Sample.message(
                alerts: (20..<45).map { Sample.alert(id: "\($0)", title: String(repeating: "&a", count: $0)) }),
            Sample.message(alerts: []), Sample.message(alerts: [Sample.alert(title: "", summary: "")]),
            Sample.message(
                alerts: [Sample.alert(title: "e" + String(repeating: "\u{301}", count: 40_000))],
                groupLabels: ["a": long]),
        ]

    @Test(arguments: messages.indices)
    func `WeCom takes every message, in as many parts as were announced`(index: Int) throws {
        try expectDelivery(RobotTests.messages[index], by: try RobotSender.weCom("wecom-\(index)"), "wecom-\(index)")
    }

    @Test(arguments: messages.indices)
    func `DingTalk takes every signed message, in as many parts as were announced`(index: Int) throws {
        try expectDelivery(RobotTests.messages[index], by: try RobotSender.dingTalk("ding-\(index)"), "ding-\(index)")
    }

    @Test(arguments: messages.indices)
    func `Feishu takes every signed message, in as many parts as were announced`(index: Int) throws {
        let sender = try RobotSender.feishu(
            "feishu-\(index)", settings: #", "secret": "demo-secret", "per_second": 50"#)
        try expectDelivery(RobotTests.messages[index], by: sender, "feishu-\(index)")
    }

    @Test(arguments: messages.indices)
    func `Slack takes every message, in as many parts as were announced`(index: Int) throws {
        try expectDelivery(RobotTests.messages[index], by: try RobotSender.slack("slack-\(index)"), "slack-\(index)")
    }

    private func expectDelivery(_ message: AlertMessage, by sender: SinkSender, _ name: String) throws {
        let result = sender.send(message, at: .now, resuming: nil)
        #expect(result.outcome.word == "delivered", "\(result.outcome)")
        #expect(result.progress.isComplete)
        #expect(result.requestCount == sender.partCount(of: message))
        #expect(result.requestCount <= 10)
        #expect(try Receivers.receiver.take(name).count == result.requestCount)
    }

    private static let codes: [(robot: String, status: Int, answer: String, outcome: String, seconds: Double?)] = [
        ("wecom", 200, #"{"errcode":0,"errmsg":"ok"}"#, "delivered", nil),
        ("wecom", 200, #"{"errcode":45009,"errmsg":"api freq out of limit"}"#, "throttled", 60),
        ("wecom", 200, #"{"errcode":40058,"errmsg":"exceed max length"}"#, "refused", nil),
        ("wecom", 200, #"{"errcode":93000,"errmsg":"invalid webhook url"}"#, "gone", nil),
        ("wecom", 200, #"{"errcode":-1,"errmsg":"system busy"}"#, "failed", nil),
        ("wecom", 200, #"{"errcode":99999,"errmsg":"news"}"#, "failed", nil),
        ("wecom", 200, #"<html>log in to this network</html>"#, "failed", nil),
        ("wecom", 200, "", "failed", nil), ("wecom", 200, #"{"errcode":"0"}"#, "failed", nil),
        ("wecom", 500, #"{"errcode":0,"errmsg":"ok"}"#, "failed", nil), ("wecom", 502, "bad gateway", "failed", nil),
        ("wecom", 429, #"{"errcode":0}"#, "throttled", nil),
        ("dingtalk", 200, #"{"errcode":0,"errmsg":"ok"}"#, "delivered", nil),
        ("dingtalk", 200, #"{"errcode":130101,"errmsg":"send too fast"}"#, "throttled", 600),
        ("dingtalk", 200, #"{"errcode":410100,"errmsg":"send too fast"}"#, "throttled", 600),
        ("dingtalk", 200, #"{"errcode":310000,"errmsg":"sign not match"}"#, "failed", nil),
        ("dingtalk", 200, #"{"errcode":460101,"errmsg":"message too long"}"#, "refused", nil),
        ("dingtalk", 200, #"{"errcode":430102,"errmsg":"inappropriate text"}"#, "refused", nil),
        ("dingtalk", 200, #"{"errcode":400101,"errmsg":"access_token not exist"}"#, "gone", nil),
        ("feishu", 200, #"{"code":0,"msg":"success","data":{}}"#, "delivered", nil),
        ("feishu", 200, #"{"StatusCode":0,"StatusMessage":"success"}"#, "delivered", nil),
        ("feishu", 400, #"{"code":9499,"msg":"too many request","data":{}}"#, "throttled", 60),
        ("feishu", 400, #"{"code":9499,"msg":"Bad Request","data":{}}"#, "refused", nil),
        ("feishu", 200, #"{"code":11232,"msg":"frequency limited"}"#, "throttled", 60),
        ("feishu", 200, #"{"code":19021,"msg":"sign match fail"}"#, "failed", nil),
        ("feishu", 200, #"{"code":19024,"msg":"Key Words Not Found"}"#, "failed", nil),
        ("feishu", 400, #"{"code":19001,"msg":"incoming webhook access token invalid"}"#, "gone", nil),
        ("slack", 200, "ok", "delivered", nil), ("slack", 200, "<html>", "failed", nil),
        ("slack", 400, "invalid_payload", "refused", nil), ("slack", 404, "no_service", "gone", nil),
        ("slack", 410, "channel_is_archived", "gone", nil), ("slack", 403, "action_prohibited", "failed", nil),
        ("slack", 429, "rate_limited", "throttled", 1), ("slack", 500, "rollup_error", "failed", nil),
    ]

    @Test(arguments: codes.indices)
    func `what a robot says inside its answer counts, whatever the status`(index: Int) throws {
        let (robot, status, answer, expected, seconds) = RobotTests.codes[index]
        let quoted = QuotedText.json(answer)
        let scripted = #", "scripted": [[\#(status), {}, \#(quoted)]]"#
        let sender =
            switch robot {
            case "wecom": try RobotSender.weCom("code-\(index)", settings: scripted)
            case "dingtalk": try RobotSender.dingTalk("code-\(index)", settings: scripted)
            case "feishu": try RobotSender.feishu("code-\(index)", settings: scripted)
            default: try RobotSender.slack("code-\(index)", settings: scripted)
            }
        let outcome = sender.send(Sample.message(), at: .now)
        #expect(outcome.word == expected, "\(outcome)")
        #expect(outcome.retryAfterSeconds == seconds)
    }

    @Test func `a robot with another secret is not spoken to in vain for long`() throws {
        let ding = try RobotSender.dingTalk("ding-other-secret", secret: "SECother")
        #expect(ding.send(Sample.message(), at: .now).text.contains("sign not match"))
        let unsigned = try RobotSender.dingTalk("ding-unsigned", secret: nil)
        #expect(unsigned.send(Sample.message(), at: .now).word == "failed")
        let feishu = try RobotSender.feishu("feishu-other-secret", secret: "other")
        #expect(feishu.send(Sample.message(), at: .now).text.contains("19021"))
        let twoHours: Int64 = 7_200_000_000
        let late = Timestamp(microseconds: Timestamp.now.microseconds - twoHours)
        #expect(try RobotSender.dingTalk("ding-late").send(Sample.message(), at: late).word == "failed")
        #expect(try RobotSender.feishu("feishu-late").send(Sample.message(), at: late).word == "failed")
    }

    @Test func `a robot that wants a key word gets it in each part, once`() throws {
        let message = RobotTests.messages[3]
        let ding = try RobotSender.dingTalk("ding-keyword", settings: #", "keyword": "告警&<b>""#, keyword: "告警&<b>")
        #expect(ding.send(message, at: .now).word == "delivered")
        let feishu = try RobotSender.feishu(
            "feishu-keyword", settings: #", "keyword": "告警""#, secret: nil, keyword: "告警")
        #expect(feishu.send(message, at: .now).word == "delivered")
        let without = try RobotSender.dingTalk("ding-no-keyword", settings: #", "keyword": "告警""#)
        #expect(without.send(message, at: .now).text.contains("keywords not in content"))
        // A text that has it already is left as it is.
        let plain = try RobotSender.dingTalk("ding-plain", keyword: "Health")
        let none = try RobotSender.dingTalk("ding-plain")
        #expect(plain.parts(of: Sample.message()) == none.parts(of: Sample.message()))
    }

    @Test func `the twenty-first message of a minute is throttled`() throws {
        let sender = try RobotSender.weCom("wecom-often")
        for _ in 0..<20 { #expect(sender.send(Sample.message(), at: .now).word == "delivered") }
        let outcome = sender.send(Sample.message(), at: .now)
        #expect(outcome.retryAfterSeconds == 60, "\(outcome)")
    }

    @Test func `Feishu's limit of a second is known by its words inside the answer`() throws {
        let sender = try RobotSender.feishu("feishu-often")
        let outcomes = (0..<30).map { _ in sender.send(Sample.message(), at: .now) }
        #expect(outcomes.first?.word == "delivered")
        #expect(outcomes.contains { $0.word == "throttled" && $0.retryAfterSeconds == 60 })
        #expect(outcomes.allSatisfy { ["delivered", "throttled"].contains($0.word) })
    }

    @Test func `a part that failed is sent later, and the ones before it are not sent again`() throws {
        let busy = #", "scripted": [null, [200, {}, "{\"errcode\":45009,\"errmsg\":\"api freq out of limit\"}"]]"#
        let sender = try RobotSender.weCom("resumed", settings: busy)
        let message = Sample.message(alerts: Sample.alerts(40))
        let parts = sender.parts(of: message)
        #expect(parts.count > 2)
        let first = sender.send(message, at: .now, resuming: nil)
        #expect(first.outcome.word == "throttled")
        #expect(first.progress == SendProgress(deliveredPartCount: 1, partCount: parts.count))
        #expect(first.requestCount == 2)
        let second = sender.send(message, at: .now, resuming: first.progress)
        #expect(second.outcome.word == "delivered")
        #expect(second.progress.isComplete && second.progress.remainingPartCount == 0)
        let bodies = try Receivers.receiver.take("resumed").map(\.body)
        #expect(bodies == [parts[0], parts[1]] + parts[1...])
    }

    @Test func `who keeps no progress repeats no part either, as long as the sender lives`() throws {
        let busy = #", "scripted": [null, [200, {}, "{\"errcode\":45009,\"errmsg\":\"api freq out of limit\"}"]]"#
        let sender = try RobotSender.weCom("remembered", settings: busy)
        let message = Sample.message(alerts: Sample.alerts(40))
        let parts = sender.parts(of: message)
        #expect(sender.send(message, at: .now).word == "throttled")
        // Another message of that id has nothing of it.
        let other = Sample.message(alerts: Sample.alerts(39))
        #expect(sender.send(other, at: .now).word == "delivered")
        #expect(
            try Receivers.receiver.take("remembered").map(\.body) == [parts[0], parts[1]] + sender.parts(of: other))
        let behaviour = #"{"kind": "wecom", "key": "693a91f6-7xxx"\#(busy)}"#
        try Receivers.receiver.behave("remembered", behaviour)
        #expect(sender.send(message, at: .now).word == "throttled")
        #expect(sender.send(message, at: .now).word == "delivered")
        #expect(sender.send(message, at: .now).word == "delivered", "sent again on purpose, it goes whole")
        let bodies = try Receivers.receiver.take("remembered").map(\.body)
        #expect(bodies == [parts[0], parts[1]] + parts[1...] + parts)
    }

    @Test func `a budget may be spent part by part`() throws {
        let sender = try RobotSender.weCom("part-by-part")
        let message = Sample.message(alerts: Sample.alerts(40))
        let parts = sender.parts(of: message)
        var progress: SendProgress?
        for index in parts.indices {
            let result = sender.send(message, at: .now, resuming: progress, partLimit: 1)
            #expect(result.outcome.word == "delivered" && result.requestCount == 1)
            #expect(result.progress.isComplete == (index == parts.count - 1))
            progress = result.progress
        }
        let idle = sender.send(message, at: .now, resuming: progress)
        #expect(idle.outcome.word == "delivered" && idle.requestCount == 0)
        #expect(try Receivers.receiver.take("part-by-part").map(\.body) == parts)
    }

    @Test func `progress of another splitting counts for nothing`() throws {
        let sender = try RobotSender.weCom("other-splitting")
        let message = Sample.message()
        let stale = SendProgress(deliveredPartCount: 2, partCount: 3)
        #expect(sender.send(message, at: .now, resuming: stale).requestCount == 1)
        let odd = SendProgress(deliveredPartCount: -4, partCount: 1)
        #expect(sender.send(message, at: .now, resuming: odd).progress.isComplete)
    }
}
