import CaliberColumns
import Foundation

/// Says of most keys that are not in a run that they are not: a blocked Bloom filter.
///
/// A key's six bits lie in one block of 512 bits, which is one cache line. At 16 bits a key about 1 in 700 absent keys
/// is let through, at 10 bits 1 in 80; no present key is ever held back.
///
/// Source: Putze, Sanders, Singler, Cache-, Hash- and Space-Efficient Bloom Filters, 2007.
final class KeyFilter: @unchecked Sendable {
    // Safe to share: bits are set while the run is made, by one thread, and only read after.
    private let words: UnsafeMutablePointer<UInt64>
    private let blockCount: Int

    private static let wordsPerBlock = 8

    /// - Parameter isSmall: for many keys, whose filter is to stay in memory for good: what is let through then costs the
    ///   reading of one page.
    init(keyCount: Int, isSmall: Bool = false) {
        blockCount = max(1, (keyCount * (isSmall ? 10 : 16) + 511) / 512)
        words = KeyFilter.allocate(blockCount)
        words.initialize(repeating: 0, count: blockCount * KeyFilter.wordsPerBlock)
    }

    /// - Returns: nil when `data` is no filter. One with another number of bits a key is a filter, too.
    init?(_ data: Data) {
        guard !data.isEmpty, data.count.isMultiple(of: 64) else { return nil }
        blockCount = data.count / 64
        words = KeyFilter.allocate(blockCount)
        data.withUnsafeBytes { UnsafeMutableRawPointer(words).copyMemory(from: $0.baseAddress!, byteCount: $0.count) }
    }

    deinit { UnsafeMutableRawPointer(words).deallocate() }

    private static func allocate(_ blockCount: Int) -> UnsafeMutablePointer<UInt64> {
        ScatteredMemory.allocate(byteCount: blockCount * 64)
            .bindMemory(to: UInt64.self, capacity: blockCount * wordsPerBlock)
    }

    var data: Data { Data(bytes: words, count: blockCount * 64) }

    /// The same filter without a reference, for as long as the filter lives.
    var view: KeyFilterView { KeyFilterView(words: words, blockCount: UInt64(blockCount)) }

    @inline(__always)
    func insert(_ key: EventKey) {
        let block = view.block(of: key)
        var bits = key.low
        for _ in 0..<6 {
            block[Int((bits >> 6) & 7)] |= 1 << (bits & 63)
            bits >>= 9
        }
    }

    func mayContain(_ key: EventKey) -> Bool { view.mayContain(key) }
}

/// A filter's bits.
struct KeyFilterView {
    fileprivate let words: UnsafeMutablePointer<UInt64>
    fileprivate let blockCount: UInt64

    /// The cache line that holds all of a key's bits.
    @inline(__always)
    func block(of key: EventKey) -> UnsafeMutablePointer<UInt64> {
        words + Int(key.high.multipliedFullWidth(by: blockCount).high) * 8
    }

    @inline(__always)
    func mayContain(_ key: EventKey) -> Bool {
        let block = block(of: key)
        var bits = key.low
        for _ in 0..<6 {
            if block[Int((bits >> 6) & 7)] & (1 << (bits & 63)) == 0 { return false }
            bits >>= 9
        }
        return true
    }
}
