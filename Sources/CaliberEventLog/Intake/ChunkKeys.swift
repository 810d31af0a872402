import CSimdJSON

/// The events of one chunk that were accepted so far, by key: open addressing on the key's own bits.
///
/// Serves one thread at a time, and one chunk after the other.
final class ChunkKeys {
    struct Entry {
        let key: EventKey
        let line: Int32
        /// The row in its contract's batch at the time of acceptance.
        let row: Int32
        let contract: Int32
        /// Set when a check of the contract took the event back.
        var isWithdrawn = false
    }

    private var memory = UnsafeMutablePointer<Entry>.allocate(capacity: 1)
    private(set) var count = 0
    private var capacity = 1
    /// The upper half of a key's low half, and entry + 1; 0 where empty. So another key's entry is hardly ever looked at.
    private var slots = UnsafeMutablePointer<UInt64>.allocate(capacity: 1)
    private var mask = 0

    init() {
        slots[0] = 0
    }

    deinit {
        memory.deallocate()
        slots.deallocate()
    }

    /// The entries in the order of acceptance; valid until the next change.
    var entries: UnsafeBufferPointer<Entry> { UnsafeBufferPointer(start: memory, count: count) }

    /// Forgets all, and makes room for at most so many events.
    func begin(_ greatestCount: Int) {
        count = 0
        if greatestCount > capacity {
            memory.deallocate()
            capacity = max(greatestCount, capacity * 2)
            memory = .allocate(capacity: capacity)
        }
        var size = 64
        while size < greatestCount * 2 { size *= 2 }
        if size != mask + 1 {
            slots.deallocate()
            slots = .allocate(capacity: size)
            mask = size - 1
        }
        slots.update(repeating: 0, count: size)
    }

    /// Brings the place of a key near, for a look-up soon after.
    @inline(__always)
    func prefetch(_ key: EventKey) { caliber_prefetch(slots + Int(truncatingIfNeeded: key.low) & mask) }

    /// Whether an entry that was not withdrawn holds a key.
    @inline(__always)
    func contains(_ key: EventKey) -> Bool {
        var slot = Int(truncatingIfNeeded: key.low) & mask
        while slots[slot] != 0 {
            if slots[slot] >> 32 == key.low >> 32 {
                let entry = memory + ChunkKeys.entry(slots[slot])
                if entry.pointee.key == key { return !entry.pointee.isWithdrawn }
            }
            slot = (slot + 1) & mask
        }
        return false
    }

    /// Adds an event whose key is not held. One that was withdrawn makes room for it.
    @inline(__always)
    func insert(_ key: EventKey, line: Int, contract: Int, row: Int) {
        // A line is accepted at most twice: once more after another of its key was withdrawn.
        if count == capacity { grow() }
        (memory + count).initialize(
            to: Entry(key: key, line: Int32(line), row: Int32(row), contract: Int32(contract)))
        count += 1
        var slot = Int(truncatingIfNeeded: key.low) & mask
        while slots[slot] != 0,
            slots[slot] >> 32 != key.low >> 32 || memory[ChunkKeys.entry(slots[slot])].key != key
        {
            slot = (slot + 1) & mask
        }
        slots[slot] = (key.low >> 32) << 32 | UInt64(truncatingIfNeeded: count)
    }

    @inline(__always)
    private static func entry(_ slot: UInt64) -> Int { Int(truncatingIfNeeded: slot & 0xFFFF_FFFF) - 1 }

    func withdraw(_ entry: Int) { memory[entry].isWithdrawn = true }

    private func grow() {
        let new = UnsafeMutablePointer<Entry>.allocate(capacity: capacity * 2)
        new.update(from: memory, count: count)
        memory.deallocate()
        memory = new
        capacity *= 2
    }
}
