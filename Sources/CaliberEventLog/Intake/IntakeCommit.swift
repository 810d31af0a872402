import CXXHash
import CaliberCore
import Foundation
import GRDB

/// One run of intake, which the file knows from its first commit on.
final class IntakeRun: @unchecked Sendable {
    // Safe to share: made by one thread, and changed only by the one that commits, which the first waits for.
    let origin: String
    let sections: InputSections
    private let kind: String
    private let startedAt: Timestamp
    private var intakeRunID: Int64?
    private(set) var isFinished = false

    init(
        kind: String, origin: String, sections: InputSections = InputSections(sections: []), startedAt: Timestamp
    ) {
        self.kind = kind
        self.origin = origin
        self.sections = sections
        self.startedAt = startedAt
    }

    /// The run's number; given to it inside its first transaction.
    func begin(in database: Database) throws -> Int64 {
        try intakeRunID ?? IntakeLedger.startRun(kind, origin: origin, at: startedAt, in: database)
    }

    func didCommit(_ intakeRunID: Int64, isFinished: Bool) {
        self.intakeRunID = intakeRunID
        self.isFinished = isFinished
    }
}

/// Writes what became of a chunk, all of it inside one transaction.
struct IntakeCommit {
    let intakeRunID: Int64
    let origin: String
    var sections = InputSections(sections: [])

    /// Who sent a line, and its number there.
    private func place(ofLine number: Int64) -> (origin: String, line: Int64) {
        guard !sections.sections.isEmpty else { return (origin, number) }
        let place = sections.place(ofLine: number)
        return (sections.sections[place.section].origin, place.line)
    }

    /// What the transaction found: some refused and parked lines turn out to be repeats only against the tables.
    struct Result {
        var account = IntakeAccount()
        var newRefusals: [DecodedChunk.RefusedLine] = []
        var newlyParked: [DecodedChunk.ParkedLine] = []
    }

    /// - Parameter firstSequence: of the chunk's first accepted event.
    func writeEvents(_ chunk: DecodedChunk, firstSequence: Int64, in database: Database) throws {
        guard chunk.acceptedCount > 0 else { return }
        let statement = try database.cachedStatement(
            sql: """
                INSERT INTO eventBatch (firstSequence, eventCount, receivedAt, intakeRunID, byteCount, body)
                VALUES (?, ?, ?, ?, ?, ?)
                """)
        try statement.execute(arguments: [
            firstSequence, chunk.acceptedCount, chunk.receivedAt.microseconds, intakeRunID, chunk.bodyByteCount,
            chunk.body,
        ])
    }

    /// - Returns: false when the line stands in quarantine already.
    func quarantine(_ line: DecodedChunk.RefusedLine, receivedAt: Timestamp, in database: Database) throws -> Bool {
        let diagnostic = line.problem.diagnostic
        let place = place(ofLine: line.number)
        let statement = try database.cachedStatement(
            sql: """
                INSERT OR IGNORE INTO quarantinedEvent
                (receivedAt, intakeRunID, state, code, contract, field, offendingText, message, hint, originFile,
                 originLine, source, eventID, isReplayable, body, bodyHash, originRow)
                VALUES (?, ?, 'open', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """)
        try statement.execute(arguments: [
            receivedAt.microseconds, intakeRunID, line.problem.code, line.contract, line.problem.field,
            line.problem.offendingText, diagnostic.message, IntakeCommit.hint(diagnostic), place.origin, place.line,
            line.source, line.eventID, line.isReplayable, line.body, IntakeCommit.bodyHash(line.body), line.originRow,
        ])
        return database.changesCount > 0
    }

    static func hint(_ diagnostic: Diagnostic) -> String? {
        let suggestion =
            diagnostic.suggestions.isEmpty
            ? nil : "Did you mean " + diagnostic.suggestions.map { "\"\($0)\"" }.joined(separator: " or ") + "?"
        let parts = [suggestion, diagnostic.remedy].compactMap { $0 }
        return parts.isEmpty ? nil : parts.joined(separator: " ")
    }

    /// - Returns: false when an event of that source and id is parked already.
    func park(_ line: DecodedChunk.ParkedLine, receivedAt: Timestamp, in database: Database) throws -> Bool {
        let place = place(ofLine: line.number)
        let statement = try database.cachedStatement(
            sql: """
                INSERT OR IGNORE INTO parkedEvent
                (eventKey, type, receivedAt, intakeRunID, originFile, originLine, body) VALUES (?, ?, ?, ?, ?, ?, ?)
                """)
        try statement.execute(arguments: [
            line.key.bytes, line.type, receivedAt.microseconds, intakeRunID, place.origin, place.line, line.body,
        ])
        return database.changesCount > 0
    }

    /// XXH3-128 of a body, by which a line that comes again is known.
    static func bodyHash(_ body: Data) -> Data {
        let hash = body.withUnsafeBytes { XXH3_128bits($0.baseAddress, $0.count) }
        return EventKey(high: hash.high64, low: hash.low64).bytes
    }
}

/// The tables that keep the accounts.
package enum IntakeLedger {
    static func startRun(_ kind: String, origin: String, at now: Timestamp, in database: Database) throws -> Int64 {
        try database.execute(
            sql: "INSERT INTO intakeRun (kind, origin, startedAt) VALUES (?, ?, ?)",
            arguments: [kind, origin, now.microseconds])
        return database.lastInsertedRowID
    }

    static func finishRun(_ intakeRunID: Int64, at now: Timestamp, in database: Database) throws {
        try database.execute(
            sql: "UPDATE intakeRun SET finishedAt = ? WHERE intakeRunID = ?",
            arguments: [now.microseconds, intakeRunID])
    }

    static func add(_ account: IntakeAccount, toRun intakeRunID: Int64, in database: Database) throws {
        try change("intakeRun", by: account, where: "intakeRunID = \(intakeRunID)", in: database)
    }

    /// Moves the numbers of all of intake; some of `change` are negative when lines leave quarantine.
    static func add(toTotal change: IntakeAccount, in database: Database) throws {
        try self.change("intakeTotal", by: change, where: "intakeTotalID = 1", in: database)
    }

    private static func change(
        _ table: String, by account: IntakeAccount, where condition: String, in database: Database
    ) throws {
        precondition(account.isBalanced, "an account that does not add up: \(account)")
        let statement = try database.cachedStatement(
            sql: """
                UPDATE \(table) SET received = received + ?, accepted = accepted + ?, duplicate = duplicate + ?,
                quarantined = quarantined + ?, parked = parked + ? WHERE \(condition)
                """)
        try statement.execute(arguments: [
            account.received, account.accepted, account.duplicate, account.quarantined, account.parked,
        ])
    }

    package static func total(in database: Database) throws -> IntakeAccount {
        try account(
            "SELECT received, accepted, duplicate, quarantined, parked FROM intakeTotal WHERE intakeTotalID = 1",
            in: database)
    }

    /// The account that the tables themselves give. What came twice leaves no row, so `duplicate` and with it
    /// `received` are those of the kept total.
    static func recounted(in database: Database) throws -> IntakeAccount {
        let kept = try total(in: database)
        var account = try account(
            """
            SELECT 0, (SELECT COALESCE(SUM(eventCount), 0) FROM eventBatch), 0,
            (SELECT COUNT(*) FROM quarantinedEvent WHERE state <> 'replayed'), (SELECT COUNT(*) FROM parkedEvent)
            """, in: database)
        account.duplicate = kept.duplicate
        account.received = kept.received
        return account
    }

    private static func account(_ sql: String, in database: Database) throws -> IntakeAccount {
        guard let row = try Row.fetchOne(database, sql: sql) else { return IntakeAccount() }
        return IntakeAccount(received: row[0], accepted: row[1], duplicate: row[2], quarantined: row[3], parked: row[4])
    }

    /// The log's end.
    package static func position(in database: Database) throws -> LogPosition {
        let row = try Row.fetchOne(
            database, sql: "SELECT firstSequence + eventCount - 1 FROM eventBatch ORDER BY firstSequence DESC LIMIT 1")
        return LogPosition(sequence: row?[0] ?? 0)
    }
}
