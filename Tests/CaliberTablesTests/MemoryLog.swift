import CaliberColumns
import CaliberCore
import CaliberDictionary
import CaliberEventLog
import CaliberTables

/// One event as a test writes it: a value or nil for each field of its contract.
struct TestEvent {
    enum Value: Hashable {
        case integer(Int64)
        case number(Double)
        case text(String)
        case boolean(Bool)
    }

    var contract: ContractDefinition
    var time: Int64?
    var tie: Int64
    var id: String
    var values: [Value?]

    subscript(field: String) -> Value? { contract.fieldIndex(named: field).flatMap { values[$0] } }
}

/// A log in memory that hands its events on in batches of a size of the test's choice.
final class MemoryLog: EventReplaying {
    private(set) var events: [TestEvent] = []
    var batchSize: Int

    init(batchSize: Int = 50) { self.batchSize = batchSize }

    var position: LogPosition { LogPosition(sequence: Int64(events.count)) }

    /// Adds events, as a log does before it hands them to the tables.
    func append(_ new: [TestEvent]) -> ([EventBatch], LogPosition) {
        events += new
        return (MemoryLog.batches(of: new[...]), position)
    }

    func replayEvents(after position: LogPosition, _ body: ([EventBatch], LogPosition) throws -> Void) throws {
        var next = Int(position.sequence)
        while next < events.count {
            let end = min(events.count, next + batchSize)
            try body(MemoryLog.batches(of: events[next..<end]), LogPosition(sequence: Int64(end)))
            next = end
        }
    }

    /// One batch for each contract, as the decoder makes them.
    static func batches(of events: ArraySlice<TestEvent>) -> [EventBatch] {
        var batches: [EventBatch] = []
        for event in events {
            let batch: EventBatch
            if let known = batches.first(where: { $0.contract.name == event.contract.name }) {
                batch = known
            } else {
                batch = EventBatch(contract: event.contract, capacity: 8)
                batches.append(batch)
            }
            append(event, to: batch)
        }
        return batches
    }

    private static func append(_ event: TestEvent, to batch: EventBatch) {
        if let time = event.time { batch.time.append(time) } else { batch.time.appendNull() }
        batch.tieBreak.append(event.tie)
        append(.text(event.id), to: batch.eventID)
        for (column, value) in zip(batch.fields, event.values) { append(value, to: column) }
        batch.commitRow()
    }

    private static func append(_ value: TestEvent.Value?, to column: LaneColumn) {
        switch value {
        case nil: column.appendNull()
        case .integer(let value): column.append(value)
        case .number(let value): column.append(value)
        case .boolean(let value): column.append(value ? Int64(1) : 0)
        case .text(let value): column.append(Int64(column.pool?.intern(value) ?? 0))
        }
    }
}
