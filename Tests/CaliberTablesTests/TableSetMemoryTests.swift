import CaliberCore
import CaliberDictionary
import CaliberTables
import CaliberTesting
import Testing

/// One setting bounds what tables hold, however many rows go in.
@Suite struct TableSetMemoryTests {
    private static let setting = 4 << 20
    private static let batchSize = 500

    /// Orders that are created and paid as time goes on, one payment in a hundred late by days of the stream.
    private func feed(
        _ orderCount: Int, to set: TableSet, of world: TestWorld, lateBy delay: Int = .max
    ) throws {
        var generator = SeededGenerator(seed: 41)
        for first in stride(from: 0, to: orderCount, by: TableSetMemoryTests.batchSize) {
            var events: [TestEvent] = []
            for order in first..<min(first + TableSetMemoryTests.batchSize, orderCount) {
                let isLate = Int.random(in: 0..<100, using: &generator) == 0
                let earliest = order - min(order, delay)
                let paidOrder = isLate ? Int.random(in: earliest...order, using: &generator) : order
                events.append(
                    world.event(
                        "order.created", time: Int64(order),
                        [
                            "order_id": .text("order-\(order)"), "status": .text("created"),
                            "at": .integer(Int64(order)), "note": .text("Nr. \(order)"),
                        ]))
                events.append(
                    world.event(
                        "payment.callback", time: Int64(order),
                        [
                            "order_id": .text("order-\(paidOrder)"), "status": .text("paid"),
                            "at": .integer(Int64(paidOrder)), "amount": .integer(100), "ok": .boolean(true),
                        ]))
            }
            let (batches, position) = world.log.append(events)
            try set.fold(batches, upTo: position)
        }
    }

    @Test func `ten times the rows stay under the same memory setting`() throws {
        for orderCount in [5_000, 50_000] {
            let world = try TestWorld.orders()
            let settings = TableSettings(
                memoryBudgetBytes: TableSetMemoryTests.setting, segmentRowLimit: 1024)
            let set = try world.open(settings: settings)
            try feed(orderCount, to: set, of: world)
            #expect(try set.rowCount(of: "orders") == orderCount)
            #expect(set.peakMemoryByteCount > 500_000)
            #expect(set.peakMemoryByteCount <= TableSetMemoryTests.setting)
            #expect(set.memoryByteCount <= set.peakMemoryByteCount)
            #expect(set.verify().map(\.description) == [])
        }
    }

    @Test func `ten times the orders are written and read about ten times, in memory for a part of them`() throws {
        var traffic: [FileTraffic] = []
        for orderCount in [5_000, 50_000] {
            let world = try TestWorld.orders()
            let set = try world.open(settings: TableSettings(memoryBudgetBytes: 2 << 20, segmentRowLimit: 1024))
            try feed(orderCount, to: set, of: world, lateBy: 2_000)
            try set.checkpoint()
            traffic.append(set.traffic)
        }
        #expect(traffic[1].checkpoints > 5)
        #expect(traffic[1].bytesWritten <= 12 * traffic[0].bytesWritten)
        #expect(traffic[1].columnsRead <= 12 * max(traffic[0].columnsRead, 100))
    }

    @Test func `an old order's new status brings into memory the columns that it concerns`() throws {
        let world = try TestWorld.orders()
        let settings = TableSettings(segmentRowLimit: 1024)
        do {
            let set = try world.open(settings: settings)
            try feed(5_000, to: set, of: world)
            try set.checkpoint()
        }
        let set = try world.open(settings: settings)
        let before = set.traffic
        let paid = world.event(
            "order.created", time: 1_000_000, ["order_id": .text("order-700"), "status": .text("closed")])
        try world.feed([paid], to: set)
        // Of one segment: the status and the note that goes with it, who leads them, and holders of other values.
        #expect(set.traffic.columnsRead - before.columnsRead <= 16)
        #expect(set.traffic.columnsRead > before.columnsRead)
        try set.checkpoint()
        #expect(set.traffic.columnsWritten <= 8)
    }

    @Test func `orders of one moment whose payment is repeated stay where they are`() throws {
        let world = try TestWorld.orders()
        let settings = TableSettings(segmentRowLimit: 1024)
        func payments(_ time: Int64) -> [TestEvent] {
            (0..<500).map {
                world.event(
                    "payment.callback", time: time,
                    [
                        "order_id": .text("order-\($0)"), "status": .text("paid"), "at": .integer(Int64($0 / 10)),
                        "amount": .integer(100), "ok": .boolean(true),
                    ])
            }
        }
        do {
            let set = try world.open(settings: settings)
            try world.feed(payments(1), to: set)
            try set.checkpoint()
        }
        let set = try world.open(settings: settings)
        try world.feed(payments(2), to: set)
        let report = try set.checkpoint()
        // The sum alone: the first payment leads, and no row has moved.
        #expect(report.columns == 1)
        #expect(set.verify().map(\.description) == [])
        #expect(try renderedRows(set.snapshot(of: "orders")) == world.expected())
    }

    @Test func `tables that were written out in between are those that stayed in memory`() throws {
        let small = try TestWorld.orders()
        let roomy = try TestWorld.orders()
        let evicting = try small.open(settings: TableSettings(memoryBudgetBytes: 1 << 20, segmentRowLimit: 256))
        let staying = try roomy.open(settings: TableSettings(memoryBudgetBytes: 1 << 30, segmentRowLimit: 256))
        try feed(6_000, to: evicting, of: small)
        try feed(6_000, to: staying, of: roomy)
        let isEqual = try renderedRows(evicting.snapshot(of: "orders")) == renderedRows(staying.snapshot(of: "orders"))
        #expect(isEqual)
    }

    @Test func `a checkpoint is due at first, and then only when the file is behind by the tail's limit`() throws {
        let world = try TestWorld.orders()
        let settings = TableSettings(segmentRowLimit: 256, tailEventLimit: 1_000)
        let set = try world.open(settings: settings)
        try feed(10, to: set, of: world)
        #expect(try set.checkpointIfDue() != nil)
        try feed(400, to: set, of: world)
        #expect(try set.checkpointIfDue() == nil)
        let expected = world.expected()
        #expect(try renderedRows(world.open(.readOnly, settings: settings).snapshot(of: "orders")) == expected)
        try feed(200, to: set, of: world)
        #expect(try set.checkpointIfDue() != nil)
        #expect(try set.checkpointIfDue() == nil)
        #expect(world.rebuilds.isEmpty)
    }
}
