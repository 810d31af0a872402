import CaliberAlerts
import CaliberCore
import CaliberSinks
import CaliberStore
import CaliberTesting
import Synchronization
import Testing

@Suite struct BudgetTests {
    @Test func `what the budget holds back goes out as one digest, and nothing is left out`() throws {
        let bench = try AlertBench(
            .simple(endpoints: [AlertEndpoint(name: "robot", budget: .twentyAMinute)]))
        for group in 0..<100 {
            try bench.raise(alert("a\(group)", severity: group == 57 ? .critical : .warning, channel: "c\(group)"))
        }
        try bench.settle()
        let messages = bench.receivers.arrivals.map(\.message)
        #expect(messages.count == 20)
        #expect(messages[0].alerts.map(\.id) == ["a57"])
        #expect(messages.dropLast().allSatisfy { $0.kind == .alerts && $0.alerts.count == 1 })
        #expect(messages[19].kind == .digest)
        #expect(messages[19].alerts.count == 50 && messages[19].omittedCount == 31)
        #expect(try bench.account() == AlertAccount.Line(owed: 100, delivered: 69, merged: 31))
        try bench.expectSound()
    }

    @Test(arguments: 0..<9 as Range<UInt64>)
    func `in no stretch of time does a receiver get more than its budget`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let budgets: [SendingBudget] = [.twentyAMinute, .fiveASecondHundredAMinute, .oneASecond]
        let budget = budgets[Int(seed % 3)]
        let bench = try AlertBench(
            .simple(endpoints: [AlertEndpoint(name: "robot", budget: budget)], interval: 0))
        bench.receivers.split(every: 2)
        let clock = bench.clock
        let tried = Mutex<Set<String>>([])
        bench.receivers.answer { message, _ in
            // A message may be long on its way, and fail.
            clock.advance(seconds: message.id.hasSuffix("3") ? 7 : 0.01)
            let isFirst = tried.withLock { $0.insert(message.id).inserted }
            return isFirst && message.id.hasSuffix("7") ? .failed(reason: "500") : .delivered(answer: "ok")
        }
        for round in 0..<60 {
            for _ in 0..<Int.random(in: 0...8, using: &generator) {
                let channel = Int.random(in: 0..<40, using: &generator)
                try bench.raise(alert("a\(round)-\(channel)", channel: "c\(channel)"))
            }
            if round % 20 == 19 { try bench.restart() }
            try bench.pass(seconds: Double.random(in: 0...20, using: &generator))
        }
        try bench.pass(seconds: 4000)
        try bench.expectSound()
        #expect(try bench.account().waiting == 0)
        let tries = bench.receivers.arrivals
        #expect(tries.count > 20)
        for limit in budget.limits {
            for (index, first) in tries.enumerated() {
                let end = first.at.after(seconds: limit.seconds)
                let parts = tries[index...].prefix { $0.at < end }.reduce(0) { $0 + $1.partCount }
                #expect(parts <= limit.partCount, "from try \(index)")
            }
        }
    }

    @Test func `a message that is too long for a robot names fewer alerts`() throws {
        let bench = try AlertBench(.simple(endpoints: [AlertEndpoint(name: "robot", budget: .oneASecond)]))
        bench.receivers.split(every: 10)
        for index in 0..<40 { try bench.raise(alert("a\(index)")) }
        try bench.settle()
        let message = try #require(bench.receivers.arrivals.first?.message)
        #expect(message.alerts.count == 10 && message.omittedCount == 30)
        #expect(try bench.account() == AlertAccount.Line(owed: 40, delivered: 10, merged: 30))
    }

    @Test func `the budget outlives the process`() throws {
        let bench = try AlertBench(
            .simple(endpoints: [
                AlertEndpoint(
                    name: "robot",
                    budget: SendingBudget([
                        .init(partCount: 3, seconds: 3600)
                    ]))
            ]))
        for group in 0..<3 {
            try bench.raise(alert("a\(group)", channel: "c\(group)"))
            try bench.pass(seconds: 1)
        }
        try bench.restart()
        try bench.raise(alert("late", channel: "late"))
        try bench.pass(seconds: 3500)
        #expect(bench.receivers.arrivals.count == 3)
        try bench.pass(seconds: 100)
        #expect(bench.receivers.arrivals.count == 4)
    }

    @Test(arguments: [2, 20, 200])
    func `flapping says little, however fast it flaps`(flapsPerHour: Int) throws {
        let bench = try AlertBench(.simple(interval: 300, repeating: 86_400))
        for _ in 0..<(flapsPerHour * 12) {
            try bench.raise(alert("a"))
            try bench.pass(seconds: 1800 / Double(flapsPerHour))
            try bench.resolve("a")
            try bench.pass(seconds: 1800 / Double(flapsPerHour))
        }
        try bench.pass(seconds: 600)
        // Twelve hours: at most a message every five minutes.
        #expect(bench.receivers.arrivals.count <= 12 * 12 + 2)
        let times = bench.receivers.arrivals.map(\.at)
        #expect(zip(times, times.dropFirst()).allSatisfy { $1 >= $0.after(seconds: 300) })
        #expect(bench.receivers.arrivals.last?.message.alerts.map(\.status) == [.resolved])
        let account = try bench.account()
        #expect(account.owed == flapsPerHour * 24 && account.waiting == 0)
        try bench.expectSound()
    }
}
