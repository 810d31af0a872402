import CaliberColumns
import CaliberEventLog

/// One batch's events as the folds of its contract read them: plain pointers, looked up once a batch, in memory that is kept
/// from batch to batch.
///
/// What it points into lives no longer than the batch, the masks and the translated lanes.
final class FoldSources {
    struct Aggregate {
        let kind: RowFolds.Aggregate.Kind
        let slot: Int
        /// nil for a count.
        let values: UnsafePointer<Int64>?
        let validity: UnsafePointer<UInt8>?
        let mask: UnsafePointer<UInt8>?
    }

    struct Order {
        struct Column {
            let slot: Int
            let values: UnsafePointer<Int64>
            let validity: UnsafePointer<UInt8>
        }

        let isLast: Bool
        let leader: Int
        let mask: UnsafePointer<UInt8>?
        let columns: UnsafeMutablePointer<Column>
        let columnCount: Int
    }

    let aggregates: UnsafeMutablePointer<Aggregate>
    let aggregateCount: Int
    let orders: UnsafeMutablePointer<Order>
    let orderCount: Int
    private let columns: UnsafeMutablePointer<Order.Column>
    private let folds: RowFolds

    init(_ folds: RowFolds) {
        self.folds = folds
        aggregateCount = folds.aggregates.count
        orderCount = folds.orders.count
        aggregates = .allocate(capacity: max(1, aggregateCount))
        orders = .allocate(capacity: max(1, orderCount))
        columns = .allocate(capacity: max(1, folds.orders.reduce(0) { $0 + $1.columns.count }))
    }

    deinit {
        aggregates.deallocate()
        orders.deallocate()
        columns.deallocate()
    }

    /// Points to another batch.
    ///
    /// - Parameters:
    ///   - masks: of each condition.
    ///   - lanes: of a field, as the slot that it fills keeps them.
    func begin(
        _ batch: EventBatch, masks: (Int) -> UnsafePointer<UInt8>,
        lanes: (EventField, _ slot: Int) -> UnsafePointer<Int64>
    ) {
        for (index, fold) in folds.aggregates.enumerated() {
            (aggregates + index).initialize(
                to: Aggregate(
                    kind: fold.kind, slot: fold.slot, values: fold.field.map { lanes($0, fold.slot) },
                    validity: fold.field.map { UnsafePointer($0.column(of: batch).validity) },
                    mask: fold.condition.map(masks)))
        }
        var next = columns
        for (index, fold) in folds.orders.enumerated() {
            (orders + index).initialize(
                to: Order(
                    isLast: fold.isLast, leader: fold.leader, mask: fold.condition.map(masks), columns: next,
                    columnCount: fold.columns.count))
            for column in fold.columns {
                next.initialize(
                    to: Order.Column(
                        slot: column.slot, values: lanes(column.field, column.slot),
                        validity: UnsafePointer(column.field.column(of: batch).validity)))
                next += 1
            }
        }
    }
}

/// When and in which order the events of a batch came, as plain pointers.
struct EventClock {
    private let tie: UnsafePointer<Int64>
    private let times: UnsafePointer<Int64>
    private let timeValidity: UnsafePointer<UInt8>
    private let recorded: UnsafePointer<Int64>?
    private let recordedValidity: UnsafePointer<UInt8>?

    init(_ batch: EventBatch) {
        tie = UnsafePointer(batch.tieBreak.lanes)
        times = UnsafePointer(batch.time.lanes)
        timeValidity = UnsafePointer(batch.time.validity)
        recorded = batch.arrival.map { UnsafePointer($0.recordedAt.lanes) }
        recordedValidity = batch.arrival.map { UnsafePointer($0.recordedAt.validity) }
    }

    /// Events are ordered by time, then by the hash of their identity. One without a time comes before all others.
    @inline(__always)
    func order(_ event: Int) -> RowMemory.Holder {
        RowMemory.Holder(time: timeValidity[event] == 0 ? .min : times[event], tie: tie[event])
    }

    /// When an event arrived; nil where it does not say.
    @inline(__always)
    func arrival(_ event: Int) -> Int64? {
        if let recorded, let recordedValidity, recordedValidity[event] != 0 { return recorded[event] }
        return timeValidity[event] == 0 ? nil : times[event]
    }
}

extension EventField {
    func column(of batch: EventBatch) -> LaneColumn {
        switch self {
        case .data(let index): batch.fields[index]
        case .time: batch.time
        case .id: batch.eventID
        }
    }
}
