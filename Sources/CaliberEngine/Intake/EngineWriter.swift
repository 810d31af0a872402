import CaliberCore
import CaliberEventLog
import CaliberQuery
import CaliberStore
import CaliberTables

/// The right to write, held: takes events in, batch by batch, and answers queries over the same tables, which stay in
/// memory between the two. A batch costs what it touches, and the next query sees it.
///
/// One thread's own.
public final class EngineWriter {
    private let engine: Engine
    private let lease: WriterLease
    private let tables: TableSet
    private let queries: TableQueries
    private var rebuiltTables: [String]

    init(_ engine: Engine, options: QueryOptions?) throws {
        self.engine = engine
        lease = try engine.acquireLease()
        var rebuilt: [String] = []
        tables = try engine.openTables(.writing(lease)) { table, _ in rebuilt.append(table) }
        queries = TableQueries(engine, tables, options: options)
        rebuiltTables = rebuilt
    }

    /// Takes in inputs one after the other and folds what was accepted. It is durable in the log when this returns; the
    /// tables are written now and then, by `checkpoint` at the latest.
    ///
    /// - Parameter progress: called after each durable step.
    public func ingest(
        _ inputs: [EventInput], progress: (EventInput, IntakeProgress) -> Void = { _, _ in }
    ) throws -> IngestOutcome {
        var outcome = IngestOutcome(isDryRun: false)
        outcome.rebuiltTables = rebuiltTables
        rebuiltTables = []
        for input in inputs {
            let report = try engine.log.ingest(
                input, lease: lease, now: engine.now, progress: { progress(input, $0) },
                onCommit: { batches, position in
                    outcome.folds += try tables.fold(batches, upTo: position)
                })
            outcome.inputs.append(IngestOutcome.Input(origin: input.origin, report: report))
        }
        if try tables.checkpointIfDue(lease) != nil { engine.keepPartialResults() }
        outcome.tableRowCounts = try tables.tableNames.map { ($0, try tables.rowCount(of: $0)) }
        return outcome
    }

    /// Writes what changed in the tables, and the log position they stand for.
    public func checkpoint() throws {
        try tables.checkpoint(lease)
        engine.keepPartialResults()
    }

    /// - Throws: `DiagnosticList` when the query can't be planned.
    public func answer(_ query: MetricQuery) throws -> QueryAnswer { try queries.answer(query) }

    /// How a query will be answered, without answering it.
    public func explain(_ query: MetricQuery) throws -> String { try queries.explain(query) }
}

extension Engine {
    /// Takes the right to write; it is given back when the writer is let go of.
    ///
    /// - Parameter options: how its queries are run; by the engine's settings when nil.
    /// - Throws: `StoreProblem.leaseHeld` while another process writes.
    public func writer(options: QueryOptions? = nil) throws -> EngineWriter {
        try EngineWriter(self, options: options)
    }
}
