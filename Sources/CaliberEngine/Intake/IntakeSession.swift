import CaliberEventLog
import CaliberQuery
import CaliberStore
import CaliberTables
import GRDB

/// The right to write, and the tables open to be folded into: for events that come in all the time.
///
/// What a batch costs is what it touches. The tables' checkpoint lags behind by some ten thousand events, so that its cost
/// is shared by many batches, and another thread writes it; the log has everything in the meantime. One thread uses a
/// session and what it answers.
public final class IntakeSession {
    let engine: Engine
    let lease: WriterLease
    let tables: TableSet
    private var rebuiltTables: [String] = []

    init(_ engine: Engine, waitSeconds: Double = 5) throws {
        self.engine = engine
        lease = try engine.acquireLease(waitSeconds: waitSeconds)
        var rebuilt: [String] = []
        tables = try engine.openTables(.writing(lease)) { table, _ in rebuilt.append(table) }
        rebuiltTables = rebuilt
    }

    /// Takes in inputs one after the other and folds what was accepted into the wide tables.
    ///
    /// - Parameters:
    ///   - eventsPerCommit: makes events durable and folds them as soon as so many are there; nil takes them in larger
    ///     steps.
    ///   - progress: called after each durable step.
    public func ingest(
        _ inputs: [EventInput], eventsPerCommit: Int? = nil,
        progress: (EventInput, IntakeProgress) -> Void = { _, _ in }
    ) throws -> IngestOutcome {
        var outcome = IngestOutcome(isDryRun: false)
        outcome.rebuiltTables = rebuiltTables
        rebuiltTables = []
        for input in inputs {
            let follower = FoldingFollower(tables) { [self] in
                // An input that comes live may have no end.
                if eventsPerCommit != nil { try checkpointAsideIfDue() }
            }
            let report = try engine.log.ingest(
                input, lease: lease, now: engine.now, eventsPerCommit: eventsPerCommit,
                progress: { progress(input, $0) }, follower: follower)
            outcome.folds += follower.account
            outcome.inputs.append(IngestOutcome.Input(origin: input.origin, report: report))
        }
        try checkpointAsideIfDue()
        outcome.tableRowCounts = try tables.tableNames.map { ($0, try tables.rowCount(of: $0)) }
        return outcome
    }

    /// Writes something beside the tables, under the same right to write.
    func write(_ body: (Database) throws -> Void) throws { try engine.store.write(lease, body) }

    private func checkpointAsideIfDue() throws {
        if try tables.checkpointAsideIfDue(lease) != nil { engine.keepPartialResults() }
    }

    /// Writes what the tables have and the file doesn't: before a pause, or at the end.
    public func checkpoint() throws {
        try tables.checkpoint(lease)
        engine.keepPartialResults()
    }

    /// Says that the writer is alive: a session that writes nothing for long would be overtaken.
    ///
    /// - Throws: `StoreProblem.leaseLost` when it was.
    public func prolong() throws { try engine.store.write(lease) { _ in } }

    /// The tables as they are now, for queries on any thread; what is taken in later does not change them.
    public func freeze() throws -> FrozenTables {
        var snapshots: [String: TableSnapshot] = [:]
        for name in tables.tableNames { snapshots[name] = try tables.snapshot(of: name) }
        return FrozenTables(engine: engine, snapshots: snapshots, position: tables.position)
    }

    /// Queries over the tables as they are at each question, whatever of them is in the file.
    ///
    /// - Parameter options: how they are run; by the engine's settings when nil.
    public func queries(options: QueryOptions? = nil) -> EngineSession {
        EngineSession(engine: engine, tables: tables, options: options)
    }
}

/// Folds events while they are being written.
private final class FoldingFollower: EventFollower {
    private(set) var account = FoldAccount()
    private let tables: TableSet
    private let onConfirmed: () throws -> Void

    init(_ tables: TableSet, onConfirmed: @escaping () throws -> Void) {
        self.tables = tables
        self.onConfirmed = onConfirmed
    }

    func take(_ batches: [EventBatch], upTo position: LogPosition) throws {
        account += try tables.foldAhead(batches, upTo: position)
    }

    func confirm() throws {
        try tables.confirmFold()
        try onConfirmed()
    }

    func disown(_ reason: any Error) { tables.disownFold(reason) }
}

extension Engine {
    /// - Throws: `StoreProblem.leaseHeld` beside another writer.
    public func openIntake() throws -> IntakeSession { try IntakeSession(self) }
}
