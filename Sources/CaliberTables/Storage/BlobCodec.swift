import CCompression
import CXXHash
import Foundation

/// How bytes stand in the file: as they are, or squeezed where that pays.
package enum BlobCodec: Int64 {
    case raw = 0
    case zstandard = 1

    /// Squeezing has to save a quarter: reading raw bytes is several times faster.
    private static let worthwhileShare = (numerator: 3, denominator: 4)
    private static let smallestByteCount = 512
    private static let level: Int32 = 1
    /// No blob is larger once it is opened: 64 Ki rows of eight bytes, their validity, and their strings.
    static let byteLimit = 1 << 30

    package static func squeeze(_ raw: UnsafeRawBufferPointer) -> (codec: BlobCodec, body: Data) {
        guard raw.count >= smallestByteCount, sampleSays(raw) else { return (.raw, Data(raw)) }
        return withScratch(ZSTD_compressBound(raw.count)) { scratch in
            let count = ZSTD_compress(scratch.baseAddress, scratch.count, raw.baseAddress, raw.count, level)
            guard isWorthwhile(count, of: raw.count) else { return (.raw, Data(raw)) }
            return (.zstandard, Data(UnsafeRawBufferPointer(rebasing: scratch[..<count])))
        }
    }

    private static func isWorthwhile(_ count: Int, of rawCount: Int) -> Bool {
        ZSTD_isError(count) == 0 && count * worthwhileShare.denominator <= rawCount * worthwhileShare.numerator
    }

    /// Whether a stretch from the middle of long bytes can be squeezed: hashes and like columns can't, and are many.
    private static func sampleSays(_ raw: UnsafeRawBufferPointer) -> Bool {
        guard raw.count >= sampleByteCount * 8 else { return true }
        let sample = UnsafeRawBufferPointer(rebasing: raw[raw.count / 2..<raw.count / 2 + sampleByteCount])
        return withScratch(ZSTD_compressBound(sampleByteCount)) { scratch in
            let count = ZSTD_compress(scratch.baseAddress, scratch.count, sample.baseAddress, sample.count, level)
            // A long stretch is squeezed a little better than a short one.
            return ZSTD_isError(count) == 0 && count * 20 <= sampleByteCount * 19
        }
    }

    private static let sampleByteCount = 16 << 10

    /// Memory that is the thread's alone for the length of `body`.
    private static func withScratch<Value>(
        _ byteCount: Int, _ body: (UnsafeMutableRawBufferPointer) -> Value
    ) -> Value {
        let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: byteCount, alignment: 64)
        defer { scratch.deallocate() }
        return body(scratch)
    }

    /// Hands the opened bytes to `body`; nil when they are not `rawByteCount` many.
    package func open<Value>(_ stored: Data, rawByteCount: Int, _ body: (UnsafeRawBufferPointer) -> Value?) -> Value? {
        guard (0...BlobCodec.byteLimit).contains(rawByteCount) else { return nil }
        switch self {
        case .raw:
            guard stored.count == rawByteCount else { return nil }
            return stored.withUnsafeBytes { body($0) }
        case .zstandard:
            let opened = UnsafeMutableRawBufferPointer.allocate(byteCount: rawByteCount, alignment: 64)
            defer { opened.deallocate() }
            let count = stored.withUnsafeBytes {
                ZSTD_decompress(opened.baseAddress, opened.count, $0.baseAddress, $0.count)
            }
            guard ZSTD_isError(count) == 0, count == rawByteCount else { return nil }
            return body(UnsafeRawBufferPointer(opened))
        }
    }

    /// XXH3-64 of the stored bytes, seeded with what stands beside them, so that a flipped bit of either shows.
    static func checksum(_ body: Data, beside words: [Int64]) -> Int64 {
        let seed = words.withUnsafeBytes { XXH3_64bits($0.baseAddress, $0.count) }
        let hash = body.withUnsafeBytes { XXH3_64bits_withSeed($0.baseAddress, $0.count, seed) }
        return Int64(bitPattern: hash)
    }
}
