import CXXHash
import Foundation

/// What an event is known by: XXH3-128 (seed 0) over the bytes of its `source`, one zero byte, and the bytes of its `id`,
/// both as the JSON text reads after unescaping. A source holds no zero byte, so no two pairs share the hashed bytes.
///
/// Two of n events share a key by chance with odds of about n² / 2^129: for 10^10 events, below 10^-18.
struct EventKey: Hashable, Comparable, Sendable {
    let high: UInt64
    let low: UInt64

    static let byteCount = 16

    /// The high half, shifted so that signed order is the key's order.
    @inline(__always)
    var tieBreak: Int64 { Int64(bitPattern: high ^ (1 << 63)) }

    @inline(__always)
    static func < (left: EventKey, right: EventKey) -> Bool {
        left.high < right.high || left.high == right.high && left.low < right.low
    }

    /// Big endian, so that byte order is the key's order.
    var bytes: Data {
        withUnsafeBytes(of: (high.bigEndian, low.bigEndian)) { Data($0) }
    }
}

/// Computes keys, with a scratch buffer of its own. Serves one thread at a time.
final class EventKeyHasher {
    private var scratch = UnsafeMutableRawPointer.allocate(byteCount: 1024, alignment: 16)
    private var capacity = 1024

    deinit { scratch.deallocate() }

    @inline(__always)
    func key(source: UnsafeBufferPointer<UInt8>, id: UnsafeBufferPointer<UInt8>) -> EventKey {
        let byteCount = source.count + 1 + id.count
        if byteCount > capacity { makeRoom(byteCount) }
        if let bytes = source.baseAddress { memcpy(scratch, bytes, source.count) }
        scratch.storeBytes(of: 0, toByteOffset: source.count, as: UInt8.self)
        if let bytes = id.baseAddress { memcpy(scratch + source.count + 1, bytes, id.count) }
        let hash = XXH3_128bits(scratch, byteCount)
        return EventKey(high: hash.high64, low: hash.low64)
    }

    @inline(never)
    private func makeRoom(_ byteCount: Int) {
        scratch.deallocate()
        capacity = byteCount * 2
        scratch = .allocate(byteCount: capacity, alignment: 16)
    }
}

/// Sorts keys. They are hashes, so their leading bits are uniform: one pass puts each into its bucket, and the few of a
/// bucket are sorted there. Crafted keys that crowd a bucket cost O(n log n), not more.
enum KeySorting {
    static func sort(_ keys: UnsafeMutableBufferPointer<EventKey>) {
        guard keys.count > 64 else {
            var keys = keys
            keys.sort()
            return
        }
        let bits = max(1, (Int.bitWidth - keys.count.leadingZeroBitCount) - 3)
        let shift = UInt64(64 - bits)
        var starts = [Int](repeating: 0, count: (1 << bits) + 1)
        for key in keys { starts[Int(key.high >> shift) + 1] += 1 }
        for bucket in 1..<starts.count { starts[bucket] += starts[bucket - 1] }
        let sorted = UnsafeMutableBufferPointer<EventKey>.allocate(capacity: keys.count)
        defer { sorted.deallocate() }
        var next = starts
        for key in keys {
            let bucket = Int(key.high >> shift)
            sorted[next[bucket]] = key
            next[bucket] += 1
        }
        for bucket in 0..<(starts.count - 1) {
            sortBucket(UnsafeMutableBufferPointer(rebasing: sorted[starts[bucket]..<starts[bucket + 1]]))
        }
        _ = keys.update(from: sorted)
    }

    private static func sortBucket(_ keys: UnsafeMutableBufferPointer<EventKey>) {
        guard keys.count <= 48 else {
            var keys = keys
            keys.sort()
            return
        }
        for index in 0..<keys.count {
            let key = keys[index]
            var hole = index
            while hole > 0, key < keys[hole - 1] {
                keys[hole] = keys[hole - 1]
                hole -= 1
            }
            keys[hole] = key
        }
    }
}
