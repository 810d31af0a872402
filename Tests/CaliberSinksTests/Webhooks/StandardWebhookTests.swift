import CaliberCore
import CaliberSinks
import CaliberTesting
import Foundation
import Testing

/// Signatures are judged by the library that the standard ships for receivers.
@Suite struct StandardWebhookTests {
    private static let oldSecret = SecretText("whsec_" + Data((1...24).map { UInt8($0) }).base64EncodedString())
    private static let newSecret = SecretText("whsec_" + Data((1...64).map { UInt8($0) }).base64EncodedString())
    private static let otherSecret = "whsec_" + Data((2...33).map { UInt8($0) }).base64EncodedString()

    private func verdict(_ name: String, accepted: [String], secrets: [SecretText], at moment: Timestamp = .now) throws
        -> String
    {
        let list = accepted.map { "\"\($0)\"" }.joined(separator: ",")
        let url = try Receivers.receiver.behave(name, #"{"kind": "standard", "secrets": [\#(list)]}"#)
        return try Sample.webhook(url, secrets: secrets).send(
            Sample.message(alerts: [Sample.alert(), Sample.chinese]), at: moment
        ).word
    }

    @Test func `the receiver's library believes the signature`() throws {
        let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
        #expect(try verdict("signed", accepted: [secret], secrets: [SecretText(secret)]) == "delivered")
        #expect(
            try verdict("signed", accepted: [StandardWebhookTests.otherSecret], secrets: [SecretText(secret)])
                == "failed")
    }

    @Test func `while secrets are changed a receiver may hold the old or the new one`() throws {
        let old = "whsec_" + Data((1...24).map { UInt8($0) }).base64EncodedString()
        let new = "whsec_" + Data((1...64).map { UInt8($0) }).base64EncodedString()
        let both = [StandardWebhookTests.newSecret, StandardWebhookTests.oldSecret]
        #expect(try verdict("rotated", accepted: [old], secrets: both) == "delivered")
        #expect(try verdict("rotated", accepted: [new], secrets: both) == "delivered")
        #expect(try verdict("rotated", accepted: [old], secrets: [StandardWebhookTests.newSecret]) == "failed")
    }

    @Test func `a signature carries the moment of its try`() throws {
        let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
        let old = Timestamp(microseconds: Timestamp.now.microseconds - 600_000_000)
        #expect(try verdict("stale", accepted: [secret], secrets: [SecretText(secret)], at: old) == "failed")
    }

    @Test func `each try has the same id and body, and headers as the standard names them`() throws {
        let url = try Receivers.receiver.behave("same", #"{"status": 500}"#)
        let sender = try Sample.webhook(url)
        let message = Sample.message(id: "msg_2KWPBgLlAfxdpx2AI54pPJ85f4W")
        _ = sender.send(message, at: Timestamp(microseconds: 1_674_087_231_999_999))
        _ = sender.send(message, at: .now)
        let requests = try Receivers.receiver.take("same")
        #expect(requests.count == 2)
        #expect(Set(requests.map(\.body)).count == 1)
        #expect(Set(requests.map { $0.headers["webhook-id"] }) == ["msg_2KWPBgLlAfxdpx2AI54pPJ85f4W"])
        let first = try #require(requests.first)
        #expect(first.headers["webhook-timestamp"] == "1674087231")
        #expect(first.headers["webhook-signature"]?.hasPrefix("v1,") == true)
        #expect(first.headers["content-type"]?.hasPrefix("application/json") == true)
        #expect(first.headers["user-agent"] == "Caliber")
    }

    @Test func `without secrets nothing is signed`() throws {
        let url = try Receivers.receiver.behave("unsigned", #"{"status": 200}"#)
        _ = try Sample.webhook(url, secrets: []).send(Sample.message(), at: .now)
        let request = try #require(try Receivers.receiver.take("unsigned").first)
        #expect(request.headers["webhook-signature"] == nil)
        #expect(request.headers["webhook-id"] == "msg_1")
    }

    struct Body: Decodable {
        struct Content: Decodable {
            struct AlertBody: Decodable {
                let id: String
                let title: String
                let facts: [Alert.Fact]
            }
            let alerts: [AlertBody]
            let omitted_count: Int
            let is_shortened: Bool
        }
        let type: String
        let timestamp: String
        let data: Content
    }

    @Test(arguments: [1, 2, 20, 21, 40, 1000])
    func `a body keeps under 20 kB by leaving alerts out, and says how many`(count: Int) throws {
        let sender = try Sample.webhook("https://example.com/x")
        let text = try #require(sender.parts(of: Sample.message(alerts: Sample.alerts(count), omitted: 3)).first)
        #expect(text.utf8.count < 20_000)
        let body = try JSONDecoder().decode(Body.self, from: Data(text.utf8))
        #expect(body.data.alerts.count + body.data.omitted_count == count + 3)
        #expect(body.data.alerts.map(\.id) == Sample.alerts(count).prefix(body.data.alerts.count).map(\.id))
        #expect(!body.data.is_shortened)
        // One more would not have fitted.
        if body.data.alerts.count < count { #expect(text.utf8.count > 19_000) }
    }

    @Test func `the bound holds to the byte`() throws {
        let sender = try Sample.webhook("https://example.com/x")
        for length in 0..<40 {
            let alerts = Sample.alerts(38).map { alert in
                Sample.alert(id: alert.id, summary: String(repeating: "s", count: length))
            }
            for text in sender.parts(of: Sample.message(alerts: alerts)) { #expect(text.utf8.count < 20_000) }
        }
    }

    @Test(arguments: ["x", "界", "👨‍👩‍👧‍👦", "\""])
    func `one alert that is too long alone is shortened, and the body says so`(letter: String) throws {
        let long = String(repeating: letter, count: 6000)
        let alert = Sample.alert(
            title: long, summary: long, facts: (0..<50).map { .init(name: "\($0)", value: long) },
            advice: [long], labels: ["a": long], link: "https://example.com/" + long)
        let sender = try Sample.webhook("https://example.com/x")
        let text = try #require(sender.parts(of: Sample.message(alerts: [alert, alert])).first)
        #expect(text.utf8.count < 20_000)
        let body = try JSONDecoder().decode(Body.self, from: Data(text.utf8))
        #expect(body.data.is_shortened)
        #expect(body.data.omitted_count == 1)
        let title = try #require(body.data.alerts.first?.title)
        #expect(title.hasSuffix("…") && title.hasPrefix(letter))
        #expect(title.dropLast().allSatisfy { String($0) == letter }, "a character was taken apart")
    }

    @Test func `what kind of message it is stands in its type`() throws {
        let sender = try Sample.webhook("https://example.com/x")
        let types = try [
            Sample.message(), Sample.message(alerts: [Sample.alert(status: .resolved)]),
            Sample.message(alerts: [Sample.alert(status: .resolved), Sample.alert()]),
            Sample.message(kind: .digest), Sample.message(kind: .test), Sample.message(kind: .notice),
        ].map { try JSONDecoder().decode(Body.self, from: Data(sender.parts(of: $0)[0].utf8)).type }
        #expect(
            types == [
                "alerts.firing", "alerts.resolved", "alerts.firing", "alerts.digest", "alerts.test", "alerts.notice",
            ])
    }
}
