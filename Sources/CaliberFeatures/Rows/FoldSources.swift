import CaliberColumns
import CaliberEventLog

/// One batch's events as the folds of its contract read them: plain pointers, looked up once a batch.
///
/// Lives no longer than the batch, the masks and the translated lanes that it points into.
struct FoldSources {
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
        let columns: [Column]
    }

    let aggregates: [Aggregate]
    let orders: [Order]
    let tie: UnsafePointer<Int64>
    private let times: UnsafePointer<Int64>
    private let timeValidity: UnsafePointer<UInt8>

    /// - Parameters:
    ///   - lanes: of a field, as the slot that it fills keeps them.
    ///   - masks: of each condition.
    init(
        _ folds: RowFolds, _ batch: EventBatch, masks: [UnsafePointer<UInt8>],
        lanes: (EventField, _ slot: Int) -> UnsafePointer<Int64>
    ) {
        aggregates = folds.aggregates.map { fold in
            Aggregate(
                kind: fold.kind, slot: fold.slot, values: fold.field.map { lanes($0, fold.slot) },
                validity: fold.field.map { UnsafePointer($0.column(of: batch).validity) },
                mask: fold.condition.map { masks[$0] })
        }
        orders = folds.orders.map { fold in
            Order(
                isLast: fold.isLast, leader: fold.leader, mask: fold.condition.map { masks[$0] },
                columns: fold.columns.map {
                    Order.Column(
                        slot: $0.slot, values: lanes($0.field, $0.slot),
                        validity: UnsafePointer($0.field.column(of: batch).validity))
                })
        }
        tie = UnsafePointer(batch.tieBreak.lanes)
        times = UnsafePointer(batch.time.lanes)
        timeValidity = UnsafePointer(batch.time.validity)
    }

    /// An event without a time comes before all others.
    @inline(__always)
    func time(_ event: Int) -> Int64 { timeValidity[event] == 0 ? .min : times[event] }
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
