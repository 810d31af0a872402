import CaliberCore
import CaliberDictionary
import CaliberQuery
import CaliberTables

/// Tables with rows, and queries on them.
struct TestShop: Sendable {
    var dictionary = ShopDictionary.dictionary
    var tables: [String: TestTable]

    init(dictionary: MetricDictionary = ShopDictionary.dictionary) {
        self.dictionary = dictionary
        tables = Dictionary(
            uniqueKeysWithValues: dictionary.tables.map { ($0.name, TestTable(definition: $0, rows: [])) })
    }

    var planner: QueryPlanner {
        QueryPlanner(dictionary: dictionary, definitionHash: { "sha256:\($0.name)" })
    }

    func executor(
        parallelism: Int = 1, cache: PartialCache? = nil, usesCache: Bool = true, prunes: Bool = true
    ) -> QueryExecutor {
        let snapshots = tables.mapValues { $0.snapshot() }
        return QueryExecutor(
            options: QueryOptions(parallelism: parallelism, usesCache: usesCache, prunes: prunes), cache: cache,
            snapshot: { name in
                guard let snapshot = snapshots[name] else { throw Diagnostic("no-such-table", name) }
                return snapshot
            })
    }

    func answer(
        _ query: MetricQuery, parallelism: Int = 1, now: Timestamp = Timestamp(microseconds: 0)
    ) throws -> QueryAnswer {
        try executor(parallelism: parallelism).evaluate(try planner.plan(query), now: now)
    }

    func answer(
        _ metrics: String, by groupBy: String = "", where filters: [String] = [], from start: String? = nil,
        to end: String? = nil, order: String = "", limit: Int? = nil, zone: String? = nil, fill: Bool = false,
        now: Timestamp = Timestamp(microseconds: 0)
    ) throws -> QueryAnswer {
        try answer(
            TestShop.query(
                metrics, by: groupBy, where: filters, from: start, to: end, order: order, limit: limit, zone: zone,
                fill: fill), now: now)
    }

    static func query(
        _ metrics: String, by groupBy: String = "", where filters: [String] = [], from start: String? = nil,
        to end: String? = nil, order: String = "", limit: Int? = nil, zone: String? = nil, fill: Bool = false
    ) -> MetricQuery {
        MetricQuery(
            metrics: metrics.split(separator: ",").map { MetricReference(text: String($0)) },
            groupBy: groupBy.split(separator: ",").map(String.init), filters: filters, startTime: start, endTime: end,
            order: order.split(separator: ",").map { OrderTerm(text: String($0)) }, limit: limit, timeZone: zone,
            fillsMissingPeriods: fill)
    }
}

extension QueryAnswer {
    /// The rows as CSV lines, without the header.
    var lines: [String] {
        render(as: .csv).split(separator: "\r\n").dropFirst().map(String.init)
    }
}
