import CaliberCore
import CaliberDictionary
import CaliberEventLog
import CaliberStore
import CaliberTables
import CaliberTesting
import Testing

@Suite struct TableSetBehaviourTests {
    private func payment(_ world: TestWorld, _ order: String, at: Int64, time: Int64, amount: Int64 = 100) -> TestEvent
    {
        world.event(
            "payment.callback", time: time,
            [
                "order_id": .text(order), "at": .integer(at), "amount": .integer(amount), "ok": .boolean(true),
                "status": .text("paid"),
            ])
    }

    private func created(_ world: TestWorld, _ order: String, time: Int64, status: String = "created") -> TestEvent {
        world.event(
            "order.created", time: time,
            ["order_id": .text(order), "status": .text(status), "at": .integer(time)])
    }

    @Test func `rows wait without an anchor until their payment arrives, and move when an earlier one does`() throws {
        let world = try TestWorld.orders()
        let set = try world.open()
        try world.feed((0..<40).map { created(world, "o\($0)", time: Int64($0)) }, to: set)
        #expect(try set.snapshot(of: "orders").segments.allSatisfy { !$0.isAnchored })
        _ = try set.checkpoint()
        try world.feed((0..<40).map { payment(world, "o\($0)", at: Int64($0 * 10), time: 50) }, to: set)
        let paid = try set.snapshot(of: "orders").segments
        #expect(paid.allSatisfy { $0.isAnchored })
        #expect(paid.map { $0.anchors?.lowerBound ?? 0 } == paid.map { $0.anchors?.lowerBound ?? 0 }.sorted())
        #expect(paid.reduce(0) { $0 + $1.rowCount } == 40)
        _ = try set.checkpoint()
        try world.feed([payment(world, "o39", at: 3, time: 1)], to: set)
        #expect(set.verify().isEmpty)
        #expect(try set.snapshot(of: "orders").segments[0].anchors?.contains(3) == true)
        #expect(try renderedRows(set.snapshot(of: "orders")) == world.expected())
    }

    @Test func `orders that come in the order of their anchors fill their segments`() throws {
        let world = try TestWorld.orders()
        let set = try world.open()
        for day in 0..<40 {
            try world.feed((0..<10).map { payment(world, "o\(day)-\($0)", at: Int64(day * 10 + $0), time: 0) }, to: set)
        }
        let segments = try set.snapshot(of: "orders").segments
        // One place in sixteen is for orders that come late.
        #expect(segments.count == 27)
        #expect(segments.dropLast().allSatisfy { $0.rowCount == 15 })
        #expect(set.verify().isEmpty)
    }

    @Test func `an order that comes late splits no segment that others have grown past`() throws {
        let world = try TestWorld.orders()
        let set = try world.open()
        for day in 0..<20 {
            try world.feed((0..<15).map { payment(world, "o\(day)-\($0)", at: Int64(day * 15 + $0), time: 0) }, to: set)
        }
        for day in 0..<20 { try world.feed([payment(world, "late\(day)", at: Int64(day * 15 + 7), time: 0)], to: set) }
        let segments = try set.snapshot(of: "orders").segments
        #expect(segments.count == 20)
        #expect(segments.allSatisfy { $0.rowCount == 16 })
        #expect(set.verify().isEmpty)
        #expect(try renderedRows(set.snapshot(of: "orders")) == world.expected())
    }

    @Test func `orders that wait for an anchor wait in segments that are smaller`() throws {
        let world = try TestWorld.orders()
        let set = try world.open(settings: TableSettings(segmentRowLimit: 64))
        try world.feed((0..<100).map { created(world, "o\($0)", time: 0) }, to: set)
        let segments = try set.snapshot(of: "orders").segments
        #expect(segments.map(\.rowCount).sorted() == [4] + [Int](repeating: 16, count: 6))
        #expect(set.verify().isEmpty)
    }

    @Test func `more rows of one anchor than a segment holds still find places`() throws {
        let world = try TestWorld.orders()
        let set = try world.open()
        try world.feed((0..<100).map { payment(world, "o\($0)", at: 5, time: 0) }, to: set)
        try world.feed((0..<20).map { payment(world, "p\($0)", at: Int64($0), time: 0) }, to: set)
        _ = try set.checkpoint()
        #expect(set.verify().isEmpty)
        #expect(try renderedRows(try world.open().snapshot(of: "orders")) == world.expected())
    }

    @Test func `a checkpoint writes what changed and nothing else`() throws {
        let world = try TestWorld.orders()
        let set = try world.open()
        try world.feed((0..<60).map { payment(world, "o\($0)", at: Int64($0), time: 0) }, to: set)
        let first = try set.checkpoint()
        #expect(first.segments == 4)
        #expect(try set.checkpoint() == CheckpointReport())
        try world.feed([created(world, "o5", time: 3, status: "shipped")], to: set)
        let second = try set.checkpoint()
        #expect(second.segments == 1)
        // Status, and the time and tie-break of the events that lead the first and the last of them.
        #expect(second.columns == 5)
        #expect(second.strings == 1)
    }

    @Test func `what is folded ahead of the log reaches no file before it is confirmed`() throws {
        let world = try TestWorld.orders()
        // So small that every fold asks for a checkpoint.
        let set = try world.open(settings: TableSettings(memoryBudgetBytes: 0, segmentRowLimit: 16))
        for day in 0..<5 {
            let events = (0..<50).map { payment(world, "o\(day)-\($0)", at: Int64(day * 50 + $0), time: 0) }
            let (batches, position) = world.log.append(events)
            let before = set.traffic
            try set.foldAhead(batches, upTo: position)
            #expect(set.traffic.checkpoints == before.checkpoints)
            try set.confirmFold()
            #expect(set.traffic.checkpoints == before.checkpoints + 1)
        }
        #expect(try renderedRows(set.snapshot(of: "orders")) == world.expected())
        #expect(set.verify().isEmpty)
    }

    @Test func `tables that are ahead of a log that came to nothing are opened again without it`() throws {
        struct DiskFull: Error {}
        let world = try TestWorld.orders()
        let set = try world.open()
        try world.feed((0..<20).map { payment(world, "o\($0)", at: Int64($0), time: 0) }, to: set)
        try set.checkpoint()
        let expected = world.expected()
        let other = try TestWorld.orders()
        let (batches, _) = other.log.append([payment(other, "lost", at: 1, time: 0)])
        try set.foldAhead(batches, upTo: LogPosition(sequence: set.position.sequence + 1))
        set.disownFold(DiskFull())
        #expect(throws: TablesProblem.self) { try set.snapshot(of: "orders") }
        #expect(throws: TablesProblem.self) { try set.checkpoint() }
        #expect(try renderedRows(world.open().snapshot(of: "orders")) == expected)
    }

    @Test func `a sum past 64 bits is null, is counted, and comes back`() throws {
        let world = try TestWorld.orders()
        let set = try world.open()
        try world.feed([payment(world, "o", at: 1, time: 0, amount: .max)], to: set)
        try world.feed([payment(world, "o", at: 1, time: 0, amount: 1)], to: set)
        #expect(set.account.sumsOutOfRange == 1)
        #expect(try renderedRows(set.snapshot(of: "orders"))[0].contains(" paid=- "))
        _ = try set.checkpoint()
        let again = try world.open()
        try world.feed([payment(world, "o", at: 1, time: 0, amount: -1)], to: again)
        #expect(try renderedRows(again.snapshot(of: "orders"))[0].contains(" paid=\(Int64.max) "))
    }

    @Test func `events without a key are counted and reach no row`() throws {
        let world = try TestWorld.orders()
        let set = try world.open()
        let keyless = world.event("refund.settled", time: 1, ["status": .text("x"), "at": .integer(1)])
        let (batches, position) = world.log.append([keyless, created(world, "o", time: 1)])
        let account = try set.fold(batches, upTo: position)
        #expect(account.folded == 1)
        #expect(account.keyMissing == 1)
        #expect(try set.rowCount(of: "orders") == 1)
    }

    @Test func `a segment's version changes exactly when its rows do`() throws {
        let world = try TestWorld.orders()
        let set = try world.open()
        try world.feed((0..<64).map { payment(world, "o\($0)", at: Int64($0), time: 0) }, to: set)
        let before = try set.snapshot(of: "orders").segments.map { "\($0.identity.id)@\($0.identity.version)" }
        _ = try set.checkpoint()
        #expect(
            try world.open().snapshot(of: "orders").segments.map { "\($0.identity.id)@\($0.identity.version)" }
                == before)
        try world.feed([created(world, "o5", time: 3)], to: set)
        let after = try set.snapshot(of: "orders").segments.map { "\($0.identity.id)@\($0.identity.version)" }
        #expect(zip(before, after).filter { $0 != $1 }.count == 1)
    }

    @Test func `memory comes back under its budget, changed or not`() throws {
        let world = try TestWorld.orders()
        let settings = TableSettings(memoryBudgetBytes: 200_000, segmentRowLimit: 64)
        let set = try world.open(settings: settings)
        for batch in 0..<20 {
            try world.feed(
                (0..<200).map { payment(world, "o\(batch)-\($0)", at: Int64(($0 * 7919) % 1000), time: 0) }, to: set)
        }
        #expect(set.segmentMemoryByteCount < 200_000)
        #expect(try set.rowCount(of: "orders") == 4000)
        #expect(set.verify().isEmpty)
    }

    @Test func `definitions that can't be folded are refused with their reason`() throws {
        let world = try TestWorld.orders()
        let dictionary = world.dictionary
        let key = [KeyColumn(name: "order_id", type: .identifier)]
        func code(_ table: TableDefinition) -> String? {
            world.dictionary.tables = [table]
            do {
                _ = try world.open()
                return nil
            } catch let problem as TablesProblem {
                return problem.diagnostic.code
            } catch {
                return "\(error)"
            }
        }
        func table(_ column: ColumnDefinition, key: [KeyColumn], anchor: String? = nil) -> TableDefinition {
            dictionary.table("t", key: key, anchor: anchor, columns: [column])
        }
        let good = dictionary.fold("c", .category, .last, "order.created", "status")
        #expect(code(table(good, key: key)) == nil)
        #expect(
            code(table(dictionary.fold("c", .number, .sum, "order.created", "weight"), key: key))
                == "sum-depends-on-order")
        #expect(
            code(table(dictionary.fold("c", .timestamp, .sum, "order.created", "at"), key: key)) == "not-summable")
        #expect(
            code(table(dictionary.fold("c", .integer, .last, "order.created", "status"), key: key))
                == "fold-type-mismatch")
        #expect(
            code(table(dictionary.fold("c", .category, .last, "order.lost", "status"), key: key))
                == "unknown-contract")
        #expect(code(table(good, key: [KeyColumn(name: "order", type: .identifier)])) == "unknown-key-field")
        #expect(code(table(good, key: [KeyColumn(name: "order_id", type: .integer)])) == "key-type-mismatch")
        #expect(code(table(good, key: key, anchor: "c")) == "anchor-not-stored")
    }
}
