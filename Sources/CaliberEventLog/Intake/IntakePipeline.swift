import CaliberCore

/// An input's chunks, decoded and compressed, in the input's order.
///
/// An input of one block is worked off on the caller's thread. For longer ones one thread reads and decodes and another
/// compresses, while the caller commits.
final class IntakePipeline: Sendable {
    private let decoded = Handoff<DecodedChunk>(depth: EventLogLimits.handoffDepth)
    private let compressed = Handoff<DecodedChunk>(depth: EventLogLimits.handoffDepth)
    private let stages: [Stage]

    /// Takes the reader and the station over until `stop` has returned.
    init(_ reader: any LineBlockReader, _ station: IntakeStation, now: @escaping @Sendable () -> Timestamp) throws {
        let first = try reader.next()
        if first?.isLast ?? true {
            stages = []
            if let first { _ = compressed.send(try station.process(first, receivedAt: now())) }
            compressed.finish()
            return
        }
        let (decoded, compressed) = (decoded, compressed)
        let work = StagedWork(first: first, reader: reader, station: station)
        stages = [
            Stage(named: "intake-decode") { work.decode(into: decoded, now: now) },
            Stage(named: "intake-compress") { work.compress(from: decoded, into: compressed) },
        ]
    }

    /// Whether the whole input is one chunk.
    var isSingleChunk: Bool { stages.isEmpty }

    /// The next chunk in the input's order; nil after the last.
    func next() throws -> DecodedChunk? { try compressed.receive() }

    /// Says that no more chunks are wanted, whether or not the input is at its end.
    func hangUp() {
        decoded.hangUp()
        compressed.hangUp()
    }

    /// Ends both threads. To be called once.
    func stop() {
        hangUp()
        for stage in stages { stage.join() }
    }
}

/// What the threads work with.
private final class StagedWork: @unchecked Sendable {
    // Safe to share: made by one thread; from then on the decoding thread alone uses reader, block and decoder, and the
    // compressing thread the compression.
    private var first: LineBlock?
    private let reader: any LineBlockReader
    private let station: IntakeStation

    init(first: LineBlock?, reader: any LineBlockReader, station: IntakeStation) {
        self.first = first
        self.reader = reader
        self.station = station
    }

    func decode(into decoded: Handoff<DecodedChunk>, now: () -> Timestamp) {
        do {
            while let block = try nextBlock() {
                guard decoded.send(try station.decoder.decode(block, receivedAt: now())) else { return }
            }
            decoded.finish()
        } catch {
            decoded.finish(error)
        }
    }

    private func nextBlock() throws -> LineBlock? {
        if let block = first {
            first = nil
            return block
        }
        return try reader.next()
    }

    func compress(from decoded: Handoff<DecodedChunk>, into compressed: Handoff<DecodedChunk>) {
        do {
            while let chunk = try decoded.receive() {
                try station.compression.compress(chunk)
                guard compressed.send(chunk) else { return }
            }
            compressed.finish()
        } catch {
            decoded.hangUp()
            compressed.finish(error)
        }
    }
}
