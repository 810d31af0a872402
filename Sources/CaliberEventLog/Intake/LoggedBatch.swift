import CaliberCore
import Foundation
import GRDB

/// A chunk's accepted events as the log keeps them.
struct LoggedBatch {
    let firstSequence: Int64
    let eventCount: Int64
    let receivedAt: Timestamp
    let byteCount: Int
    let body: Data

    /// The batch that holds an event, or else the first one after it; nil past the log's end.
    static func holding(_ sequence: Int64, in database: Database) throws -> LoggedBatch? {
        let statement = try database.cachedStatement(
            sql: """
                SELECT firstSequence, eventCount, receivedAt, byteCount, body FROM eventBatch
                WHERE firstSequence >= COALESCE(
                    (SELECT MAX(firstSequence) FROM eventBatch WHERE firstSequence <= ?), 0)
                AND firstSequence + eventCount > ? ORDER BY firstSequence LIMIT 1
                """)
        guard let row = try Row.fetchOne(statement, arguments: [sequence, sequence]) else { return nil }
        return LoggedBatch(
            firstSequence: row[0], eventCount: row[1], receivedAt: Timestamp(microseconds: row[2]),
            byteCount: row[3], body: row[4])
    }

    /// Its lines, numbered by their places in the log.
    ///
    /// - Throws: `InputProblem.damagedBatch`.
    func block() throws -> LineBlock {
        let block = try LogBody(bytes: body, lineByteCount: byteCount, firstSequence: firstSequence).block()
        guard block.lineCount == Int(eventCount) else {
            throw InputProblem.damagedBatch(
                firstSequence: firstSequence, reason: "\(block.lineCount) events instead of \(eventCount)")
        }
        return block
    }
}
