import CaliberCore
import CaliberDictionary
import CaliberEventLog
import CaliberStore
import CaliberTables

/// Where everything stands.
public struct EngineStatus: Sendable {
    public let databasePath: String
    public let position: LogPosition
    /// Of everything that ever came in; it adds up, or the file is damaged.
    public let account: IntakeAccount
    public let tables: [Table]
    /// What tables may take in memory.
    public let memoryBudgetBytes: Int
    /// What their keys and strings took to come here, in this process: reading takes more as queries need columns.
    public let memoryByteCount: Int
    /// What is wrong with the file, if anything; only when it was asked for.
    public let problems: [Diagnostic]

    public struct Table: Sendable {
        public let name: String
        public let rowCount: Int
        public let segmentCount: Int
        /// The first and last moment that rows count at; nil without an anchor.
        public let anchors: ClosedRange<Timestamp>?
        /// Rows that wait for their anchor.
        public let waitingRowCount: Int
    }
}

extension Engine {
    /// - Parameter isThorough: also checks the whole file, as `verify` does.
    public func status(isThorough: Bool = false) throws -> EngineStatus {
        var damages: [Diagnostic] = []
        let tables = try openTables(.readOnly) { _, reason in
            if case .damaged(let problem) = reason { damages.append(problem.diagnostic) }
        }
        let summaries = try tables.tableNames.map { name in
            let snapshot = try tables.snapshot(of: name)
            let anchored = snapshot.segments.compactMap(\.anchors)
            let waiting = snapshot.definition.anchor == nil ? [] : snapshot.segments.filter { !$0.isAnchored }
            var anchors: ClosedRange<Timestamp>?
            if let first = anchored.map(\.lowerBound).min(), let last = anchored.map(\.upperBound).max() {
                anchors = Timestamp(microseconds: first)...Timestamp(microseconds: last)
            }
            return EngineStatus.Table(
                name: name, rowCount: snapshot.rowCount, segmentCount: snapshot.segments.count, anchors: anchors,
                waitingRowCount: waiting.reduce(0) { $0 + $1.rowCount })
        }
        return EngineStatus(
            databasePath: databasePath, position: try log.position, account: try log.account(), tables: summaries,
            memoryBudgetBytes: settings.memoryBudgetBytes, memoryByteCount: tables.memoryByteCount,
            problems: isThorough ? try verify(tables, damages: damages) : [])
    }
}
