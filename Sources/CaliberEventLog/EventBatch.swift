import CaliberColumns
import CaliberCore
import CaliberDictionary

/// Accepted events of one contract, decoded into columns: what a fold reads.
///
/// Every column has `count` lanes. A field's pool belongs to the batch; codes of two batches mean different strings.
package final class EventBatch: @unchecked Sendable {
    // Safe to share: written by the decoder alone, and read only after it is done.
    package let contract: ContractDefinition
    package var count: Int { storedCount }
    // Private, so that no check of each access is needed at run time.
    private var storedCount = 0
    /// The event's `time`, UTC microseconds; null when the source names none. Null sorts before every time.
    package let time: LaneColumn
    /// Orders events of one time: the high half of the event's key, XXH3-128 over source and id.
    package let tieBreak: LaneColumn
    /// The event's `id`, one string an event.
    package let eventID: LaneColumn
    /// One column for each of the contract's fields, in their order.
    package let fields: [LaneColumn]
    /// In which order the events of several batches came, and when; nil where nobody asked for it.
    package let arrival: Arrival?

    package struct Arrival {
        /// The number of the event's line in the chunk that its batch is of: what orders events of all batches of it.
        package let line: LaneColumn
        /// The envelope's `recordedtime`, UTC microseconds; null where it has none.
        package let recordedAt: LaneColumn
    }

    package init(contract: ContractDefinition, capacity: Int = 1024, keepsArrival: Bool = false) {
        self.contract = contract
        arrival =
            keepsArrival
            ? Arrival(line: LaneColumn(capacity: capacity), recordedAt: LaneColumn(capacity: capacity)) : nil
        time = LaneColumn(capacity: capacity)
        tieBreak = LaneColumn(capacity: capacity)
        eventID = LaneColumn(capacity: capacity, pool: StringPool())
        fields = contract.fields.map {
            LaneColumn(capacity: capacity, pool: $0.type.storage == .code ? StringPool() : nil)
        }
    }

    /// Says that every column has been given one more lane.
    package func commitRow() {
        storedCount += 1
        assert(allColumns.allSatisfy { $0.count == count })
    }

    private var allColumns: [LaneColumn] {
        fields + [time, tieBreak, eventID] + (arrival.map { [$0.line, $0.recordedAt] } ?? [])
    }

    /// Makes room for rows, so that a decoder may fill those past `count` through the columns' pointers.
    func reserve(_ rowCount: Int) {
        for column in allColumns { column.reserve(rowCount) }
    }

    /// Takes in the rows that were filled through the columns' pointers, up to `rowCount`.
    func extend(to rowCount: Int) {
        for column in allColumns { column.extend(to: rowCount) }
        storedCount = rowCount
    }

    /// Takes out rows, keeping the others in order.
    ///
    /// - Parameter rows: ascending, without repeats.
    func removeRows(_ rows: [Int]) {
        guard !rows.isEmpty else { return }
        for column in allColumns { column.remove(rows, of: count) }
        storedCount -= rows.count
    }
}

extension LaneColumn {
    /// Moves the rows to be removed behind the others, and cuts them off.
    fileprivate func remove(_ rows: [Int], of count: Int) {
        let removed = rows.map { (lane: lanes[$0], validity: validity[$0]) }
        var next = 0
        var target = 0
        for row in 0..<count {
            if next < rows.count, rows[next] == row {
                next += 1
                continue
            }
            lanes[target] = lanes[row]
            validity[target] = validity[row]
            target += 1
        }
        // The removed lanes' validity is what `truncate` counts its nulls from.
        for value in removed {
            lanes[target] = value.lane
            validity[target] = value.validity
            target += 1
        }
        truncate(to: count - rows.count)
    }
}
