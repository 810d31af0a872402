import CaliberCore

/// Reads and decodes on one thread and compresses on another, while the caller commits.
final class IntakePipeline {
    private let decoded = Handoff<DecodedChunk>(depth: EventLogLimits.handoffDepth)
    private let compressed = Handoff<DecodedChunk>(depth: EventLogLimits.handoffDepth)
    private let stages: [Stage]

    /// Takes the reader and the decoder over: from here on only the first stage uses them.
    init(_ reader: any LineBlockReader, _ decoder: ChunkDecoder, now: @escaping @Sendable () -> Timestamp) {
        let decoded = decoded
        let compressed = compressed
        let decoding = DecodingStage(reader: reader, decoder: decoder)
        stages = [
            Stage(named: "intake-decode") {
                decoding.run(into: decoded, now: now)
            },
            Stage(named: "intake-compress") {
                IntakePipeline.compress(from: decoded, into: compressed)
            },
        ]
    }

    /// The next chunk in the input's order; nil after the last.
    func next() throws -> DecodedChunk? { try compressed.receive() }

    /// Ends both threads, whether or not the input is at its end.
    func stop() {
        decoded.hangUp()
        compressed.hangUp()
        for stage in stages { stage.join() }
    }

    private static func compress(from decoded: Handoff<DecodedChunk>, into compressed: Handoff<DecodedChunk>) {
        do {
            let compression = ChunkCompression()
            while let chunk = try decoded.receive() {
                try compression.compress(chunk)
                guard compressed.send(chunk) else { return }
            }
            compressed.finish()
        } catch {
            decoded.hangUp()
            compressed.finish(error)
        }
    }
}

/// What the decoding thread works with.
private final class DecodingStage: @unchecked Sendable {
    // Safe to share: made by one thread and from then on used by the decoding thread alone.
    private let reader: any LineBlockReader
    private let decoder: ChunkDecoder

    init(reader: any LineBlockReader, decoder: ChunkDecoder) {
        self.reader = reader
        self.decoder = decoder
    }

    func run(into decoded: Handoff<DecodedChunk>, now: () -> Timestamp) {
        do {
            while let block = try reader.next() {
                guard decoded.send(try decoder.decode(block, receivedAt: now())) else { return }
            }
            decoded.finish()
        } catch {
            decoded.finish(error)
        }
    }
}
