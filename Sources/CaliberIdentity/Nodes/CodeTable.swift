import Glibc

/// Finds codes by hash: open addressing, linear probing, in the order of the hashes' upper halves.
///
/// A slot holds a tag, which is the hash's upper half, and the code + 1; 0 is empty. As the slots stand in the order of
/// their tags, the table grows in one pass that needs neither the keys nor their hashes.
struct CodeTable {
    private(set) var slots: UnsafeMutablePointer<UInt64>
    private(set) var slotCount: Int
    /// A tag's home is its upper bits.
    private(set) var shift: UInt64
    private(set) var count = 0

    /// Linear probing runs past the end instead of around it.
    private static let overrun = 256
    private static let smallest = 64

    init() {
        slotCount = CodeTable.smallest
        shift = 32 - 6
        slots = CodeTable.emptySlots(slotCount)
    }

    private static func emptySlots(_ slotCount: Int) -> UnsafeMutablePointer<UInt64> {
        let count = slotCount + overrun
        guard let memory = calloc(count, MemoryLayout<UInt64>.stride) else {
            preconditionFailure("no memory for \(count) slots")
        }
        askForLargePages(memory, byteCount: count * MemoryLayout<UInt64>.stride)
        return memory.bindMemory(to: UInt64.self, capacity: count)
    }

    /// The memory is the caller's no more.
    func free() { Glibc.free(slots) }

    @inline(__always)
    func home(_ hash: UInt64) -> Int { Int(truncatingIfNeeded: (hash >> 32) >> shift) }

    /// The code among those of the hash's tag for which `isIt` is true.
    @inline(__always)
    func find(_ hash: UInt64, _ isIt: (UInt32) -> Bool) -> UInt32? {
        let tag = hash >> 32
        var slot = home(hash)
        while slots[slot] != 0 {
            if slots[slot] >> 32 == tag {
                let code = UInt32(truncatingIfNeeded: slots[slot]) &- 1
                if isIt(code) { return code }
            }
            slot += 1
        }
        return nil
    }

    /// Adds a code whose key is not there yet.
    @inline(__always)
    mutating func add(_ code: UInt32, _ hash: UInt64) {
        if (count + 1) * 4 > slotCount * 3 { grow() }
        while !place((hash >> 32) << 32 | UInt64(code) + 1) { grow() }
        count += 1
    }

    /// - Returns: false where it would run past the end.
    @inline(__always)
    private func place(_ word: UInt64) -> Bool {
        var slot = home(word)
        while slots[slot] != 0 { slot += 1 }
        // One slot stays empty at the very end, where every search stops.
        guard slot < slotCount + CodeTable.overrun - 1 else { return false }
        slots[slot] = word
        return true
    }

    /// Doubles; and once more if tags crowd so much that they run past the end.
    private mutating func grow() {
        let old = slots
        let oldCount = slotCount + CodeTable.overrun
        repeat {
            precondition(shift > 0, "a table of codes has at most 2^32 slots")
            if slots != old { Glibc.free(slots) }
            slotCount *= 2
            shift -= 1
            slots = CodeTable.emptySlots(slotCount)
        } while !(0..<oldCount).allSatisfy { old[$0] == 0 || place(old[$0]) }
        Glibc.free(old)
    }
}
