import CaliberCore
import CaliberDictionary
import CaliberQuery
import CaliberTesting

/// A random query of a random world's metrics, and the SQL that answers it.
struct RandomQuery {
    let query: MetricQuery
    let sql: String
    let columns: [ExpectedColumn]
    let zone: String

    init(seed: UInt64, world: RandomWorld) {
        var twins = TwinExpressions(
            generator: SeededGenerator(seed: seed), columns: world.columns, clock: world.clock)
        let metrics = Array(world.metrics.shuffled(using: &twins.generator).prefix(twins.number(below: 3) + 1))
        let dimensions = RandomQuery.dimensions(&twins, world)
        let filters = (0..<twins.pick([0, 0, 1, 2])).map { _ in twins.condition(2) }
        zone = twins.pick(["Asia/Shanghai", "Asia/Shanghai", "America/New_York", "UTC", "Asia/Kolkata"])
        var query = MetricQuery(
            metrics: metrics.map { MetricReference(name: $0.name) }, groupBy: dimensions.map(\.name),
            filters: filters.map(\.text), timeZone: zone == "Asia/Shanghai" ? nil : zone)
        var ranges: [(String) -> String] = []
        let clock = world.clock
        if twins.chance(25) {
            query.startTime = "2026-01-02"
            ranges.append { "\(clock)(\($0)) >= TIMESTAMP '2026-01-02'" }
        }
        if twins.chance(25) {
            query.endTime = "2026-02-01"
            ranges.append { "\(clock)(\($0)) < TIMESTAMP '2026-02-02'" }
        }
        self.query = query
        columns =
            dimensions.map { ExpectedColumn(name: $0.name, kind: $0.kind) }
            + metrics.map { ExpectedColumn(name: $0.name, kind: $0.kind, slack: $0.slack) }
        sql = RandomQuery.sql(
            metrics, dimensions, conditions: filters.map(\.sql), ranges: ranges, table: world.table, clock: clock)
    }

    // MARK: Dimensions

    private struct NamedDimension {
        let name: String
        let kind: ExpectedColumn.Kind
        /// - Parameter anchor: the moment column that rows count at.
        let sql: (_ anchor: String) -> String
    }

    private static func dimensions(_ twins: inout TwinExpressions, _ world: RandomWorld) -> [NamedDimension] {
        var dimensions: [NamedDimension] = []
        for _ in 0..<twins.pick([0, 1, 1, 2, 2, 3]) {
            let grain = twins.pick(TimeGrain.allCases)
            let column = twins.pick(world.columns)
            let dimension: NamedDimension
            if twins.chance(30) {
                dimension = period("metric_time", grain, world.clock) { $0 }
            } else {
                switch column.type {
                case .timestamp: dimension = period(column.dimension, grain, world.clock) { _ in column.sql }
                case .date:
                    dimension = NamedDimension(name: column.dimension, kind: .date) { _ in
                        "strftime(\(column.sql), '%Y-%m-%d')"
                    }
                case .boolean: dimension = NamedDimension(name: column.dimension, kind: .boolean) { _ in column.sql }
                case .integer: dimension = NamedDimension(name: column.dimension, kind: .integer) { _ in column.sql }
                case .category, .identifier, .text:
                    dimension = NamedDimension(name: column.dimension, kind: .text) { _ in column.sql }
                default: continue
                }
            }
            if !dimensions.contains(where: { $0.name == dimension.name }) { dimensions.append(dimension) }
        }
        return dimensions
    }

    private static func period(
        _ column: String, _ grain: TimeGrain, _ clock: String, _ moment: @escaping (String) -> String
    ) -> NamedDimension {
        let name = "\(column)__\(grain.rawValue)"
        guard grain != .hour else {
            // An hour begins where the local clock shows it, at half past elsewhere.
            return NamedDimension(name: name, kind: .timestamp) { anchor in
                let us = moment(anchor)
                return "\(us) - epoch_us(\(clock)(\(us))) % 3600000000"
            }
        }
        return NamedDimension(name: name, kind: .date) { anchor in
            "strftime(date_trunc('\(grain.rawValue)', \(clock)(\(moment(anchor)))), '%Y-%m-%d')"
        }
    }

    // MARK: SQL

    private static func sql(
        _ metrics: [RandomMetric], _ dimensions: [NamedDimension], conditions: [String],
        ranges: [(String) -> String], table: String, clock: String
    ) -> String {
        let leaves = metrics.flatMap(\.leaves)
        let groups = dimensions.indices.map { "g\($0)" }
        var parts = leaves.enumerated().map { position, leaf in
            let anchor = "\"\(leaf.metric.anchor)\""
            let wanted =
                ["\(anchor) IS NOT NULL"] + [leaf.metric.filter?.sql, leaf.filter?.sql].compactMap { $0 } + conditions
                + ranges.map { $0(anchor) }
            let selected =
                dimensions.enumerated().map { "\($1.sql(anchor)) AS g\($0)" } + ["\(leaf.metric.aggregate) AS v"]
            let grouping =
                groups.isEmpty ? "" : " GROUP BY " + groups.indices.map { "\($0 + 1)" }.joined(separator: ", ")
            return "l\(position) AS (SELECT \(selected.joined(separator: ", ")) FROM \(table)\n  "
                + "WHERE \(wanted.joined(separator: " AND "))\(grouping))"
        }
        let values = leaves.indices.map { position in
            leaves[position].metric.fillsWithZero ? "coalesce(l\(position).v, 0)" : "l\(position).v"
        }
        var next = 0
        var selected = zip(groups, dimensions).map { "groups.\($0) AS \"\($1.name)\"" }
        for metric in metrics {
            let own = Array(values[next..<next + metric.leaves.count])
            next += metric.leaves.count
            let figure = metric.kind == .date ? "strftime(\(own[0]), '%Y-%m-%d')" : metric.formula(own)
            selected.append("\(figure) AS \(metric.name)")
        }
        guard !groups.isEmpty else {
            let sources = leaves.indices.map { "l\($0)" }.joined(separator: ", ")
            return "WITH \(parts.joined(separator: ",\n"))\nSELECT \(selected.joined(separator: ", ")) FROM \(sources)"
        }
        let names = groups.joined(separator: ", ")
        let union = leaves.indices.map { "SELECT \(names) FROM l\($0)" }.joined(separator: " UNION ")
        parts.append("groups AS (\(union))")
        let joins = leaves.indices.map { position in
            let same = groups.map { "groups.\($0) IS NOT DISTINCT FROM l\(position).\($0)" }
            return "LEFT JOIN l\(position) ON \(same.joined(separator: " AND "))"
        }
        return "WITH \(parts.joined(separator: ",\n"))\nSELECT \(selected.joined(separator: ", "))\nFROM groups "
            + joins.joined(separator: " ")
    }
}
