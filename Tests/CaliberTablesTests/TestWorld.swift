import CaliberCore
import CaliberDictionary
import CaliberEventLog
import CaliberStore
import CaliberTables
import CaliberTesting
import GRDB
import Testing

/// A database, a log and a dictionary to fold by.
final class TestWorld {
    let folder: TemporaryFolder
    let store: CaliberStore
    let lease: WriterLease
    let log = MemoryLog()
    var dictionary = TestDictionary()
    var rebuilds: [String: TableSet.RebuildReason] = [:]

    init() throws {
        folder = try TemporaryFolder()
        store = try CaliberStore.open(at: folder.path("test.caliber"))
        lease = try WriterLease.acquire(on: store, holder: "test", now: { Timestamp(microseconds: 0) })
    }

    /// Orders by id: anchored on the first successful payment, with a sum, a status, a buyer, a note, tags.
    static func orders() throws -> TestWorld {
        let world = try TestWorld()
        let dictionary = world.dictionary
        world.dictionary.tables = [
            dictionary.table(
                "orders", key: [KeyColumn(name: "order_id", type: .identifier)], anchor: "paid_at",
                columns: [
                    dictionary.fold("paid_at", .timestamp, .first, "payment.callback", "at", condition: 0),
                    dictionary.fold("paid", .money(.cny), .sum, "payment.callback", "amount", condition: 0),
                    dictionary.fold("status", .category, .last, "order.created", "status"),
                    dictionary.fold("buyer", .identifier, .first, "order.created", "buyer"),
                    dictionary.fold("note", .text, .last, "order.created", "note"),
                    dictionary.fold("tags", .set, .set, "order.created", "tags"),
                    dictionary.fold("refunds", .integer, .count, "refund.settled", nil),
                ])
        ]
        return world
    }

    func open(
        _ mode: TableSet.Mode? = nil, settings: TableSettings = TableSettings(segmentRowLimit: 16)
    ) throws -> TableSet {
        try TableSet.open(
            store: store, dictionary: dictionary.dictionary, log: log, mode: mode ?? .writing(lease),
            settings: settings, onRebuild: { self.rebuilds[$0] = $1 })
    }

    func expected(_ table: Int = 0) -> [String] {
        ReferenceFold(table: dictionary.tables[table], conditions: dictionary.conditions).rows(log.events)
    }

    func event(_ contract: String, time: Int64?, tie: Int64 = 0, _ values: [String: TestEvent.Value]) -> TestEvent {
        let contract = dictionary.contracts.first { $0.name == contract } ?? dictionary.contracts[0]
        return TestEvent(
            contract: contract, time: time, tie: tie, id: "event-\(log.events.count)",
            values: contract.fields.map { values[$0.name] })
    }

    func feed(_ events: [TestEvent], to set: TableSet) throws {
        let (batches, position) = log.append(events)
        try set.fold(batches, upTo: position)
    }

    /// Changes the file behind everyone's back.
    func tamper(_ sql: String, _ arguments: StatementArguments = StatementArguments()) throws {
        try store.write(lease) { try $0.execute(sql: sql, arguments: arguments) }
    }
}
