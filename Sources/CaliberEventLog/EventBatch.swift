import CaliberColumns
import CaliberCore
import CaliberDictionary

/// Accepted events of one contract, decoded into columns: what a fold reads.
///
/// Every column has `count` lanes. A field's pool belongs to the batch; codes of two batches mean different strings.
package final class EventBatch: @unchecked Sendable {
    // Safe to share: written by the decoder alone, and read only after it is done.
    package let contract: ContractDefinition
    package private(set) var count = 0
    /// The event's `time`, UTC microseconds; null when the source names none. Null sorts before every time.
    package let time: LaneColumn
    /// Orders events of one time: the high half of the event's key, XXH3-128 over source and id.
    package let tieBreak: LaneColumn
    /// The event's `id`, one string an event.
    package let eventID: LaneColumn
    /// One column for each of the contract's fields, in their order.
    package let fields: [LaneColumn]

    package init(contract: ContractDefinition, capacity: Int = 1024) {
        self.contract = contract
        time = LaneColumn(capacity: capacity)
        tieBreak = LaneColumn(capacity: capacity)
        eventID = LaneColumn(capacity: capacity, pool: StringPool())
        fields = contract.fields.map {
            LaneColumn(capacity: capacity, pool: $0.type.storage == .code ? StringPool() : nil)
        }
    }

    /// Says that every column has been given one more lane.
    package func commitRow() {
        count += 1
        assert(fields.allSatisfy { $0.count == count } && time.count == count && tieBreak.count == count)
    }

    /// Takes back whatever columns hold past the last committed row.
    package func discardOpenRow() {
        for column in fields + [time, tieBreak, eventID] where column.count > count { column.truncate(to: count) }
    }
}
