import CaliberAlerts
import CaliberCore
import CaliberSinks
import CaliberStore
import CaliberTesting
import GRDB
import Testing

@Suite struct DeliveryTests {
    @Test func `an alert is told once, its end once more`() throws {
        let bench = try AlertBench(.simple(wait: 30))
        #expect(try bench.raise(alert("a")) == .opened(endpointCount: 1))
        try bench.pass(seconds: 29)
        #expect(bench.receivers.arrivals.isEmpty)
        try bench.pass(seconds: 1)
        #expect(bench.receivers.arrivals.map(\.message.id) == ["msg-1"])
        #expect(try bench.raise(alert("a", facts: [.init(name: "health", value: "31.00")])) == .stillFiring)
        try bench.pass(seconds: 10)
        #expect(try bench.resolve("a"))
        #expect(try bench.resolve("a") == false)
        try bench.pass(seconds: 600)
        #expect(bench.receivers.arrivals.map(\.message.alerts[0].status) == [.firing, .resolved])
        #expect(bench.receivers.arrivals[1].message.alerts[0].facts.map(\.value) == ["31.00"])
        // The second message kept its distance from the first.
        #expect(bench.receivers.arrivals[1].at == bench.receivers.arrivals[0].at.after(seconds: 300))
        #expect(try bench.account() == AlertAccount.Line(owed: 2, delivered: 2))
        try bench.expectSound()
    }

    @Test func `alerts of one group go together, worst first`() throws {
        let bench = try AlertBench(.simple(wait: 30))
        try bench.raise(alert("a", severity: .info))
        try bench.raise(alert("b", severity: .critical))
        try bench.raise(alert("c"))
        try bench.raise(alert("other", channel: "jd"))
        try bench.pass(seconds: 60)
        let messages = bench.receivers.arrivals.map(\.message)
        #expect(messages.map { $0.alerts.map(\.id) } == [["b", "c", "a"], ["other"]])
        #expect(messages.map(\.groupLabels) == [["channel": "douyin"], ["channel": "jd"]])
        #expect(Set(messages.map(\.groupKey)).count == 2)
    }

    @Test func `a message is tried on the schedule with jitter under one id, then kept as a dead letter`() throws {
        let policy = DeliveryPolicy()
        let bench = try AlertBench(.simple(repeating: 30 * 86_400), policy: policy)
        bench.receivers.answer(.failed(reason: "500"))
        let start = bench.clock.now
        try bench.raise(alert("a"))
        try bench.pass(seconds: 4 * 86_400)
        let tries = bench.receivers.arrivals
        try #require(tries.count == policy.tryDelaysSeconds.count)
        #expect(tries.allSatisfy { $0.message == tries[0].message })
        #expect(tries[0].at == start)
        var jitters: Set<Double> = []
        for index in 1..<tries.count {
            let waited = Double(tries[index].at.microseconds - tries[index - 1].at.microseconds) / 1e6
            let share = waited / policy.tryDelaysSeconds[index]
            // The endpoint's own rest is shorter than the later waits.
            #expect((0.8...1.2).contains(share), "try \(index + 1) after \(waited) s")
            jitters.insert(share)
        }
        #expect(jitters.count == tries.count - 1)
        #expect(try bench.account() == AlertAccount.Line(owed: 1, dead: 1))
        let letter = try #require(
            try bench.store.read { try AlertMessages.deadLetters(DeadLetterChoice(), in: $0) }.first)
        #expect(letter.id == "msg-1" && letter.answer == "500")
        let record = try bench.store.read { try AlertMessages.message("msg-1", in: $0) }
        #expect(record.attempts.map(\.outcome) == Array(repeating: "failed", count: 10))
        // Replayed, it has the whole schedule before it again.
        try bench.write { _ = try bench.outbox.replay(DeadLetterChoice(), at: bench.clock.now, in: $0) }
        try bench.pass(seconds: 60)
        #expect(try bench.account() == AlertAccount.Line(owed: 1, waiting: 1))
        try bench.expectSound()
    }

    @Test func `dead letters are replayed by id, endpoint and time, under their own ids`() throws {
        let bench = try AlertBench(.simple(endpoints: [AlertEndpoint(name: "hook"), AlertEndpoint(name: "mail")]))
        bench.receivers.answer(.refused(reason: "too long"))
        try bench.raise(alert("a"))
        try bench.pass(seconds: 1000)
        let later = bench.clock.now
        try bench.raise(alert("b", channel: "jd"))
        try bench.pass(seconds: 1)
        bench.receivers.answer(.delivered(answer: "ok"))
        let dead = try bench.account().dead
        func replay(_ choice: DeadLetterChoice) throws -> Int {
            try bench.write { try bench.outbox.replay(choice, at: bench.clock.now, in: $0) }
        }
        let all = try bench.store.read { try AlertMessages.deadLetters(DeadLetterChoice(), in: $0) }
        #expect(dead == all.count)
        let hooks = all.filter { $0.endpoint == "hook" }
        #expect(try replay(DeadLetterChoice(messageID: hooks[0].id)) == 1)
        #expect(throws: AlertProblem.messageNotDead(id: hooks[0].id, state: "pending")) {
            try replay(DeadLetterChoice(messageID: hooks[0].id))
        }
        #expect(throws: AlertProblem.unknownMessage(id: "none")) { try replay(DeadLetterChoice(messageID: "none")) }
        #expect(throws: AlertProblem.self) { try replay(DeadLetterChoice(endpoint: "hok")) }
        #expect(try replay(DeadLetterChoice(endpoint: "mail", until: later)) > 0)
        #expect(try bench.store.read { try AlertMessages.deadLetters(DeadLetterChoice(from: later), in: $0) }.count > 0)
        _ = try replay(DeadLetterChoice())
        let before = Set(bench.receivers.arrivals.map(\.message.id))
        try bench.pass(seconds: 1)
        #expect(Set(all.map(\.id)).isSubset(of: Set(bench.receivers.delivered.map(\.message.id))))
        #expect(before.isSuperset(of: all.map(\.id)))
        #expect(try bench.account().dead == 0)
        // Whoever was told of dead letters is told that there are none left.
        try bench.pass(seconds: 1000)
        let notices = bench.receivers.delivered.flatMap(\.message.alerts).filter { $0.id.contains("dead-letters") }
        #expect(notices.last?.status == .resolved)
        try bench.expectSound()
    }

    @Test func `an endpoint that is gone is turned off, and another one told`() throws {
        let bench = try AlertBench(.simple(endpoints: [AlertEndpoint(name: "hook"), AlertEndpoint(name: "mail")]))
        bench.receivers.answer { message, _ in
            message.endpoint == "hook" ? .gone(reason: "410") : .delivered(answer: "ok")
        }
        try bench.raise(alert("a"))
        try bench.pass(seconds: 10)
        try bench.raise(alert("b", channel: "jd"))
        try bench.pass(seconds: 10)
        #expect(bench.receivers.arrivals(at: "hook").count == 1)
        let notices = bench.receivers.arrivals(at: "mail").map(\.message).filter { $0.kind == .notice }
        #expect(notices.map { $0.alerts.map(\.id) } == [["endpoint-disabled-hook"]])
        #expect(try bench.account(of: "hook") == AlertAccount.Line(owed: 2, dead: 2))
        #expect(throws: AlertProblem.endpointDisabled(name: "hook", reason: "it is gone for good: 410")) {
            try bench.write { try bench.outbox.replay(DeadLetterChoice(endpoint: "hook"), at: bench.clock.now, in: $0) }
        }
        bench.receivers.answer(.delivered(answer: "ok"))
        try bench.write {
            try bench.outbox.enable("hook", at: bench.clock.now, in: $0)
            try bench.outbox.replay(DeadLetterChoice(endpoint: "hook"), at: bench.clock.now, in: $0)
        }
        try bench.pass(seconds: 600)
        #expect(try bench.account(of: "hook").dead == 0)
        #expect(bench.receivers.delivered.last { $0.endpoint == "mail" }?.message.alerts.map(\.status) == [.resolved])
        try bench.expectSound()
    }

    @Test func `an endpoint that only fails for days is turned off; one that answers now and then is not`() throws {
        for recovers in [false, true] {
            let bench = try AlertBench(.simple(endpoints: [AlertEndpoint(name: "hook"), AlertEndpoint(name: "mail")]))
            let start = bench.clock.now
            bench.receivers.answer { message, now in
                let isUp =
                    recovers && now > start.after(seconds: 3 * 86_400) && now < start.after(seconds: 3.1 * 86_400)
                return message.endpoint == "mail" || isUp ? .delivered(answer: "ok") : .failed(reason: "timeout")
            }
            for day in 0..<7 {
                try bench.raise(alert("a\(day)", channel: "c\(day)"))
                try bench.pass(seconds: 86_400)
            }
            let health = try bench.store.read { try bench.outbox.health(of: "hook", in: $0) }
            #expect(health.isDisabled == !recovers)
            #expect(
                bench.receivers.arrivals(at: "mail").contains {
                    $0.message.kind == .notice && $0.message.alerts[0].id == "endpoint-disabled-hook"
                } == !recovers)
            try bench.expectSound()
        }
    }

    @Test func `an endpoint that fails again and again rests, which uses up no tries`() throws {
        let bench = try AlertBench(.simple(groupBy: ["channel"]))
        bench.receivers.answer(.failed(reason: "connection refused"))
        for group in 0..<40 { try bench.raise(alert("a\(group)", channel: "c\(group)")) }
        try bench.pass(seconds: 1800)
        // Five failures, then one try after 30 s, 60 s, 120 s, 240 s, 480 s, 900 s.
        let tries = bench.receivers.arrivals
        #expect(tries.count == 5 + 5)
        let waits = (5..<tries.count).map { (tries[$0].at.microseconds - tries[$0 - 1].at.microseconds) / 1_000_000 }
        #expect(waits == [30, 60, 120, 240, 480])
        let up = bench.clock.now
        bench.receivers.answer(.delivered(answer: "ok"))
        try bench.pass(seconds: 901)
        // It works: all that failed and all that rested goes at once, not when its own wait is over.
        #expect(try bench.account() == AlertAccount.Line(owed: 40, delivered: 40))
        let delivered = bench.receivers.delivered.map(\.at)
        #expect(delivered.allSatisfy { $0 > up && $0 == delivered[0] })
        try bench.expectSound()
    }

    @Test func `when an endpoint answers again, what has long to wait goes at once`() throws {
        let bench = try AlertBench(.simple())
        bench.receivers.answer(.failed(reason: "500"))
        try bench.raise(alert("a"))
        try bench.pass(seconds: 3000)
        // Four failures: the next try would be two hours later.
        #expect(bench.receivers.arrivals.count == 4)
        try bench.raise(alert("b", channel: "jd"))
        try bench.pass(seconds: 1)
        bench.receivers.answer(.delivered(answer: "ok"))
        try bench.pass(seconds: 60)
        #expect(bench.receivers.delivered.map { $0.message.alerts[0].id } == ["b", "a"])
    }

    @Test func `a receiver's wish to wait holds the endpoint, within bounds, and costs no try`() throws {
        let bench = try AlertBench(.simple())
        let start = bench.clock.now
        let asked: [Double?] = [120, 0.001, 1e9, nil, .infinity]
        let waited: [Double] = [120, 1, 3600, 40, 80]
        bench.receivers.answer { _, _ in .throttled(reason: "429", retryAfterSeconds: asked[0]) }
        try bench.raise(alert("a"))
        try bench.settle()
        try bench.raise(alert("b", channel: "jd"))
        var moment = start
        for index in 1..<asked.count {
            moment = moment.after(seconds: waited[index - 1])
            try bench.pass(seconds: waited[index - 1] - 0.001)
            #expect(bench.receivers.arrivals.count == index)
            bench.receivers.answer { _, _ in .throttled(reason: "429", retryAfterSeconds: asked[index]) }
            try bench.pass(seconds: 0.001)
            #expect(bench.receivers.arrivals.count == index + 1)
            #expect(bench.receivers.arrivals.last?.at == moment)
        }
        bench.receivers.answer(.delivered(answer: "ok"))
        try bench.pass(seconds: 200)
        #expect(try bench.account() == AlertAccount.Line(owed: 2, delivered: 2))
        let ids = Set(bench.receivers.arrivals.map(\.message.id))
        #expect(ids.count == 2)
    }

    @Test func `a message that is only ever throttled is given up`() throws {
        let bench = try AlertBench(.simple(repeating: 30 * 86_400))
        bench.receivers.answer(.throttled(reason: "429", retryAfterSeconds: 3600))
        try bench.raise(alert("a"))
        try bench.pass(seconds: 5 * 86_400)
        #expect(try bench.account() == AlertAccount.Line(owed: 1, dead: 1))
        #expect(bench.receivers.arrivals.count == 97)
    }

    @Test func `newer words about a group wait for its message, and go as one`() throws {
        let bench = try AlertBench(.simple(interval: 60))
        bench.receivers.answer(.failed(reason: "500"))
        try bench.raise(alert("a"))
        try bench.pass(seconds: 1)
        for _ in 0..<50 {
            try bench.resolve("a")
            try bench.raise(alert("a"))
        }
        try bench.raise(alert("b"))
        try bench.pass(seconds: 400)
        #expect(Set(bench.receivers.arrivals.map(\.message.id)).count == 1)
        bench.receivers.answer(.delivered(answer: "ok"))
        try bench.pass(seconds: 4 * 3600)
        let delivered = bench.receivers.delivered.map(\.message)
        #expect(delivered.map { $0.alerts.map(\.id) }.prefix(2) == [["a"], ["a", "b"]])
        #expect(try bench.account().merged == 99)
        try bench.expectSound()
    }

    @Test func `a test is tried once, and owes nobody anything`() throws {
        let bench = try AlertBench(.simple())
        func test(_ id: String) throws -> MessageRecord {
            try bench.write {
                try AlertMessages.queueTest(to: "hook", id: id, by: "li", at: bench.clock.now, in: $0)
            }
            try bench.pass(seconds: 100)
            return try bench.store.read { try AlertMessages.message(id, in: $0) }
        }
        #expect(try test("t1").state == .delivered)
        bench.receivers.answer(.failed(reason: "500"))
        let failed = try test("t2")
        #expect(failed.state == .dead && failed.answer == "500" && failed.attempts.count == 1)
        #expect(try bench.store.read { try AlertMessages.deadLetters(DeadLetterChoice(), in: $0) } == [])
        #expect(bench.receivers.arrivals.map(\.message.kind) == [.test, .test])
        try bench.expectSound()
    }

    @Test func `a clock that is set back makes nothing wait longer`() throws {
        let bench = try AlertBench(.simple(wait: 30))
        bench.receivers.answer(.failed(reason: "500"))
        try bench.raise(alert("a"))
        try bench.pass(seconds: 31)
        try bench.raise(alert("b", channel: "jd"))
        #expect(bench.receivers.arrivals.count == 1)
        bench.receivers.answer(.delivered(answer: "ok"))
        bench.clock.advance(seconds: -365 * 86_400)
        try bench.pass(seconds: 40)
        #expect(try bench.account() == AlertAccount.Line(owed: 2, delivered: 2))
        try bench.expectSound()
    }

    @Test func `what an endpoint that is not declared any more was owed becomes dead letters`() throws {
        let bench = try AlertBench(
            .simple(endpoints: [AlertEndpoint(name: "hook"), AlertEndpoint(name: "old")], wait: 300))
        bench.receivers.answer { message, _ in
            message.endpoint == "old" ? .failed(reason: "500") : .delivered(answer: "ok")
        }
        try bench.raise(alert("a"))
        try bench.pass(seconds: 300)
        try bench.raise(alert("b", channel: "jd"))
        try bench.restart(.simple(wait: 300))
        #expect(try bench.account(of: "old") == AlertAccount.Line(owed: 2, dead: 2))
        try bench.pass(seconds: 300)
        #expect(try bench.account(of: "hook") == AlertAccount.Line(owed: 2, delivered: 2))
        // Who comes back gets what he missed.
        try bench.restart(.simple(endpoints: [AlertEndpoint(name: "hook"), AlertEndpoint(name: "old")], wait: 300))
        bench.receivers.answer(.delivered(answer: "ok"))
        try bench.write { _ = try bench.outbox.replay(DeadLetterChoice(), at: bench.clock.now, in: $0) }
        try bench.pass(seconds: 1)
        #expect(try bench.account(of: "old") == AlertAccount.Line(owed: 2, delivered: 2))
        try bench.expectSound()
    }

    @Test func `an unreadable message becomes a dead letter and holds up nobody`() throws {
        let bench = try AlertBench(.simple())
        bench.receivers.answer(.failed(reason: "500"))
        try bench.raise(alert("a"))
        try bench.pass(seconds: 1)
        try bench.write { try $0.execute(sql: "UPDATE alertMessage SET body = '{'") }
        bench.receivers.answer(.delivered(answer: "ok"))
        try bench.raise(alert("b", channel: "jd"))
        try bench.raise(alert("c", channel: "tmall"))
        try bench.write { try $0.execute(sql: "UPDATE alert SET body = '{' WHERE alertID = 'c'") }
        try bench.pass(seconds: 10)
        #expect(try bench.account() == AlertAccount.Line(owed: 3, delivered: 2, dead: 1))
        #expect(bench.receivers.delivered.flatMap(\.message.alerts).map(\.id) == ["b", "c"])
        try bench.expectSound()
    }

    @Test func `an id that no receiver could take is refused`() throws {
        let bench = try AlertBench(.simple())
        for id in ["", "a b", "a.b", "ä", String(repeating: "a", count: 201)] {
            #expect(throws: AlertProblem.badAlertID(id: id)) { try bench.raise(alert(id)) }
        }
    }
}
