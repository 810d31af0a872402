import CaliberCore
import CaliberDictionary
import CaliberEventLog
import CaliberStore
import CaliberTables
import CaliberTesting
import Testing

@Suite struct TableSetTests {
    @Test(arguments: 0..<120 as Range<UInt64>)
    func `any order, any batches, any checkpoint and any memory give the reference's rows`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var world = TestDictionary()
        for number in 0..<Int.random(in: 1...3, using: &generator) {
            world.addRandomTable(named: "table\(number)", using: &generator)
        }
        let folder = try TemporaryFolder()
        let store = try CaliberStore.open(at: folder.path("test.caliber"))
        let lease = try WriterLease.acquire(on: store, holder: "test", now: { Timestamp(microseconds: 0) })
        let log = MemoryLog(batchSize: Int.random(in: 1...60, using: &generator))
        let settings = TableSettings(
            memoryBudgetBytes: [0, 30_000, 1 << 30][Int.random(in: 0..<3, using: &generator)],
            segmentRowLimit: [4, 5, 16, 64][Int.random(in: 0..<4, using: &generator)])
        func open() throws -> TableSet {
            try TableSet.open(
                store: store, dictionary: world.dictionary, log: log, mode: .writing(lease), settings: settings,
                onRebuild: { table, _ in Issue.record("\(table) was rebuilt") })
        }
        var set = try open()
        var events = world.randomEvents(Int.random(in: 1...300, using: &generator), using: &generator)
        events.shuffle(using: &generator)
        var held: [(TableSnapshot, [String])] = []
        while !events.isEmpty {
            let size = min(events.count, Int.random(in: 1...80, using: &generator))
            let (batches, position) = log.append(Array(events.prefix(size)))
            events.removeFirst(size)
            if Int.random(in: 0..<10, using: &generator) > 0 {
                try set.fold(batches, upTo: position)
            } else {
                set = try open()
            }
            switch Int.random(in: 0..<6, using: &generator) {
            case 0: _ = try set.checkpoint()
            case 1:
                _ = try set.checkpoint()
                set = try open()
            case 2: set = try open()
            case 3:
                let snapshot = try set.snapshot(of: "table0")
                held.append(
                    (snapshot, ReferenceFold(table: world.tables[0], conditions: world.conditions).rows(log.events))
                )
            default: break
            }
            #expect(set.verify().map(\.description) == [])
        }
        for table in world.tables {
            let expected = ReferenceFold(table: table, conditions: world.conditions).rows(log.events)
            #expect(try renderedRows(set.snapshot(of: table.name)) == expected)
            let reader = try TableSet.open(store: store, dictionary: world.dictionary, log: log, mode: .readOnly)
            #expect(try renderedRows(reader.snapshot(of: table.name)) == expected)
        }
        for (snapshot, rows) in held { #expect(try renderedRows(snapshot) == rows) }
    }
}
