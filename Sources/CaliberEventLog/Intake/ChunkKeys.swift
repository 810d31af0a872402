/// The events of one chunk that were accepted so far, by key: open addressing on the key's own bits.
struct ChunkKeys {
    struct Entry {
        let key: EventKey
        let line: Int32
        let contract: Int32
        /// Set when a check of the contract took the event back.
        var isWithdrawn = false
    }

    private(set) var entries: [Entry] = []
    /// Entry + 1, 0 where empty.
    private var slots: [UInt32]
    private var mask: Int

    init(expectedCount: Int) {
        var size = 64
        while size < expectedCount * 2 { size *= 2 }
        slots = [UInt32](repeating: 0, count: size)
        mask = size - 1
        entries.reserveCapacity(expectedCount)
    }

    /// The entry that holds a key, unless it was withdrawn.
    @inline(__always)
    func contains(_ key: EventKey) -> Bool {
        var slot = Int(truncatingIfNeeded: key.low) & mask
        while slots[slot] != 0 {
            let entry = entries[Int(slots[slot]) - 1]
            if entry.key == key { return !entry.isWithdrawn }
            slot = (slot + 1) & mask
        }
        return false
    }

    /// Adds an event whose key is not held. One that was withdrawn makes room for it.
    @inline(__always)
    mutating func insert(_ key: EventKey, line: Int, contract: Int) {
        if (entries.count + 1) * 2 > slots.count { grow() }
        entries.append(Entry(key: key, line: Int32(line), contract: Int32(contract)))
        var slot = Int(truncatingIfNeeded: key.low) & mask
        while slots[slot] != 0, entries[Int(slots[slot]) - 1].key != key { slot = (slot + 1) & mask }
        slots[slot] = UInt32(entries.count)
    }

    mutating func withdraw(_ entry: Int) { entries[entry].isWithdrawn = true }

    private mutating func grow() {
        slots = [UInt32](repeating: 0, count: slots.count * 2)
        mask = slots.count - 1
        for (index, entry) in entries.enumerated() {
            var slot = Int(truncatingIfNeeded: entry.key.low) & mask
            while slots[slot] != 0, entries[Int(slots[slot]) - 1].key != entry.key { slot = (slot + 1) & mask }
            slots[slot] = UInt32(index + 1)
        }
    }
}
