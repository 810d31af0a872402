/// Which row of one segment a key has: four bytes a slot, linear probing, made from the rows' hashes when first needed.
///
/// A slot holds a row and 15 bits of the high half of its hash, and counts only if that row's low half is the key's: so
/// rows may move without their old slots being found and cleared. When too many are stale the index is made anew. Two of
/// n keys share those 79 bits with a probability of n² / 2⁸⁰: about 10⁻¹⁰ for ten million rows.
final class RowIndex {
    private let slots: UnsafeMutablePointer<UInt32>
    private let capacity: Int
    private var usedCount = 0

    private static let occupied: UInt32 = 1 << 31

    init(rowCapacity: Int) {
        var capacity = 64
        while capacity < rowCapacity * 2 { capacity *= 2 }
        self.capacity = capacity
        slots = .allocate(capacity: capacity)
        slots.update(repeating: 0, count: capacity)
    }

    deinit {
        slots.deallocate()
    }

    var byteCount: Int { capacity * 4 }

    /// Whether so many rows more can be added.
    func hasRoom(for count: Int) -> Bool { (usedCount + count) * 4 <= capacity * 3 }

    /// Adds rows by their hashes, `low` and `high`.
    func add(_ rows: Range<Int>, low: UnsafePointer<Int64>, high: UnsafePointer<Int64>) {
        usedCount += rows.count
        for row in rows { add(row, UInt64(bitPattern: low[row]), UInt64(bitPattern: high[row])) }
    }

    @inline(__always)
    private func add(_ row: Int, _ low: UInt64, _ high: UInt64) {
        var slot = Int(truncatingIfNeeded: low) & (capacity - 1)
        while slots[slot] != 0 { slot = (slot + 1) & (capacity - 1) }
        slots[slot] = RowIndex.tag(high) | UInt32(truncatingIfNeeded: row)
    }

    @inline(__always)
    static func tag(_ high: UInt64) -> UInt32 {
        occupied | UInt32(truncatingIfNeeded: high >> 49) << 16
    }

    func lookup(low: UnsafePointer<Int64>, rowCount: Int) -> RowLookup {
        RowLookup(slots: UnsafePointer(slots), mask: capacity - 1, low: low, rowCount: rowCount)
    }
}

/// A segment's row index and hashes for some look-ups, during which rows may be added but none moves.
struct RowLookup {
    fileprivate let slots: UnsafePointer<UInt32>
    fileprivate let mask: Int
    fileprivate let low: UnsafePointer<Int64>
    fileprivate let rowCount: Int

    /// What stands where a look-up begins: reading it early brings it near.
    @inline(__always)
    func firstSlot(_ hash: KeyHash) -> UInt32 {
        slots[Int(truncatingIfNeeded: hash.low) & mask]
    }

    /// The hash that a slot leads to, likewise.
    @inline(__always)
    func hash(in slot: UInt32) -> Int64 { low[Int(slot & 0xFFFF)] }

    /// The row of a key; -1 when the segment has none.
    @inline(__always)
    func row(_ hash: KeyHash) -> Int {
        let wanted = RowIndex.tag(hash.high)
        let wantedLow = Int64(bitPattern: hash.low)
        var slot = Int(truncatingIfNeeded: wantedLow) & mask
        while true {
            let word = slots[slot]
            if word == 0 { return -1 }
            let row = Int(word & 0xFFFF)
            if word & 0xFFFF_0000 == wanted, row < rowCount, low[row] == wantedLow { return row }
            slot = (slot + 1) & mask
        }
    }
}
