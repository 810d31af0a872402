import CaliberCore
import CaliberStore
import Foundation
import GRDB

extension EventLog {
    /// Quarantined events, oldest first.
    public func quarantined(
        _ filter: QuarantineFilter = QuarantineFilter(), after id: Int64 = 0, limit: Int = 100
    ) throws -> [QuarantinedEvent] {
        let (condition, arguments) = filter.condition
        return try store.read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT * FROM quarantinedEvent WHERE \(condition) AND quarantineID > ?
                    ORDER BY quarantineID LIMIT ?
                    """, arguments: arguments + [id, limit]
            ).map(QuarantinedEvent.init)
        }
    }

    public func quarantinedEvent(_ id: Int64) throws -> QuarantinedEvent? {
        try quarantined(QuarantineFilter(ids: [id], state: nil), limit: 1).first
    }

    /// How many events of each kind of violation there are, with the oldest one's place.
    public func quarantineCounts(
        _ filter: QuarantineFilter = QuarantineFilter()
    ) throws -> [ViolationKind: ViolationCount] {
        let (condition, arguments) = filter.condition
        return try store.read { database in
            let rows = try Row.fetchAll(
                database,
                sql: """
                    SELECT code, contract, field, COUNT(*), originFile, originLine, MIN(quarantineID)
                    FROM quarantinedEvent WHERE \(condition) GROUP BY code, contract, field
                    """, arguments: arguments)
            return Dictionary(
                uniqueKeysWithValues: rows.map { row in
                    (
                        ViolationKind(code: row[0], contract: row[1], field: row[2]),
                        ViolationCount(count: row[3], firstLocation: SourceLocation(file: row[4], line: row[5]))
                    )
                })
        }
    }

    /// Leaves open events out for good. They stay in the account, and a repeat of them stays a repeat.
    ///
    /// - Returns: how many there were.
    @discardableResult
    public func dismissQuarantined(_ filter: QuarantineFilter, lease: WriterLease) throws -> Int {
        var open = filter
        open.state = .open
        let (condition, arguments) = open.condition
        return try store.write(lease) { database in
            try database.execute(
                sql: "UPDATE quarantinedEvent SET state = 'dismissed' WHERE \(condition)", arguments: arguments)
            return database.changesCount
        }
    }

    /// Takes open events in again, by today's contracts.
    ///
    /// What is accepted now leaves quarantine. What was meanwhile sent in a corrected form, under the same source and id,
    /// is a duplicate and leaves it, too. What still breaks a rule stays, with the rule it breaks now.
    package func replayQuarantine(
        _ filter: QuarantineFilter = QuarantineFilter(), lease: WriterLease,
        now: @escaping @Sendable () -> Timestamp, onCommit: ([EventBatch], LogPosition) throws -> Void
    ) throws -> IntakeReport {
        var open = filter
        open.state = .open
        let (condition, arguments) = open.condition
        let query = HeldLineQuery(
            sql: """
                SELECT quarantineID, originFile, originLine, body FROM quarantinedEvent
                WHERE \(condition) AND isReplayable AND quarantineID > ? ORDER BY quarantineID
                """, arguments: arguments)
        return try retake(query, kind: "replay", origin: "quarantine", lease, now, onCommit) {
            chunk, lines, commit, database in
            try QuarantineOutcome(commit).settle(chunk, lines, in: database)
        }
    }
}

/// Moves the lines of quarantine to where their second intake has brought them.
private struct QuarantineOutcome {
    let commit: IntakeCommit

    init(_ commit: IntakeCommit) {
        self.commit = commit
    }

    func settle(
        _ chunk: DecodedChunk, _ lines: [HeldLine], in database: Database
    ) throws -> RetakeOutcome {
        var outcome = RetakeOutcome()
        outcome.result.account.duplicate = Int64(chunk.duplicateCount)
        for line in chunk.refused {
            guard let index = line.lineIndex else { continue }
            outcome.result.add(refused: line)
            try renew(lines[index].id, line, in: database)
        }
        for line in chunk.parked {
            if try commit.park(line, receivedAt: chunk.receivedAt, in: database) {
                outcome.result.add(parked: line)
            } else {
                outcome.result.account.duplicate += 1
            }
        }
        for (index, line) in lines.enumerated() where chunk.outcomes[index] != .refused {
            try database.execute(
                sql: "UPDATE quarantinedEvent SET state = 'replayed' WHERE quarantineID = ?", arguments: [line.id])
        }
        outcome.change = outcome.result.account
        outcome.change.accepted = Int64(chunk.acceptedCount)
        // Those that stay were counted when they came.
        outcome.change.quarantined = -(outcome.change.accepted + outcome.change.duplicate + outcome.change.parked)
        return outcome
    }

    /// Says which rule the line breaks today.
    private func renew(_ id: Int64, _ line: DecodedChunk.RefusedLine, in database: Database) throws {
        let diagnostic = line.problem.diagnostic
        try database.execute(
            sql: """
                UPDATE quarantinedEvent SET code = ?, contract = ?, field = ?, offendingText = ?, message = ?, hint = ?
                WHERE quarantineID = ?
                """,
            arguments: [
                line.problem.code, line.contract, line.problem.field, line.problem.offendingText, diagnostic.message,
                IntakeCommit.hint(diagnostic), id,
            ])
    }
}
