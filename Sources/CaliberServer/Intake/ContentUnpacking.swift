import CCompression

/// Unpacks a body piece by piece as it comes, so that what unpacks to too much is noticed before it is in memory.
final class ContentUnpacking {
    enum Coding: String, CaseIterable {
        case identity, gzip, zstd

        /// - Returns: nil for a coding that is not offered.
        init?(header: String?) {
            switch header?.lowercased() {
            case nil, "", "identity": self = .identity
            case "gzip", "x-gzip": self = .gzip
            case "zstd": self = .zstd
            default: return nil
            }
        }
    }

    enum Failure: Error {
        case tooLarge
        case damaged(reason: String)
        case truncated
        /// Whoever was asked for room had none.
        case noRoom
    }

    private(set) var bytes: [UInt8] = []
    let coding: Coding
    private let byteLimit: Int
    private var inflation: z_stream?
    private var frames: OpaquePointer?
    private var isWithinFrame = false
    private var hasBegun = false
    private let scratch: UnsafeMutableBufferPointer<UInt8>
    private static let pieceByteCount = 64 << 10

    /// - Parameter byteLimit: of what is unpacked.
    init(_ coding: Coding, byteLimit: Int) throws(Failure) {
        self.coding = coding
        self.byteLimit = byteLimit
        scratch = .allocate(capacity: coding == .identity ? 0 : ContentUnpacking.pieceByteCount)
        switch coding {
        case .identity: break
        case .gzip:
            var stream = z_stream()
            // 16 asks zlib for the gzip wrapper with its checksum.
            guard inflateInit2_(&stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
                throw .damaged(reason: "zlib can't start")
            }
            inflation = stream
        case .zstd:
            guard let stream = ZSTD_createDStream() else { throw .damaged(reason: "zstd can't start") }
            // A frame may not ask for a window that is larger than what it may hold.
            _ = ZSTD_DCtx_setParameter(stream, ZSTD_d_windowLogMax, 27)
            frames = stream
        }
    }

    deinit {
        if inflation != nil { inflateEnd(&inflation!) }
        if let frames { ZSTD_freeDStream(frames) }
        scratch.deallocate()
    }

    /// Takes the next piece.
    ///
    /// - Parameter reserve: asked for room for so many bytes before they are kept.
    func take(_ piece: UnsafeRawBufferPointer, reserve: (Int) -> Bool) throws(Failure) {
        guard let start = piece.baseAddress, !piece.isEmpty else { return }
        switch coding {
        case .identity: try keep(piece, reserve)
        case .gzip: try inflate(start, piece.count, reserve)
        case .zstd: try decompress(start, piece.count, reserve)
        }
    }

    /// Says that there are no more pieces.
    func finish() throws(Failure) {
        if coding != .identity, isWithinFrame || !hasBegun { throw .truncated }
    }

    func takeBytes() -> [UInt8] {
        defer { bytes = [] }
        return bytes
    }

    private func keep(_ piece: UnsafeRawBufferPointer, _ reserve: (Int) -> Bool) throws(Failure) {
        guard bytes.count + piece.count <= byteLimit else { throw .tooLarge }
        guard reserve(piece.count) else { throw .noRoom }
        bytes.append(contentsOf: piece)
    }

    private func inflate(
        _ start: UnsafeRawPointer, _ count: Int, _ reserve: (Int) -> Bool
    ) throws(Failure) {
        guard var stream = inflation else { return }
        defer { inflation = stream }
        stream.next_in = UnsafeMutablePointer(mutating: start.assumingMemoryBound(to: UInt8.self))
        stream.avail_in = UInt32(clamping: count)
        while stream.avail_in > 0 {
            if !isWithinFrame, hasBegun { inflateReset(&stream) }
            (isWithinFrame, hasBegun) = (true, true)
            var result = Z_OK
            repeat {
                stream.next_out = scratch.baseAddress
                stream.avail_out = UInt32(scratch.count)
                result = CCompression.inflate(&stream, Z_NO_FLUSH)
                guard result == Z_OK || result == Z_STREAM_END || result == Z_BUF_ERROR else {
                    throw .damaged(reason: stream.msg.map { String(cString: $0) } ?? "zlib error \(result)")
                }
                let made = scratch.count - Int(stream.avail_out)
                try keep(UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: scratch[..<made])), reserve)
            } while stream.avail_out == 0 && result != Z_STREAM_END
            if result == Z_STREAM_END { isWithinFrame = false }
        }
    }

    private func decompress(
        _ start: UnsafeRawPointer, _ count: Int, _ reserve: (Int) -> Bool
    ) throws(Failure) {
        guard let frames else { return }
        hasBegun = true
        var input = ZSTD_inBuffer(src: start, size: count, pos: 0)
        while true {
            var output = ZSTD_outBuffer(dst: scratch.baseAddress, size: scratch.count, pos: 0)
            let result = ZSTD_decompressStream(frames, &output, &input)
            guard ZSTD_isError(result) == 0 else {
                throw .damaged(reason: String(cString: ZSTD_getErrorName(result)))
            }
            isWithinFrame = result != 0
            try keep(UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: scratch[..<output.pos])), reserve)
            // What is full may hold something back.
            if input.pos == input.size, output.pos < scratch.count { return }
        }
    }
}
