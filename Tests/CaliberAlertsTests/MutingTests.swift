import CaliberAlerts
import CaliberCore
import CaliberSinks
import CaliberStore
import CaliberTesting
import Testing

@Suite struct MutingTests {
    private static func inhibition() throws -> InhibitionRule {
        InhibitionRule(
            source: [try LabelMatcher(parsing: "watch = pause")], target: [try LabelMatcher(parsing: "watch = health")],
            equal: ["channel"])
    }

    private func silence(
        _ bench: AlertBench, _ matcher: String, fromSeconds: Double = 0, untilSeconds: Double
    ) throws -> Int64 {
        try bench.write {
            try AlertSilences.add(
                [try LabelMatcher(parsing: matcher)], from: bench.clock.now.after(seconds: fromSeconds),
                until: bench.clock.now.after(seconds: untilSeconds), author: "li", comment: "promotion",
                at: bench.clock.now, in: $0)
        }
    }

    private func told(_ bench: AlertBench) -> [String] {
        bench.receivers.arrivals.flatMap { $0.message.alerts.map { "\($0.id) \($0.status.rawValue)" } }
    }

    @Test func `what is silenced is not told, and is told when the silence ends and it still fires`() throws {
        let bench = try AlertBench(.simple())
        let number = try silence(bench, "channel = douyin", untilSeconds: 3600)
        try bench.raise(alert("a"))
        try bench.raise(alert("b"))
        try bench.raise(alert("c", channel: "jd"))
        try bench.pass(seconds: 600)
        #expect(told(bench) == ["c firing"])
        try bench.resolve("b")
        try bench.pass(seconds: 2999)
        #expect(told(bench) == ["c firing"])
        #expect(try bench.account() == AlertAccount.Line(owed: 4, delivered: 1, silenced: 3))
        try bench.pass(seconds: 1)
        #expect(told(bench) == ["c firing", "a firing"])
        let words = try bench.store.read { try AlertListing.alert("b", in: $0) }?.words.map(\.state)
        #expect(words == [.silenced(number: number), .silenced(number: number)])
        try bench.expectSound()
    }

    @Test func `the end of what was told is silenced too, but not the end of what was silenced told`() throws {
        let bench = try AlertBench(.simple())
        try bench.raise(alert("a"))
        try bench.pass(seconds: 400)
        let number = try silence(bench, "channel = douyin", untilSeconds: 600)
        try bench.raise(alert("b"))
        try bench.pass(seconds: 400)
        // Ends while it is silenced, but nobody looks before the silence is over.
        _ = try bench.write { try AlertSilences.end(number, at: bench.clock.now, in: $0) }
        try bench.resolve("b")
        try bench.pass(seconds: 1000)
        #expect(told(bench) == ["a firing"])
        try bench.resolve("a")
        try bench.pass(seconds: 1000)
        #expect(told(bench) == ["a firing", "a resolved"])
        try bench.expectSound()
    }

    @Test func `a silence that is ended early lets what it muted be told at once`() throws {
        let bench = try AlertBench(.simple())
        let number = try silence(bench, "watch =~ \"heal.*\"", untilSeconds: 86_400)
        try bench.raise(alert("a"))
        try bench.pass(seconds: 60)
        #expect(try bench.write { try AlertSilences.end(number, at: bench.clock.now, in: $0) })
        #expect(try bench.write { try AlertSilences.end(number, at: bench.clock.now, in: $0) } == false)
        try bench.settle()
        #expect(told(bench) == ["a firing"])
        #expect(try bench.store.read { try AlertSilences.list(endingAfter: bench.clock.now, in: $0) } == [])
        #expect(try bench.store.read { try AlertSilences.list(endingAfter: nil, in: $0) }.map(\.number) == [number])
    }

    @Test func `a silence that is to come silences nothing yet`() throws {
        let bench = try AlertBench(.simple(interval: 0))
        _ = try silence(bench, "channel = douyin", fromSeconds: 600, untilSeconds: 1200)
        try bench.raise(alert("a"))
        try bench.pass(seconds: 599)
        try bench.raise(alert("b"))
        try bench.pass(seconds: 1)
        try bench.raise(alert("c"))
        try bench.pass(seconds: 1)
        #expect(told(bench) == ["a firing", "b firing"])
    }

    @Test func `a silence without conditions, author or future is refused`() throws {
        let bench = try AlertBench(.simple())
        let now = bench.clock.now
        let any = [try LabelMatcher(parsing: "channel = douyin")]
        func add(_ matchers: [LabelMatcher], _ from: Double, _ until: Double, _ author: String) throws {
            _ = try bench.write {
                try AlertSilences.add(
                    matchers, from: now.after(seconds: from), until: now.after(seconds: until), author: author,
                    comment: "", at: now, in: $0)
            }
        }
        #expect(throws: AlertProblem.boundlessSilence) { try add([], 0, 60, "li") }
        #expect(throws: AlertProblem.anonymous(what: "A silence")) { try add(any, 0, 60, "") }
        #expect(throws: AlertProblem.self) { try add(any, 60, 60, "li") }
        #expect(throws: AlertProblem.silenceOver(until: now, now: now)) { try add(any, -60, 0, "li") }
        #expect(throws: AlertProblem.unknownSilence(number: 9)) {
            try bench.write { try AlertSilences.end(9, at: now, in: $0) }
        }
    }

    @Test func `a channel alert mutes its orders' messages; what still fires after it is told`() throws {
        let bench = try AlertBench(
            .simple(wait: 30, groupBy: ["channel", "watch"], inhibitions: [MutingTests.inhibition()]))
        for order in 1...9 { try bench.raise(alert("order-\(order)")) }
        try bench.raise(alert("order-jd", channel: "jd"))
        try bench.pass(seconds: 10)
        // The tenth in a row: the channel itself is the news.
        try bench.raise(alert("pause-douyin", watch: "pause", severity: .critical))
        try bench.pass(seconds: 100)
        #expect(Set(told(bench)) == ["order-jd firing", "pause-douyin firing"])
        #expect(try bench.account().inhibited == 9)
        for order in 1...7 { try bench.resolve("order-\(order)") }
        try bench.pass(seconds: 1000)
        try bench.resolve("pause-douyin")
        try bench.pass(seconds: 1000)
        #expect(
            told(bench).suffix(3).sorted() == ["order-8 firing", "order-9 firing", "pause-douyin resolved"])
        let words = try bench.store.read { try AlertListing.alert("order-1", in: $0) }?.words.map(\.state)
        #expect(words == [.inhibited(alertID: "pause-douyin"), .inhibited(alertID: "pause-douyin")])
        try bench.expectSound()
    }

    @Test func `an inhibition that the configuration drops lets go at the next start`() throws {
        let bench = try AlertBench(
            .simple(groupBy: ["channel", "watch"], inhibitions: [MutingTests.inhibition()]))
        try bench.raise(alert("pause-douyin", watch: "pause"))
        try bench.raise(alert("order-1"))
        try bench.pass(seconds: 10)
        #expect(told(bench) == ["pause-douyin firing"])
        try bench.restart(.simple(groupBy: ["channel", "watch"]))
        try bench.pass(seconds: 1)
        #expect(told(bench) == ["pause-douyin firing", "order-1 firing"])
        try bench.expectSound()
    }

    @Test func `what still fires is told again after the repeat interval, unless it is muted`() throws {
        let bench = try AlertBench(.simple(repeating: 3600))
        try bench.raise(alert("a"))
        try bench.raise(alert("b"))
        try bench.pass(seconds: 3599)
        #expect(told(bench).count == 2)
        try bench.pass(seconds: 2)
        #expect(told(bench).count == 4)
        try bench.resolve("b")
        try bench.pass(seconds: 600)
        _ = try silence(bench, "channel = douyin", untilSeconds: 9000)
        try bench.pass(seconds: 8900)
        #expect(told(bench).count == 5)
        try bench.pass(seconds: 4000)
        // Known already: a reminder, not news.
        #expect(told(bench).suffix(1) == ["a firing"])
        let words = try bench.store.read { try AlertListing.alert("a", in: $0) }?.words.map(\.kind)
        #expect(words?.contains("unmuted") == false)
        try bench.expectSound()
    }
}
