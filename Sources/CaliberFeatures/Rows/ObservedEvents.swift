import CaliberColumns
import CaliberCore
import CaliberDictionary

/// The events of one contract in a chunk, each with its row as it was just after the event: what conditions, values and
/// features of the row are evaluated over.
///
/// Filled by one thread, chunk after chunk; programs that read it keep their registers in between.
final class ObservedEvents {
    /// Of the fields, as lanes and validity, in the contract's order; strings are codes of `fieldPools`.
    var fields: [(lanes: UnsafePointer<Int64>, validity: UnsafePointer<UInt8>)?] = []
    var time: LaneColumn?
    var eventID: LaneColumn?
    /// One record an event, as `RowMemory` has them.
    private(set) var records: UnsafeMutablePointer<Int64>
    /// The moment of arrival of each event, UTC microseconds.
    private(set) var nows: UnsafeMutablePointer<Int64>
    /// The row of each event; −1 for an event that says no key.
    private(set) var rows: UnsafeMutablePointer<Int32>
    private var capacity = 16
    let stride: Int
    let firstLane: Int
    /// The events that are read, by their positions in the batch; nil: all.
    var selection: UnsafeMutablePointer<Int32>?

    init(stride: Int, firstLane: Int) {
        self.stride = stride
        self.firstLane = firstLane
        records = .allocate(capacity: 16 * stride)
        nows = .allocate(capacity: 16)
        rows = .allocate(capacity: 16)
    }

    deinit {
        records.deallocate()
        nows.deallocate()
        rows.deallocate()
    }

    /// Makes room; what was there is forgotten.
    func reserve(_ eventCount: Int) {
        guard eventCount > capacity else { return }
        records.deallocate()
        nows.deallocate()
        rows.deallocate()
        capacity = max(eventCount, capacity * 2)
        records = .allocate(capacity: capacity * stride)
        nows = .allocate(capacity: capacity)
        rows = .allocate(capacity: capacity)
    }

    @inline(__always)
    func record(_ event: Int) -> UnsafeMutablePointer<Int64> { records + event * stride }
}

/// A program's view of observed events.
final class ObservedSource: ColumnSource {
    enum Input {
        case field(Int)
        case time, eventID, now
        case slot(Int)
        /// Nothing has this name any more.
        case absent
    }

    private let events: ObservedEvents
    private let inputs: [Input]
    private let pools: [StringPool?]
    /// How many rows may be asked for; set for each chunk.
    var rowCount = 0

    init(_ events: ObservedEvents, _ inputs: [Input], pools: [StringPool?]) {
        self.events = events
        self.inputs = inputs
        self.pools = pools
    }

    func pool(of input: Int) -> StringPool? { pools[input] }

    func read(
        _ input: Int, rows: Range<Int>, into lanes: UnsafeMutablePointer<Int64>,
        validity: UnsafeMutablePointer<UInt8>
    ) {
        switch inputs[input] {
        case .field(let index):
            guard let field = events.fields[index] else { return clear(rows.count, lanes, validity) }
            copy(field.lanes, field.validity, rows, lanes, validity)
        case .time: copy(events.time, rows, lanes, validity)
        case .eventID: copy(events.eventID, rows, lanes, validity)
        case .now:
            for (index, row) in rows.enumerated() {
                lanes[index] = events.nows[event(row)]
                validity[index] = 1
            }
        case .slot(let slot):
            for (index, row) in rows.enumerated() {
                let record = events.record(event(row))
                let isValid = RowMemory.isValid(record, slot)
                lanes[index] = isValid ? record[events.firstLane + slot] : 0
                validity[index] = isValid ? 1 : 0
            }
        case .absent: clear(rows.count, lanes, validity)
        }
    }

    @inline(__always)
    private func event(_ row: Int) -> Int { events.selection.map { Int($0[row]) } ?? row }

    private func copy(
        _ column: LaneColumn?, _ rows: Range<Int>, _ lanes: UnsafeMutablePointer<Int64>,
        _ validity: UnsafeMutablePointer<UInt8>
    ) {
        guard let column else { return clear(rows.count, lanes, validity) }
        copy(UnsafePointer(column.lanes), UnsafePointer(column.validity), rows, lanes, validity)
    }

    private func copy(
        _ from: UnsafePointer<Int64>, _ known: UnsafePointer<UInt8>, _ rows: Range<Int>,
        _ lanes: UnsafeMutablePointer<Int64>, _ validity: UnsafeMutablePointer<UInt8>
    ) {
        for (index, row) in rows.enumerated() {
            let event = event(row)
            lanes[index] = known[event] == 0 ? 0 : from[event]
            validity[index] = known[event]
        }
    }

    private func clear(_ count: Int, _ lanes: UnsafeMutablePointer<Int64>, _ validity: UnsafeMutablePointer<UInt8>) {
        lanes.update(repeating: 0, count: count)
        validity.update(repeating: 0, count: count)
    }
}
