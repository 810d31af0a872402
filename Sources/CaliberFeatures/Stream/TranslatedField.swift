import CaliberColumns
import CaliberEventLog

/// One field of one batch after the other, its strings as codes of a pool that outlives the batches.
final class TranslatedField {
    let pool: StringPool
    private let field: EventField
    private var lanes = UnsafeMutablePointer<Int64>.allocate(capacity: 16)
    private var capacity = 16
    private var codes = UnsafeMutablePointer<Int64>.allocate(capacity: 16)
    private var codeCapacity = 16
    private var wanted: [UInt32] = []

    init(_ field: EventField, pool: StringPool) {
        self.field = field
        self.pool = pool
    }

    deinit {
        lanes.deallocate()
        codes.deallocate()
    }

    /// Codes of the batch's events; valid until the next batch.
    func translate(_ batch: EventBatch) -> UnsafePointer<Int64> {
        let column = field.column(of: batch)
        guard let own = column.pool else { return UnsafePointer(column.lanes) }
        if batch.count > capacity {
            lanes.deallocate()
            capacity = max(batch.count, capacity * 2)
            lanes = .allocate(capacity: capacity)
        }
        if own.count > codeCapacity {
            codes.deallocate()
            codeCapacity = max(own.count, codeCapacity * 2)
            codes = .allocate(capacity: codeCapacity)
        }
        // Codes from 0 on, so that what was listed for a larger batch serves a smaller one.
        while wanted.count < own.count { wanted.append(UInt32(wanted.count)) }
        wanted.withUnsafeBufferPointer { all in
            pool.intern(UnsafeBufferPointer(rebasing: all[0..<own.count]), of: own, into: codes)
        }
        for event in 0..<batch.count {
            lanes[event] = column.validity[event] == 0 ? 0 : codes[Int(column.lanes[event])]
        }
        return UnsafePointer(lanes)
    }
}
