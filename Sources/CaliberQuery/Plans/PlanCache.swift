import Synchronization

/// The plans of queries that were asked lately, under one dictionary: what is asked again need not be resolved again.
public final class PlanCache: Sendable {
    private let plans = Mutex<[MetricQuery: QueryPlan]>([:])

    /// More are never kept; then all are forgotten, since planning anew costs less than keeping count of use.
    private static let mostPlans = 256

    public init() {}

    /// - Throws: what planning threw; that is not kept.
    public func plan(_ query: MetricQuery, by planner: QueryPlanner) throws -> QueryPlan {
        if let known = plans.withLock({ $0[query] }) { return known }
        let plan = try planner.plan(query)
        plans.withLock { plans in
            if plans.count >= PlanCache.mostPlans { plans = [:] }
            plans[query] = plan
        }
        return plan
    }
}
