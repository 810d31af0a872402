import CCompression
import Foundation

/// The bytes that the log keeps of a chunk, and the lines they stand for.
struct LogBody {
    let bytes: Data
    /// Of the lines, joined by line feeds.
    let lineByteCount: Int
    let firstSequence: Int64

    /// The first byte says how the lines are kept.
    enum Form: UInt8 {
        /// A zstd frame of them, joined by line feeds. The byte is the frame's own first one.
        case plain = 0x28
        /// This byte, then a zstd frame of a packing.
        case packed = 0x01

        var headByteCount: Int { self == .packed ? 1 : 0 }
    }

    /// The lines, cut and ready to decode.
    ///
    /// - Throws: `InputProblem.damagedBatch` when a checksum or length is wrong.
    func block() throws -> LineBlock {
        // Places in a block have 32 bits; a length past that was never written.
        guard (0...Int(Int32.max) - 1).contains(lineByteCount) else { throw damaged("\(lineByteCount) bytes of lines") }
        let block = LineBlock(capacity: lineByteCount)
        guard let first = bytes.first, let form = Form(rawValue: first) else { throw damaged("an unknown form") }
        switch form {
        case .plain:
            let count = try decompress(bytes, block.bytes, lineByteCount)
            guard count == lineByteCount else { throw damaged("\(count) bytes instead of \(lineByteCount)") }
        case .packed: try unpack(bytes.dropFirst(form.headByteCount), into: block)
        }
        block.byteCount = lineByteCount
        cut(block)
        return block
    }

    private func unpack(_ frame: Data, into block: LineBlock) throws {
        let content = frame.withUnsafeBytes { ZSTD_getFrameContentSize($0.baseAddress, $0.count) }
        // Lines that a packing makes no shorter are kept as they are.
        guard content < UInt64(lineByteCount) else { throw damaged("a packing longer than its lines") }
        let packing = UnsafeMutableRawBufferPointer.allocate(byteCount: Int(content), alignment: 16)
        defer { packing.deallocate() }
        let count = try decompress(frame, packing.baseAddress, packing.count)
        let lines = UnsafeMutableBufferPointer(start: block.bytes, count: lineByteCount)
        let written = LinePacker.unpack(UnsafeRawBufferPointer(rebasing: packing[..<count]), into: lines)
        guard written == lineByteCount else { throw damaged("a packing of other lines") }
    }

    private func decompress(_ frame: Data, _ target: UnsafeMutableRawPointer?, _ capacity: Int) throws -> Int {
        let count = frame.withUnsafeBytes { ZSTD_decompress(target, capacity, $0.baseAddress, $0.count) }
        guard ZSTD_isError(count) == 0 else { throw damaged(String(cString: ZSTD_getErrorName(count))) }
        return count
    }

    private func cut(_ block: LineBlock) {
        var start = 0
        var number = firstSequence
        while start <= lineByteCount {
            let found = memchr(block.bytes + start, 0x0A, lineByteCount - start)
            let end = found.map { UnsafeRawPointer($0) - UnsafeRawPointer(block.bytes) } ?? lineByteCount
            block.append(LineBlock.Line(start: Int32(start), end: Int32(end), number: number))
            number += 1
            start = end + 1
        }
    }

    private func damaged(_ reason: String) -> InputProblem {
        .damagedBatch(firstSequence: firstSequence, reason: reason)
    }
}
