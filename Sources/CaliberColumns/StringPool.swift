import CXXHash
import CaliberCore
import Glibc
import Synchronization

/// Append-only strings with dense codes: the strings of one column, or of one field of one batch.
///
/// `intern` gives equal strings one code; `append` gives each its own (keys and free text, where looking up would cost
/// more than it saves). A pool uses one or the other throughout.
///
/// One thread writes; once writing is over, any thread may read. While writing goes on, others read what `frozen` gives.
package final class StringPool: @unchecked Sendable {
    // Safe to share once written: the class has no interior mutation on its read paths, and its owners (a batch, a
    // table's dictionary) hand it to other threads only after the last `intern` or `append`, or hand on a frozen pool:
    // that one looks at the same memory, but only at strings that no writer touches again, and shares its ownership.
    // The table of codes is shared likewise, its slots are atomic, and codes of strings that came later are passed over.
    private var memory: Memory
    private var bytes: UnsafeMutablePointer<UInt8>
    private var byteCapacity: Int
    private var offsets: UnsafeMutablePointer<Int>
    private var offsetCapacity: Int
    /// Where equal strings are found; nil until the first `intern`.
    private var table: CodeTable?
    /// Of `table`: open addressing, linear probing: code + 1, 0 where empty.
    private var slots: UnsafeMutablePointer<Atomic<UInt32>>?
    private var slotCount = 0
    /// Whether others add to the table.
    private var isTableShared = false
    // What is stored is private, so that the compiler sees all accesses and needs no check of each at run time.
    private var storedCount = 0
    private var isFrozen = false
    /// The same for a pool and all that were frozen from it: a code that two of them have stands for one string in both.
    package private(set) var lineage: UInt64

    package init(byteCapacity: Int = 1024, countCapacity: Int = 64) {
        self.byteCapacity = byteCapacity
        offsetCapacity = countCapacity + 1
        memory = Memory(byteCapacity: byteCapacity, offsetCapacity: offsetCapacity)
        bytes = memory.bytes
        offsets = memory.offsets
        offsets[0] = 0
        lineage = StringPool.nextLineage()
    }

    private init(frozen other: StringPool) {
        memory = other.memory
        bytes = other.bytes
        offsets = other.offsets
        table = other.table
        slots = other.slots
        slotCount = other.slotCount
        isTableShared = true
        storedCount = other.count
        // A write to a frozen pool finds no room, and so moves to memory of its own.
        byteCapacity = other.byteCount
        offsetCapacity = other.count + 1
        isFrozen = true
        lineage = other.lineage
    }

    private static let lineageCounter = Atomic<UInt64>(0)

    private static func nextLineage() -> UInt64 { lineageCounter.add(1, ordering: .relaxed).newValue }

    /// The strings so far, readable on any thread while this pool grows. Copies nothing, neither now nor at the next write.
    package func frozen() -> StringPool { StringPool(frozen: self) }

    /// What pools that were frozen at different moments share; freed with the last of them.
    private final class Memory {
        let bytes: UnsafeMutablePointer<UInt8>
        let offsets: UnsafeMutablePointer<Int>

        init(byteCapacity: Int, offsetCapacity: Int) {
            bytes = .allocate(capacity: Swift.max(byteCapacity, 1))
            offsets = .allocate(capacity: Swift.max(offsetCapacity, 1))
        }

        deinit {
            bytes.deallocate()
            offsets.deallocate()
        }
    }

    /// Slots that a pool and those frozen from it share. The pool alone writes, and never takes a code out again.
    private final class CodeTable {
        let slots: UnsafeMutablePointer<Atomic<UInt32>>

        init(slotCount: Int) {
            slots = .allocate(capacity: slotCount)
            // An atomic word has the layout of the word.
            UnsafeMutableRawPointer(slots).initializeMemory(as: UInt32.self, repeating: 0, count: slotCount)
        }

        deinit { slots.deallocate() }
    }

    package var count: Int { storedCount }
    package var byteCount: Int { offsets[storedCount] }

    /// Whether equal strings have equal codes: no string was added by `append` alone.
    package var isInterned: Bool { slotCount > 0 || count == 0 }

    /// The bytes of one string; valid until the next write.
    @inline(__always)
    package subscript(code: UInt32) -> UnsafeRawBufferPointer {
        let index = Int(code)
        precondition(index < count, "code \(code) is outside a pool of \(count) strings")
        let start = offsets[index]
        return UnsafeRawBufferPointer(start: bytes + start, count: offsets[index + 1] - start)
    }

    package func string(_ code: UInt32) -> String { String(decoding: self[code], as: UTF8.self) }

    /// Adds a string without looking whether it is there already.
    package func append(_ string: UnsafeRawBufferPointer) -> UInt32 {
        let start = offsets[count]
        reserve(bytes: start + string.count, strings: count + 1)
        if let source = string.baseAddress {
            UnsafeMutableRawPointer(bytes + start).copyMemory(from: source, byteCount: string.count)
        }
        storedCount += 1
        offsets[count] = start + string.count
        return UInt32(count - 1)
    }

    /// Adds strings that stand one behind the other, without looking whether they are there already.
    ///
    /// - Parameters:
    ///   - ends: where each string ends, counted as `start` is.
    ///   - start: where the first one begins.
    package func append(_ strings: UnsafeRawBufferPointer, ends: UnsafeBufferPointer<Int>, from start: Int) {
        let first = offsets[count]
        reserve(bytes: first + strings.count, strings: count + ends.count)
        if let source = strings.baseAddress {
            UnsafeMutableRawPointer(bytes + first).copyMemory(from: source, byteCount: strings.count)
        }
        for (index, end) in ends.enumerated() { offsets[count + 1 + index] = first + end - start }
        storedCount += ends.count
    }

    /// Makes the table that equal strings are found by, for strings that were appended and are all different.
    package func index() {
        var newCount = 64
        while !StringPool.hasRoom(for: count + 1, slotCount: newCount) { newCount *= 2 }
        placeAll(slotCount: newCount)
    }

    /// The code of a string, a new one when it was not there.
    package func intern(_ string: UnsafeRawBufferPointer) -> UInt32 {
        if !StringPool.hasRoom(for: count + 1, slotCount: slotCount) {
            placeAll(slotCount: Swift.max(64, slotCount * 2))
        }
        var slot = slotIndex(string)
        while let code = code(in: slot) {
            if code < count, equals(UInt32(code), string) { return UInt32(code) }
            slot = (slot + 1) & (slotCount - 1)
        }
        if isTableShared {
            placeAll(slotCount: slotCount)
            slot = slotIndex(string)
            while code(in: slot) != nil { slot = (slot + 1) & (slotCount - 1) }
        }
        let code = append(string)
        place(code, in: slot)
        return code
    }

    /// The codes of strings of another pool, as `intern` gives them.
    ///
    /// Looks up many at a time: memory answers several requests as fast as one.
    ///
    /// - Parameters:
    ///   - wanted: the strings' codes there.
    ///   - codes: gets the codes here, each at the place of the code there.
    package func intern(
        _ wanted: UnsafeBufferPointer<UInt32>, of other: StringPool, into codes: UnsafeMutablePointer<Int64>
    ) {
        withUnsafeTemporaryAllocation(of: Int.self, capacity: StringPool.lookUpsAtOnce) { candidates in
            withUnsafeTemporaryAllocation(of: Int.self, capacity: StringPool.lookUpsAtOnce) { firstBytes in
                for first in stride(from: 0, to: wanted.count, by: StringPool.lookUpsAtOnce) {
                    let block = UnsafeBufferPointer(
                        rebasing: wanted[first..<Swift.min(first + StringPool.lookUpsAtOnce, wanted.count)])
                    findCandidates(block, of: other, candidates, firstBytes)
                    for (index, code) in block.enumerated() {
                        let string = other[code]
                        let candidate = candidates[index]
                        let isCandidate =
                            candidate < count && firstBytes[index] == string.first.map(Int.init)
                            && equals(UInt32(truncatingIfNeeded: candidate), string)
                        codes[Int(code)] = isCandidate ? Int64(candidate) : Int64(intern(string))
                    }
                }
            }
        }
    }

    private static let lookUpsAtOnce = 32

    /// The first code that each string's look-up meets, `Int.max` where there is none, and its string's first byte.
    private func findCandidates(
        _ wanted: UnsafeBufferPointer<UInt32>, of other: StringPool, _ candidates: UnsafeMutableBufferPointer<Int>,
        _ firstBytes: UnsafeMutableBufferPointer<Int>
    ) {
        guard slotCount > 0 else {
            for index in wanted.indices { candidates[index] = .max }
            return
        }
        let end = byteCount
        for (index, code) in wanted.enumerated() { firstBytes[index] = slotIndex(other[code]) }
        for index in wanted.indices { candidates[index] = code(in: firstBytes[index]) ?? .max }
        for index in wanted.indices where candidates[index] < count {
            let start = offsets[candidates[index]]
            firstBytes[index] = start < end ? Int(bytes[start]) : -1
        }
    }

    package func intern(_ string: String) -> UInt32 {
        var copy = string
        return copy.withUTF8 { intern(UnsafeRawBufferPointer($0)) }
    }

    /// The code of a string, or nil when it is not in the pool. Only for pools filled by `intern`.
    package func code(of string: UnsafeRawBufferPointer) -> UInt32? {
        guard slotCount > 0 else { return nil }
        var slot = slotIndex(string)
        while let code = code(in: slot) {
            if code < count, equals(UInt32(code), string) { return UInt32(code) }
            slot = (slot + 1) & (slotCount - 1)
        }
        return nil
    }

    package func code(of string: String) -> UInt32? {
        var copy = string
        return copy.withUTF8 { code(of: UnsafeRawBufferPointer($0)) }
    }

    /// Whether one string sorts before another, byte by byte.
    package func precedes(_ left: UInt32, _ right: UInt32) -> Bool {
        StringPool.precedes(self[left], self[right])
    }

    package static func precedes(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Bool {
        let order = compareBytes(left, right)
        return order < 0 || order == 0 && left.count < right.count
    }

    private static func compareBytes(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Int {
        for index in 0..<Swift.min(left.count, right.count) where left[index] != right[index] {
            return Int(left[index]) - Int(right[index])
        }
        return 0
    }

    /// Forgets all strings and keeps the memory.
    package func removeAll() {
        if !isKnownUniquelyReferenced(&memory) {
            memory = Memory(byteCapacity: byteCapacity, offsetCapacity: offsetCapacity)
            bytes = memory.bytes
            offsets = memory.offsets
            offsets[0] = 0
        }
        storedCount = 0
        isFrozen = false
        lineage = StringPool.nextLineage()
        guard slotCount > 0 else { return }
        if !isTableShared, isKnownUniquelyReferenced(&table), let slots {
            for slot in 0..<slotCount { slots[slot].store(0, ordering: .relaxed) }
        } else {
            makeTable(slotCount: slotCount)
        }
    }

    @inline(__always)
    private func slotIndex(_ string: UnsafeRawBufferPointer) -> Int {
        Int(truncatingIfNeeded: XXH3_64bits(string.baseAddress, string.count)) & (slotCount - 1)
    }

    /// The code in a slot of the table, of whichever pool that shares it; nil where it is empty.
    @inline(__always)
    private func code(in slot: Int) -> Int? {
        guard let slots else { return nil }
        let word = slots[slot].load(ordering: .relaxed)
        return word == 0 ? nil : Int(word) - 1
    }

    @inline(__always)
    private func place(_ code: UInt32, in slot: Int) { slots?[slot].store(code + 1, ordering: .relaxed) }

    @inline(__always)
    private func equals(_ code: UInt32, _ string: UnsafeRawBufferPointer) -> Bool {
        let own = self[code]
        guard own.count == string.count else { return false }
        guard let left = own.baseAddress, let right = string.baseAddress else { return true }
        return memcmp(left, right, own.count) == 0
    }

    /// At least a third of the slots stays empty.
    @inline(__always)
    private static func hasRoom(for count: Int, slotCount: Int) -> Bool { count * 3 <= slotCount * 2 }

    private func makeTable(slotCount newCount: Int) {
        let new = CodeTable(slotCount: newCount)
        table = new
        slots = new.slots
        slotCount = newCount
        isTableShared = false
    }

    private func placeAll(slotCount newCount: Int) {
        makeTable(slotCount: newCount)
        for code in 0..<UInt32(count) {
            var slot = slotIndex(self[code])
            while self.code(in: slot) != nil { slot = (slot + 1) & (newCount - 1) }
            place(code, in: slot)
        }
    }

    private func reserve(bytes byteCount: Int, strings stringCount: Int) {
        guard byteCount > byteCapacity || stringCount + 1 > offsetCapacity else { return }
        if byteCount > byteCapacity { byteCapacity = Swift.max(byteCount, byteCapacity * 2) }
        if stringCount + 1 > offsetCapacity { offsetCapacity = Swift.max(stringCount + 1, offsetCapacity * 2) }
        if isFrozen {
            // From here on codes are its own. Only a frozen pool can come here without having grown.
            isFrozen = false
            lineage = StringPool.nextLineage()
        }
        let new = Memory(byteCapacity: byteCapacity, offsetCapacity: offsetCapacity)
        new.bytes.update(from: bytes, count: offsets[count])
        new.offsets.update(from: offsets, count: count + 1)
        memory = new
        bytes = new.bytes
        offsets = new.offsets
    }
}
