import CaliberCore
import CaliberDictionary
import CaliberStore
import Foundation
import GRDB

/// What a pass over logged events found.
public struct ReplayReport: Sendable {
    public internal(set) var eventCount: Int64 = 0
    public internal(set) var position = LogPosition.start
    /// Logged events that today's contracts would not accept. They stay in the log and are left out of the pass.
    public internal(set) var skipped: [ViolationKind: ViolationCount] = [:]
}

extension EventLog {
    /// Decodes the logged events after a position, in the order of the log, by today's contracts.
    ///
    /// Reading and decoding run ahead on a thread of their own. Events that a changed contract no longer accepts are left
    /// out and counted.
    ///
    /// - Parameters:
    ///   - stops: positions at which a call's events end, in ascending order; where else they end is the log's to choose.
    ///   - keepsArrival: makes batches say when and in which order their events came.
    @discardableResult
    package func replay(
        after start: LogPosition, stoppingAt stops: [LogPosition] = [], keepsArrival: Bool = false,
        _ body: ([EventBatch], LogPosition) throws -> Void
    ) throws -> ReplayReport {
        let decoder = try makeDecoder(keepsArrival: keepsArrival)
        let reading = ReplayStage(log: self, decoder: decoder, start: start, stops: stops)
        let decoded = Handoff<ReplayedBatch>(depth: EventLogLimits.handoffDepth)
        let stage = Stage(named: "replay") { reading.run(into: decoded) }
        defer {
            decoded.hangUp()
            stage.join()
        }
        var report = ReplayReport()
        report.position = start
        while let batch = try decoded.receive() {
            let chunk = batch.chunk
            for line in chunk.refused { report.skip(line.number, line.problem.code, line.contract, line.problem.field) }
            for line in chunk.parked { report.skip(line.number, "undeclared-type", line.type, nil) }
            report.eventCount += Int64(chunk.acceptedCount)
            report.position = batch.end
            try body(chunk.batches, batch.end)
        }
        return report
    }
}

extension EventLog {
    /// Hands out the logged events' own lines in the order of the log, byte by byte as they were accepted.
    package func forEachLine(_ body: (UnsafeBufferPointer<UInt8>) throws -> Void) throws {
        var next: Int64 = 1
        while let batch = try store.read({ try LoggedBatch.holding(next, in: $0) }) {
            let block = try batch.block()
            for line in 0..<block.lineCount { try body(block.text(line)) }
            next = batch.firstSequence + batch.eventCount
        }
    }
}

extension ReplayReport {
    fileprivate mutating func skip(_ sequence: Int64, _ code: String, _ contract: String?, _ field: String?) {
        let kind = ViolationKind(code: code, contract: contract, field: field)
        skipped[
            kind,
            default: ViolationCount(
                count: 0, firstLocation: SourceLocation(file: "log", line: Int(clamping: sequence)))
        ].count += 1
    }
}

private struct ReplayedBatch {
    let chunk: DecodedChunk
    let end: LogPosition
}

/// What the replaying thread works with.
private final class ReplayStage: @unchecked Sendable {
    // Safe to share: made by one thread and from then on used by the replaying thread alone.
    private let log: EventLog
    private let decoder: ChunkDecoder
    private var position: LogPosition
    /// The next one first.
    private var stops: ArraySlice<LogPosition>

    init(log: EventLog, decoder: ChunkDecoder, start: LogPosition, stops: [LogPosition]) {
        self.log = log
        self.decoder = decoder
        position = start
        self.stops = stops[...]
    }

    func run(into decoded: Handoff<ReplayedBatch>) {
        do {
            while let batch = try log.store.read({ try LoggedBatch.holding(position.sequence + 1, in: $0) }) {
                let block = try batch.block()
                block.removeFirstLines(Int(max(0, position.sequence + 1 - batch.firstSequence)))
                let first = max(position.sequence + 1, batch.firstSequence)
                position = LogPosition(sequence: batch.firstSequence + batch.eventCount - 1)
                while let stop = stops.first, stop.sequence < first { stops.removeFirst() }
                if let stop = stops.first, stop.sequence < position.sequence {
                    block.removeLines(from: Int(stop.sequence + 1 - first))
                    position = stop
                }
                let chunk = try decoder.decode(block, receivedAt: batch.receivedAt)
                chunk.block = nil
                guard decoded.send(ReplayedBatch(chunk: chunk, end: position)) else { return }
            }
            decoded.finish()
        } catch {
            decoded.finish(error)
        }
    }
}
