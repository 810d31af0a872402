import CaliberCore
import CaliberDictionary
import CaliberStore
import CaliberTables
import CaliberTesting
import GRDB
import Testing

/// Checkpoints that another thread writes while folding goes on, and what checkpoints leave out.
@Suite struct TableSetCheckpointTests {
    private static let settings = TableSettings(segmentRowLimit: 16, tailEventLimit: 40)

    /// Takes note of checkpoints until one has come to its end.
    private func finishedCheckpoint(_ set: TableSet) throws -> CheckpointReport {
        while true {
            if let report = try set.checkpointAsideIfDue() { return report }
        }
    }

    @Test(arguments: 0..<12 as Range<UInt64>)
    func `whenever another process opens the file, it finds all events, whatever is being written`(seed: UInt64) throws
    {
        let world = try TestWorld.orders()
        var generator = SeededGenerator(seed: seed)
        var checkpoints = 0
        do {
            let set = try world.open(settings: TableSetCheckpointTests.settings)
            for step in 0..<60 {
                try world.feed(world.dictionary.randomEvents(12, using: &generator), to: set)
                if try set.checkpointAsideIfDue() != nil { checkpoints += 1 }
                guard step % 6 == Int(seed % 6) else { continue }
                let expected = world.expected()
                let isEqual =
                    try renderedRows(world.open(.readOnly).snapshot(of: "orders")) == expected
                    && renderedRows(set.snapshot(of: "orders")) == expected
                #expect(isEqual)
            }
            #expect(set.verify().map(\.description) == [])
        }
        // The set went without a last checkpoint, as a process does that is killed.
        let reopened = try world.open(settings: TableSetCheckpointTests.settings)
        #expect(try renderedRows(reopened.snapshot(of: "orders")) == world.expected())
        #expect(reopened.verify().map(\.description) == [])
        // How many depends on how fast the thread aside is; the first is always due.
        #expect(checkpoints > 0)
        #expect(world.rebuilds.isEmpty)
    }

    @Test func `a checkpoint has the rows of its moment; what is folded meanwhile comes with the next`() throws {
        let world = try TestWorld.orders()
        let set = try world.open(settings: TableSetCheckpointTests.settings)
        var generator = SeededGenerator(seed: 21)
        try world.feed(world.dictionary.randomEvents(300, using: &generator), to: set)
        #expect(try set.checkpointAsideIfDue() == nil)
        try world.feed(world.dictionary.randomEvents(30, using: &generator), to: set)
        #expect(try finishedCheckpoint(set).segments > 0)
        let position = try world.store.read { try Int64.fetchOne($0, sql: "SELECT position FROM wideTable") }
        #expect(position == 300)
        #expect(try renderedRows(set.snapshot(of: "orders")) == world.expected())
        #expect(try set.checkpoint().columns > 0)
        #expect(try renderedRows(world.open(.readOnly).snapshot(of: "orders")) == world.expected())
    }

    @Test func `a checkpoint that another thread could not write is told of, and written with the next`() throws {
        let world = try TestWorld.orders()
        let set = try world.open(settings: TableSetCheckpointTests.settings)
        var generator = SeededGenerator(seed: 22)
        try world.feed(world.dictionary.randomEvents(200, using: &generator), to: set)
        _ = try set.checkpoint()
        try world.tamper(
            "CREATE TRIGGER refusal BEFORE INSERT ON segmentColumn BEGIN SELECT RAISE(ABORT, 'refused'); END")
        try world.feed(world.dictionary.randomEvents(100, using: &generator), to: set)
        #expect(throws: (any Error).self) { try finishedCheckpoint(set) }
        try world.feed(world.dictionary.randomEvents(20, using: &generator), to: set)
        #expect(try renderedRows(set.snapshot(of: "orders")) == world.expected())
        try world.tamper("DROP TRIGGER refusal")
        #expect(try finishedCheckpoint(set).columns > 0)
        _ = try set.checkpoint()
        let position = try world.store.read { try Int64.fetchOne($0, sql: "SELECT position FROM wideTable") }
        #expect(position == 320)
        #expect(try renderedRows(world.open(.readOnly).snapshot(of: "orders")) == world.expected())
        #expect(world.rebuilds.isEmpty)
    }

    @Test func `columns that events leave as they are are not written again`() throws {
        let world = try TestWorld.orders()
        let set = try world.open(settings: TableSettings(segmentRowLimit: 512))
        func created(_ order: Int, time: Int64, status: String) -> TestEvent {
            world.event(
                "order.created", time: time,
                [
                    "order_id": .text("order-\(order)"), "status": .text(status), "note": .text("as it was"),
                    "at": .integer(1), "buyer": .text("buyer"),
                ])
        }
        try world.feed((0..<100).map { created($0, time: 1, status: "new") }, to: set)
        let whole = try set.checkpoint()
        // Later events that repeat the order and change its status: the leader and the status are new, no more.
        try world.feed((0..<100).map { created($0, time: 2, status: "paid") }, to: set)
        let changed = try set.checkpoint()
        #expect(whole.columns > 10)
        #expect(changed.columns <= 3)
        #expect(changed.columns > 0)
        #expect(try renderedRows(world.open(.readOnly).snapshot(of: "orders")) == world.expected())
    }

    @Test func `the file has keys and no hashes of them, and keys lead to their rows after a restart`() throws {
        let world = try TestWorld.orders()
        var generator = SeededGenerator(seed: 23)
        do {
            let set = try world.open()
            try world.feed(world.dictionary.randomEvents(400, using: &generator), to: set)
            _ = try set.checkpoint()
        }
        let hashes = try world.store.read {
            try Int.fetchOne($0, sql: "SELECT count(*) FROM tableColumn WHERE columnName LIKE 'key$%'")
        }
        #expect(hashes == 0)
        let set = try world.open()
        try world.feed(world.dictionary.randomEvents(400, using: &generator), to: set)
        #expect(try renderedRows(set.snapshot(of: "orders")) == world.expected())
        #expect(set.verify().map(\.description) == [])
    }
}
