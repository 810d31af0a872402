import CaliberCore
import CaliberDictionary
import CaliberStore
import Foundation
import GRDB

extension EventLog {
    /// Parked events by type, of types that no contract declared when they came.
    public func parkedCounts() throws -> [String: Int64] {
        try store.read { database in
            let rows = try Row.fetchAll(database, sql: "SELECT type, COUNT(*) FROM parkedEvent GROUP BY type")
            return Dictionary(uniqueKeysWithValues: rows.map { ($0[0], $0[1]) })
        }
    }

    /// Takes in the parked events of every type that a contract declares by now.
    ///
    /// Those that satisfy it are accepted; those that don't go to quarantine; those whose source and id were accepted
    /// meanwhile are duplicates.
    package func unpark(
        lease: WriterLease, now: @escaping @Sendable () -> Timestamp,
        onCommit: ([EventBatch], LogPosition) throws -> Void
    ) throws -> IntakeReport {
        let types = dictionary.contracts.map(\.name)
        let places = Array(repeating: "?", count: types.count).joined(separator: ",")
        let query = HeldLineQuery(
            sql: """
                SELECT parkedEventID, originFile, originLine, body FROM parkedEvent
                WHERE type IN (\(places)) AND parkedEventID > ? ORDER BY parkedEventID
                """, arguments: StatementArguments(types))
        return try retake(query, kind: "unpark", origin: "parked", lease, now, onCommit) {
            chunk, lines, commit, database in
            var outcome = RetakeOutcome()
            outcome.result.account.duplicate = Int64(chunk.duplicateCount)
            for line in chunk.refused {
                guard let index = line.lineIndex else { continue }
                let own = IntakeCommit(intakeRunID: commit.intakeRunID, origin: lines[index].originFile)
                if try own.quarantine(line, receivedAt: chunk.receivedAt, in: database) {
                    outcome.result.add(refused: line)
                } else {
                    outcome.result.account.duplicate += 1
                }
            }
            for line in lines {
                try database.execute(
                    sql: "DELETE FROM parkedEvent WHERE parkedEventID = ?", arguments: [line.id])
            }
            outcome.change = outcome.result.account
            outcome.change.accepted = Int64(chunk.acceptedCount)
            outcome.change.parked = -Int64(lines.count)
            return outcome
        }
    }
}
