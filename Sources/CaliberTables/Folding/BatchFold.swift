import CaliberColumns
import CaliberCore
import CaliberEventLog

/// One batch on its way into one table: rows found or made, events gathered by segment, then fold after fold.
///
/// New rows are made in a passage of their own, where only the columns exist that this batch fills; what its folds make
/// of them says which segment they go to.
final class BatchFold {
    let table: WideTable
    let batch: EventBatch
    let folds: ContractFolds
    var account = FoldAccount()
    private let masks: [Scratch<UInt8>]
    /// Each event's place, or none where a part of its key is missing.
    let places: Scratch<UInt64>
    private let ones: Scratch<UInt8>
    /// Which events each fold takes, in the order of the folds.
    private var aggregateAcceptances: [Acceptance] = []
    private var orderAcceptances: [Acceptance] = []
    let verdicts: Scratch<UInt8>
    let readAheadSlots = Scratch<UInt64>(BatchFold.readAheadCount, repeating: 0)
    lazy var displaced = DisplacedLeaders(count: batch.count)
    /// By slot: the batch's strings as codes of the table's pool.
    var translations: [Int: Scratch<Int64>] = [:]

    static let noPlace = UInt64.max
    /// Events that are folded at once: no more rows can be new than one segment has numbers for.
    private static let eventLimit = RowPlace.rowLimit / 2

    init(_ batch: EventBatch, into table: WideTable, folds: ContractFolds, conditions: [ConditionMask]) {
        self.table = table
        self.batch = batch
        self.folds = folds
        places = Scratch(batch.count, repeating: BatchFold.noPlace)
        ones = Scratch(batch.count, repeating: 1)
        verdicts = Scratch(batch.count, repeating: 0)
        masks = conditions.map { condition in
            let mask = Scratch<UInt8>(batch.count, repeating: 0)
            condition.evaluate(batch, into: mask.start)
            return mask
        }
        aggregateAcceptances = folds.aggregates.map { accepts($0.condition, $0.field.map { [$0] } ?? []) }
        // A column of an order whose event lacks the field still has to know that the event leads.
        orderAcceptances = folds.orders.map { accepts($0.condition, []) }
    }

    func run() throws {
        try table.buildIndexIfNeeded()
        for first in stride(from: 0, to: batch.count, by: BatchFold.eventLimit) {
            try run(first..<min(first + BatchFold.eventLimit, batch.count))
        }
    }

    private func run(_ events: Range<Int>) throws {
        let passage = table.makePassage()
        try findRows(events, passage)
        var departures: [Departure] = []
        try forEachSegment(events, passage) { segment, run in
            table.note(segment)
            let anchors = try anchorsBefore(run, segment)
            for (index, fold) in folds.aggregates.enumerated() {
                try apply(fold, aggregateAcceptances[index], run, segment)
            }
            for (index, fold) in folds.orders.enumerated() {
                try apply(fold, orderAcceptances[index], run, segment)
            }
            guard segment !== passage else { return }
            segment.touch()
            if let anchors {
                let rows = try leavingRows(run, segment, before: anchors)
                if !rows.isEmpty { departures.append(Departure(segment: segment, rows: rows)) }
            }
        }
        try settle(passage, departures)
    }

    // MARK: Runs

    /// Gathers events by segment, in the order of the batch, and calls `body` for each segment that has any, new rows last.
    private func forEachSegment(
        _ batchEvents: Range<Int>, _ passage: MutableSegment, _ body: (MutableSegment, FoldRun) throws -> Void
    ) throws {
        let segmentCount = table.segments.count
        @inline(__always)
        func bucket(_ place: RowPlace) -> Int { min(place.segment, segmentCount) }
        var ends = [Int](repeating: 0, count: segmentCount + 2)
        for event in batchEvents where places.start[event] != BatchFold.noPlace {
            ends[bucket(RowPlace(bits: places.start[event])) + 1] += 1
        }
        for ordinal in 1..<ends.count { ends[ordinal] += ends[ordinal - 1] }
        let events = Scratch<Int32>(batchEvents.count, repeating: 0)
        let rows = Scratch<Int32>(batchEvents.count, repeating: 0)
        var next = ends
        for event in batchEvents where places.start[event] != BatchFold.noPlace {
            let place = RowPlace(bits: places.start[event])
            let bucket = bucket(place)
            events.start[next[bucket]] = Int32(truncatingIfNeeded: event)
            rows.start[next[bucket]] = Int32(truncatingIfNeeded: place.row)
            next[bucket] += 1
        }
        for bucket in 0...segmentCount where ends[bucket + 1] > ends[bucket] {
            guard let segment = bucket == segmentCount ? passage : table.segments[bucket] else { continue }
            let first = ends[bucket]
            try body(
                segment,
                FoldRun(
                    count: ends[bucket + 1] - first, events: UnsafePointer(events.start + first),
                    rows: UnsafePointer(rows.start + first)))
        }
    }

    /// Events that meet a condition and have a value in each of the fields.
    private func accepts(_ condition: Int?, _ fields: [FieldSource]) -> Acceptance {
        let passing = condition.map { masks[$0] } ?? ones
        let columns = fields.map { $0.column(of: batch) }.filter { $0.nullCount > 0 }
        guard !columns.isEmpty else { return Acceptance(bytes: passing) }
        let both = Scratch<UInt8>(batch.count, repeating: 0)
        both.start.update(from: passing.start, count: batch.count)
        for column in columns {
            for event in 0..<batch.count { both.start[event] &= column.validity[event] }
        }
        return Acceptance(bytes: both)
    }
}

/// Which events a fold takes.
struct Acceptance {
    let bytes: Scratch<UInt8>

    var pointer: UnsafePointer<UInt8> { UnsafePointer(bytes.start) }
}

/// Memory for the length of one fold.
final class Scratch<Element: BitwiseCopyable> {
    let start: UnsafeMutablePointer<Element>
    let count: Int

    init(_ count: Int, repeating value: Element) {
        self.count = count
        start = .allocate(capacity: max(count, 1))
        start.update(repeating: value, count: count)
    }

    deinit { start.deallocate() }
}
