import CaliberAlerts
import CaliberCore
import CaliberStore
import CaliberTesting
import GRDB
import Testing

@Suite struct ReviewTicketsTests {
    private func finding(_ order: String, _ health: Int, channel: String? = "douyin") -> ReviewFinding {
        ReviewFinding(
            orderID: order, watch: "health", channel: channel, healthHundredths: health,
            reasons: [.init(name: "carrier", value: "slow", points: "-12.40")], advice: ["Call the warehouse."])
    }

    private func report(_ bench: AlertBench, _ finding: ReviewFinding) throws -> ReviewTickets.Reported {
        try bench.write { try ReviewTickets.report(finding, at: bench.clock.now, in: $0) }
    }

    private func steps(_ bench: AlertBench, _ number: Int64 = 1) throws -> [ReviewTicket.Step.Kind] {
        try bench.store.read { try ReviewTickets.ticket(number, in: $0) }.history.map(\.kind)
    }

    @Test func `an order has one open ticket, however often it is found`() throws {
        let bench = try AlertBench(.simple())
        #expect(try report(bench, finding("o1", 5_900)) == .opened(number: 1))
        #expect(try report(bench, finding("o1", 5_850)) == .updated(number: 1, isNoted: false))
        #expect(try report(bench, finding("o1", 5_800)) == .updated(number: 1, isNoted: true))
        #expect(try report(bench, finding("o2", 3_000)) == .opened(number: 2))
        let ticket = try bench.store.read { try ReviewTickets.ticket(1, in: $0) }
        #expect(ticket.finding == finding("o1", 5_800) && ticket.isOpen)
        #expect(ticket.history.map(\.kind) == [.opened, .rescored])
        // The database itself holds to it.
        #expect(throws: DatabaseError.self) {
            try bench.write { try $0.execute(sql: "UPDATE reviewTicket SET orderID = 'o1'") }
        }
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func `a flapping score fills no history`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let bench = try AlertBench(.simple())
        try bench.write { database in
            for _ in 0..<2_000 {
                let health = Int.random(in: 0..<6_000, using: &generator)
                _ = try ReviewTickets.report(finding("o1", health), at: bench.clock.now, in: database)
            }
        }
        #expect(try steps(bench).count <= 61)
        #expect(try bench.store.read { try ReviewTickets.count(ReviewChoice(isOpen: nil), in: $0) } == 1)
    }

    @Test func `a ticket goes from hand to hand to its verdict, and every step stays`() throws {
        let bench = try AlertBench(.simple())
        _ = try report(bench, finding("o1", 4_000))
        try bench.write {
            try ReviewTickets.assign(1, to: "li", by: "wang", at: bench.clock.now, in: $0)
            try ReviewTickets.note("called the buyer", on: 1, by: "li", at: bench.clock.now, in: $0)
            try ReviewTickets.assign(1, to: nil, by: "li", at: bench.clock.now, in: $0)
        }
        let reviewed = try bench.write {
            try ReviewTickets.judge(1, .bad, note: "address does not exist", by: "li", at: bench.clock.now, in: $0)
        }
        #expect(reviewed.orderID == "o1" && reviewed.verdict == .bad && reviewed.reviewer == "li")
        #expect(reviewed.healthHundredths == 4_000 && reviewed.ticketNumber == 1)
        let ticket = try bench.store.read { try ReviewTickets.ticket(1, in: $0) }
        #expect(!ticket.isOpen && ticket.verdict == .bad && ticket.closedAt == bench.clock.now)
        #expect(ticket.history.map(\.kind) == [.opened, .assigned, .noted, .assigned, .judged])
        #expect(ticket.history.map(\.text) == [nil, "li", "called the buyer", nil, "bad: address does not exist"])
        #expect(ticket.history.map(\.who) == [nil, "wang", "li", "li", "li"])
        for sql in ["UPDATE reviewStep SET text = ''", "DELETE FROM reviewStep"] {
            #expect(throws: DatabaseError.self) { try bench.write { try $0.execute(sql: sql) } }
        }
        #expect(throws: AlertProblem.ticketClosed(number: 1, at: bench.clock.now)) {
            try bench.write { try ReviewTickets.judge(1, .good, by: "li", at: bench.clock.now, in: $0) }
        }
    }

    @Test func `a verdict waits for the log until it has it, under one id`() throws {
        let bench = try AlertBench(.simple())
        _ = try report(bench, finding("o1", 4_000))
        let reviewed = try bench.write {
            try ReviewTickets.judge(1, .good, by: "li", at: bench.clock.now, in: $0)
        }
        try bench.restart()
        #expect(try bench.store.read { try ReviewTickets.unloggedVerdicts(in: $0) } == [reviewed])
        try bench.write { try ReviewTickets.markLogged([reviewed], in: $0) }
        #expect(try bench.store.read { try ReviewTickets.unloggedVerdicts(in: $0) } == [])
        _ = try report(bench, finding("o1", 2_000))
        let again = try bench.write {
            try ReviewTickets.judge(1, .bad, by: "li", at: bench.clock.now, in: $0)
        }
        #expect(again.eventID != reviewed.eventID)
    }

    @Test func `a judged order is looked at again when it is much worse, a closed one when it is found again`() throws {
        let bench = try AlertBench(.simple())
        _ = try report(bench, finding("o1", 4_000))
        _ = try bench.write { try ReviewTickets.judge(1, .good, by: "li", at: bench.clock.now, in: $0) }
        #expect(try report(bench, finding("o1", 3_001)) == .judgedAlready(number: 1))
        #expect(try steps(bench) == [.opened, .judged])
        #expect(try report(bench, finding("o1", 3_000)) == .reopened(number: 1))
        try bench.write { try ReviewTickets.close(1, because: "shipped", by: nil, at: bench.clock.now, in: $0) }
        #expect(try report(bench, finding("o1", 5_999)) == .reopened(number: 1))
        #expect(try steps(bench) == [.opened, .judged, .reopened, .closed, .reopened])
        let ticket = try bench.store.read { try ReviewTickets.ticket(1, in: $0) }
        #expect(ticket.verdict == nil && ticket.closedAt == nil)
    }

    @Test func `tickets are listed by who, where and how bad`() throws {
        let bench = try AlertBench(.simple())
        for (index, health) in [3_000, 1_000, 5_000, 2_000].enumerated() {
            _ = try report(bench, finding("o\(index + 1)", health, channel: index < 2 ? "douyin" : nil))
            bench.clock.advance(seconds: 60)
        }
        try bench.write {
            try ReviewTickets.assign(3, to: "li", by: "li", at: bench.clock.now, in: $0)
            _ = try ReviewTickets.judge(4, .unclear, by: "li", at: bench.clock.now, in: $0)
        }
        func numbers(_ choice: ReviewChoice) throws -> [Int64] {
            let tickets = try bench.store.read { try ReviewTickets.list(choice, in: $0) }
            let count = try bench.store.read { try ReviewTickets.count(choice, in: $0) }
            #expect(count == tickets.count || choice.limit < 100 || choice.offset > 0)
            return tickets.map(\.number)
        }
        #expect(try numbers(ReviewChoice()) == [2, 1, 3])
        #expect(try numbers(ReviewChoice(order: .oldest)) == [1, 2, 3])
        #expect(try numbers(ReviewChoice(assignee: "li")) == [3])
        #expect(try numbers(ReviewChoice(isUnassigned: true)) == [2, 1])
        #expect(try numbers(ReviewChoice(channel: "douyin", order: .oldest)) == [1, 2])
        #expect(try numbers(ReviewChoice(isOpen: false)) == [4])
        #expect(try numbers(ReviewChoice(isOpen: nil, orderID: "o4")) == [4])
        #expect(try numbers(ReviewChoice(isOpen: nil, limit: 2, offset: 1)) == [4, 1])
    }

    @Test func `what has no name or no ticket is refused`() throws {
        let bench = try AlertBench(.simple())
        _ = try report(bench, finding("o1", 4_000))
        let now = bench.clock.now
        #expect(throws: AlertProblem.unknownTicket(number: 9)) {
            try bench.write { try ReviewTickets.note("", on: 9, by: "li", at: now, in: $0) }
        }
        #expect(throws: AlertProblem.anonymous(what: "A verdict")) {
            try bench.write { try ReviewTickets.judge(1, .bad, by: "", at: now, in: $0) }
        }
        #expect(throws: AlertProblem.anonymous(what: "An assignment")) {
            try bench.write { try ReviewTickets.assign(1, to: "li", by: "", at: now, in: $0) }
        }
        #expect(throws: AlertProblem.anonymous(what: "A note")) {
            try bench.write { try ReviewTickets.note("hm", on: 1, by: "", at: now, in: $0) }
        }
    }
}
