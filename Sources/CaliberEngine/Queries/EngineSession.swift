import CaliberCore
import CaliberDictionary
import CaliberQuery
import CaliberTables

/// The tables as of one moment, open for any number of queries.
public final class EngineSession {
    private let queries: TableQueries

    /// - Parameter options: by the engine's settings when nil.
    convenience init(engine: Engine, options: QueryOptions? = nil) throws {
        self.init(engine: engine, tables: try engine.openTables(.readOnly), options: options)
    }

    init(engine: Engine, tables: TableSet, options: QueryOptions?) {
        queries = TableQueries(engine, tables, options: options)
    }

    /// - Throws: `DiagnosticList` when the query can't be planned.
    public func answer(_ query: MetricQuery) throws -> QueryAnswer { try queries.answer(query) }

    /// How a query will be answered, without answering it.
    public func explain(_ query: MetricQuery) throws -> String { try queries.explain(query) }

    /// The dimensions that all of some metrics have.
    public func dimensions(of metrics: [MetricReference]) throws -> [DimensionDescription] {
        try queries.dimensions(of: metrics)
    }

    /// The values of a dimension among rows that count for some metrics.
    public func values(of dimension: String, metrics: [MetricReference], limit: Int?) throws -> [String] {
        try queries.values(of: dimension, metrics: metrics, limit: limit)
    }

    /// The rows of one table as text.
    package func rows(of table: String) throws -> TableRows {
        try TableRows(try queries.tables.snapshot(of: table), zone: queries.engine.dictionary.settings.timeZone)
    }

    /// The tables' own check of themselves; empty when nothing is wrong.
    package func verify() -> [Diagnostic] { queries.tables.verify() }
}

extension Engine {
    /// - Parameter options: how its queries are run; by the engine's settings when nil.
    public func session(options: QueryOptions? = nil) throws -> EngineSession {
        try EngineSession(engine: self, options: options)
    }

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
