import CaliberCore
import CaliberSinks
import CaliberTesting
import Foundation
import Testing

/// Webhooks to receivers of every temper; what the queue is told of each.
@Suite struct DeliveryTests {
    private static let answers: [(name: String, behaviour: String, outcome: String)] = [
        ("ok", #"{"status": 200, "body": "thanks"}"#, "delivered"), ("created", #"{"status": 201}"#, "delivered"),
        ("no-content", #"{"status": 204}"#, "delivered"), ("bad", #"{"status": 400}"#, "failed"),
        ("unauthorized", #"{"status": 401}"#, "failed"), ("missing", #"{"status": 404}"#, "failed"),
        ("gone", #"{"status": 410}"#, "gone"), ("too-large", #"{"status": 413}"#, "refused"),
        ("too-many", #"{"status": 429}"#, "throttled"), ("broken", #"{"status": 500}"#, "failed"),
        ("bad-gateway", #"{"status": 502}"#, "failed"), ("unavailable", #"{"status": 503}"#, "failed"),
        ("busy", #"{"status": 503, "headers": {"Retry-After": "7"}}"#, "throttled"),
        ("not-modified", #"{"status": 304}"#, "failed"), ("odd", #"{"status": 299}"#, "delivered"),
        ("close", #"{"kind": "close"}"#, "failed"), ("close-early", #"{"kind": "close_early"}"#, "failed"),
        ("giant", #"{"kind": "giant"}"#, "delivered"), ("giant-error", #"{"kind": "giant", "status": 500}"#, "failed"),
        ("giant-headers", #"{"kind": "giant_headers"}"#, "failed"),
    ]

    @Test(arguments: answers.indices)
    func `only 2xx is success, and each other answer says what to do next`(index: Int) throws {
        let (name, behaviour, expected) = DeliveryTests.answers[index]
        let url = try Receivers.receiver.behave("answer-\(name)", behaviour)
        let outcome = try Sample.webhook(url).send(Sample.message(), at: .now)
        #expect(outcome.word == expected, "\(outcome)")
        #expect(try Receivers.receiver.take("answer-\(name)").count == 1, "one try is one request")
    }

    @Test func `an answer without end is read up to a bound only`() throws {
        let url = try Receivers.receiver.behave("endless", #"{"kind": "giant"}"#)
        _ = try Receivers.receiver.takeSentByteCounts()
        _ = try Sample.webhook(url).send(Sample.message(), at: .now)
        var counts: [Int] = []
        for _ in 0..<100 where counts.isEmpty {
            Thread.sleep(forTimeInterval: 0.02)
            counts = try Receivers.receiver.takeSentByteCounts()
        }
        let sent = try #require(counts.first, "the receiver still sends")
        #expect(sent < 20_000_000, "what the system's own buffers held is all that was sent")
    }

    @Test(
        arguments: [
            ("17", 17), (" 0 ", 0), ("99999999999999999999999", 86_400), ("Sun, 01 Mar 2026 16:12:05 GMT", 120),
            ("Sun, 01 Mar 2026 16:00:00 GMT", 0), ("soon", nil), ("-5", nil), ("", nil),
        ] as [(String, Double?)])
    func `Retry-After is read as seconds and as a date`(header: String, seconds: Double?) throws {
        let name = "retry-\(abs(header.hashValue))"
        let url = try Receivers.receiver.behave(
            name, #"{"status": 429, "headers": {"Retry-After": "\#(header)"}}"#)
        // Its date is held against the moment of the try, not against this machine's clock.
        let outcome = try Sample.webhook(url).send(Sample.message(), at: Sample.start)
        #expect(outcome.word == "throttled")
        #expect(outcome.retryAfterSeconds == seconds)
    }

    @Test func `headers of an interim answer don't count`() throws {
        let url = try Receivers.receiver.behave(
            "interim", #"{"kind": "interim", "status": 429, "headers": {"Retry-After": "3"}}"#)
        let outcome = try Sample.webhook(url).send(Sample.message(), at: .now)
        #expect(outcome.retryAfterSeconds == 3)
    }

    @Test func `a receiver that hangs costs no more than the timeout`() throws {
        let url = try Receivers.receiver.behave("hang", #"{"kind": "hang", "seconds": 20}"#)
        let begin = Date()
        let outcome = try Sample.webhook(url, timeout: 0.5).send(Sample.message(), at: .now)
        #expect(outcome == .failed(reason: "127.0.0.1 did not answer within 0.5 s"))
        #expect(Date().timeIntervalSince(begin) < 5)
    }

    @Test func `a look-up that hangs costs no more than the timeout`() throws {
        try playName("slow.played.test", "~8")
        let begin = Date()
        let outcome = try Sample.webhook("http://slow.played.test/x", timeout: 0.5).send(Sample.message(), at: .now)
        #expect(outcome.word == "failed")
        #expect(Date().timeIntervalSince(begin) < 5)
    }

    @Test func `a try is called off when the process is to end`() async throws {
        let url = try Receivers.receiver.behave("called-off", #"{"kind": "hang", "seconds": 20}"#)
        let sender = try Sample.webhook(url, timeout: 20)
        let begin = Date()
        Thread.detachNewThread {
            Thread.sleep(forTimeInterval: 0.3)
            sender.stop()
        }
        let outcome = sender.send(Sample.message(), at: .now)
        #expect(outcome == .failed(reason: "the try was called off"))
        #expect(Date().timeIntervalSince(begin) < 5)
        #expect(sender.send(Sample.message(), at: .now).word == "failed", "and no other begins")
    }

    @Test func `nobody listening is a failure, for now`() throws {
        let outcome = try Sample.webhook("http://127.0.0.1:1/x").send(Sample.message(), at: .now)
        #expect(outcome.word == "failed")
        #expect(outcome.text.contains("127.0.0.1"))
    }

    @Test func `a name that is nobody's is a failure, for now`() throws {
        let outcome = try Sample.webhook("http://nobody.played.test/x").send(Sample.message(), at: .now)
        #expect(outcome.word == "failed")
    }

    @Test func `the connection is kept for the next message, and made anew when it broke`() throws {
        let url = try Receivers.receiver.behave("kept", #"{"status": 200}"#)
        let sender = try Sample.webhook(url)
        for _ in 0..<3 { #expect(sender.send(Sample.message(), at: .now).word == "delivered") }
        let connections = Set(try Receivers.receiver.take("kept").map(\.connection))
        #expect(connections.count == 1)
        try Receivers.receiver.behave("kept", #"{"status": 500, "headers": {"Connection": "close"}}"#)
        #expect(sender.send(Sample.message(), at: .now).word == "failed")
        try Receivers.receiver.behave("kept", #"{"status": 200}"#)
        #expect(sender.send(Sample.message(), at: .now).word == "delivered")
        #expect(Set(try Receivers.receiver.take("kept").map(\.connection)).count == 2)
    }

    @Test func `the environment's proxies are not used`() async {
        // In a process of its own, whose environment is nobody else's.
        await #expect(processExitsWith: .success) {
            setenv("http_proxy", "http://127.0.0.1:1", 1)
            setenv("all_proxy", "http://127.0.0.1:1", 1)
            let receiver = try AlertReceiver()
            let url = try receiver.behave("direct", #"{"status": 200}"#)
            try #require(try Sample.webhook(url).send(Sample.message(), at: .now).word == "delivered")
        }
    }

    @Test func `a certificate is believed when the named authority stands behind it, and not otherwise`() throws {
        let receiver = try Receivers.receiver
        try receiver.behave("tls", #"{"status": 200}"#)
        func outcome(_ host: String, authority: String?) throws -> SendOutcome {
            let settings = WebhookSettings(
                url: SecretText("https://\(host):\(receiver.httpsPort)/tls"), secrets: [Sample.webhookSecret])
            return try Sample.sender(.webhook(settings), authority: authority).send(Sample.message(), at: .now)
        }
        #expect(try outcome("127.0.0.1", authority: receiver.authorityFile).word == "delivered")
        #expect(try outcome("127.0.0.1", authority: nil).word == "failed", "the system doesn't know it")
        try playName("wrong.played.test", "127.0.0.1")
        let wrongName = try outcome("wrong.played.test", authority: receiver.authorityFile)
        #expect(wrongName.word == "failed", "the certificate is another host's: \(wrongName)")
        #expect(try receiver.take("tls").count == 1)
    }

    @Test func `an id that could end a header goes nowhere`() throws {
        let url = try Receivers.receiver.behave("bad-id", #"{"status": 200}"#)
        for id in ["", "a.b", "a\r\nX-Injected: 1", "消息", String(repeating: "a", count: 201)] {
            #expect(try Sample.webhook(url).send(Sample.message(id: id), at: .now).word == "refused")
        }
        #expect(try Receivers.receiver.take("bad-id").isEmpty)
    }

    @Test func `many threads may send at once through one sender`() throws {
        let url = try Receivers.receiver.behave("crowd", #"{"status": 200}"#)
        let sender = try Sample.webhook(url)
        DispatchQueue.concurrentPerform(iterations: 20) { number in
            #expect(sender.send(Sample.message(id: "m\(number)"), at: .now).word == "delivered")
        }
        let requests = try Receivers.receiver.take("crowd")
        #expect(Set(requests.compactMap { $0.headers["webhook-id"] }).count == 20)
        #expect(Set(requests.map(\.connection)).count == 1)
    }
}
