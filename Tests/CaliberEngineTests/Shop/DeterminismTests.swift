import CaliberDictionary
import CaliberEngine
import CaliberEventLog
import CaliberSimulator
import CaliberTesting
import Foundation
import Testing

/// What a table holds depends on the events alone: not on their order, their repeats, or the files they came in.
@Suite struct DeterminismTests {
    @Test(arguments: 0..<20 as Range<UInt64>)
    func `shuffled and repeated events give the same tables`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var settings = SimulationSettings(seed: seed, orderCount: 80, dayCount: 5)
        settings.productCount = 10
        settings.malformedShare = 0.03
        settings.extraLogOddsMilli = 3000
        settings.depositShare = 0.2
        let shop = SimulatedShop(settings)
        let dictionary = try ShopDictionary.load()
        let straight = try EngineDeployment(dictionary)
        _ = try straight.engine.ingest([shop.input])

        var lines = shop.lines + shop.lines.filter { _ in Int.random(in: 0..<3, using: &generator) == 0 }
        lines.shuffle(using: &generator)
        let shuffled = try EngineDeployment(dictionary)
        // Several files a run, several runs: tables are also written out and opened again in between.
        var rest = lines[...]
        while !rest.isEmpty {
            var inputs: [EventInput] = []
            for number in 0..<Int.random(in: 1...3, using: &generator) where !rest.isEmpty {
                let part = rest.prefix(Int.random(in: 1...400, using: &generator))
                rest = rest.dropFirst(part.count)
                inputs.append(SimulatedShop.input(part, origin: "part-\(number).ndjson"))
            }
            _ = try shuffled.engine.ingest(inputs)
        }
        #expect(try shuffled.engine.tableTexts() == straight.engine.tableTexts())
        let (one, other) = (try shuffled.engine.status(isThorough: true), try straight.engine.status(isThorough: true))
        #expect(one.problems == [])
        #expect(one.account.isBalanced)
        #expect(one.account.received == Int64(lines.count))
        #expect(one.account.accepted == other.account.accepted)
        #expect(one.account.quarantined == other.account.quarantined)
    }

    @Test func `a table whose definition changed is folded anew, and equals one that never was another`() throws {
        let shop = SimulatedShop(SimulationSettings(seed: 3, orderCount: 400, dayCount: 6))
        let changed = try ShopDictionary.load(edits: [
            (
                old: "      discount:       {type: money, from: order.created.discount, fold: first}\n",
                new: """
                      discount:       {type: money, from: order.created.discount, fold: max}
                      due_largest:    {type: money, from: order.created.amount, fold: max}
                      reserved_from:  {type: set, from: stock.reserved.warehouse, fold: set}

                """
            )
        ])
        let deployment = try EngineDeployment(try ShopDictionary.load())
        let half = shop.lines.count / 2
        _ = try deployment.engine.ingest([SimulatedShop.input(shop.lines.prefix(half))])
        let reopened = try deployment.reopened(changed)
        // Read before anything is written: folded in memory.
        let readOnly = try reopened.tableTexts()
        let outcome = try reopened.ingest([])
        #expect(outcome.rebuiltTables == ["orders"])
        #expect(try reopened.tableTexts() == readOnly)
        _ = try reopened.ingest([SimulatedShop.input(shop.lines.dropFirst(half))])

        let fresh = try EngineDeployment(changed)
        _ = try fresh.engine.ingest([shop.input])
        #expect(try reopened.tableTexts() == fresh.engine.tableTexts())
        #expect(readOnly["orders"]?.contains("due_largest") == true)
        #expect(try reopened.status(isThorough: true).problems == [])
    }

    @Test func `quarantined events replayed after a fix count once, however they come`() throws {
        var settings = SimulationSettings(seed: 5, orderCount: 600, dayCount: 6)
        settings.malformedShare = 0.06
        let shop = SimulatedShop(settings)
        let fixed = try ShopDictionary.load(edits: [(old: "xiaohongshu, store]", new: "xiaohongshu, store, douyn]")])
        let deployment = try EngineDeployment(try ShopDictionary.load())
        _ = try deployment.engine.ingest([shop.input])
        let refused = shop.truth.malformedByKind[.unknownChannel] ?? 0
        #expect(refused > 5)
        let filter = QuarantineFilter(contract: "order.created", field: "channel")
        #expect(try deployment.engine.quarantineSummary(filter).map(\.count) == [Int64(refused)])

        // One of them is corrected at its source and sent again before the replay: the replay must not add it twice.
        let resent = try #require(deployment.engine.quarantined(filter, limit: 1).first)
        let reopened = try deployment.reopened(fixed)
        let first = try reopened.ingest(lines: [resent.body.replacingOccurrences(of: "douyn", with: "douyin")])
        #expect(first.account.accepted == 1)
        let replayed = try reopened.replayQuarantine(filter).quarantine.account
        #expect(replayed.received == Int64(refused))
        #expect(replayed.accepted == Int64(refused - 1))
        #expect(replayed.duplicate == 1)
        #expect(try reopened.replayQuarantine(filter).quarantine.account.received == 0)
        let tables = try reopened.tableTexts()
        // The whole stream once more adds nothing.
        #expect(try reopened.ingest([shop.input]).account.accepted == 0)
        #expect(try reopened.tableTexts() == tables)

        let fresh = try EngineDeployment(fixed)
        try fresh.engine.ingest(lines: [resent.body.replacingOccurrences(of: "douyn", with: "douyin")])
        _ = try fresh.engine.ingest([shop.input])
        #expect(try fresh.engine.tableTexts() == tables)
        let status = try reopened.status(isThorough: true)
        #expect(status.problems == [])
        #expect(status.account.isBalanced)
    }
}
