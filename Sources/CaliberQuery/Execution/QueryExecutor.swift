import CaliberCore
import CaliberDictionary
import CaliberEventLog
import CaliberTables

/// Runs plans on snapshots of tables.
///
/// An answer depends on the plan and the snapshots alone: not on how many threads computed it.
public struct QueryExecutor: Sendable {
    private let snapshot: @Sendable (String) throws -> TableSnapshot
    private let options: QueryOptions
    private let cache: PartialCache?

    /// - Parameters:
    ///   - cache: what is kept of queries before; nil keeps nothing.
    ///   - snapshot: gives a table by name; asked once a table and query, so that a query sees one state of it.
    package init(
        options: QueryOptions, cache: PartialCache?, snapshot: @escaping @Sendable (String) throws -> TableSnapshot
    ) {
        self.options = options
        self.cache = cache
        self.snapshot = snapshot
    }

    /// - Parameter now: what freshness is judged by.
    /// - Throws: `Diagnostic` when a total can't be computed with, or what reading a table threw.
    public func evaluate(_ plan: QueryPlan, now: Timestamp) throws -> QueryAnswer {
        let snapshots = try self.snapshots(of: plan)
        let (evaluation, values) = try QueryEvaluation.complete(plan, options: options, cache: cache) {
            try QueryExecutor.snapshot($0, in: snapshots)
        }
        let related =
            plan.relations.isEmpty
            ? nil : try RelationEvaluation(plan: plan, evaluation: evaluation, values: values).rows()
        return AnswerAssembly(
            plan: plan, groups: evaluation.groups, values: values, relatedRows: related,
            statistics: evaluation.statistics, warnings: evaluation.problems.map(\.diagnostic),
            latestMoments: evaluation.latestMoments, positions: snapshots.mapValues(\.position)
        ).answer(now: now)
    }

    /// What each scan of a plan would read, without reading rows.
    func executions(of plan: QueryPlan) throws -> [ScanExecution] {
        let snapshots = try self.snapshots(of: plan)
        return try plan.programs.map { program in
            try QueryEvaluation.execution(of: program, plan, options: options, cache: cache, isOutline: true) {
                try QueryExecutor.snapshot($0, in: snapshots)
            }
        }
    }

    private func snapshots(of plan: QueryPlan) throws -> [String: TableSnapshot] {
        var snapshots: [String: TableSnapshot] = [:]
        for table in plan.tables { snapshots[table] = try snapshot(table) }
        return snapshots
    }

    private static func snapshot(_ name: String, in snapshots: [String: TableSnapshot]) throws -> TableSnapshot {
        guard let snapshot = snapshots[name] else {
            throw QueryProblem.unknownTable(
                name: name, nearest: NameSuggestion.nearest(to: name, among: snapshots.keys)
            ).diagnostic
        }
        return snapshot
    }
}
