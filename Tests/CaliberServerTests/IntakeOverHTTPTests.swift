import CaliberTesting
import Foundation
import Testing

/// `POST /v1/events` with every content type and coding, and with what is wrong.
@Suite(.timeLimit(.minutes(2))) struct IntakeOverHTTPTests {
    @Test func `events in every content type and coding are taken in once`() throws {
        let folder = try TemporaryFolder()
        let service = try RunningService(in: folder)
        let connection = try service.connect()

        let single = try connection.events(
            Array(SentEvents.payment(1).replacing(",", with: ",\n ").utf8),
            headers: ["Content-Type": "application/cloudevents+json; charset=UTF-8"])
        #expect(single.status == 200, "\(single.text)")
        #expect(try single.number("accepted") == 1)

        let batch = "[\n" + (1...3).map { SentEvents.payment($0) }.joined(separator: ",\r\n ") + "\n]"
        let batched = try connection.events(
            Array(batch.utf8), headers: ["Content-Type": "application/cloudevents-batch+json"])
        #expect(try batched.number("accepted") == 2)
        #expect(try batched.number("duplicate") == 1)

        for (place, coding) in [("gzip", "gzip"), ("zstd", "zstd")].enumerated() {
            let lines = SentEvents.lines(10 * (place + 1)..<10 * (place + 2))
            let packed = try SentEvents.packed(lines, by: coding.0, in: folder)
            let answer = try connection.events(packed, headers: ["Content-Encoding": coding.1])
            #expect(try answer.number("accepted") == 10, "\(answer.text)")
        }
        // Several members in a row are one body, as gzip itself has it.
        let two =
            try SentEvents.packed(SentEvents.lines(40..<42), by: "gzip", in: folder)
            + SentEvents.packed(SentEvents.lines(42..<44), by: "gzip", in: folder)
        #expect(try connection.events(two, headers: ["Content-Encoding": "gzip"]).number("accepted") == 4)
        #expect(try connection.events([]).number("received") == 0)
        #expect(
            try connection.events(Array("[ ]".utf8), headers: ["Content-Type": "application/cloudevents-batch+json"])
                .number("received") == 0)
        #expect(service.terminate() == 0, "\(service.log)")
        let status = try service.caliber("status", "--verify")
        #expect(status.status == 0)
        #expect(status.output.contains("accepted") || !status.output.isEmpty)
    }

    @Test func `curl is served`() throws {
        let folder = try TemporaryFolder()
        let service = try RunningService(in: folder)
        let file = try folder.write(String(decoding: SentEvents.lines(0..<5), as: UTF8.self), to: "five.ndjson")
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [
            "curl", "--silent", "--show-error", "--max-time", "20", "-H", "Content-Type: application/x-ndjson",
            "--data-binary", "@\(file)", "http://127.0.0.1:\(service.port)/v1/events",
        ]
        process.standardOutput = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        #expect(text.contains(#""accepted":5"#), "\(text)")
    }

    @Test func `each request gets its own account, with the reasons, however many are written together`() throws {
        let service = try RunningService(in: TemporaryFolder())
        let senders = 8
        let rounds = 6
        let accounts = Accounts()
        atOnce(senders) { sender in
            do {
                let connection = try service.connect()
                for round in 0..<rounds {
                    // Own events, one that all senders send in this round, one that is broken, one that nobody declares.
                    let first = (sender * rounds + round) * 10
                    var text = String(decoding: SentEvents.lines(first..<first + 3), as: UTF8.self)
                    text += "\n" + SentEvents.payment(round, orderPrefix: "shared") + "\n"
                    text +=
                        #"{"specversion":"1.0","id":"b-\#(first)","source":"tests","type":"payment.callback","data":{}}"#
                    text += "\n" + #"{"specversion":"1.0","id":"u-\#(first)","source":"tests","type":"nobody.knows"}"#
                    accounts.add(try connection.events(Array(text.utf8)))
                }
            } catch {
                accounts.fail(error)
            }
        }
        #expect(accounts.failures.isEmpty, "\(accounts.failures)")
        let answers = accounts.answers
        #expect(answers.count == senders * rounds)
        for answer in answers {
            #expect(try answer.number("received") == 6, "\(answer.text)")
            #expect(try answer.number("quarantined") == 1)
            #expect(try answer.number("parked") == 1)
            #expect(try answer.number("accepted") + answer.number("duplicate") == 4)
            let refusals = try #require(try answer.json()["refusals"] as? [[String: Any]])
            #expect(refusals.count == 1)
            #expect(refusals.first?["line"] as? Int == 6)
            #expect(refusals.first?["contract"] as? String == "payment.callback")
            #expect((refusals.first?["id"] as? String)?.hasPrefix("b-") == true)
        }
        #expect(try answers.reduce(0) { $0 + (try $1.number("accepted")) } == senders * rounds * 3 + rounds)
        #expect(service.terminate() == 0)
    }

    @Test func `what can't be cut or unpacked is refused as a whole, and takes nothing in`() throws {
        let folder = try TemporaryFolder()
        let service = try RunningService(in: folder, settings: ["CALIBER_INTAKE_BODY_MB": "1"])
        let good = SentEvents.lines(0..<200)
        let packed = try SentEvents.packed(good, by: "gzip", in: folder)
        var broken = packed
        broken[packed.count / 2] ^= 0xFF
        let cases: [(String, [UInt8], [String: String], Int, String)] = [
            ("a broken gzip", broken, ["Content-Encoding": "gzip"], 400, "body-damaged"),
            (
                "half a gzip", Array(packed.prefix(packed.count / 2)), ["Content-Encoding": "gzip"], 400,
                "body-truncated"
            ),
            ("no gzip", good, ["Content-Encoding": "gzip"], 400, "body-damaged"),
            ("no zstd", good, ["Content-Encoding": "zstd"], 400, "body-damaged"),
            ("an unknown coding", good, ["Content-Encoding": "br"], 415, "content-encoding"),
            ("a form", good, ["Content-Type": "application/x-www-form-urlencoded"], 415, "content-type"),
            ("Latin letters", good, ["Content-Type": "application/x-ndjson; charset=latin1"], 415, "content-type"),
            (
                "an open array", Array("[{},".utf8), ["Content-Type": "application/cloudevents-batch+json"], 400,
                "batch-malformed"
            ),
            ("no array", good, ["Content-Type": "application/cloudevents-batch+json"], 400, "batch-malformed"),
        ]
        for (what, body, headers, status, code) in cases {
            let answer = try service.ask(
                "POST", "/v1/events", headers: ["Content-Type": "application/x-ndjson"].merging(headers) { $1 },
                body: body)
            #expect(answer.status == status, "\(what): \(answer.text)")
            #expect(answer.code == code, "\(what): \(answer.text)")
            #expect(answer.headers["content-type"] == "application/problem+json")
        }
        // What is small on the wire and large unpacked.
        let bomb = try SentEvents.packed([UInt8](repeating: 0x20, count: 8 << 20), by: "gzip", in: folder)
        let exploded = try service.ask(
            "POST", "/v1/events", headers: ["Content-Type": "application/x-ndjson", "Content-Encoding": "gzip"],
            body: bomb)
        #expect(exploded.status == 413, "\(exploded.text)")
        #expect(try service.connect().events(good).number("accepted") == 200, "nothing of all that was taken in")
    }
}

/// Answers that several threads gather.
final class Accounts: @unchecked Sendable {
    // Safe to share: everything is touched only while the lock is held.
    private let lock = NSLock()
    private var gathered: [LoopbackConnection.Answer] = []
    private var errors: [String] = []

    func add(_ answer: LoopbackConnection.Answer) { lock.withLock { gathered.append(answer) } }
    func fail(_ error: any Error) { lock.withLock { errors.append("\(error)") } }

    var answers: [LoopbackConnection.Answer] { lock.withLock { gathered } }
    var failures: [String] { lock.withLock { errors } }
}

/// Runs so many threads at once, however many processors there are, and waits for all.
func atOnce(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
    let group = DispatchGroup()
    for number in 0..<count {
        group.enter()
        Thread.detachNewThread {
            body(number)
            group.leave()
        }
    }
    group.wait()
}
