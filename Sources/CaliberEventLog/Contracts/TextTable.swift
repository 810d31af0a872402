import CSimdJSON
import CXXHash
import CaliberColumns
import Foundation

/// The texts of one field of one chunk on their way into the batch's pool. Keeps its memory from chunk to chunk.
///
/// Serves one thread at a time.
final class TextTable {
    // All private, so that the compiler sees all accesses and needs no check of each at run time.
    private var bytes = UnsafeMutablePointer<UInt8>.allocate(capacity: 4096)
    private var byteCapacity = 4096
    private var byteCount = 0
    /// Where each text ends.
    private var ends = UnsafeMutablePointer<Int>.allocate(capacity: 256)
    private var capacity = 256
    private var count = 0
    /// Texts that the pool has got.
    private var handedOver = 0
    /// Open addressing: the upper half of a text's hash, and its code + 1; 0 where empty.
    private var slots = UnsafeMutablePointer<UInt64>.allocate(capacity: TextTable.leastSlotCount)
    private var mask = TextTable.leastSlotCount - 1
    private var isInterning = false
    /// Whether looking for equal texts is left out: in the last chunk there were hardly any.
    private(set) var isSparse = false
    private var chunksUntilNextLook = 0

    private static let leastSlotCount = 256
    /// Chunks after which equal texts are looked for once more.
    private static let chunksBetweenLooks = 16
    /// A pool of more texts than this is not worth a table that finds equal ones: a condition compares them one by one.
    private static let indexedCountLimit = 4096

    init() {
        slots.update(repeating: 0, count: mask + 1)
    }

    deinit {
        bytes.deallocate()
        ends.deallocate()
        slots.deallocate()
    }

    /// Forgets all texts.
    ///
    /// - Parameter useCount: how many events' values the texts stood for.
    func begin(_ useCount: Int) {
        chunksUntilNextLook -= 1
        if isInterning, useCount > TextTable.indexedCountLimit {
            isSparse = count * 5 > useCount * 3
            chunksUntilNextLook = TextTable.chunksBetweenLooks
        } else if chunksUntilNextLook <= 0 {
            isSparse = false
        }
        if isInterning { slots.update(repeating: 0, count: mask + 1) }
        isInterning = false
        byteCount = 0
        count = 0
        handedOver = 0
    }

    /// Gives the pool what it has not got yet.
    func handOver(to pool: StringPool) {
        guard handedOver < count else { return }
        let start = handedOver == 0 ? 0 : ends[handedOver - 1]
        pool.append(
            UnsafeRawBufferPointer(start: bytes + start, count: byteCount - start),
            ends: UnsafeBufferPointer(start: ends + handedOver, count: count - handedOver), from: start)
        handedOver = count
        if isInterning, count <= TextTable.indexedCountLimit { pool.index() }
    }

    /// Adds a text without looking whether it is there already.
    @inline(__always)
    func append(_ text: UnsafeBufferPointer<UInt8>) -> Int64 {
        if byteCount + text.count > byteCapacity || count == capacity { makeRoom(text.count) }
        if let start = text.baseAddress { memcpy(bytes + byteCount, start, text.count) }
        byteCount += text.count
        ends[count] = byteCount
        count += 1
        return Int64(count - 1)
    }

    @inline(__always)
    static func hash(_ text: UnsafeBufferPointer<UInt8>) -> UInt64 { XXH3_64bits(text.baseAddress, text.count) }

    /// Brings the place of a hash near, for a look-up soon after.
    @inline(__always)
    func prefetch(_ hash: UInt64) { caliber_prefetch(slots + Int(truncatingIfNeeded: hash) & mask) }

    /// The code of a text; nil when it is not there.
    @inline(__always)
    func code(of text: UnsafeBufferPointer<UInt8>, _ hash: UInt64) -> Int64? {
        var slot = Int(truncatingIfNeeded: hash) & mask
        while true {
            let entry = slots[slot]
            if entry == 0 { return nil }
            if entry >> 32 == hash >> 32 {
                let code = Int(entry & 0xFFFF_FFFF) - 1
                if holds(code, text) { return Int64(code) }
            }
            slot = (slot + 1) & mask
        }
    }

    /// Adds a text that is not there.
    @inline(__always)
    func insert(_ text: UnsafeBufferPointer<UInt8>, _ hash: UInt64) -> Int64 {
        isInterning = true
        if (count + 1) * 2 > mask { growSlots() }
        let code = append(text)
        place(code, hash)
        return code
    }

    /// The code of a text, a new one when it was not there.
    func intern(_ text: UnsafeBufferPointer<UInt8>) -> Int64 {
        let hash = TextTable.hash(text)
        return code(of: text, hash) ?? insert(text, hash)
    }

    @inline(__always)
    private func place(_ code: Int64, _ hash: UInt64) {
        var slot = Int(truncatingIfNeeded: hash) & mask
        while slots[slot] != 0 { slot = (slot + 1) & mask }
        slots[slot] = (hash & ~0xFFFF_FFFF) | UInt64(code + 1)
    }

    @inline(__always)
    private func holds(_ code: Int, _ text: UnsafeBufferPointer<UInt8>) -> Bool {
        let start = code == 0 ? 0 : ends[code - 1]
        guard ends[code] - start == text.count, let other = text.baseAddress else { return text.isEmpty }
        return TextTable.areEqual(bytes + start, other, text.count)
    }

    /// Eight bytes at a time; the last eight may overlap those before.
    @inline(__always)
    private static func areEqual(_ left: UnsafePointer<UInt8>, _ right: UnsafePointer<UInt8>, _ count: Int) -> Bool {
        let (left, right) = (UnsafeRawPointer(left), UnsafeRawPointer(right))
        guard count >= 8 else {
            for index in 0..<count
            where left.load(fromByteOffset: index, as: UInt8.self) != right.load(fromByteOffset: index, as: UInt8.self)
            {
                return false
            }
            return true
        }
        var index = 0
        while index + 8 < count {
            guard word(left, index) == word(right, index) else { return false }
            index += 8
        }
        return word(left, count - 8) == word(right, count - 8)
    }

    @inline(__always)
    private static func word(_ bytes: UnsafeRawPointer, _ offset: Int) -> UInt64 {
        bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
    }

    @inline(never)
    private func makeRoom(_ additional: Int) {
        if byteCount + additional > byteCapacity {
            byteCapacity = max(byteCount + additional, byteCapacity * 2)
            let new = UnsafeMutablePointer<UInt8>.allocate(capacity: byteCapacity)
            new.update(from: bytes, count: byteCount)
            bytes.deallocate()
            bytes = new
        }
        if count == capacity {
            capacity *= 2
            let new = UnsafeMutablePointer<Int>.allocate(capacity: capacity)
            new.update(from: ends, count: count)
            ends.deallocate()
            ends = new
        }
    }

    @inline(never)
    private func growSlots() {
        slots.deallocate()
        mask = (mask + 1) * 2 - 1
        slots = .allocate(capacity: mask + 1)
        slots.update(repeating: 0, count: mask + 1)
        for code in 0..<count {
            let start = code == 0 ? 0 : ends[code - 1]
            place(Int64(code), TextTable.hash(UnsafeBufferPointer(start: bytes + start, count: ends[code] - start)))
        }
    }
}
