import CCompression
import Foundation

/// The accepted lines of a chunk to one zstd frame, and back. Serves one thread at a time.
final class ChunkCompression {
    private let context: OpaquePointer
    private var joined: [UInt8] = []

    init() {
        guard let context = ZSTD_createCCtx() else { fatalError("no memory for a zstd context") }
        self.context = context
        ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, EventLogLimits.compressionLevel)
        ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1)
        // Keys of JSON repeat at a distance of a line or two: a small table finds them as well as a large one, and
        // leaves the caches to others.
        ZSTD_CCtx_setParameter(context, ZSTD_c_hashLog, EventLogLimits.compressionHashLog)
        ZSTD_CCtx_setParameter(context, ZSTD_c_minMatch, EventLogLimits.compressionLeastMatch)
    }

    deinit { ZSTD_freeCCtx(context) }

    /// Makes the chunk's body, and lets go of its block.
    func compress(_ chunk: DecodedChunk) throws {
        defer { chunk.block = nil }
        guard let block = chunk.block, let first = chunk.acceptedSpans.first else { return }
        if chunk.acceptedSpans.count == 1 {
            let text = UnsafeRawBufferPointer(start: block.bytes + Int(first.lowerBound), count: first.count)
            chunk.bodyByteCount = text.count
            chunk.body = try frame(text)
            return
        }
        joined.removeAll(keepingCapacity: true)
        for span in chunk.acceptedSpans {
            if !joined.isEmpty { joined.append(UInt8(ascii: "\n")) }
            joined.append(
                contentsOf: UnsafeBufferPointer(start: block.bytes + Int(span.lowerBound), count: span.count))
        }
        chunk.bodyByteCount = joined.count
        chunk.body = try joined.withUnsafeBytes { try frame($0) }
    }

    private func frame(_ text: UnsafeRawBufferPointer) throws -> Data {
        let bound = ZSTD_compressBound(text.count)
        let memory = UnsafeMutableRawPointer.allocate(byteCount: bound, alignment: 16)
        let count = ZSTD_compress2(context, memory, bound, text.baseAddress, text.count)
        guard ZSTD_isError(count) == 0 else {
            memory.deallocate()
            throw InputProblem.damagedBatch(
                firstSequence: 0, reason: "zstd: " + String(cString: ZSTD_getErrorName(count)))
        }
        return Data(
            bytesNoCopy: memory, count: count, deallocator: .custom { pointer, _ in pointer.deallocate() })
    }

    /// The lines of a logged batch, cut and ready to decode.
    ///
    /// - Throws: `InputProblem.damagedBatch` when the frame's checksum or length is wrong.
    static func block(of body: Data, byteCount: Int, firstSequence: Int64) throws -> LineBlock {
        let block = LineBlock(capacity: byteCount)
        let count = body.withUnsafeBytes { ZSTD_decompress(block.bytes, byteCount, $0.baseAddress, $0.count) }
        guard ZSTD_isError(count) == 0 else {
            throw InputProblem.damagedBatch(
                firstSequence: firstSequence, reason: String(cString: ZSTD_getErrorName(count)))
        }
        guard count == byteCount else {
            throw InputProblem.damagedBatch(
                firstSequence: firstSequence, reason: "\(count) bytes instead of \(byteCount)")
        }
        block.byteCount = byteCount
        var start = 0
        var number = firstSequence
        while start <= byteCount {
            let found = memchr(block.bytes + start, 0x0A, byteCount - start)
            let end = found.map { UnsafeRawPointer($0) - UnsafeRawPointer(block.bytes) } ?? byteCount
            block.append(LineBlock.Line(start: Int32(start), end: Int32(end), number: number))
            number += 1
            start = end + 1
        }
        return block
    }
}
