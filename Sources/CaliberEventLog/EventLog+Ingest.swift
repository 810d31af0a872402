import CaliberCore
import CaliberDictionary
import CaliberStore
import Foundation
import GRDB

extension EventLog {
    /// Takes in a whole input, chunk by chunk, within constant memory.
    ///
    /// Four stages overlap: one thread reads and decodes, one compresses, one commits, and the caller's folds. After each
    /// durable commit `onCommit` gets the accepted events, one batch for each contract that has any, and the position
    /// they end at, in the order of the log; by then the next chunk may be durable, too.
    ///
    /// - Parameters:
    ///   - now: the time of receipt.
    ///   - eventsPerCommit: lines of a chunk at most; it is then committed as soon as they are there. nil leaves it to
    ///     the chunks' bytes.
    ///   - progress: called on the caller's thread after each chunk.
    /// - Throws: `InputProblem` when the input can't be read on, `StoreProblem` when the database can't be written, and
    ///   what `onCommit` throws. What was committed until then stays and is accounted for.
    package func ingest(
        _ input: EventInput, lease: WriterLease, now: @escaping @Sendable () -> Timestamp,
        eventsPerCommit: Int? = nil, progress: (IntakeProgress) -> Void = { _ in },
        onCommit: ([EventBatch], LogPosition) throws -> Void
    ) throws -> IntakeReport {
        try withPipeline(input, isDryRun: false, eventsPerCommit, now) { pipeline, total in
            try commit(pipeline, input, lease, now, total: total, progress, nil, onCommit)
        }
    }

    /// As the other one, for whoever can make use of events before they are durable.
    package func ingest(
        _ input: EventInput, lease: WriterLease, now: @escaping @Sendable () -> Timestamp,
        eventsPerCommit: Int? = nil, progress: (IntakeProgress) -> Void = { _ in }, follower: any EventFollower
    ) throws -> IntakeReport {
        try withPipeline(input, isDryRun: false, eventsPerCommit, now) { pipeline, total in
            try commit(pipeline, input, lease, now, total: total, progress, follower) { batches, position in
                try follower.take(batches, upTo: position)
                try follower.confirm()
            }
        }
    }

    /// Does everything that `ingest` does but writing: says what would become of an input.
    package func rehearse(
        _ input: EventInput, now: @escaping @Sendable () -> Timestamp,
        progress: (IntakeProgress) -> Void = { _ in }
    ) throws -> IntakeReport {
        try withPipeline(input, isDryRun: true, nil, now) { pipeline, total in
            try rehearse(pipeline, origin: input.origin, total: total, progress)
        }
    }

    private func withPipeline(
        _ input: EventInput, isDryRun: Bool, _ eventsPerCommit: Int?, _ now: @escaping @Sendable () -> Timestamp,
        _ body: (IntakePipeline, _ totalByteCount: Int64?) throws -> IntakeReport
    ) throws -> IntakeReport {
        try withStation { station in
            let reader = try makeReader(input, eventsPerCommit: eventsPerCommit)
            try keyIndex.refresh()
            station.decoder.begin(KnownKeys(index: keyIndex, isDryRun: isDryRun))
            defer { station.decoder.begin(nil) }
            let pipeline = try IntakePipeline(reader, input.sections, station, now: now)
            defer { pipeline.stop() }
            return try body(pipeline, reader.totalByteCount)
        }
    }

    private func commit(
        _ pipeline: IntakePipeline, _ input: EventInput, _ lease: WriterLease,
        _ now: @escaping @Sendable () -> Timestamp,
        total: Int64?, _ progress: (IntakeProgress) -> Void, _ follower: (any EventFollower)?,
        _ onCommit: ([EventBatch], LogPosition) throws -> Void
    ) throws -> IntakeReport {
        let run = IntakeRun(kind: "ingest", origin: input.origin, sections: input.sections, startedAt: now())
        var report = IntakeReport()
        report.position = try position
        func handOn(_ committed: CommittedChunk, with onCommit: ([EventBatch], LogPosition) throws -> Void) throws {
            report.add(committed.chunk, committed.result, origin: input.origin)
            report.add(committed.chunk, committed.result, to: input.sections)
            report.position = committed.end
            if committed.chunk.acceptedCount > 0 { try onCommit(committed.chunk.batches, committed.end) }
            progress(
                IntakeProgress(
                    byteCount: committed.chunk.consumedByteCount, totalByteCount: total, account: report.account))
        }
        if let follower, pipeline.isSingleChunk {
            while let chunk = try pipeline.nextUncompressed() {
                let committed = try write(chunk, after: report.position, followedBy: follower) { [self] in
                    try pipeline.compress(chunk)
                    return try write(chunk, run, lease, now)
                }
                try handOn(committed) { _, _ in try follower.confirm() }
            }
        } else if pipeline.isSingleChunk {
            while let chunk = try pipeline.next() { try handOn(write(chunk, run, lease, now), with: onCommit) }
        } else {
            let stage = CommitStage(pipeline) { [self] in try write($0, run, lease, now) }
            defer { stage.stop() }
            while let committed = try stage.next() { try handOn(committed, with: onCommit) }
        }
        if !run.isFinished { try finish(run, lease, now) }
        return report
    }

    /// Writes a chunk on another thread, while the follower takes its events on this one.
    private func write(
        _ chunk: DecodedChunk, after position: LogPosition, followedBy follower: any EventFollower,
        _ commit: @escaping @Sendable () throws -> CommittedChunk
    ) throws -> CommittedChunk {
        guard chunk.acceptedCount > 0 else { return try commit() }
        let batches = chunk.batches
        let end = LogPosition(sequence: position.sequence + Int64(chunk.acceptedCount))
        let writing = WorkAside(on: commitQueue, commit)
        let taking = Result { try follower.take(batches, upTo: end) }
        do {
            let committed = try writing.value()
            precondition(committed.end == end, "the log ends at \(committed.end) and not at \(end)")
            try taking.get()
            return committed
        } catch {
            follower.disown(error)
            throw error
        }
    }

    /// Commits one chunk, and only then lets its keys and numbers be known. A run begins with its first chunk's
    /// transaction and ends with its last one's, so that an input of one chunk is one transaction.
    private func write(
        _ chunk: DecodedChunk, _ run: IntakeRun, _ lease: WriterLease, _ now: () -> Timestamp
    ) throws -> CommittedChunk {
        let (runID, result, keys, end) = try store.write(lease) { database in
            let runID = try run.begin(in: database)
            let commit = IntakeCommit(intakeRunID: runID, origin: run.origin, sections: run.sections)
            var result = try commit.settle(chunk, in: database)
            let first = try IntakeLedger.position(in: database).sequence + 1
            try commit.writeEvents(chunk, firstSequence: first, in: database)
            var keys = try keyIndex.append(chunk.keys, in: database)
            result.account.accepted = Int64(chunk.acceptedCount)
            result.account.received += result.account.accepted
            try IntakeLedger.add(result.account, toRun: runID, in: database)
            try IntakeLedger.add(toTotal: result.account, in: database)
            if chunk.isLast {
                try IntakeLedger.finishRun(runID, at: now(), in: database)
                try KeyIndex.flush(&keys, in: database)
            }
            return (runID, result, keys, LogPosition(sequence: first + Int64(chunk.acceptedCount) - 1))
        }
        run.didCommit(runID, isFinished: chunk.isLast)
        keyIndex.adopt(keys)
        return CommittedChunk(chunk: chunk, result: result, end: end)
    }

    /// Marks a run as finished that no last chunk has, and brings the file's keys up to the log.
    func finish(_ run: IntakeRun, _ lease: WriterLease, _ now: () -> Timestamp) throws {
        let (runID, keys) = try store.write(lease) { database in
            let runID = try run.begin(in: database)
            try IntakeLedger.finishRun(runID, at: now(), in: database)
            var keys = keyIndex.current.runs
            try KeyIndex.flush(&keys, in: database)
            return (runID, keys)
        }
        run.didCommit(runID, isFinished: true)
        keyIndex.adopt(keys)
    }

    /// Says what would happen, and writes nothing.
    private func rehearse(
        _ pipeline: IntakePipeline, origin: String, total: Int64?, _ progress: (IntakeProgress) -> Void
    ) throws -> IntakeReport {
        var report = IntakeReport()
        report.isDryRun = true
        report.position = try position
        var rehearsal = IntakeRehearsal()
        while let chunk = try pipeline.next() {
            var result = try store.read { try rehearsal.settle(chunk, in: $0) }
            result.account.accepted = Int64(chunk.acceptedCount)
            result.account.received += result.account.accepted
            report.add(chunk, result, origin: origin)
            progress(
                IntakeProgress(
                    byteCount: chunk.consumedByteCount, totalByteCount: total, account: report.account))
        }
        return report
    }
}

extension IntakeCommit {
    /// Writes refused and parked lines, and gives the numbers of all lines that were not accepted.
    func settle(_ chunk: DecodedChunk, in database: Database) throws -> Result {
        var result = Result()
        result.account.duplicate = Int64(chunk.duplicateCount)
        for line in chunk.refused {
            if try quarantine(line, receivedAt: chunk.receivedAt, in: database) {
                result.add(refused: line)
            } else {
                result.account.duplicate += 1
            }
        }
        for line in chunk.parked {
            if try park(line, receivedAt: chunk.receivedAt, in: database) {
                result.add(parked: line)
            } else {
                result.account.duplicate += 1
            }
        }
        result.account.received = result.account.duplicate + result.account.quarantined + result.account.parked
        return result
    }
}

extension IntakeCommit.Result {
    mutating func add(refused line: DecodedChunk.RefusedLine) {
        account.quarantined += 1
        newRefusals.append(line)
    }

    mutating func add(parked line: DecodedChunk.ParkedLine) {
        account.parked += 1
        newlyParked.append(line)
    }
}

extension IntakeReport {
    mutating func add(_ chunk: DecodedChunk, _ result: IntakeCommit.Result, origin: String) {
        account += result.account
        byteCount = chunk.consumedByteCount
        for line in result.newRefusals { add(line, origin: origin) }
        for line in result.newlyParked { parkedByType[line.type, default: 0] += 1 }
        acceptedByContract.merge(chunk.acceptedByContract, uniquingKeysWith: +)
    }
}

/// What a dry run remembers in place of the tables it does not write.
private struct IntakeRehearsal {
    private var bodyHashes: Set<Data> = []
    private var parkedKeys: Set<EventKey> = []

    /// As `IntakeCommit.settle`, but looks where that would write.
    mutating func settle(_ chunk: DecodedChunk, in database: Database) throws -> IntakeCommit.Result {
        var result = IntakeCommit.Result()
        result.account.duplicate = Int64(chunk.duplicateCount)
        for line in chunk.refused {
            let hash = IntakeCommit.bodyHash(line.body)
            let stands = try Bool.fetchOne(
                database.cachedStatement(
                    sql: "SELECT EXISTS (SELECT 1 FROM quarantinedEvent WHERE bodyHash = ? AND state <> 'replayed')"),
                arguments: [hash])
            if stands == true || !bodyHashes.insert(hash).inserted {
                result.account.duplicate += 1
            } else {
                result.add(refused: line)
            }
        }
        for line in chunk.parked {
            let stands = try Bool.fetchOne(
                database.cachedStatement(sql: "SELECT EXISTS (SELECT 1 FROM parkedEvent WHERE eventKey = ?)"),
                arguments: [line.key.bytes])
            if stands == true || !parkedKeys.insert(line.key).inserted {
                result.account.duplicate += 1
            } else {
                result.add(parked: line)
            }
        }
        result.account.received = result.account.duplicate + result.account.quarantined + result.account.parked
        return result
    }
}
