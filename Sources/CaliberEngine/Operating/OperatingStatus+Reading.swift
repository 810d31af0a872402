import CaliberAlerts
import CaliberCore
import CaliberEventLog
import CaliberStore
import GRDB

extension Engine {
    /// Where everything stands, from the file alone: no table is opened, whatever its size.
    public func operatingStatus() throws -> OperatingStatus {
        try OperatingStatus(of: store, at: now())
    }
}

extension OperatingStatus {
    /// One consistent state of the file.
    init(of store: CaliberStore, at now: Timestamp) throws {
        let isWriting = store.isBeingWritten
        let files = Files(
            databasePath: store.path, databaseByteCount: DurableFile.byteCount(store.path) ?? 0,
            writeAheadLogByteCount: DurableFile.byteCount(store.path + "-wal") ?? 0,
            freeByteCount: DurableFile.freeByteCount(at: store.path))
        self = try store.read { database in
            let position = try IntakeLedger.position(in: database)
            let account = try IntakeLedger.total(in: database)
            let dismissed = try Int64.fetchOne(
                database, sql: "SELECT count(*) FROM quarantinedEvent WHERE state = 'dismissed'")
            return OperatingStatus(
                at: now, files: files,
                writer: try LeaseRow(in: database).map {
                    Writer(
                        isWriting: isWriting, holder: $0.holder, fencingToken: $0.fencingToken,
                        since: $0.acquiredAt, confirmedAt: $0.confirmedAt)
                },
                position: position, lastReceivedAt: try OperatingStatus.receivedAt(position, in: database),
                account: account,
                quarantine: Quarantine(
                    openCount: account.quarantined - (dismissed ?? 0), dismissedCount: dismissed ?? 0,
                    parkedCount: account.parked),
                tables: try OperatingStatus.tables(position, in: database),
                scoring: try OperatingStatus.scoring(position, in: database),
                watches: try OperatingStatus.watches(in: database),
                openReviewCount: try Int.fetchOne(database, sql: "SELECT count(*) FROM reviewTicket WHERE isOpen") ?? 0,
                alerts: try AlertAccount.read(in: database),
                endpoints: try OperatingStatus.endpoints(at: now, in: database),
                service: nil)
        }
    }

    /// When an event came, or the first after it.
    private static func receivedAt(_ position: LogPosition, in database: Database) throws -> Timestamp? {
        guard position.sequence > 0 else { return nil }
        return try Int64.fetchOne(
            database,
            sql: "SELECT receivedAt FROM eventBatch WHERE firstSequence <= ? ORDER BY firstSequence DESC LIMIT 1",
            arguments: [position.sequence]
        ).map { Timestamp(microseconds: $0) }
    }

    private static func tables(_ end: LogPosition, in database: Database) throws -> [Table] {
        try Row.fetchAll(
            database, sql: "SELECT tableName, rowCount, segmentCount, position FROM wideTable ORDER BY tableName"
        ).map { row in
            let position = LogPosition(sequence: row["position"])
            return Table(
                name: row["tableName"], rowCount: row["rowCount"], segmentCount: row["segmentCount"],
                position: position, behindCount: max(0, end.sequence - position.sequence),
                storedUpTo: try receivedAt(position, in: database))
        }
    }

    /// Scores are taken in by runs of their own; the last of them is sought among so many runs.
    private static let runsLookedAt = 100_000

    private static func scoring(_ end: LogPosition, in database: Database) throws -> Scoring {
        let models = try Row.fetchAll(database, sql: "SELECT name, position FROM scoring ORDER BY name").map { row in
            let position = LogPosition(sequence: row["position"])
            return Model(
                name: row["name"], putAwayPosition: position,
                eventsSinceCount: max(0, end.sequence - position.sequence))
        }
        let run = try Int64.fetchOne(
            database,
            sql: """
                SELECT intakeRunID FROM intakeRun WHERE origin = 'scores' AND accepted > 0
                    AND intakeRunID > (SELECT COALESCE(MAX(intakeRunID), 0) FROM intakeRun) - \(runsLookedAt)
                ORDER BY intakeRunID DESC LIMIT 1
                """)
        // Batches of earlier runs stand before it, so this ends where the run does.
        let row = try run.flatMap { run in
            try Row.fetchOne(
                database,
                sql: """
                    SELECT firstSequence + eventCount - 1 AS last, receivedAt FROM eventBatch WHERE intakeRunID = ?
                    ORDER BY firstSequence DESC LIMIT 1
                    """, arguments: [run])
        }
        let last: Int64? = row?["last"]
        let receivedAt: Int64? = row?["receivedAt"]
        return Scoring(
            lastPosition: last.map { LogPosition(sequence: $0) },
            lastScoredAt: receivedAt.map { Timestamp(microseconds: $0) },
            eventsSinceCount: last.map { max(0, end.sequence - $0) }, models: models)
    }

    private static func watches(in database: Database) throws -> [Watch] {
        try Row.fetchAll(
            database,
            sql: """
                SELECT watch, at, (SELECT count(*) FROM watchFinding
                    WHERE watchFinding.watch = watchLook.watch AND closedAt IS NULL) AS open
                FROM watchLook ORDER BY watch
                """
        ).map { row in
            let at: Int64 = row["at"]
            return Watch(name: row["watch"], openCount: row["open"], lastLookAt: Timestamp(microseconds: at))
        }
    }

    private static func endpoints(at now: Timestamp, in database: Database) throws -> [Endpoint] {
        func moment(_ microseconds: Int64?) -> Timestamp? { microseconds.map { Timestamp(microseconds: $0) } }
        return try Row.fetchAll(
            database,
            sql: """
                SELECT * FROM alertEndpoint WHERE restsUntil > ? OR disabledAt IS NOT NULL OR failureCount > 0
                ORDER BY endpoint
                """, arguments: [now.microseconds]
        ).map { row in
            Endpoint(
                name: row["endpoint"], failureCount: row["failureCount"], failingSince: moment(row["failingSince"]),
                restsUntil: moment(row["restsUntil"]).flatMap { $0 > now ? $0 : nil },
                disabledAt: moment(row["disabledAt"]), disabledReason: row["disabledReason"])
        }
    }
}
