import CaliberTesting
import Foundation
import Testing

/// From an event to the receiver of its alert, and from a reviewer's verdict to the log: the service as a process, real
/// receivers on loopback.
@Suite(.timeLimit(.minutes(3))) struct AlertsOverServiceTests {
    private static let secret = "whsec_" + Data((1...32).map { UInt8($0) }).base64EncodedString()
    private static let receiver = Result { try AlertReceiver() }

    private struct Message: Decodable {
        struct Alert: Decodable {
            let id: String
            let status: String
            let labels: [String: String]
        }
        struct Content: Decodable {
            let alerts: [Alert]
        }

        let type: String
        let data: Content
    }

    /// An alerts file whose endpoint is a receiver's path.
    private func alertsFile(_ folder: TemporaryFolder, url: String, extra: String = "") throws -> String {
        try folder.write(
            """
            endpoints:
              - {name: ops, webhook: {url: '\(url)', secrets: [{env: OPS_SECRET}]}, timeout: 5s}
            \(extra)
            route: {endpoints: [ops], wait: 0s, interval: 0s, group_by: [order_id, channel]}
            allow: {networks: [127.0.0.1]}
            """, to: "alerts.yaml")
    }

    private func settings(_ path: String) -> [String: String] {
        ["CALIBER_ALERTS": path, "OPS_SECRET": AlertsOverServiceTests.secret]
    }

    private func score(_ order: String, _ health: Double, id: String) -> [UInt8] {
        Array(
            (#"{"specversion":"1.0","id":"\#(id)","source":"tests","type":"order.scored","time":"2026-03-01T10:00:00Z","#
                + #""data":{"order_id":"\#(order)","health":\#(health),"probability":0.7,"needs_review":true,"#
                + #""moment":"payment","model":"m@1"}}"# + "\n").utf8)
    }

    /// What came to a receiver, until it holds what is waited for.
    private func wait(
        for name: String, seconds: Double = 20, until isEnough: ([AlertReceiver.Request]) throws -> Bool
    ) throws -> [AlertReceiver.Request] {
        let receiver = try AlertsOverServiceTests.receiver.get()
        var requests: [AlertReceiver.Request] = []
        let deadline = ContinuousClock.now + .seconds(seconds)
        while ContinuousClock.now < deadline {
            requests += try receiver.take(name)
            if try isEnough(requests) { break }
            usleep(50_000)
        }
        return requests
    }

    private func messages(_ requests: [AlertReceiver.Request]) throws -> [Message] {
        try requests.map { try JSONDecoder().decode(Message.self, from: Data($0.body.utf8)) }
    }

    @Test func `an event's alert arrives signed, its ticket is judged over HTTP, and the verdict ends it`() throws {
        let folder = try TemporaryFolder()
        let receiver = try AlertsOverServiceTests.receiver.get()
        let url = try receiver.behave(
            "life", #"{"kind": "standard", "secrets": ["\#(AlertsOverServiceTests.secret)"]}"#)
        let path = try alertsFile(folder, url: url)
        let service = try RunningService(in: folder, settings: settings(path))
        let connection = try service.connect()
        #expect(try connection.events(score("o-1", 31.25, id: "s1")).status == 200)
        let raised = try messages(try wait(for: "life") { !$0.isEmpty })
        #expect(raised.flatMap(\.data.alerts).map(\.id) == ["unhealthy_order-o-1"], "\(service.log)")
        #expect(raised.flatMap(\.data.alerts).map(\.status) == ["firing"])

        let list = try connection.ask("GET", "/v1/reviews?state=open&sort=oldest&limit=5")
        #expect(list.status == 200, "\(list.text)")
        let tickets = try #require(try list.json()["reviews"] as? [[String: Any]])
        #expect(tickets.map { $0["order"] as? String } == ["o-1"])
        #expect(tickets.first?["health"] as? Double == 31.25)
        func say(_ path: String, _ body: String) throws -> LoopbackConnection.Answer {
            try connection.ask("POST", "/v1/reviews/1/\(path)", body: Array(body.utf8))
        }
        #expect(try say("assign", #"{"to":"wang","by":"li"}"#).json()["assignee"] as? String == "wang")
        #expect(try say("note", #"{"text":"called the buyer","by":"wang"}"#).status == 200)
        for (path, body, status, code) in [
            ("note", #"{"text":"anonymous"}"#, 400, "anonymous"),
            ("verdict", #"{"verdict":"god"}"#, 400, "unknown-verdict"),
            ("verdict", #"{"verdict":"bad","bye":"x"}"#, 400, "unknown-member"), ("close", "{}", 400, "missing-member"),
            ("assign", "{}", 400, "missing-member"), ("assign", #"{"to":7,"by":"x"}"#, 400, "wrong-member"),
            ("note", "[]", 400, "malformed-json"),
        ] {
            let answer = try say(path, body)
            #expect(answer.status == status && answer.code == code, "\(path) \(body): \(answer.text)")
        }
        let verdict = try say("verdict", #"{"verdict":"bad","note":"no such street","by":"wang"}"#)
        #expect(try verdict.json()["state"] as? String == "closed", "\(verdict.text)")
        #expect(try say("verdict", #"{"verdict":"good","by":"li"}"#).status == 409)
        #expect(try connection.ask("GET", "/v1/reviews/2").status == 404)
        #expect(try connection.ask("GET", "/v1/reviews/0").code == "bad-ticket-number")
        #expect(try connection.ask("GET", "/v1/reviews?stat=open").code == "unknown-parameter")
        let kinds = (try connection.ask("GET", "/v1/reviews/1").json()["history"] as? [[String: Any]])?
            .compactMap { $0["kind"] as? String }
        #expect(kinds == ["opened", "assigned", "noted", "judged"])

        // The verdict comes into the log, which ends the finding, of which the receiver hears.
        let resolved = try messages(try wait(for: "life") { !$0.isEmpty })
        #expect(resolved.flatMap(\.data.alerts).map(\.status) == ["resolved"], "\(service.log)")
        let account = try service.caliber("alerts", "account")
        #expect(account.status == 0, "\(account.output)")
        #expect(account.output.contains("adds up"))
        let shown = try service.caliber("alerts", "show", "unhealthy_order-o-1")
        #expect(shown.output.matches(of: #/delivered in msg_/#).count == 2, "\(shown.output)")
        let gauges = try connection.ask("GET", "/metrics").text
        #expect(gauges.contains("caliber_alert_words_delivered 2"), "\(gauges)")
        #expect(gauges.contains("caliber_reviews_open 0"))
        #expect(service.terminate() == 0, "\(service.log)")
        #expect(!service.log.contains(AlertsOverServiceTests.secret))
        #expect(try StoredOrders(folder).rows(of: "orders").contains("bad"))
    }

    @Test func `what the command line changes beside the service is heeded`() throws {
        let folder = try TemporaryFolder()
        let url = try AlertsOverServiceTests.receiver.get().behave("beside", #"{"status": 204}"#)
        let service = try RunningService(in: folder, settings: settings(try alertsFile(folder, url: url)))
        let silenced = try service.caliber(
            "alerts", "silence", "add", "order_id = quiet", "--for", "1h", "--comment", "known", "--by", "li")
        #expect(silenced.status == 0, "\(silenced.output)")
        let connection = try service.connect()
        #expect(try connection.events(score("quiet", 20, id: "q")).status == 200)
        #expect(try connection.events(score("loud", 20, id: "l")).status == 200)
        let told = try messages(try wait(for: "beside") { !$0.isEmpty })
        #expect(told.flatMap(\.data.alerts).map(\.id) == ["unhealthy_order-loud"])
        #expect(try service.caliber("review", "judge", "1", "good", "--by", "wang").status == 0)
        #expect(try service.caliber("alerts", "silence", "end", "1").status == 0)
        // `loud` still fires; `quiet` was judged, so nobody hears that it ever fired.
        let deadline = ContinuousClock.now + .seconds(15)
        var open = ["unhealthy_order-loud", "unhealthy_order-quiet"]
        while open.count > 1, ContinuousClock.now < deadline {
            usleep(100_000)
            open = try service.caliber("watch", "findings", "--json").output
                .matches(of: #/"subject" : "(\w+)"/#).map { String($0.1) }
        }
        #expect(open == ["loud"])
        #expect(service.terminate() == 0)
        let account = try service.caliber("alerts", "account")
        #expect(account.status == 0, "\(account.output)")
    }

    @Test func `an alert that a kill kept from arriving arrives after the restart, under the id it had`() throws {
        let folder = try TemporaryFolder()
        let receiver = try AlertsOverServiceTests.receiver.get()
        let url = try receiver.behave("killed", #"{"kind": "hang", "seconds": 30}"#)
        let path = try alertsFile(folder, url: url)
        var service = try RunningService(in: folder, settings: settings(path))
        #expect(try service.connect().events(score("o-1", 12, id: "s1")).status == 200)
        let first = try wait(for: "killed") { !$0.isEmpty }
        service.kill9()
        try receiver.behave("killed", #"{"kind": "standard", "secrets": ["\#(AlertsOverServiceTests.secret)"]}"#)
        service = try RunningService(in: folder, settings: settings(path))
        let second = try wait(for: "killed") { !$0.isEmpty }
        #expect(Set((first + second).map { $0.headers["webhook-id"] }).count == 1)
        #expect(Set((first + second).map(\.body)).count == 1)
        #expect(service.terminate() == 0)
        let account = try service.caliber("alerts", "account")
        #expect(account.status == 0 && account.output.contains("ops"), "\(account.output)")
    }

    @Test func `a receiver that hangs holds up neither intake nor another endpoint nor the end`() throws {
        let folder = try TemporaryFolder()
        let receiver = try AlertsOverServiceTests.receiver.get()
        let hanging = try receiver.behave("hanging", #"{"kind": "hang", "seconds": 60}"#)
        let quick = try receiver.behave("quick", #"{"status": 200}"#)
        let path = try folder.write(
            """
            endpoints:
              - {name: hanging, webhook: {url: '\(hanging)'}, timeout: 60s}
              - {name: quick, webhook: {url: '\(quick)'}}
            route: {endpoints: [hanging, quick], wait: 0s, group_by: [order_id]}
            allow: {networks: [127.0.0.1]}
            """, to: "alerts.yaml")
        let service = try RunningService(in: folder, settings: ["CALIBER_ALERTS": path])
        let connection = try service.connect()
        for number in 0..<5 {
            #expect(try connection.events(score("o-\(number)", 12, id: "s\(number)")).status == 200)
        }
        #expect(try wait(for: "quick") { $0.count >= 5 }.count == 5)
        let start = ContinuousClock.now
        #expect(service.terminate() == 0, "\(service.log)")
        #expect(ContinuousClock.now - start < .seconds(20), "it waits for a receiver that hangs")
        let account = try service.caliber("alerts", "account")
        #expect(account.status == 0, "\(account.output)")
        #expect(account.output.contains("quick"))
    }

    @Test func `an alerts file that is wrong keeps the service from starting, and says where`() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("endpoints:\n  - {name: a, slack: {url: {env: NOWHERE}}}\n", to: "alerts.yaml")
        let process = Process()
        let errors = Pipe()
        process.executableURL = RunningService.caliber
        process.arguments = ["serve", "--check-config"]
        process.environment = RunningService.environment(in: folder).merging(["CALIBER_ALERTS": path]) { $1 }
        process.standardError = errors
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        let text = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 1)
        #expect(text.contains("alerts.yaml:2") && text.contains("NOWHERE"), "\(text)")
    }
}
