import CaliberAlerts
import CaliberCore
import CaliberSinks
import CaliberStore
import CaliberTesting
import Synchronization
import Testing

@Suite struct ConservationTests {
    /// Receivers that answer by a random law, which changes.
    private final class Moods: Sendable {
        private let generator: Mutex<SeededGenerator>
        private let isCalm = Mutex(false)

        init(seed: UInt64) { generator = Mutex(SeededGenerator(seed: seed)) }

        func calm() { isCalm.withLock { $0 = true } }

        func answer() -> SendOutcome {
            guard !isCalm.withLock({ $0 }) else { return .delivered(answer: "ok") }
            switch generator.withLock({ Int.random(in: 0..<12, using: &$0) }) {
            case 0..<6: return .delivered(answer: "ok")
            case 6..<9: return .failed(reason: "500")
            case 9: return .throttled(reason: "429", retryAfterSeconds: 30)
            case 10: return .throttled(reason: "429", retryAfterSeconds: nil)
            default: return .refused(reason: "too long")
            }
        }
    }

    private func routing() throws -> AlertRouting {
        let rule = InhibitionRule(
            source: [try LabelMatcher(parsing: "watch = pause")], target: [try LabelMatcher(parsing: "watch = health")],
            equal: ["channel"])
        let robot = AlertRoute(
            matchers: [try LabelMatcher(parsing: "watch in (health, pause)")], endpoints: ["robot", "hook"],
            groupBy: ["channel", "watch"], continues: true)
        return try AlertRouting(
            endpoints: [
                AlertEndpoint(name: "hook"), AlertEndpoint(name: "robot", budget: .twentyAMinute),
                AlertEndpoint(name: "mail"),
            ],
            root: AlertRoute(
                endpoints: ["mail"], groupBy: ["watch"], waitMicroseconds: seconds(10),
                intervalMicroseconds: seconds(120), repeatMicroseconds: seconds(3600),
                routes: [robot, AlertRoute(matchers: [try LabelMatcher(parsing: "watch = pause")])]),
            inhibitions: [rule], noticeEndpoints: ["mail", "hook"])
    }

    @Test(arguments: 0..<12 as Range<UInt64>)
    func `whatever happens, everything adds up after each step, and in the end all is told`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let moods = Moods(seed: seed &+ 1)
        let bench = try AlertBench(routing())
        bench.receivers.answer { _, _ in moods.answer() }
        var silences: [Int64] = []
        for _ in 0..<80 {
            try act(bench, &generator, &silences)
            try bench.expectSound()
        }
        try calm(bench, moods, silences)
        try checkEnd(bench)
    }

    private func act(_ bench: AlertBench, _ generator: inout SeededGenerator, _ silences: inout [Int64]) throws {
        let channel = ["douyin", "jd", "tmall"].randomElement(using: &generator)!
        let order = "order-\(channel)-\(Int.random(in: 0..<6, using: &generator))"
        let now = bench.clock.now
        switch Int.random(in: 0..<20, using: &generator) {
        case 0..<7:
            let severity = AlertSeverity.allCases.randomElement(using: &generator)!
            try bench.raise(alert(order, severity: severity, channel: channel))
        case 7..<10: try bench.resolve(order)
        case 10: try bench.raise(alert("pause-\(channel)", watch: "pause", severity: .critical, channel: channel))
        case 11: try bench.resolve("pause-\(channel)")
        case 12:
            let length = Double.random(in: 1...2000, using: &generator)
            silences.append(
                try bench.write {
                    try AlertSilences.add(
                        [try LabelMatcher(parsing: "channel = \(channel)")], from: now,
                        until: now.after(seconds: length), author: "li", comment: "", at: now, in: $0)
                })
        case 13:
            if let last = silences.popLast() { try bench.write { _ = try AlertSilences.end(last, at: now, in: $0) } }
        case 14: if Bool.random(using: &generator) { try bench.restart() }
        case 15: try bench.write { _ = try bench.outbox.replay(DeadLetterChoice(), at: now, in: $0) }
        case 16: bench.clock.advance(seconds: -Double.random(in: 0...3000, using: &generator))
        default: try bench.pass(seconds: Double.random(in: 0...600, using: &generator))
        }
    }

    private func calm(_ bench: AlertBench, _ moods: Moods, _ silences: [Int64]) throws {
        moods.calm()
        for silence in silences { try bench.write { _ = try AlertSilences.end(silence, at: bench.clock.now, in: $0) } }
        for channel in ["douyin", "jd", "tmall"] { try bench.resolve("pause-\(channel)") }
        try bench.pass(seconds: 2 * 86_400)
        try bench.write { _ = try bench.outbox.replay(DeadLetterChoice(), at: bench.clock.now, in: $0) }
        try bench.pass(seconds: 3600)
    }

    private func checkEnd(_ bench: AlertBench) throws {
        try bench.expectSound()
        let total = try bench.account()
        #expect(total.waiting == 0 && total.dead == 0 && total.missing == 0)
        let alerts = try bench.store.read { database in
            try AlertListing.alerts(status: nil, in: database).compactMap {
                try AlertListing.alert($0.alert.id, in: database)
            }
        }
        let delivered = bench.receivers.delivered.map(\.message)
        for record in alerts where record.alert.watch != AlertOutbox.ownWatch {
            for (endpoint, words) in Dictionary(grouping: record.words, by: \.endpoint) {
                let messages = delivered.filter { $0.endpoint == endpoint }
                // A word that counts as delivered was in the message it names.
                for word in words {
                    guard case .delivered(let id) = word.state else { continue }
                    let message = messages.first { $0.id == id }
                    #expect(message?.alerts.contains { $0.id == record.alert.id } == true)
                }
                // Whatever fires now, its endpoints know.
                guard record.alert.status == .firing else { continue }
                #expect(messages.contains { $0.alerts.contains { $0.id == record.alert.id && $0.status == .firing } })
            }
        }
        try checkOrder(bench)
    }

    /// Messages about a group arrive in the order they were made, but for those that were replayed.
    private func checkOrder(_ bench: AlertBench) throws {
        let firsts = Dictionary(bench.receivers.delivered.enumerated().map { ($1.message.id, $0) }) { first, _ in first
        }
        let messages = bench.receivers.delivered.map(\.message).filter { $0.kind == .alerts }
        for (_, group) in Dictionary(grouping: messages, by: { [$0.endpoint, $0.groupKey] }) {
            let inOrder = group.sorted { firsts[$0.id]! < firsts[$1.id]! }.filter { message in
                !bench.receivers.arrivals.contains {
                    if case .refused = $0.outcome { return $0.message.id == message.id }
                    return false
                }
            }
            let numbers = inOrder.compactMap { Int($0.id.dropFirst("msg-".count)) }
            #expect(numbers == numbers.sorted())
        }
    }
}
