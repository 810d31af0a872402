import CaliberCore

/// An input's chunks, decoded and compressed, in the input's order.
///
/// An input of one block is worked off on the caller's thread. For longer ones one thread reads and decodes and another
/// compresses, while the caller commits.
final class IntakePipeline: Sendable {
    private let decoded = Handoff<DecodedChunk>(depth: EventLogLimits.handoffDepth)
    private let compressed = Handoff<DecodedChunk>(depth: EventLogLimits.handoffDepth)
    private let stages: [Stage]
    private let work: StagedWork

    /// Takes the reader and the station over until `stop` has returned.
    init(
        _ reader: any LineBlockReader, _ sections: InputSections, _ station: IntakeStation,
        now: @escaping @Sendable () -> Timestamp
    ) throws {
        let first = try reader.next()
        let work = StagedWork(first: first, reader: reader, sections: sections, station: station)
        self.work = work
        if first?.isLast ?? true {
            stages = []
            if let first { _ = decoded.send(try work.decode(first, receivedAt: now())) }
            decoded.finish()
            return
        }
        let (decoded, compressed) = (decoded, compressed)
        stages = [
            Stage(named: "intake-decode") { work.decode(into: decoded, now: now) },
            Stage(named: "intake-compress") { work.compress(from: decoded, into: compressed) },
        ]
    }

    /// Whether the whole input is one chunk.
    var isSingleChunk: Bool { stages.isEmpty }

    /// The next chunk in the input's order; nil after the last.
    func next() throws -> DecodedChunk? {
        guard isSingleChunk else { return try compressed.receive() }
        guard let chunk = try nextUncompressed() else { return nil }
        try compress(chunk)
        return chunk
    }

    /// The chunk of an input of one, for whoever has something to do while another thread compresses it.
    func nextUncompressed() throws -> DecodedChunk? { try decoded.receive() }

    /// Makes the body of such a chunk.
    func compress(_ chunk: DecodedChunk) throws { try work.compress(chunk) }

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
    // compressing thread the compression. Without these two threads one at a time uses it, and waits for the other.
    private var first: LineBlock?
    private let reader: any LineBlockReader
    private let sections: InputSections
    private let station: IntakeStation

    init(first: LineBlock?, reader: any LineBlockReader, sections: InputSections, station: IntakeStation) {
        self.first = first
        self.reader = reader
        self.sections = sections
        self.station = station
    }

    func decode(into decoded: Handoff<DecodedChunk>, now: () -> Timestamp) {
        do {
            while let block = try nextBlock() {
                guard decoded.send(try decode(block, receivedAt: now())) else { return }
            }
            decoded.finish()
        } catch {
            decoded.finish(error)
        }
    }

    func decode(_ block: LineBlock, receivedAt: Timestamp) throws -> DecodedChunk {
        let chunk = try station.decoder.decode(block, receivedAt: receivedAt)
        if !sections.sections.isEmpty { chunk.sectionTallies = sections.tally(chunk) }
        return chunk
    }

    private func nextBlock() throws -> LineBlock? {
        if let block = first {
            first = nil
            return block
        }
        return try reader.next()
    }

    func compress(_ chunk: DecodedChunk) throws { try station.compression.compress(chunk) }

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
