/// For the code of each value, the segment that has its first row.
///
/// Segments are known by slots, small numbers that stay theirs while others come and go. One thread's own at a time.
final class ValueOwners: @unchecked Sendable {
    // Safe to hand on: written only by the query that took the kept first rows out of the cache.

    /// Of values that no row has.
    static let nobody: UInt16 = 0
    /// Of rows without a value, which are the first of none.
    static let absent: UInt16 = 1
    static let firstSlot: UInt16 = 2

    /// By code; past the last value stands what rows without a value have as their code.
    private(set) var slots: UnsafeMutablePointer<UInt16>
    private var capacity: Int
    private var valueCount: Int

    init(valueCount: Int) {
        self.valueCount = valueCount
        capacity = valueCount + 1
        slots = .allocate(capacity: capacity)
        slots.initialize(repeating: ValueOwners.nobody, count: capacity)
        slots[valueCount] = ValueOwners.absent
    }

    deinit { slots.deallocate() }

    static func canNumber(segmentCount: Int) -> Bool { segmentCount < Int(UInt16.max) - Int(firstSlot) }

    /// What owners of so many values take in memory at most.
    static func byteCount(valueCount: Int) -> Int { (valueCount + valueCount / 8 + 64) * 2 }

    /// Makes room for values that came since.
    func grow(to newCount: Int) {
        guard newCount > valueCount else { return }
        if newCount >= capacity {
            let newCapacity = newCount + newCount / 8 + 1
            let new = UnsafeMutablePointer<UInt16>.allocate(capacity: newCapacity)
            new.update(from: slots, count: valueCount)
            (new + valueCount).initialize(repeating: ValueOwners.nobody, count: newCapacity - valueCount)
            slots.deallocate()
            (slots, capacity) = (new, newCapacity)
        }
        slots[valueCount] = ValueOwners.nobody
        slots[newCount] = ValueOwners.absent
        valueCount = newCount
    }

    func setOwner(of codes: [UInt32], to slot: UInt16) {
        for code in codes { slots[Int(code)] = slot }
    }
}
