import CaliberCore
import CaliberDictionary

/// A dimension that a query on some metrics may group by.
public struct DimensionDescription: Hashable, Sendable {
    /// As a query writes it, without a grain.
    public let name: String
    public let type: LogicalType
    /// The grains it can be cut by; empty for a plain dimension.
    public let grains: [TimeGrain]
    /// Grains of declared calendars that it can be cut by as well.
    public let calendarGrains: [String]
    public let description: String?
}

extension QueryPlanner {
    /// The dimensions that all of some metrics have, `metric_time` first, then by name.
    ///
    /// - Throws: `DiagnosticList` when a metric is not known.
    public func listDimensions(metrics: [MetricReference]) throws -> [DimensionDescription] {
        var problems = PlanProblems()
        var tree = MetricTree(dictionary: dictionary)
        if metrics.isEmpty { problems.add(.noMetrics) }
        for reference in metrics {
            _ = problems.collect { () throws(QueryProblem) in
                try tree.node(of: try dictionary.definition(of: reference), filters: [], depth: 0)
            }
        }
        try problems.throwAny()
        let all = tree.leaves.map { dimensions(of: $0.simple) }
        guard var common = all.first else { return [] }
        for other in all.dropFirst() {
            common = common.filter { dimension in
                other.contains { $0.name == dimension.name && $0.type.isGroupedLike(dimension.type) }
            }
        }
        return common
    }

    private func dimensions(of simple: SimpleMetric) -> [DimensionDescription] {
        guard let table = dictionary.table(named: simple.table) else { return [] }
        let scope = TableScope(table: table, dictionary: dictionary)
        let custom = dictionary.calendarGrains.map(\.name)
        var found = scope.columns.map { column in
            DimensionDescription(
                name: column.reference.qualifiedName, type: column.type, grains: TimeGrain.grains(of: column.type),
                calendarGrains: TimeGrain.grains(of: column.type).isEmpty ? [] : custom,
                description: column.description)
        }.sorted { $0.name < $1.name }
        if simple.anchor ?? table.anchor != nil {
            found.insert(
                DimensionDescription(
                    name: TableScope.metricTime, type: .timestamp, grains: TimeGrain.allCases,
                    calendarGrains: custom,
                    description: "The moment each metric counts at."), at: 0)
        }
        return found
    }
}

extension TimeGrain {
    fileprivate static func grains(of type: LogicalType) -> [TimeGrain] {
        switch type {
        case .timestamp: allCases
        case .date: allCases.filter { $0 != .hour }
        default: []
        }
    }
}

extension LogicalType {
    /// Values of both can stand in one column of an answer.
    func isGroupedLike(_ other: LogicalType) -> Bool { self == other || isString && other.isString }
}

extension QueryExecutor {
    /// The values that a dimension takes among rows that count for some metrics, in their order, null left out.
    ///
    /// - Parameter plan: of a query that groups by that dimension alone; its metrics decide which rows count.
    public func dimensionValues(_ plan: QueryPlan, limit: Int? = nil) throws -> [String] {
        let answer = try evaluate(plan, now: Timestamp(microseconds: 0))
        guard let field = answer.fields.first, !field.isMetric else { return [] }
        let formatting = AnswerFormatting(zone: answer.zone, decimals: nil)
        let values = answer.rows.compactMap { formatting.text($0[0], field) }
        return Array(values.prefix(limit ?? values.count))
    }
}

extension QueryPlanner {
    /// A plan for `QueryExecutor.dimensionValues(_:limit:)`.
    public func planDimensionValues(
        of dimension: String, metrics: [MetricReference], filters: [String] = [], startTime: String? = nil,
        endTime: String? = nil
    ) throws -> QueryPlan {
        try plan(
            MetricQuery(
                metrics: metrics, groupBy: [dimension], filters: filters, startTime: startTime, endTime: endTime))
    }
}
