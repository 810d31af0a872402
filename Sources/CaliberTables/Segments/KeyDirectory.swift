import CaliberColumns

/// Which segment each key's row is in: open addressing, linear probing, eight bytes a slot.
///
/// A slot holds 48 bits of the key's hash and the segment's ordinal. Keys that share those bits have a slot each; which
/// segment has the row is then for the segments' own keys to say, as are keys that only seem to be known. Slots are in
/// the order of the hash, so that growing is one pass over memory.
final class KeyDirectory {
    private var slots: UnsafeMutablePointer<UInt64>
    private var capacityBits: UInt64
    private var storedCount = 0
    var count: Int { storedCount }

    /// Ordinals have 16 bits; the highest stands for no segment.
    static let segmentLimit = passageOrdinal
    /// Stands for rows that are on their way to a segment.
    static let passageOrdinal = 1 << 16 - 2
    private static let empty = UInt64.max
    private static let hashMask: UInt64 = ~0xFFFF

    init(rowCount: Int) {
        capacityBits = 10
        while (1 << capacityBits) * 3 < rowCount * 4 { capacityBits += 1 }
        slots = KeyDirectory.allocate(1 << capacityBits)
        slots.update(repeating: KeyDirectory.empty, count: 1 << capacityBits)
    }

    deinit {
        slots.deallocate()
    }

    private static func allocate(_ capacity: Int) -> UnsafeMutablePointer<UInt64> {
        ScatteredMemory.allocate(byteCount: capacity * 8).bindMemory(to: UInt64.self, capacity: capacity)
    }

    var byteCount: Int { 8 << capacityBits }

    private var mask: Int { 1 << capacityBits - 1 }

    @inline(__always)
    private func home(_ hash: KeyHash) -> Int { Int(truncatingIfNeeded: hash.low >> (64 - capacityBits)) }

    /// What stands where a look-up begins: reading it early brings it near.
    @inline(__always)
    func firstSlot(_ hash: KeyHash) -> UInt64 { slots[home(hash)] }

    /// The segment that a slot names, if it may be a key's.
    @inline(__always)
    static func segment(_ slot: UInt64, of hash: KeyHash) -> Int? {
        guard slot & hashMask == hash.low & hashMask, slot != empty else { return nil }
        return Int(truncatingIfNeeded: slot & ~hashMask)
    }

    /// Calls `body` with the segments that may have a key's row until it says that one has.
    @inline(__always)
    func firstSegment(_ hash: KeyHash, where body: (_ ordinal: Int) throws -> Bool) rethrows -> Bool {
        let wanted = hash.low & KeyDirectory.hashMask
        var slot = home(hash)
        while true {
            let word = slots[slot]
            if word == KeyDirectory.empty { return false }
            if word & KeyDirectory.hashMask == wanted, try body(Int(truncatingIfNeeded: word & ~KeyDirectory.hashMask))
            {
                return true
            }
            slot = (slot + 1) & mask
        }
    }

    /// Adds a key that is not in the index yet.
    func insert(_ hash: KeyHash, segment ordinal: Int) {
        storedCount += 1
        if storedCount * 4 > (mask + 1) * 3 { grow() }
        place(hash.low & KeyDirectory.hashMask | UInt64(truncatingIfNeeded: ordinal))
    }

    /// The keys of one segment.
    struct Keys {
        let ordinal: Int
        let count: Int
        /// The low halves of their hashes.
        let low: LaneBuffer
    }

    /// Adds the keys of some segments, none of which is in the index yet: many at once, so that those that stand together
    /// are written together.
    func insert(_ segments: [Keys]) {
        let count = segments.reduce(0) { $0 + $1.count }
        while (storedCount + count) * 4 > (mask + 1) * 3 { grow() }
        storedCount += count
        var ends = [Int](repeating: 0, count: KeyDirectory.partCount + 1)
        for keys in segments {
            for row in 0..<keys.count { ends[KeyDirectory.part(keys.low.lanes[row]) + 1] += 1 }
        }
        for part in 0..<KeyDirectory.partCount { ends[part + 1] += ends[part] }
        let words = Scratch<UInt64>(count, repeating: 0)
        for keys in segments {
            let ordinal = UInt64(truncatingIfNeeded: keys.ordinal)
            for row in 0..<keys.count {
                let low = keys.low.lanes[row]
                let part = KeyDirectory.part(low)
                words.start[ends[part]] = UInt64(bitPattern: low) & KeyDirectory.hashMask | ordinal
                ends[part] += 1
            }
        }
        for index in 0..<count { place(words.start[index]) }
    }

    private static let partCount = 512

    @inline(__always)
    private static func part(_ low: Int64) -> Int { Int(truncatingIfNeeded: UInt64(bitPattern: low) >> 55) }

    /// Says that a key's row has gone from one segment to another.
    func move(_ hash: KeyHash, from old: Int, to new: Int) {
        guard old != new else { return }
        let wanted = hash.low & KeyDirectory.hashMask | UInt64(truncatingIfNeeded: old)
        var slot = home(hash)
        while slots[slot] != wanted {
            precondition(slots[slot] != KeyDirectory.empty, "a key of segment \(old) is not in the index")
            slot = (slot + 1) & mask
        }
        slots[slot] = hash.low & KeyDirectory.hashMask | UInt64(truncatingIfNeeded: new)
    }

    private func place(_ word: UInt64) {
        var slot = Int(truncatingIfNeeded: word >> (64 - capacityBits))
        while slots[slot] != KeyDirectory.empty { slot = (slot + 1) & mask }
        slots[slot] = word
    }

    private func grow() {
        let (old, oldCapacity) = (slots, mask + 1)
        capacityBits += 1
        slots = KeyDirectory.allocate(1 << capacityBits)
        slots.update(repeating: KeyDirectory.empty, count: 1 << capacityBits)
        for index in 0..<oldCapacity where old[index] != KeyDirectory.empty { place(old[index]) }
        old.deallocate()
    }
}
