import CaliberCore
import CaliberDictionary
import CaliberEngine
import CaliberEventLog
import CaliberSimulator
import CaliberTesting
import Foundation
import Synchronization
import Testing

/// A shop of a few orders whose health comes and goes, on a clock that the test sets.
private final class WatchedShop: Sendable {
    let folder: TemporaryFolder
    let dictionary: LoadedDictionary
    private let clock = Mutex(Timestamp(CivilDate(year: 2026, month: 3, day: 1), .midnight))
    private let eventCount = Mutex(0)

    var now: Timestamp { clock.withLock { $0 } }

    init() throws {
        folder = try TemporaryFolder()
        dictionary = try MetricDictionary.load(files: [
            DictionaryFile(
                path: "caliber.yaml", text: "name: shop\ntime_zone: Asia/Shanghai\ncurrency: CNY\n"),
            DictionaryFile(path: "shop.yaml", text: WatchedShop.definitions),
        ])
    }

    func advance(seconds: Int) {
        clock.withLock { $0 = Timestamp(microseconds: $0.microseconds + Int64(seconds) * 1_000_000) }
    }

    func open() throws -> Engine {
        try Engine.open(
            databasePath: folder.path("caliber.db"), dictionary: dictionary, creating: true, now: { self.now })
    }

    /// One event, a second after the one before.
    func line(_ order: String, channel: String, health: Int?, stock: Int = 1) -> String {
        let number = eventCount.withLock { count in
            count += 1
            return count
        }
        advance(seconds: 1)
        let value = health.map { #","health":\#($0)"# } ?? ""
        return
            #"{"specversion":"1.0","id":"e\#(number)","source":"test","type":"order.scored","time":"\#(now)","#
            + #""data":{"order_id":"\#(order)","channel":"\#(channel)","stock":\#(stock)\#(value)}}"#
    }

    private static let definitions = """
        contracts:
          - name: order.scored
            owner: team:risk
            fields:
              order_id: {type: identifier, required: true}
              channel: {type: category}
              health: {type: number}
              stock: {type: integer}
        tables:
          - name: orders
            owner: team:data
            key: order_id
            columns:
              channel: {type: category, from: order.scored.channel, fold: last}
              health: {type: number, from: order.scored.health, fold: last}
              stock: {type: integer, from: order.scored.stock, fold: last}
              seen_at: {type: timestamp, from: order.scored.$time, fold: last}
              scored_at: {type: timestamp, from: order.scored.$time, fold: last, when: health is not null}
        watches:
          - name: unhealthy
            owner: team:risk
            table: orders
            when: health < 60
            until: health >= 65
            cool_down: 10m
            labels: [channel]
            facts: [health]
            title: 'Order {order_id} has health {health}'
            advice: Look at it.
            causes:
              - {name: oversold, when: stock < 0, facts: [stock], advice: Move stock.}
          - name: pause
            owner: team:risk
            table: orders
            when: health < 40
            until: health >= 60
            streak: {of: 3, by: channel, order: scored_at, ends_after: 2}
            severity: critical
            title: 'Pause {channel}: {streak} in a row'
            signal: pause_channel
          - name: silent
            owner: team:risk
            table: orders
            when: now - seen_at > 1 hours
            every: 5m
            title: 'Nothing of {order_id} since {seen_at}'
        """
}

/// The same watches told in the plainest way: everything is looked at each time.
private struct PlainWatches {
    struct Order {
        var channel: String
        var health: Int?
        var seenAt: Timestamp
        var scoredAt: Timestamp?
    }

    var orders: [String: Order] = [:]
    private var unhealthy: Set<String> = []
    private var cooling: [String: Timestamp] = [:]
    private var silent: Set<String> = []
    private var lastSilentLook: Timestamp?
    private var streaks: [String: (last: Timestamp, count: Int, endCount: Int)] = [:]
    private var paused: Set<String> = []

    mutating func look(_ now: Timestamp) -> [String] {
        var said: [String] = []
        func minutes(_ from: Timestamp) -> Double { Double(now.microseconds - from.microseconds) / 60_000_000 }
        for (key, order) in orders {
            if unhealthy.contains(key) {
                guard let health = order.health, health >= 65 else { continue }
                unhealthy.remove(key)
                cooling[key] = now
                said.append("unhealthy \(key) over")
            } else if let health = order.health, health < 60, cooling[key].map({ minutes($0) >= 10 }) ?? true {
                unhealthy.insert(key)
                said.append("unhealthy \(key)")
            }
        }
        let scored = orders.filter { $0.value.scoredAt != nil }.sorted { $0.value.scoredAt! < $1.value.scoredAt! }
        for (_, order) in scored {
            guard let at = order.scoredAt, let health = order.health else { continue }
            var streak = streaks[order.channel] ?? (Timestamp(microseconds: .min), 0, 0)
            guard at > streak.last else { continue }
            streak = (at, health < 40 ? streak.count + 1 : 0, health >= 60 ? streak.endCount + 1 : 0)
            streaks[order.channel] = streak
            if paused.contains(order.channel) {
                guard streak.endCount >= 2 else { continue }
                paused.remove(order.channel)
                said.append("pause \(order.channel) over")
            } else if streak.count >= 3 {
                paused.insert(order.channel)
                said.append("pause \(order.channel)")
            }
        }
        if lastSilentLook.map({ minutes($0) >= 5 }) ?? true {
            lastSilentLook = now
            for (key, order) in orders {
                let isSilent = minutes(order.seenAt) > 60
                guard isSilent != silent.contains(key) else { continue }
                said.append("silent \(key)" + (isSilent ? "" : " over"))
                if isSilent { silent.insert(key) } else { silent.remove(key) }
            }
        }
        return said.sorted()
    }
}

@Suite struct WatchTests {
    private struct Process {
        let intake: IntakeSession
        let watches: WatchSession

        init(_ shop: WatchedShop) throws {
            intake = try shop.open().openIntake()
            watches = try intake.watches()
        }
    }

    @Test(arguments: 0..<6 as Range<UInt64>)
    func `looks say what looking at everything would say, each thing once, whatever process looks`(
        seed: UInt64
    ) throws {
        var random = SeededGenerator(seed: seed)
        let shop = try WatchedShop()
        var plain = PlainWatches()
        var process: Process? = try Process(shop)
        var saidCount = 0
        for step in 0..<80 {
            if Int.random(in: 0..<12, using: &random) == 0 {
                // The right to write is given back before the next process takes it.
                try process?.intake.checkpoint()
                process = nil
                process = try Process(shop)
            }
            var lines: [String] = []
            // Channels have bad spells.
            for _ in 0..<Int.random(in: 0...8, using: &random) {
                let order = "o\(Int.random(in: 0..<40, using: &random))"
                let channel = plain.orders[order]?.channel ?? ["douyin", "jd", "tmall"].randomElement(using: &random)!
                let isBad = (step / 9 + channel.count) % 3 == 0
                let health: Int? =
                    Int.random(in: 0..<10, using: &random) == 0
                    ? nil : Int.random(in: isBad ? 10...45 : 35...95, using: &random)
                lines.append(shop.line(order, channel: channel, health: health))
                var known =
                    plain.orders[order] ?? PlainWatches.Order(channel: channel, health: nil, seenAt: shop.now)
                known.seenAt = shop.now
                if let health { (known.health, known.scoredAt) = (health, shop.now) }
                plain.orders[order] = known
            }
            if !lines.isEmpty {
                _ = try process?.intake.ingest([.bytes(Array(lines.joined(separator: "\n").utf8), origin: "test")])
            }
            shop.advance(seconds: Int.random(in: 0...400, using: &random))
            let said = try #require(process).watches.look().map {
                "\($0.watch) \($0.subject)" + ($0.closedAt == nil ? "" : " over")
            }
            #expect(said.sorted() == plain.look(shop.now), "step \(step) of seed \(seed)")
            saidCount += said.count
        }
        #expect(saidCount > 100)
        // What is kept is what is still so, once each.
        process = nil
        let engine = try shop.open()
        let open = try engine.watchFindings()
        #expect(Set(open.map { "\($0.watch) \($0.subject)" }).count == open.count)
        #expect(open.allSatisfy { $0.closedAt == nil })
        let all = try engine.watchFindings(openOnly: false)
        #expect(all.count > open.count)
    }

    @Test func `a finding says what, why and what to do`() throws {
        let shop = try WatchedShop()
        let intake = try shop.open().openIntake()
        let watches = try intake.watches()
        let lines = [
            shop.line("a", channel: "jd", health: 50, stock: -2), shop.line("b", channel: "jd", health: 59),
        ]
        _ = try intake.ingest([.bytes(Array(lines.joined(separator: "\n").utf8), origin: "test")])
        let found = try watches.look().sorted { $0.subject < $1.subject }
        #expect(found.map(\.title) == ["Order a has health 50", "Order b has health 59"])
        #expect(found.map(\.cause) == ["oversold", nil])
        #expect(found.first?.advice == ["Move stock.", "Look at it."])
        #expect(found.first?.facts.map { "\($0.name) \($0.value)" } == ["health 50", "stock -2"])
        #expect(found.first?.labels == ["order_id": "a", "channel": "jd"])
        #expect(found.allSatisfy { $0.openedAt == shop.now && $0.severity == "warning" })
    }

    @Test func `a score that flaps about the line raises no storm`() throws {
        let shop = try WatchedShop()
        let intake = try shop.open().openIntake()
        let watches = try intake.watches()
        var opened = 0
        let start = shop.now
        for step in 0..<300 {
            let line = shop.line("a", channel: "jd", health: step.isMultiple(of: 2) ? 59 : 66)
            _ = try intake.ingest([.bytes(Array(line.utf8), origin: "test")])
            shop.advance(seconds: 20)
            opened += try watches.look().count { $0.watch == "unhealthy" && $0.closedAt == nil }
        }
        let minutes = (shop.now.microseconds - start.microseconds) / 60_000_000
        #expect(opened > 1 && opened <= Int(minutes / 10) + 1, "\(opened) in \(minutes) minutes")
    }

    @Test func `the shipped watches find the simulated shop's stuck and forgotten orders`() throws {
        let dictionary = try ShopDictionary.load()
        let deployment = try EngineDeployment(dictionary)
        let shop = SimulatedShop(.troubled(seed: 5, orderCount: 2_000, dayCount: 20))
        _ = try deployment.engine.ingest([shop.input])
        let found = try deployment.engine.openIntake().watches().look(everyWatch: true)
        // The tests' clock is long after the last event.
        for watch in ["stuck_in_review", "not_shipped"] {
            #expect(found.contains { $0.watch == watch }, "\(watch)")
        }
        #expect(found.contains { $0.watch == "stuck_in_review" && $0.cause != nil })
    }
}
