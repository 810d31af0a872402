import CaliberCore
import CaliberDictionary
import CaliberQuery
import CaliberTables

/// Queries on one set of tables, under one dictionary.
struct TableQueries {
    let engine: Engine
    let tables: TableSet
    let options: QueryOptions
    private let planner: QueryPlanner

    init(_ engine: Engine, _ tables: TableSet, options: QueryOptions?) {
        self.engine = engine
        self.tables = tables
        self.options = options ?? QueryOptions(parallelism: engine.settings.queryParallelism)
        let loaded = engine.loaded
        planner = QueryPlanner(dictionary: loaded.dictionary) { loaded.definitionHash(of: $0) }
    }

    func answer(_ query: MetricQuery) throws -> QueryAnswer {
        let plan = try engine.plans.plan(query, by: planner)
        return try executor(for: plan).evaluate(plan, now: engine.now())
    }

    func explain(_ query: MetricQuery) throws -> String {
        let plan = try planner.plan(query)
        return try executor(for: plan).explain(plan).text
    }

    func dimensions(of metrics: [MetricReference]) throws -> [DimensionDescription] {
        try planner.listDimensions(metrics: metrics)
    }

    func values(of dimension: String, metrics: [MetricReference], limit: Int?) throws -> [String] {
        let plan = try planner.planDimensionValues(of: dimension, metrics: metrics)
        return try executor(for: plan).dimensionValues(plan, limit: limit)
    }

    /// Takes the snapshots first, on this thread: a plan then runs on any number of them.
    private func executor(for plan: QueryPlan) throws -> QueryExecutor {
        var snapshots: [String: TableSnapshot] = [:]
        for table in plan.tables { snapshots[table] = try tables.snapshot(of: table) }
        let taken = snapshots
        return QueryExecutor(options: options, cache: engine.partials) { name in
            guard let snapshot = taken[name] else { preconditionFailure("the plan reads \(name) without saying so") }
            return snapshot
        }
    }
}
