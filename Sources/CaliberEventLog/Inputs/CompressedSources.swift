import CCompression

/// The plain bytes of gzip data, of one member or of several in a row.
final class GzipSource: ByteSource {
    private let base: any ByteSource
    private let file: String
    private var stream = z_stream()
    private let buffer = UnsafeMutableRawBufferPointer.allocate(
        byteCount: EventLogLimits.inputBlockByteCount, alignment: 16)
    private var isWithinMember = false
    private var memberCount = 0

    init(_ base: any ByteSource, file: String) throws {
        self.base = base
        self.file = file
        // 16 asks zlib for the gzip wrapper with its checksum.
        guard inflateInit2_(&stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
            throw InputProblem.damagedCompression(file: file, format: "gzip", reason: "zlib can't start")
        }
    }

    deinit {
        inflateEnd(&stream)
        buffer.deallocate()
    }

    var consumedByteCount: Int64 { base.consumedByteCount - Int64(stream.avail_in) }
    var totalByteCount: Int64? { base.totalByteCount }

    func read(into target: UnsafeMutableRawBufferPointer) throws -> Int {
        stream.next_out = target.baseAddress?.assumingMemoryBound(to: UInt8.self)
        stream.avail_out = UInt32(clamping: target.count)
        let room = stream.avail_out
        while stream.avail_out == room {
            guard try refill() else {
                guard !isWithinMember else {
                    throw InputProblem.truncatedCompression(file: file, format: "gzip")
                }
                return 0
            }
            if !isWithinMember {
                if memberCount > 0 { inflateReset(&stream) }
                isWithinMember = true
                memberCount += 1
            }
            let result = inflate(&stream, Z_NO_FLUSH)
            guard result == Z_OK || result == Z_STREAM_END || result == Z_BUF_ERROR else {
                let reason = stream.msg.map { String(cString: $0) } ?? "zlib error \(result)"
                throw InputProblem.damagedCompression(file: file, format: "gzip", reason: reason)
            }
            if result == Z_STREAM_END { isWithinMember = false }
        }
        return Int(room - stream.avail_out)
    }

    /// - Returns: false at the input's end. Zero bytes between or after members are padding, as gzip itself has it.
    private func refill() throws -> Bool {
        while true {
            if stream.avail_in == 0 {
                let count = try base.read(into: buffer)
                guard count > 0 else { return false }
                stream.next_in = buffer.baseAddress?.assumingMemoryBound(to: UInt8.self)
                stream.avail_in = UInt32(count)
            }
            guard !isWithinMember, memberCount > 0 else { return true }
            while stream.avail_in > 0, stream.next_in.pointee == 0 {
                stream.next_in += 1
                stream.avail_in -= 1
            }
            if stream.avail_in > 0 { return true }
        }
    }
}

/// The plain bytes of zstd data, of one frame or of several in a row.
final class ZstdSource: ByteSource {
    private let base: any ByteSource
    private let file: String
    private let stream: OpaquePointer
    private let buffer = UnsafeMutableRawBufferPointer.allocate(
        byteCount: EventLogLimits.inputBlockByteCount, alignment: 16)
    private var input: ZSTD_inBuffer
    private var isWithinFrame = false

    init(_ base: any ByteSource, file: String) throws {
        self.base = base
        self.file = file
        guard let stream = ZSTD_createDStream() else {
            throw InputProblem.damagedCompression(file: file, format: "zstd", reason: "zstd can't start")
        }
        self.stream = stream
        input = ZSTD_inBuffer(src: buffer.baseAddress, size: 0, pos: 0)
    }

    deinit {
        ZSTD_freeDStream(stream)
        buffer.deallocate()
    }

    var consumedByteCount: Int64 { base.consumedByteCount - Int64(input.size - input.pos) }
    var totalByteCount: Int64? { base.totalByteCount }

    func read(into target: UnsafeMutableRawBufferPointer) throws -> Int {
        var output = ZSTD_outBuffer(dst: target.baseAddress, size: target.count, pos: 0)
        while output.pos == 0 {
            if input.pos == input.size {
                input.size = try base.read(into: buffer)
                input.pos = 0
                if input.size == 0 {
                    // A frame may still hold back what is decoded already.
                    if isWithinFrame, try decode(&output), output.pos > 0 { break }
                    guard !isWithinFrame else {
                        throw InputProblem.truncatedCompression(file: file, format: "zstd")
                    }
                    return 0
                }
            }
            _ = try decode(&output)
        }
        return output.pos
    }

    private func decode(_ output: inout ZSTD_outBuffer) throws -> Bool {
        let result = ZSTD_decompressStream(stream, &output, &input)
        guard ZSTD_isError(result) == 0 else {
            throw InputProblem.damagedCompression(
                file: file, format: "zstd", reason: String(cString: ZSTD_getErrorName(result)))
        }
        isWithinFrame = result != 0
        return true
    }
}
