/// Where each key's row is: open addressing, linear probing, 16 bytes a slot.
///
/// A slot holds the hash's low half, 24 bits of its high half, and 40 bits of place. Two of n keys share those 88 bits
/// with a probability of n² / 2⁸⁹: about 10⁻¹³ for ten million rows, below that of the memory failing.
struct KeyIndex: ~Copyable {
    private var slots: UnsafeMutablePointer<(low: UInt64, packed: UInt64)>
    private var capacity: Int
    private(set) var count = 0

    private static let placeMask: UInt64 = (1 << 40) - 1
    /// No place: a segment's ordinal never reaches the top.
    private static let empty = placeMask

    init(rowCount: Int) {
        var capacity = 1024
        while capacity * 5 < rowCount * 8 { capacity *= 2 }
        self.capacity = capacity
        slots = .allocate(capacity: capacity)
        slots.update(repeating: (0, KeyIndex.empty), count: capacity)
    }

    deinit {
        slots.deallocate()
    }

    var byteCount: Int { capacity * 16 }

    /// The place of a key, or nil.
    @inline(__always)
    func place(_ hash: KeyHash) -> RowPlace? {
        let slot = find(hash)
        let place = slots[slot].packed & KeyIndex.placeMask
        return place == KeyIndex.empty ? nil : RowPlace(bits: place)
    }

    /// Says where a key's row is, whether it was known or not.
    mutating func set(_ hash: KeyHash, to place: RowPlace) {
        var slot = find(hash)
        if slots[slot].packed & KeyIndex.placeMask == KeyIndex.empty {
            count += 1
            if count * 8 > capacity * 5 {
                grow()
                slot = find(hash)
            }
        }
        slots[slot] = (hash.low, (hash.high & ~KeyIndex.placeMask) | place.bits)
    }

    @inline(__always)
    private func find(_ hash: KeyHash) -> Int {
        let mask = capacity - 1
        var slot = Int(truncatingIfNeeded: hash.low) & mask
        while true {
            let (low, packed) = slots[slot]
            if packed & KeyIndex.placeMask == KeyIndex.empty { return slot }
            if low == hash.low, (packed ^ hash.high) & ~KeyIndex.placeMask == 0 { return slot }
            slot = (slot + 1) & mask
        }
    }

    private mutating func grow() {
        let (old, oldCapacity) = (slots, capacity)
        capacity *= 2
        slots = .allocate(capacity: capacity)
        slots.update(repeating: (0, KeyIndex.empty), count: capacity)
        for index in 0..<oldCapacity where old[index].packed & KeyIndex.placeMask != KeyIndex.empty {
            slots[find(KeyHash(low: old[index].low, high: old[index].packed))] = old[index]
        }
        old.deallocate()
    }
}

/// XXH3-128 of an encoded key: what a row is known by.
struct KeyHash: Equatable {
    let low: UInt64
    let high: UInt64
}

/// A segment by its ordinal, and a row in it.
struct RowPlace: Equatable {
    let bits: UInt64

    static let rowLimit = 1 << 16

    init(bits: UInt64) { self.bits = bits }

    init(segment: Int, row: Int) {
        bits = UInt64(truncatingIfNeeded: segment) << 16 | UInt64(truncatingIfNeeded: row)
    }

    var segment: Int { Int(truncatingIfNeeded: bits >> 16) }
    var row: Int { Int(truncatingIfNeeded: bits & 0xFFFF) }
}
