import CaliberAlerts
import CaliberCore
import CaliberDictionary
import CaliberEngine
import CaliberEventLog
import CaliberSinks
import CaliberTesting
import Foundation
import GRDB
import Synchronization
import Testing

/// The shipped watches over orders whose scores the test makes, on a clock that it sets.
private final class ScoredShop: Sendable {
    let folder: TemporaryFolder
    private let dictionary: LoadedDictionary
    private let clock = Mutex(Timestamp(CivilDate(year: 2026, month: 3, day: 1), .midnight))
    private let eventCount = Mutex(0)

    init() throws {
        folder = try TemporaryFolder()
        dictionary = try ShopDictionary.load()
    }

    var now: Timestamp { clock.withLock { $0 } }

    func advance(seconds: Int) {
        clock.withLock { $0 = Timestamp(microseconds: $0.microseconds + Int64(seconds) * 1_000_000) }
    }

    func open() throws -> Engine {
        try Engine.open(
            databasePath: folder.path("caliber.db"), dictionary: dictionary, creating: true, now: { self.now })
    }

    /// An order of a channel, which is what its first event says.
    func placed(_ order: String, channel: String) -> String {
        line(
            "order.created",
            #""order_id":"\#(order)","channel":"\#(channel)","amount":"100.00","buyer_id":"b-\#(order)","#
                + #""sku":"s","product_id":"p","quantity":1"#)
    }

    func scored(_ order: String, health: Double, reason: String? = nil) -> String {
        let explanation =
            reason.map { #","explanation":"\#($0.replacing("\"", with: "\\\""))""# } ?? ""
        return line(
            "order.scored",
            #""order_id":"\#(order)","health":\#(health),"probability":0.5,"needs_review":\#(health < 60),"#
                + #""moment":"payment","model":"m@1"\#(explanation)"#)
    }

    private func line(_ type: String, _ data: String) -> String {
        let number = eventCount.withLock { count in
            count += 1
            return count
        }
        advance(seconds: 1)
        return #"{"specversion":"1.0","id":"e\#(number)","source":"test","type":"\#(type)","time":"\#(now)","#
            + #""data":{\#(data)}}"#
    }
}

private struct Process {
    let engine: Engine
    let intake: IntakeSession
    let watches: WatchSession

    init(_ engine: Engine) throws {
        self.engine = engine
        intake = try engine.openIntake()
        watches = try intake.watches()
    }

    func take(_ lines: [String]) throws {
        let outcome = try intake.ingest([.bytes(Array(lines.joined(separator: "\n").utf8), origin: "test")])
        let account = outcome.account
        #expect(account.quarantined == 0 && account.parked == 0, "\(account)")
    }
}

@Suite struct FindingAlertsTests {
    @Test(arguments: 0..<6 as Range<UInt64>)
    func `an order in trouble has exactly one open ticket and one alert that fires, whatever process looks`(
        seed: UInt64
    ) throws {
        var random = SeededGenerator(seed: seed)
        let shop = try ScoredShop()
        var process: Process? = try Process(try shop.open())
        var health: [String: Double] = [:]
        /// Health at the verdict.
        var judged: [String: Double] = [:]
        var (openedCount, judgedCount, worseCount) = (0, 0, 0)
        for step in 0..<60 {
            if Int.random(in: 0..<10, using: &random) == 0 {
                try process?.intake.checkpoint()
                process = nil
                process = try Process(try shop.open())
            }
            let current = try #require(process)
            var lines: [String] = []
            for _ in 0..<Int.random(in: 0...6, using: &random) {
                let order = "o\(Int.random(in: 0..<25, using: &random))"
                if health[order] == nil { lines.append(shop.placed(order, channel: "jd")) }
                let value = Double(Int.random(in: 3_000...9_000, using: &random)) / 100
                health[order] = value
                lines.append(shop.scored(order, health: value))
            }
            if !lines.isEmpty { try current.take(lines) }
            // Longer than the watch's cool-down, so that what it is for is told by the scores alone.
            shop.advance(seconds: 3_600)
            let found = try current.watches.look(everyWatch: true).filter { $0.watch == "unhealthy_order" }
            openedCount += found.count { $0.closedAt == nil }
            let engine = current.engine
            let open = try engine.watchFindings(watch: "unhealthy_order").map(\.subject).sorted()
            for (order, value) in health where !open.contains(order) {
                let isDue = value < 60 && judged[order].map { value <= $0 - 10 } ?? true
                #expect(!isDue, "order \(order) at \(value), step \(step) of seed \(seed)")
            }
            let tickets = try engine.reviewDesk.tickets(ReviewChoice(limit: 1_000))
            #expect(tickets.map(\.finding.orderID).sorted() == open, "step \(step) of seed \(seed)")
            let alerts = try engine.alertDesk.alerts(limit: 1_000).filter { $0.alert.watch == "unhealthy_order" }
            #expect(alerts.map { $0.alert.labels["order_id"] ?? "" }.sorted() == open)
            #expect(try engine.alertDesk.accountProblems() == [])
            for ticket in tickets {
                let order = ticket.finding.orderID
                let value = try #require(health[order])
                // A ticket knows how bad it is, to a point.
                #expect(Double(ticket.finding.healthHundredths) / 100 < value + 1, "\(order) of seed \(seed)")
                worseCount += try engine.reviewDesk.ticket(ticket.number).history.count { $0.kind == .rescored }
            }
            if let ticket = tickets.randomElement(using: &random), Int.random(in: 0..<3, using: &random) == 0 {
                let verdict = try #require(ReviewVerdict.allCases.randomElement(using: &random))
                let after = try engine.reviewDesk.judge(ticket.number, verdict, by: "wang")
                #expect(!after.isOpen && after.verdict == verdict)
                judged[ticket.finding.orderID] = Double(ticket.finding.healthHundredths) / 100
                #expect(try engine.reviewDesk.logVerdictsIfFree() == nil, "the session has the right to write")
                #expect(try current.intake.takeVerdicts() == 1)
                #expect(try current.intake.takeVerdicts() == 0)
                judgedCount += 1
            }
        }
        #expect(openedCount > 15 && judgedCount > 4 && worseCount > 0, "seed \(seed)")
        let counted = try #require(process).engine.status().account
        #expect(counted.isBalanced && counted.quarantined == 0 && counted.parked == 0)
    }

    @Test func `a channel that goes bad is paused once, and resumed once`() throws {
        let shop = try ScoredShop()
        let process = try Process(try shop.open())
        let engine = process.engine
        func look(_ numbers: Range<Int>, health: Double) throws {
            for number in numbers {
                try process.take([
                    shop.placed("o\(number)", channel: "douyin"), shop.scored("o\(number)", health: health),
                ])
                shop.advance(seconds: 20)
                _ = try process.watches.look()
            }
        }
        try look(0..<9, health: 20)
        #expect(try engine.alertDesk.alerts().allSatisfy { $0.alert.watch != "pause_channel" })
        try look(9..<40, health: 20)
        let id = "pause_channel-douyin"
        let paused = try engine.alertDesk.alert(id)
        #expect(paused.alert.status == .firing && paused.raiseCount == 1)
        #expect(paused.alert.labels == ["channel": "douyin", "signal": "pause_channel"])
        #expect(paused.alert.severity == .critical && !paused.alert.advice.isEmpty)
        try look(40..<49, health: 90)
        #expect(try engine.alertDesk.alert(id).alert.status == .firing)
        try look(49..<70, health: 90)
        let resumed = try engine.alertDesk.alert(id)
        #expect(resumed.alert.status == .resolved && resumed.raiseCount == 1)
        #expect(try engine.reviewDesk.count() == 40, "each of its orders keeps its ticket")
    }

    @Test func `a ticket has the score's reasons, and what was known when it was opened`() throws {
        let shop = try ScoredShop()
        let process = try Process(try shop.open())
        let reason =
            #"{"basePoints":8000,"health":3120,"limitPoints":0,"needsReview":true,"otherPoints":0,"probability":0.5,"#
            + #""rawLogOdds":0,"reasons":[{"advice":{"chinese":"补货","english":"Move stock to it."},"#
            + #""columns":[{"baseline":0.25,"id":"oversold","logOdds":1.5,"value":1}],"description":"d","#
            + #""id":"stock","points":-4880}],"supports":[]}"#
        try process.take([shop.scored("o 1/二", health: 31.2, reason: reason)])
        _ = try process.watches.look(everyWatch: true)
        let engine = process.engine
        let ticket = try engine.reviewDesk.ticket(1)
        #expect(ticket.finding.orderID == "o 1/二" && ticket.finding.channel == nil)
        #expect(ticket.finding.healthHundredths == 3120)
        #expect(
            ticket.finding.reasons == [.init(name: "oversold", value: "1, usually 0.25", points: "-48.80")])
        #expect(ticket.finding.advice == ["Move stock to it."])
        // An id that webhooks can carry, whatever the order is called.
        let alert = try #require(try engine.alertDesk.alerts().first)
        #expect(alert.alert.id.hasPrefix("unhealthy_order--"))
        #expect(alert.alert.labels["order_id"] == "o 1/二")
        try process.take([shop.scored("o 1/二", health: 80)])
        shop.advance(seconds: 10)
        _ = try process.watches.look(everyWatch: true)
        let after = try engine.reviewDesk.ticket(1)
        #expect(!after.isOpen && after.verdict == nil)
        #expect(after.history.map(\.kind) == [.opened, .closed])
        #expect(after.history.last?.text == "unhealthy_order is over, health 80.00")
    }

    @Test func `a verdict that a crash kept from being marked counts once`() throws {
        let shop = try ScoredShop()
        let process = try Process(try shop.open())
        let engine = process.engine
        try process.take([shop.placed("o1", channel: "jd"), shop.scored("o1", health: 31.25)])
        _ = try process.watches.look(everyWatch: true)
        _ = try engine.reviewDesk.judge(1, .bad, note: "no such \"street\"\n", by: "wang 王")
        let database = try DatabaseQueue(path: shop.folder.path("caliber.db"))
        let kept = try database.read { try Row.fetchOne($0, sql: "SELECT * FROM reviewVerdictToLog") }
        let row = try #require(kept)
        try process.intake.takeVerdicts()
        let before = try engine.status().account
        try database.write {
            try $0.execute(
                sql: "INSERT INTO reviewVerdictToLog VALUES (?, ?)",
                arguments: [row["reviewStepID"] as Int64, row["body"] as String])
        }
        try process.intake.takeVerdicts()
        let after = try engine.status().account
        #expect(after.duplicate == before.duplicate + 1 && after.accepted == before.accepted)
        try process.intake.checkpoint()
        let answer = try engine.session().rows(of: "orders").sortedText
        #expect(answer.contains("bad") && answer.contains("31.25"), "\(answer)")
    }
}
