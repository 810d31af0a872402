import CaliberColumns
import CaliberCore

/// Every row's columns as of the event that was folded last: one contiguous record a row.
///
/// A record is: words of validity bits, words that say which leaders there are, a word of flags, the slots' lanes, and
/// time and tie-break of each leader.
final class RowMemory {
    let slotCount: Int
    private let leaderCount: Int
    private let leaderWords: Int
    let validityWords: Int
    let stride: Int
    private(set) var count = 0
    private var capacity: Int
    private(set) var words: UnsafeMutablePointer<Int64>
    /// Where a column's value is not the leader's: the event that it is of.
    var holders: [Int: Holder] = [:]

    struct Holder {
        let time: Int64
        let tie: Int64
    }

    init(_ plan: RowPlan, capacity: Int = 1024) {
        slotCount = plan.slots.count
        leaderCount = plan.leaderCount
        leaderWords = (plan.leaderCount + 63) / 64
        validityWords = (plan.slots.count + 63) / 64
        stride = validityWords + leaderWords + 1 + plan.slots.count + 2 * plan.leaderCount
        self.capacity = capacity
        words = .allocate(capacity: capacity * stride)
    }

    deinit { words.deallocate() }

    /// Where the lanes begin in a record.
    var firstLane: Int { validityWords + leaderWords + 1 }
    private var flagsWord: Int { validityWords + leaderWords }
    private var firstLeader: Int { firstLane + slotCount }

    @inline(__always)
    func record(_ row: Int) -> UnsafeMutablePointer<Int64> { words + row * stride }

    /// Rows that are there afterwards.
    func grow(to rowCount: Int) {
        guard rowCount > count else { return }
        if rowCount > capacity {
            capacity = max(rowCount, capacity * 2)
            let moved = UnsafeMutablePointer<Int64>.allocate(capacity: capacity * stride)
            moved.update(from: words, count: count * stride)
            words.deallocate()
            words = moved
        }
        (words + count * stride).update(repeating: 0, count: (rowCount - count) * stride)
        count = rowCount
    }

    // MARK: - Flags

    /// A row that is marked has facts that wait for an entity.
    static let waitsFlag: Int64 = 1
    /// The row was learned from at its first training moment.
    static let trainedFlag: Int64 = 2

    @inline(__always)
    func has(_ flag: Int64, _ row: Int) -> Bool { record(row)[flagsWord] & flag != 0 }

    func set(_ flag: Int64, _ row: Int, to value: Bool) {
        if value { record(row)[flagsWord] |= flag } else { record(row)[flagsWord] &= ~flag }
    }

    // MARK: - Lanes

    @inline(__always)
    static func isValid(_ record: UnsafePointer<Int64>, _ slot: Int) -> Bool {
        record[slot >> 6] >> Int64(slot & 63) & 1 != 0
    }

    @inline(__always)
    private func setValid(_ record: UnsafeMutablePointer<Int64>, _ slot: Int) {
        record[slot >> 6] |= 1 << Int64(slot & 63)
    }

    /// Folds one event into a row.
    ///
    /// - Parameters:
    ///   - event: the event's row in its batch.
    ///   - masks: of each condition of the folds, which events meet it.
    func fold(_ folds: FoldSources, event: Int, into row: Int) {
        let record = record(row)
        for aggregate in folds.aggregates { fold(aggregate, event, record) }
        for order in folds.orders { fold(order, folds, event, row, record) }
    }

    private func fold(_ fold: FoldSources.Aggregate, _ event: Int, _ record: UnsafeMutablePointer<Int64>) {
        if let mask = fold.mask, mask[event] == 0 { return }
        let lanes = record + firstLane
        let slot = fold.slot
        guard let values = fold.values, let validity = fold.validity else {
            lanes[slot] &+= 1
            setValid(record, slot)
            return
        }
        guard validity[event] != 0 else { return }
        let value = values[event]
        guard RowMemory.isValid(record, slot) else {
            lanes[slot] = value
            setValid(record, slot)
            return
        }
        switch fold.kind {
        case .sum:
            let (sum, overflows) = lanes[slot].addingReportingOverflow(value)
            lanes[slot] = overflows ? (value < 0 ? .min : .max) : sum
        case .least: lanes[slot] = min(lanes[slot], value)
        case .greatest: lanes[slot] = max(lanes[slot], value)
        case .leastFloat:
            if Double(lane: value) < Double(lane: lanes[slot]) { lanes[slot] = value }
        case .greatestFloat:
            if Double(lane: value) > Double(lane: lanes[slot]) { lanes[slot] = value }
        case .any: lanes[slot] |= value
        case .count, .keep: break
        }
    }

    private func fold(
        _ fold: FoldSources.Order, _ folds: FoldSources, _ event: Int, _ row: Int,
        _ record: UnsafeMutablePointer<Int64>
    ) {
        if let mask = fold.mask, mask[event] == 0 { return }
        let own = Holder(time: folds.time(event), tie: folds.tie[event])
        let leader = record + firstLeader + 2 * fold.leader
        let bit: Int64 = 1 << Int64(fold.leader & 63)
        let leadersWord = validityWords + fold.leader >> 6
        let hasLeader = record[leadersWord] & bit != 0
        let former = Holder(time: leader[0], tie: leader[1])
        let leads = !hasLeader || RowMemory.isBetter(own, than: former, isLast: fold.isLast)
        let lanes = record + firstLane
        for column in fold.columns {
            let slot = column.slot
            let key = row * slotCount + slot
            let hasValue = column.validity[event] != 0
            if leads {
                if hasValue {
                    lanes[slot] = column.values[event]
                    setValid(record, slot)
                    if !holders.isEmpty { holders[key] = nil }
                } else if hasLeader, RowMemory.isValid(record, slot), holders[key] == nil {
                    holders[key] = former
                }
            } else if hasValue {
                let holder = RowMemory.isValid(record, slot) ? holders[key] : nil
                let isNull = !RowMemory.isValid(record, slot)
                let isBetter = holder.map { RowMemory.isBetter(own, than: $0, isLast: fold.isLast) } ?? isNull
                guard isBetter else { continue }
                lanes[slot] = column.values[event]
                setValid(record, slot)
                holders[key] = own
            }
        }
        guard leads else { return }
        leader[0] = own.time
        leader[1] = own.tie
        record[leadersWord] |= bit
    }

    /// Events are ordered by time, then by the hash of their identity.
    private static func isBetter(_ own: Holder, than other: Holder, isLast: Bool) -> Bool {
        if own.time != other.time { return isLast == (own.time > other.time) }
        return own.tie != other.tie && isLast == (own.tie > other.tie)
    }
}

extension Double {
    /// Of a lane that holds a float's bits.
    @inline(__always)
    init(lane: Int64) { self = Double(bitPattern: UInt64(bitPattern: lane)) }
}
