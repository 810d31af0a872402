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
        try withStation { station in
            try keyIndex.refresh()
            station.decoder.begin(KnownKeys(index: keyIndex, isDryRun: false))
            defer { station.decoder.begin(nil) }
            let run = IntakeRun(kind: kind, origin: origin, startedAt: now())
            var report = IntakeReport()
            report.position = try position
            var lastID: Int64 = 0
            while true {
                let lines = try store.read { try query.lines(after: lastID, in: $0) }
                guard let last = lines.last else { break }
                lastID = last.id
                let chunk = try station.process(EventLog.block(of: lines), receivedAt: now())
                try write(chunk, lines, run, lease, &report, settle)
                if chunk.acceptedCount > 0 { try onCommit(chunk.batches, report.position) }
            }
            try finish(run, lease, now)
            return report
        }
    }

    private func write(
        _ chunk: DecodedChunk, _ lines: [HeldLine], _ run: IntakeRun, _ lease: WriterLease,
        _ report: inout IntakeReport,
        _ settle: (DecodedChunk, [HeldLine], IntakeCommit, Database) throws -> RetakeOutcome
    ) throws {
        let (runID, result, keys, end) = try store.write(lease) { database in
            let commit = IntakeCommit(intakeRunID: try run.begin(in: database), origin: run.origin)
            var outcome = try settle(chunk, lines, commit, database)
            let first = try IntakeLedger.position(in: database).sequence + 1
            try commit.writeEvents(chunk, firstSequence: first, in: database)
            let keys = try keyIndex.append(chunk.keys, in: database)
            outcome.result.account.accepted = Int64(chunk.acceptedCount)
            outcome.result.account.received = Int64(lines.count)
            try IntakeLedger.add(outcome.result.account, toRun: commit.intakeRunID, in: database)
            try IntakeLedger.add(toTotal: outcome.change, in: database)
            let end = LogPosition(sequence: first + Int64(chunk.acceptedCount) - 1)
            return (commit.intakeRunID, outcome.result, keys, end)
        }
        run.didCommit(runID, isFinished: false)
        keyIndex.adopt(keys)
        report.add(chunk, result, origin: run.origin)
        report.position = end
    }

    private static func block(of lines: [HeldLine]) -> LineBlock {
        let block = LineBlock(capacity: lines.reduce(0) { $0 + $1.body.count + 1 })
        for line in lines {
            let start = block.byteCount
            line.body.withUnsafeBytes { block.append($0.bindMemory(to: UInt8.self)) }
            block.append(
                LineBlock.Line(start: Int32(start), end: Int32(block.byteCount), number: line.originLine))
            block.append(UInt8(ascii: "\n"))
        }
        return block
    }
}
