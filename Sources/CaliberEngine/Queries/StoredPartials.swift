import CXXHash
import CaliberCore
import CaliberQuery
import CaliberStore
import Foundation
import GRDB

/// Contributions of segments to plans, in the database file. A query of a later process takes them from there.
struct StoredPartials: PartialArchive {
    let store: CaliberStore
    let fewestRows: Int
    let now: @Sendable () -> Timestamp

    /// The plans that were not used for the longest go when there is more.
    private static let byteLimit = 256 << 20

    func read(plan: String) -> [ArchivedPartial] {
        let rows = try? store.read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT segmentID, version, fromMoment, untilMoment, checksum, body
                    FROM partialAggregate JOIN partialPlan USING (planID) WHERE planText = ?
                    """, arguments: [plan])
        }
        return (rows ?? []).compactMap { row in
            let body: Data = row["body"]
            let archived = ArchivedPartial(
                segmentID: row["segmentID"], version: row["version"], from: row["fromMoment"],
                until: row["untilMoment"], bytes: Array(body))
            return archived.checksum == row["checksum"] ? archived : nil
        }
    }

    func write(plan: String, _ partials: [ArchivedPartial]) {
        guard !partials.isEmpty else { return }
        store.writeDerived { database in
            try database.execute(
                sql: """
                    INSERT INTO partialPlan (planText, usedAt) VALUES (?, ?)
                    ON CONFLICT (planText) DO UPDATE SET usedAt = excluded.usedAt
                    """, arguments: [plan, now().microseconds])
            guard
                let planID = try Int64.fetchOne(
                    database, sql: "SELECT planID FROM partialPlan WHERE planText = ?", arguments: [plan])
            else { return }
            for partial in partials {
                try database.cachedStatement(
                    sql: """
                        DELETE FROM partialAggregate WHERE planID = ? AND segmentID = ?
                        AND (version <> ? OR fromMoment IS ? AND untilMoment IS ?)
                        """
                ).execute(arguments: [planID, partial.segmentID, partial.version, partial.from, partial.until])
                try database.cachedStatement(
                    sql: """
                        INSERT INTO partialAggregate
                        (planID, segmentID, version, fromMoment, untilMoment, checksum, body) VALUES (?, ?, ?, ?, ?, ?, ?)
                        """
                ).execute(arguments: [
                    planID, partial.segmentID, partial.version, partial.from, partial.until, partial.checksum,
                    Data(partial.bytes),
                ])
            }
            try removeOldest(database)
        }
    }

    private func removeOldest(_ database: Database) throws {
        while let total = try Int.fetchOne(database, sql: "SELECT SUM(LENGTH(body)) FROM partialAggregate"),
            total > StoredPartials.byteLimit,
            let oldest = try Int64.fetchOne(database, sql: "SELECT planID FROM partialPlan ORDER BY usedAt LIMIT 1")
        {
            try database.execute(sql: "DELETE FROM partialAggregate WHERE planID = ?", arguments: [oldest])
            try database.execute(sql: "DELETE FROM partialPlan WHERE planID = ?", arguments: [oldest])
        }
    }
}

extension ArchivedPartial {
    /// XXH3-64 of the bytes, seeded with what stands beside them.
    fileprivate var checksum: Int64 {
        let beside = [segmentID, version, from ?? .min, until ?? .max]
        let seed = beside.withUnsafeBytes { XXH3_64bits($0.baseAddress, $0.count) }
        return Int64(bitPattern: bytes.withUnsafeBytes { XXH3_64bits_withSeed($0.baseAddress, $0.count, seed) })
    }
}
