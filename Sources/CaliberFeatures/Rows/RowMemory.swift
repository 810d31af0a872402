import CaliberColumns
import CaliberCore

/// Every row's columns as of the event that was folded last: one contiguous record a row.
///
/// A record is: words of validity bits, words that say which leaders there are, when the row was last heard of, the slots'
/// lanes, and time and tie-break of each leader.
final class RowMemory {
    let slotCount: Int
    private let leaderCount: Int
    private let leaderWords: Int
    let validityWords: Int
    let stride: Int
    private(set) var count = 0
    private var capacity: Int
    private(set) var words: UnsafeMutablePointer<Int64>
    /// By row: the log position at which it began, which tells it from all rows before and after.
    private(set) var lives: UnsafeMutablePointer<Int64>
    /// By row: whether it was learned from at its first training moment.
    private(set) var isTrained: UnsafeMutablePointer<Bool>
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
        lives = .allocate(capacity: capacity)
        isTrained = .allocate(capacity: capacity)
    }

    deinit {
        words.deallocate()
        lives.deallocate()
        isTrained.deallocate()
    }

    /// Where the lanes begin in a record.
    var firstLane: Int { validityWords + leaderWords + 1 }
    private var heardWord: Int { validityWords + leaderWords }
    private var firstLeader: Int { firstLane + slotCount }

    @inline(__always)
    func record(_ row: Int) -> UnsafeMutablePointer<Int64> { words + row * stride }

    /// Rows that are there afterwards.
    func grow(to rowCount: Int) {
        guard rowCount > count else { return }
        if rowCount > capacity {
            capacity = max(rowCount, capacity * 2)
            words = RowMemory.moved(words, count * stride, capacity * stride)
            lives = RowMemory.moved(lives, count, capacity)
            isTrained = RowMemory.moved(isTrained, count, capacity)
        }
        for row in count..<rowCount { clear(row) }
        (lives + count).update(repeating: 0, count: rowCount - count)
        (isTrained + count).update(repeating: false, count: rowCount - count)
        count = rowCount
    }

    private static func moved<Element>(
        _ old: UnsafeMutablePointer<Element>, _ count: Int, _ capacity: Int
    ) -> UnsafeMutablePointer<Element> {
        let new = UnsafeMutablePointer<Element>.allocate(capacity: capacity)
        new.update(from: old, count: count)
        old.deallocate()
        return new
    }

    /// Takes up rows that were put away.
    func restore(_ first: Int, _ words: [Int64], _ lives: [Int64], _ isTrained: [Bool]) {
        grow(to: first + lives.count)
        record(first).update(from: words, count: words.count)
        (self.lives + first).update(from: lives, count: lives.count)
        (self.isTrained + first).update(from: isTrained, count: isTrained.count)
    }

    // MARK: - Lives

    /// No event of the row has come.
    static let neverHeard = Int64.min

    /// The clock of arrival at the row's last event, or `neverHeard`.
    @inline(__always)
    func heard(_ row: Int) -> Int64 { record(row)[heardWord] }

    @inline(__always)
    func setHeard(_ row: Int, at now: Int64) { record(row)[heardWord] = now }

    /// A row of which nothing is known.
    func clear(_ row: Int) {
        record(row).update(repeating: 0, count: stride)
        record(row)[heardWord] = RowMemory.neverHeard
        guard !holders.isEmpty else { return }
        for slot in 0..<slotCount { holders[row * slotCount + slot] = nil }
    }

    /// Gives rows other numbers, which rise as the old ones do.
    ///
    /// - Parameter numbers: by row, the new one; −1 for a row that is forgotten.
    func renumber(_ numbers: [Int32]) {
        var kept = 0
        for row in 0..<count where numbers[row] >= 0 {
            if kept != row {
                record(kept).update(from: record(row), count: stride)
                lives[kept] = lives[row]
                isTrained[kept] = isTrained[row]
            }
            kept += 1
        }
        var moved: [Int: Holder] = [:]
        for (key, holder) in holders where numbers[key / slotCount] >= 0 {
            moved[Int(numbers[key / slotCount]) * slotCount + key % slotCount] = holder
        }
        holders = moved
        count = kept
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
    func fold(_ folds: FoldSources, _ clock: EventClock, event: Int, into row: Int) {
        let record = record(row)
        for index in 0..<folds.aggregateCount { fold(folds.aggregates[index], event, record) }
        guard folds.orderCount > 0 else { return }
        let own = clock.order(event)
        for index in 0..<folds.orderCount { fold(folds.orders[index], own, event, row, record) }
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
        _ fold: FoldSources.Order, _ own: Holder, _ event: Int, _ row: Int, _ record: UnsafeMutablePointer<Int64>
    ) {
        if let mask = fold.mask, mask[event] == 0 { return }
        let leader = record + firstLeader + 2 * fold.leader
        let bit: Int64 = 1 << Int64(fold.leader & 63)
        let leadersWord = validityWords + fold.leader >> 6
        let hasLeader = record[leadersWord] & bit != 0
        let former = Holder(time: leader[0], tie: leader[1])
        let leads = !hasLeader || RowMemory.isBetter(own, than: former, isLast: fold.isLast)
        let lanes = record + firstLane
        for index in 0..<fold.columnCount {
            let column = fold.columns[index]
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
