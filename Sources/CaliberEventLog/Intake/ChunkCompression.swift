import CCompression
import Foundation

/// The accepted lines of a chunk to the bytes that the log keeps. Serves one thread at a time.
///
/// Many lines are packed by their skeletons, and the packing compressed; few are compressed as they are.
final class ChunkCompression {
    private let context: OpaquePointer
    private let packer = LinePacker()
    private var joined: [UInt8] = []

    init() {
        guard let context = ZSTD_createCCtx() else { fatalError("no memory for a zstd context") }
        self.context = context
        ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, EventLogLimits.compressionLevel)
        ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1)
        // What repeats does so at a short distance: a small table finds it as well as a large one, and leaves the
        // caches to others.
        ZSTD_CCtx_setParameter(context, ZSTD_c_hashLog, EventLogLimits.compressionHashLog)
        ZSTD_CCtx_setParameter(context, ZSTD_c_minMatch, EventLogLimits.compressionLeastMatch)
    }

    deinit { ZSTD_freeCCtx(context) }

    /// Makes the chunk's body, and lets go of its block.
    func compress(_ chunk: DecodedChunk) throws {
        defer { chunk.block = nil }
        guard let block = chunk.block, !chunk.acceptedLines.isEmpty else { return }
        chunk.bodyByteCount = chunk.acceptedLines.reduce(-1) { $0 + block.text(Int($1)).count + 1 }
        if chunk.acceptedLines.count >= EventLogLimits.leastPackedLineCount,
            let packing = packer.pack(chunk.acceptedLines, of: block, chunk.templates),
            packing.count < chunk.bodyByteCount
        {
            chunk.body = try frame(packing, .packed)
        } else {
            chunk.body = try frameJoined(chunk.acceptedLines, of: block)
        }
    }

    private func frameJoined(_ lines: [Int32], of block: LineBlock) throws -> Data {
        if lines.count == 1 { return try frame(UnsafeRawBufferPointer(block.text(Int(lines[0]))), .plain) }
        joined.removeAll(keepingCapacity: true)
        for line in lines {
            if !joined.isEmpty { joined.append(UInt8(ascii: "\n")) }
            joined.append(contentsOf: block.text(Int(line)))
        }
        return try joined.withUnsafeBytes { try frame($0, .plain) }
    }

    private func frame(_ text: UnsafeRawBufferPointer, _ form: LogBody.Form) throws -> Data {
        let head = form.headByteCount
        let bound = ZSTD_compressBound(text.count)
        let memory = UnsafeMutableRawPointer.allocate(byteCount: bound + head, alignment: 16)
        if head > 0 { memory.storeBytes(of: form.rawValue, as: UInt8.self) }
        let count = ZSTD_compress2(context, memory + head, bound, text.baseAddress, text.count)
        guard ZSTD_isError(count) == 0 else {
            memory.deallocate()
            throw InputProblem.damagedBatch(
                firstSequence: 0, reason: "zstd: " + String(cString: ZSTD_getErrorName(count)))
        }
        return Data(
            bytesNoCopy: memory, count: head + count, deallocator: .custom { pointer, _ in pointer.deallocate() })
    }
}
