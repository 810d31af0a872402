import CaliberCore

/// What an intake works with: made once, and used by one input after the other.
final class IntakeStation {
    let decoder: ChunkDecoder
    let compression = ChunkCompression()

    init(_ decoder: ChunkDecoder) {
        self.decoder = decoder
    }

    /// Decodes and compresses a block on the caller's thread.
    func process(_ block: LineBlock, receivedAt: Timestamp) throws -> DecodedChunk {
        let chunk = try decoder.decode(block, receivedAt: receivedAt)
        try compression.compress(chunk)
        return chunk
    }
}
