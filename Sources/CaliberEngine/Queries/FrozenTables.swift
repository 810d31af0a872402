import CaliberCore
import CaliberDictionary
import CaliberEventLog
import CaliberQuery
import CaliberTables

/// All tables as of one moment: any thread may ask them, while others fold on.
///
/// The file's state of that moment is held for as long as this is.
public struct FrozenTables: Sendable {
    let engine: Engine
    let snapshots: [String: TableSnapshot]
    /// The last event that the tables reflect.
    public let position: LogPosition

    init(engine: Engine, snapshots: [String: TableSnapshot], position: LogPosition) {
        self.engine = engine
        self.snapshots = snapshots
        self.position = position
    }

    /// - Parameter options: how it is run; by the engine's settings when nil.
    /// - Throws: `DiagnosticList` when the query can't be planned.
    public func answer(_ query: MetricQuery, options: QueryOptions? = nil) throws -> QueryAnswer {
        let loaded = engine.loaded
        let planner = QueryPlanner(dictionary: loaded.dictionary) { loaded.definitionHash(of: $0) }
        let plan = try engine.plans.plan(query, by: planner)
        let snapshots = snapshots
        let executor = QueryExecutor(
            options: options ?? QueryOptions(parallelism: engine.settings.queryParallelism), cache: engine.partials
        ) { name in
            guard let snapshot = snapshots[name] else { throw TablesProblem.unknownTable(name: name, nearest: []) }
            return snapshot
        }
        return try executor.evaluate(plan, now: engine.now())
    }
}
