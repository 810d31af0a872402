import CaliberCore
import CaliberStore
import Foundation
import GRDB

extension EventLog {
    /// Reads everything that intake keeps and holds it against its checksums: every logged event, quarantined lines, the
    /// keys by which repeats are known, and the account.
    ///
    /// Others may write meanwhile.
    ///
    /// - Returns: what is wrong; empty when nothing is.
    package func verify() throws -> [Diagnostic] {
        var problems = try accountProblems()
        let known: KeySum?
        do {
            known = try store.read { try KeySum(ofRunsIn: $0) }
        } catch let problem as InputProblem {
            problems.append(problem.diagnostic)
            known = nil
        }
        var inspection = LogInspection(known: known)
        var last: Int64 = 0
        while let batch = try store.read({ try LoggedBatch.following(last, in: $0) }) {
            last = batch.firstSequence
            inspection.look(at: batch)
        }
        problems += inspection.finished()
        return problems + (try quarantineProblems())
    }

    private func accountProblems() throws -> [Diagnostic] {
        let (account, recounted) = try store.read {
            (try IntakeLedger.total(in: $0), try IntakeLedger.recounted(in: $0))
        }
        guard account != recounted || !account.isBalanced else { return [] }
        return [
            Diagnostic(
                "account-unbalanced", "The account kept (\(account)) is not the one counted anew (\(recounted)).",
                remedy: "Restore the file from a backup, and report this.")
        ]
    }

    private func quarantineProblems() throws -> [Diagnostic] {
        try store.read { database in
            var damaged: [Int64] = []
            let rows = try Row.fetchCursor(
                database, sql: "SELECT quarantineID, body, bodyHash FROM quarantinedEvent ORDER BY quarantineID")
            while let row = try rows.next(), damaged.count < LogInspection.problemLimit {
                let (body, hash): (Data, Data) = (row[1], row[2])
                if IntakeCommit.bodyHash(body) != hash { damaged.append(row[0]) }
            }
            return damaged.map {
                Diagnostic(
                    "quarantine-damaged", "The line kept as quarantined event \($0) is not the one that came in.",
                    remedy: "Restore the file from a backup.")
            }
        }
    }
}

/// One pass over the log's batches, in their order.
private struct LogInspection {
    /// Of the events whose keys are written; nil when those can't be read.
    let known: KeySum?
    private var found = KeySum()
    private var next: Int64 = 1
    private var problems: [InputProblem] = []
    private var problemCount = 0
    private let reader = LoggedKeyReader()

    /// What is worth naming one by one.
    static let problemLimit = 20

    init(known: KeySum?) { self.known = known }

    mutating func look(at batch: LoggedBatch) {
        if batch.firstSequence != next {
            note(.damagedBatch(firstSequence: next, reason: "the next one begins with event \(batch.firstSequence)"))
        }
        do {
            let keys = try reader.keys(of: batch, from: batch.firstSequence)
            found.add(keys, atMost: (known?.count ?? 0) - found.count)
            next = batch.firstSequence + batch.eventCount
        } catch {
            note(error as? InputProblem ?? .damagedBatch(firstSequence: batch.firstSequence, reason: "\(error)"))
            next = batch.firstSequence.addingReportingOverflow(batch.eventCount).partialValue
        }
    }

    private mutating func note(_ problem: InputProblem) {
        problemCount += 1
        if problems.count < LogInspection.problemLimit { problems.append(problem) }
    }

    func finished() -> [Diagnostic] {
        var diagnostics = problems.map(\.diagnostic)
        if problemCount > problems.count {
            diagnostics.append(
                Diagnostic(
                    "log-damaged", "\(problemCount - problems.count) more batches of the log can't be read.",
                    remedy: "Restore the database from a backup."))
        }
        // Events that can't be read have no keys to compare.
        if let known, problemCount == 0, known != found {
            let problem = InputProblem.damagedKeys(
                reason: "those written for the first \(known.count) events are not the keys of these events")
            diagnostics.append(problem.diagnostic)
        }
        return diagnostics
    }
}

/// Keys, whatever their order, as one number: keys are hashes, so any change of any of them shows.
private struct KeySum: Equatable {
    private(set) var count = 0
    private var high: UInt64 = 0
    private var low: UInt64 = 0

    init() {}

    /// The keys that are written.
    ///
    /// - Throws: `InputProblem.damagedKeys` when pages, order or filters are not as they were written.
    init(ofRunsIn database: Database) throws {
        for keyRunID in try Int64.fetchAll(database, sql: "SELECT keyRunID FROM eventKeyRun ORDER BY keyRunID") {
            let run = try KeyIndex.load(keyRunID, in: database)
            var last: EventKey?
            for page in run.pageFirsts.indices {
                let keys = try run.readPage(page, in: database)
                guard keys.buffer.first.map({ $0.high == run.pageFirsts[page] }) ?? false else {
                    throw InputProblem.damagedKeys(reason: "page \(page) of run \(keyRunID) begins with another key")
                }
                for key in keys.buffer {
                    guard run.filter.mayContain(key) else {
                        throw InputProblem.damagedKeys(reason: "the filter of run \(keyRunID) does not know all keys")
                    }
                    if let last, key < last {
                        throw InputProblem.damagedKeys(reason: "run \(keyRunID) is not sorted on page \(page)")
                    }
                    last = key
                }
                add(keys, atMost: keys.count)
            }
        }
    }

    mutating func add(_ keys: SortedKeys, atMost limit: Int) {
        for key in keys.buffer.prefix(max(0, limit)) {
            high &+= key.high
            low &+= key.low
            count += 1
        }
    }
}

extension LoggedBatch {
    /// The batch after the one that begins with an event.
    fileprivate static func following(_ firstSequence: Int64, in database: Database) throws -> LoggedBatch? {
        let row = try Row.fetchOne(
            database.cachedStatement(
                sql: """
                    SELECT firstSequence, eventCount, receivedAt, byteCount, body FROM eventBatch
                    WHERE firstSequence > ? ORDER BY firstSequence LIMIT 1
                    """), arguments: [firstSequence])
        return row.map {
            LoggedBatch(
                firstSequence: $0[0], eventCount: $0[1], receivedAt: Timestamp(microseconds: $0[2]), byteCount: $0[3],
                body: $0[4])
        }
    }
}
