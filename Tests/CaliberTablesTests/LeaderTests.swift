import CaliberCore
import CaliberDictionary
import CaliberTables
import CaliberTesting
import Testing

/// `first` and `last` where the event that leads a row lacks a column's field.
@Suite struct LeaderTests {
    private func world() throws -> TestWorld {
        let world = try TestWorld()
        let dictionary = world.dictionary
        world.dictionary.tables = [
            dictionary.table(
                "orders", key: [KeyColumn(name: "order_id", type: .identifier)], anchor: nil,
                columns: [
                    dictionary.fold("status", .category, .first, "order.created", "status"),
                    dictionary.fold("buyer", .identifier, .first, "order.created", "buyer"),
                    dictionary.fold("note", .text, .first, "order.created", "note"),
                    dictionary.fold("at", .timestamp, .first, "order.created", "$time"),
                    dictionary.fold("last_buyer", .identifier, .last, "order.created", "buyer"),
                    dictionary.fold("last_amount", .money(.cny), .last, "order.created", "amount"),
                ])
        ]
        return world
    }

    private func event(_ world: TestWorld, time: Int64?, tie: Int64 = 0, buyer: String?, note: String?) -> TestEvent {
        var values: [String: TestEvent.Value] = [
            "order_id": .text("o"), "status": .text("s\(time ?? -1)"), "at": .integer(0),
        ]
        if let buyer { values["buyer"] = .text(buyer) }
        if let note { values["note"] = .text(note) }
        if buyer == nil { values["amount"] = .integer(time ?? 0) }
        return world.event("order.created", time: time, tie: tie, values)
    }

    /// Every order of four events, two of which are in one place, two of which lack fields; a checkpoint anywhere.
    @Test(arguments: 0..<24)
    func `a value is of the best event that has one, in whatever order events come`(permutation: Int) throws {
        for checkpointAfter in 0...3 {
            let world = try world()
            var events = [
                event(world, time: nil, buyer: nil, note: "without a time"),
                event(world, time: 5, tie: 1, buyer: nil, note: nil),
                event(world, time: 5, tie: 1, buyer: "b", note: nil),
                event(world, time: 9, buyer: "a", note: "late"),
            ]
            var order: [TestEvent] = []
            var rest = permutation
            for count in (1...4).reversed() {
                order.append(events.remove(at: rest % count))
                rest /= count
            }
            var set = try world.open()
            for (number, event) in order.enumerated() {
                try world.feed([event], to: set)
                if number == checkpointAfter {
                    _ = try set.checkpoint()
                    set = try world.open()
                }
                #expect(try renderedRows(set.snapshot(of: "orders")) == world.expected())
            }
            // All of them again, at once and the other way round, change nothing.
            try world.feed(order.reversed(), to: set)
            #expect(try renderedRows(set.snapshot(of: "orders")) == world.expected())
        }
    }
}
