import CaliberCore
import CaliberDictionary
import CaliberQuery
import CaliberTables

/// The tables as of one moment, open for any number of queries.
public final class EngineSession {
    private let engine: Engine
    private let tables: TableSet
    private let planner: QueryPlanner

    convenience init(engine: Engine) throws {
        self.init(engine: engine, tables: try engine.openTables(.readOnly))
    }

    init(engine: Engine, tables: TableSet) {
        self.engine = engine
        self.tables = tables
        let loaded = engine.loaded
        planner = QueryPlanner(dictionary: loaded.dictionary) { loaded.definitionHash(of: $0) }
    }

    /// - Throws: `DiagnosticList` when the query can't be planned.
    public func answer(_ query: MetricQuery) throws -> QueryAnswer {
        let plan = try planner.plan(query)
        return try executor(for: plan).evaluate(plan, now: engine.now())
    }

    /// How a query will be answered, without answering it.
    public func explain(_ query: MetricQuery) throws -> String {
        let plan = try planner.plan(query)
        return try executor(for: plan).explain(plan).text
    }

    /// The dimensions that all of some metrics have.
    public func dimensions(of metrics: [MetricReference]) throws -> [DimensionDescription] {
        try planner.listDimensions(metrics: metrics)
    }

    /// The values of a dimension among rows that count for some metrics.
    public func values(of dimension: String, metrics: [MetricReference], limit: Int?) throws -> [String] {
        let plan = try planner.planDimensionValues(of: dimension, metrics: metrics)
        return try executor(for: plan).dimensionValues(plan, limit: limit)
    }

    /// The rows of one table as text.
    package func rows(of table: String) throws -> TableRows {
        try TableRows(try tables.snapshot(of: table), zone: engine.dictionary.settings.timeZone)
    }

    /// The tables' own check of themselves; empty when nothing is wrong.
    package func verify() -> [Diagnostic] { tables.verify() }

    /// Takes the snapshots first, on this thread: a plan then runs on any number of them.
    private func executor(for plan: QueryPlan) throws -> QueryExecutor {
        var snapshots: [String: TableSnapshot] = [:]
        for table in plan.tables { snapshots[table] = try tables.snapshot(of: table) }
        let taken = snapshots
        return QueryExecutor(parallelism: engine.settings.queryParallelism) { name in
            guard let snapshot = taken[name] else { preconditionFailure("the plan reads \(name) without saying so") }
            return snapshot
        }
    }
}

extension Engine {
    public func session() throws -> EngineSession { try EngineSession(engine: self) }

    public func answer(_ query: MetricQuery) throws -> QueryAnswer { try session().answer(query) }

    public func explain(_ query: MetricQuery) throws -> String { try session().explain(query) }
}

extension LoadedDictionary {
    /// The content hash of a metric's meaning, of its version.
    public func definitionHash(of metric: MetricDefinition) -> String {
        if dictionary.metric(named: metric.name)?.version == metric.version, let meaning = meanings[metric.id] {
            return meaning.hash
        }
        let entry = lock.entries.first { $0.id == metric.id }
        return entry?.versions.first { $0.version == metric.version }?.hash ?? "unlocked"
    }
}
