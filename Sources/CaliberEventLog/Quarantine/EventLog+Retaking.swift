import CaliberCore
import CaliberDictionary
import CaliberStore
import Foundation
import GRDB

/// A line that intake has kept aside.
struct HeldLine {
    let id: Int64
    let originFile: String
    let originLine: Int64
    let body: Data
}

/// Finds lines kept aside: rows of id, file, line and body, in the order of ids, those after a given id.
struct HeldLineQuery {
    /// Its last parameter is the id.
    let sql: String
    let arguments: StatementArguments

    /// The next lines, about a chunk's worth.
    func lines(after id: Int64, in database: Database) throws -> [HeldLine] {
        var lines: [HeldLine] = []
        var byteCount = 0
        let cursor = try Row.fetchCursor(database, sql: sql, arguments: arguments + [id])
        while byteCount < EventLogLimits.chunkByteCount, let row = try cursor.next() {
            let line = HeldLine(id: row[0], originFile: row[1], originLine: row[2], body: row[3])
            byteCount += line.body.count + 64
            lines.append(line)
        }
        return lines
    }
}

/// What a second intake of kept lines came to.
struct RetakeOutcome {
    /// For the run: all its lines and where they went.
    var result = IntakeCommit.Result()
    /// For the total: a line that moves is taken off one number and put to another; nothing is received.
    var change = IntakeAccount()
}

extension EventLog {
    /// Takes lines that were kept aside in again, chunk by chunk, through the same intake as any other.
    ///
    /// - Parameter settle: moves a chunk's lines to their new places, inside the chunk's transaction.
    func retake(
        _ query: HeldLineQuery, kind: String, origin: String, _ lease: WriterLease, _ now: () -> Timestamp,
        _ onCommit: ([EventBatch], LogPosition) throws -> Void,
        settle: (DecodedChunk, [HeldLine], IntakeCommit, Database) throws -> RetakeOutcome
    ) throws -> IntakeReport {
        intakeLock.lock()
        defer { intakeLock.unlock() }
        try keyIndex.refresh()
        let decoder = ChunkDecoder(
            try makeContracts(), known: KnownKeys(index: keyIndex, isDryRun: false),
            zone: dictionary.settings.timeZone)
        let compression = ChunkCompression()
        let intakeRunID = try store.write(lease) {
            try IntakeLedger.startRun(kind, origin: origin, at: now(), in: $0)
        }
        let commit = IntakeCommit(intakeRunID: intakeRunID, origin: origin)
        var report = IntakeReport()
        report.position = try position
        var lastID: Int64 = 0
        while true {
            let lines = try store.read { try query.lines(after: lastID, in: $0) }
            guard let last = lines.last else { break }
            lastID = last.id
            let chunk = try decoder.decode(EventLog.block(of: lines), receivedAt: now())
            try compression.compress(chunk)
            try write(chunk, lines, commit, lease, &report, settle)
            if chunk.acceptedCount > 0 { try onCommit(chunk.batches, report.position) }
        }
        try store.write(lease) { try IntakeLedger.finishRun(intakeRunID, at: now(), in: $0) }
        return report
    }

    private func write(
        _ chunk: DecodedChunk, _ lines: [HeldLine], _ commit: IntakeCommit, _ lease: WriterLease,
        _ report: inout IntakeReport,
        _ settle: (DecodedChunk, [HeldLine], IntakeCommit, Database) throws -> RetakeOutcome
    ) throws {
        let (result, runs, end) = try store.write(lease) { database in
            var outcome = try settle(chunk, lines, commit, database)
            let first = try IntakeLedger.position(in: database).sequence + 1
            try commit.writeEvents(chunk, firstSequence: first, in: database)
            let runs = try keyIndex.append(chunk.keys, in: database)
            outcome.result.account.accepted = Int64(chunk.acceptedCount)
            outcome.result.account.received = Int64(lines.count)
            try IntakeLedger.add(outcome.result.account, toRun: commit.intakeRunID, in: database)
            try IntakeLedger.add(toTotal: outcome.change, in: database)
            return (outcome.result, runs, LogPosition(sequence: first + Int64(chunk.acceptedCount) - 1))
        }
        keyIndex.adopt(runs)
        report.add(chunk, result, origin: commit.origin)
        report.position = end
    }

    private static func block(of lines: [HeldLine]) -> LineBlock {
        let block = LineBlock(capacity: lines.reduce(0) { $0 + $1.body.count + 1 })
        for line in lines {
            let start = block.byteCount
            line.body.withUnsafeBytes { block.append($0.bindMemory(to: UInt8.self)) }
            block.lines.append(
                LineBlock.Line(start: Int32(start), end: Int32(block.byteCount), number: line.originLine))
            block.append(UInt8(ascii: "\n"))
        }
        return block
    }
}
