import CaliberAlerts
import CaliberCore
import CaliberSinks
import CaliberStore
import CaliberTesting
import Synchronization
import Testing

private struct Killed: Error {}

/// Dies at its n-th step, and says at which steps it passed.
private final class Assassin: Sendable {
    private struct State {
        var stepsLeft: Int
        var seen: Set<DeliveryStep> = []
    }
    private let state: Mutex<State>

    init(afterSteps count: Int) { state = Mutex(State(stepsLeft: count)) }

    var seen: Set<DeliveryStep> { state.withLock { $0.seen } }
    var hasStruck: Bool { state.withLock { $0.stepsLeft < 0 } }

    func pass(_ step: DeliveryStep) throws {
        try state.withLock {
            $0.seen.insert(step)
            $0.stepsLeft -= 1
            if $0.stepsLeft == -1 { throw Killed() }
        }
    }
}

@Suite struct KillTests {
    /// Two endpoints, a silence, an inhibition, a failure, a refusal, an endpoint that goes for good, a clock that is set
    /// back, reminders: whatever can be written is.
    private func play(dyingAfter count: Int?) throws -> (bench: AlertBench, seen: Set<DeliveryStep>, hasStruck: Bool) {
        let rule = InhibitionRule(
            source: [try LabelMatcher(parsing: "watch = pause")], target: [try LabelMatcher(parsing: "watch = health")],
            equal: ["channel"])
        let endpoints = [
            AlertEndpoint(name: "hook"), AlertEndpoint(name: "robot", budget: .twentyAMinute),
            AlertEndpoint(name: "old"),
        ]
        let routing = try AlertRouting.simple(
            endpoints: endpoints, wait: 1, interval: 60, repeating: 7200, groupBy: ["channel", "watch"],
            inhibitions: [rule])
        let bench = try AlertBench(routing)
        let assassin = Assassin(afterSteps: count ?? .max)
        let begin = bench.clock.now
        bench.receivers.answer { message, now in
            if message.endpoint == "old", now > begin.after(seconds: 300) { return .gone(reason: "410") }
            let isDown = message.endpoint == "hook" && now >= begin && now < begin.after(seconds: 120)
            return isDown ? .failed(reason: "500") : .delivered(answer: "ok")
        }
        bench.atStep = { try assassin.pass($0) }
        func surviving(_ body: () throws -> Void) throws {
            // A process that dies is started anew; the second one lives.
            do { try body() } catch is Killed {
                try restart(bench)
                try body()
            }
        }
        try surviving { try bench.restart() }
        _ = try bench.write {
            try AlertSilences.add(
                [try LabelMatcher(parsing: "channel = quiet")], from: bench.clock.now,
                until: bench.clock.now.after(seconds: 400), author: "li", comment: "", at: bench.clock.now, in: $0)
        }
        for order in 0..<4 { try bench.raise(alert("order-\(order)", channel: order < 2 ? "douyin" : "jd")) }
        try bench.raise(alert("pause-douyin", watch: "pause", severity: .critical))
        try bench.raise(alert("hushed", channel: "quiet"))
        try surviving { try bench.pass(seconds: 200) }
        try bench.resolve("order-2")
        try bench.resolve("pause-douyin")
        try surviving { try bench.pass(seconds: 500) }
        bench.clock.advance(seconds: -3600)
        try surviving { try bench.pass(seconds: 200) }
        try bench.raise(alert("late", channel: "tmall"))
        try surviving { try bench.pass(seconds: 700) }
        try surviving { try bench.restart(.simple(endpoints: Array(endpoints.prefix(2)), wait: 1, interval: 60)) }
        try surviving { try bench.pass(seconds: 700) }
        return (bench, assassin.seen, assassin.hasStruck)
    }

    private func restart(_ bench: AlertBench) throws {
        do { try bench.restart() } catch is Killed { try bench.restart() }
    }

    @Test func `there is a death for each kind of write`() throws {
        let (clean, steps, _) = try play(dyingAfter: nil)
        // The play has all there is to write.
        for write in DeliveryStep.Write.allCases {
            #expect(steps.contains(.beforeWrite(write)), "\(write)")
            #expect(steps.contains(.insideWrite(write)) && steps.contains(.afterWrite(write)), "\(write)")
        }
        #expect(steps.contains(.beforeSending) && steps.contains(.afterSending))
        try check(clean, "clean")
    }

    @Test(arguments: 0..<KillTests.shareCount)
    func `killed at each step in turn, every alert arrives and everything adds up`(share: Int) throws {
        var count = share
        while true {
            let (bench, _, hasStruck) = try play(dyingAfter: count)
            guard hasStruck else { break }
            try check(bench, "killed at step \(count)")
            count += KillTests.shareCount
        }
        #expect(count > 100)
    }

    /// The steps are dealt out, to be played side by side.
    static let shareCount = 8

    private func check(_ bench: AlertBench, _ when: Comment) throws {
        let problems = try bench.store.read { try AlertAccount.verify(in: $0) }
        #expect(problems == [], when)
        #expect(try bench.account().waiting == 0, when)
        for endpoint in ["hook", "robot"] {
            let arrived = bench.receivers.delivered.filter { $0.endpoint == endpoint }.map(\.message)
            for id in ["order-0", "order-1", "order-2", "order-3", "pause-douyin", "hushed", "late"] {
                #expect(arrived.contains { $0.alerts.contains { $0.id == id } }, "\(when): \(id) at \(endpoint)")
            }
            // The same id is the same message.
            for (id, messages) in Dictionary(grouping: arrived, by: \.id) {
                #expect(messages.allSatisfy { $0 == messages[0] }, "\(when): \(id)")
            }
            let words = try bench.store.read { database in
                try ["order-2", "pause-douyin"].flatMap { try AlertListing.alert($0, in: database)?.words ?? [] }
            }
            let messageOfWord = words.filter { $0.endpoint == endpoint }.compactMap { word -> String? in
                if case .delivered(let id) = word.state { id } else { nil }
            }
            let known = Set(arrived.map(\.id))
            #expect(messageOfWord.allSatisfy(known.contains), when)
        }
        // Every message that anyone got is in the database, under its id.
        for id in Set(bench.receivers.arrivals.map(\.message.id)) {
            #expect(throws: Never.self, when) {
                _ = try bench.store.read { try AlertMessages.message(id, in: $0) }
            }
        }
    }

    @Test func `a try that always ends the process gives way to others, and becomes a dead letter`() throws {
        let bench = try AlertBench(.simple())
        try bench.raise(alert("a"))
        bench.atStep = { if $0 == .beforeSending { throw Killed() } }
        var count = 0
        try bench.restart()
        while try bench.account().dead == 0, count < 100 {
            #expect(throws: Killed.self) { try bench.pass(seconds: 110_000) }
            try bench.restart()
            count += 1
        }
        // Three are made up for, then the schedule of ten goes on.
        #expect(count == 3 + 10)
        try bench.expectSound()
    }
}
