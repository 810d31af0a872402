import CaliberCore
import CaliberDictionary
import CaliberEventLog
import CaliberStore
import CaliberTables
import CaliberTesting
import Foundation
import GRDB
import Testing

@Suite struct TableSetRecoveryTests {
    private func checkpointedOrders(seed: UInt64 = 7, count: Int = 400) throws -> TestWorld {
        let world = try TestWorld.orders()
        var generator = SeededGenerator(seed: seed)
        let set = try world.open()
        try world.feed(world.dictionary.randomEvents(count, using: &generator), to: set)
        _ = try set.checkpoint()
        return world
    }

    @Test func `a flipped byte in any column blob is noticed, and the table is folded again from the log`() throws {
        let world = try checkpointedOrders()
        let keys = try world.store.read {
            try Int64.fetchAll($0, sql: "SELECT columnSegmentKey FROM segmentColumn WHERE length(body) > 0")
        }
        #expect(keys.count > 50)
        var generator = SeededGenerator(seed: 1)
        for key in keys.shuffled(using: &generator).prefix(25) {
            let body = try #require(
                try world.store.read {
                    try Data.fetchOne(
                        $0, sql: "SELECT body FROM segmentColumn WHERE columnSegmentKey = ?", arguments: [key])
                })
            var flipped = body
            let place = Int.random(in: 0..<flipped.count, using: &generator)
            flipped[flipped.startIndex + place] ^= 1 << UInt8.random(in: 0...7, using: &generator)
            try world.tamper("UPDATE segmentColumn SET body = ? WHERE columnSegmentKey = ?", [flipped, key])
            let set = try world.open()
            #expect(set.verify().map(\.code).contains("segment-corrupt"))
            try set.rebuild("orders")
            #expect(set.verify().isEmpty)
            #expect(try renderedRows(set.snapshot(of: "orders")) == world.expected())
            try world.tamper("UPDATE segmentColumn SET body = ? WHERE columnSegmentKey = ?", [body, key])
        }
    }

    @Test(arguments: ["version", "rowCount", "width", "base", "nullCount", "stringCount", "codec", "checksum"])
    func `a changed number beside a column blob is noticed`(column: String) throws {
        let world = try checkpointedOrders()
        try world.tamper("UPDATE segmentColumn SET \(column) = \(column) + 1")
        let set = try world.open()
        #expect(throws: TablesProblem.self) { try renderedRows(set.snapshot(of: "orders")) }
        #expect(!set.verify().isEmpty)
    }

    @Test func `damage met while the log's tail is replayed rebuilds the table by itself`() throws {
        let world = try checkpointedOrders()
        try world.tamper("UPDATE segmentColumn SET body = zeroblob(length(body))")
        var generator = SeededGenerator(seed: 9)
        _ = world.log.append(world.dictionary.randomEvents(50, using: &generator))
        let set = try world.open()
        guard case .damaged = world.rebuilds["orders"] else {
            Issue.record("the table was not rebuilt: \(world.rebuilds)")
            return
        }
        #expect(try renderedRows(set.snapshot(of: "orders")) == world.expected())
        _ = try set.checkpoint()
        world.rebuilds = [:]
        #expect(try renderedRows(try world.open().snapshot(of: "orders")) == world.expected())
        #expect(world.rebuilds.isEmpty)
    }

    @Test func `a segment that is gone altogether is noticed, and the table is folded again from the log`() throws {
        for damage in [
            "DELETE FROM segment WHERE segmentID = (SELECT MIN(segmentID) FROM segment)",
            "DELETE FROM segment", "UPDATE wideTable SET rowCount = rowCount + 1",
        ] {
            let world = try checkpointedOrders()
            try world.tamper(damage)
            let set = try world.open()
            guard case .damaged(let problem) = world.rebuilds["orders"] else {
                Issue.record("the table was not rebuilt: \(world.rebuilds)")
                return
            }
            #expect(problem.diagnostic.code == "segments-lost")
            #expect(try renderedRows(set.snapshot(of: "orders")) == world.expected())
            _ = try set.checkpoint()
            world.rebuilds = [:]
            #expect(try renderedRows(world.open(.readOnly).snapshot(of: "orders")) == world.expected())
            #expect(world.rebuilds.isEmpty)
        }
    }

    @Test func `damaged strings are noticed and rebuilt`() throws {
        let world = try checkpointedOrders()
        try world.tamper("UPDATE stringChunk SET stringCount = stringCount - 1")
        let set = try world.open()
        #expect(throws: TablesProblem.self) { try renderedRows(set.snapshot(of: "orders")) }
        try set.rebuild("orders")
        _ = try set.checkpoint()
        #expect(try renderedRows(try world.open(.readOnly).snapshot(of: "orders")) == world.expected())
    }

    @Test func `a fold that meets damage stops the set, and opening it again loses nothing`() throws {
        let world = try checkpointedOrders()
        let set = try world.open()
        try world.tamper("UPDATE segmentColumn SET checksum = checksum + 1")
        var generator = SeededGenerator(seed: 3)
        let (batches, position) = world.log.append(world.dictionary.randomEvents(60, using: &generator))
        #expect(throws: TablesProblem.self) { try set.fold(batches, upTo: position) }
        #expect(throws: TablesProblem.self) { try set.checkpoint() }
        #expect(throws: TablesProblem.self) { try set.snapshot(of: "orders") }
        #expect(try renderedRows(try world.open().snapshot(of: "orders")) == world.expected())
    }

    @Test func `a changed definition is folded from the start, also for readers, and only once for writers`() throws {
        let world = try checkpointedOrders()
        let old = world.dictionary.tables[0]
        let dictionary = world.dictionary
        let added = dictionary.fold("amounts", .money(.cny), .max, "payment.callback", "amount")
        let paid = dictionary.fold("paid", .money(.cny), .sum, "payment.callback", "amount", condition: 2)
        for columns in [
            old.columns + [added], old.columns.filter { $0.name != "note" },
            old.columns.map { $0.name == "paid" ? paid : $0 },
        ] {
            world.rebuilds = [:]
            world.dictionary.tables = [
                dictionary.table(
                    "orders", key: old.key, anchor: old.anchor,
                    columns: columns.filter { if case .key = $0.content { false } else { true } })
            ]
            #expect(try renderedRows(try world.open(.readOnly).snapshot(of: "orders")) == world.expected())
            #expect(world.rebuilds == ["orders": .definitionChanged])
            let set = try world.open()
            #expect(try renderedRows(set.snapshot(of: "orders")) == world.expected())
            _ = try set.checkpoint()
            world.rebuilds = [:]
            #expect(try renderedRows(try world.open().snapshot(of: "orders")) == world.expected())
            #expect(world.rebuilds.isEmpty)
        }
    }

    @Test func `nothing of a replaced table stays in the file`() throws {
        let world = try checkpointedOrders()
        let set = try world.open()
        try set.rebuild("orders")
        _ = try set.checkpoint()
        let orphans = try world.store.read { database in
            try Int.fetchOne(
                database,
                sql: """
                    SELECT (SELECT count(*) FROM segmentColumn WHERE columnSegmentKey >> 32 NOT IN
                        (SELECT columnID FROM tableColumn))
                    + (SELECT count(*) FROM segmentColumn WHERE columnSegmentKey & 4294967295 NOT IN
                        (SELECT segmentID FROM segment))
                    + (SELECT count(*) FROM stringChunk WHERE columnID NOT IN (SELECT columnID FROM tableColumn))
                    """)
        }
        #expect(orphans == 0)
    }

    @Test func `a checkpoint that is refused leaves file and memory as they were`() throws {
        let world = try checkpointedOrders()
        let set = try world.open()
        var generator = SeededGenerator(seed: 5)
        try world.feed(world.dictionary.randomEvents(80, using: &generator), to: set)
        try world.tamper("UPDATE writerLease SET fencingToken = fencingToken + 1")
        #expect(throws: StoreProblem.self) { try set.checkpoint() }
        #expect(try renderedRows(set.snapshot(of: "orders")) == world.expected())
        #expect(try renderedRows(try world.open(.readOnly).snapshot(of: "orders")) == world.expected())
    }

    @Test func `a reader's snapshot outlives the writer's checkpoints`() throws {
        let world = try checkpointedOrders()
        let before = world.expected()
        let reader = try world.open(.readOnly)
        let snapshot = try reader.snapshot(of: "orders")
        let set = try world.open(settings: TableSettings(memoryBudgetBytes: 0, segmentRowLimit: 16))
        let ownSnapshot = try set.snapshot(of: "orders")
        var generator = SeededGenerator(seed: 11)
        for _ in 0..<5 { try world.feed(world.dictionary.randomEvents(100, using: &generator), to: set) }
        #expect(try renderedRows(snapshot) == before)
        #expect(try renderedRows(ownSnapshot) == before)
        #expect(try renderedRows(set.snapshot(of: "orders")) == world.expected())
    }
}
