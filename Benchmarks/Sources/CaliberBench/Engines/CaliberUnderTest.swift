import CaliberDictionary
import CaliberEngine
import CaliberEventLog
import CaliberQuery
import Foundation

/// The engine that is measured. All that the benchmarks know of its API and of its command line stands here.
final class CaliberUnderTest {
    private let engine: Engine
    private var session: EngineSession
    /// From the first events on.
    private var intake: IntakeSession?

    init(database: String, dictionary: String, memoryBudgetBytes: Int) throws {
        // What processes before have gathered is left out of it.
        engine = try Engine.open(
            databasePath: database, dictionary: try MetricDictionary.load(from: dictionary),
            settings: EngineSettings(memoryBudgetBytes: memoryBudgetBytes, fewestArchivedRows: nil))
        session = try engine.session()
    }

    /// Whether the dictionary has all of a query's metrics.
    func understands(_ query: BenchmarkQuery) -> Bool {
        query.metrics.allSatisfy { engine.dictionary.metric(named: $0) != nil }
    }

    /// Asks a query and puts its answer in the form that all engines' jobs print.
    func answer(_ query: BenchmarkQuery) throws -> [[AnswerCell]] {
        let answer = try answer(CaliberUnderTest.metricQuery(query))
        return answer.rows.map { row in zip(row, answer.fields).map { AnswerCell($0, of: $1.type) } }
    }

    /// A query ready to be asked any number of times: what is timed is planning it and finding its rows.
    func asking(_ query: BenchmarkQuery) -> () throws -> Void {
        let asked = CaliberUnderTest.metricQuery(query)
        return { _ = try self.answer(asked) }
    }

    private func answer(_ query: MetricQuery) throws -> QueryAnswer {
        try session.answer(query)
    }

    /// Lets go of partial results of earlier queries.
    func forgetPartialResults() { engine.forgetPartialResults() }

    /// Takes events in, one a line; they are durable afterwards, and the next query sees them.
    func take(_ lines: [UInt8]) throws {
        if intake == nil {
            intake = try engine.openIntake()
            intake.map { session = $0.queries() }
        }
        _ = try intake?.ingest([.bytes(lines, origin: "bench")])
    }

    /// What it counted, by the names of `StreamFacts.totals`.
    func totals() throws -> [String: Int64] {
        let account = try engine.status().account
        var totals = [
            "acceptedEvents": account.accepted, "duplicateEvents": account.duplicate,
            "quarantinedEvents": account.quarantined,
        ]
        totals["paidOrders"] = try total(of: "orders_paid")
        totals["paidMinor"] = try total(of: "gmv")
        totals["busiestDayPaidMinor"] = try firstInteger(
            MetricQuery(
                metrics: [MetricReference(text: "gmv")], groupBy: ["metric_time__day"],
                order: [OrderTerm(text: "-gmv")], limit: 1))
        return totals
    }

    /// A metric over everything; nil when it has no value.
    func total(of metric: String) throws -> Int64? {
        try firstInteger(MetricQuery(metrics: [MetricReference(text: metric)]))
    }

    /// The metric in the answer's first row; nil when there is none.
    private func firstInteger(_ query: MetricQuery) throws -> Int64? {
        guard case .integer(let integer) = try answer(query).rows.first?.last else { return nil }
        return Int64(clamping: integer)
    }

    static func metricQuery(_ query: BenchmarkQuery) -> MetricQuery {
        MetricQuery(
            metrics: query.metrics.map { MetricReference(text: $0) }, groupBy: query.groupBy, filters: query.filters,
            startTime: query.startTime, order: query.order.map { OrderTerm(text: $0) }, limit: query.limit)
    }

    static func ingestCommand(
        _ binary: String, events: String, source: String? = nil, database: String, dictionary: String
    ) -> [String] {
        [binary, "ingest", events, "--database", database, "--dictionary", dictionary]
            + (source.map { ["--source", $0] } ?? [])
    }

    /// Without filters: the queries that are asked this way have none.
    ///
    /// - Parameter usesCache: takes what processes before have gathered.
    static func queryCommand(
        _ binary: String, _ query: BenchmarkQuery, database: String, dictionary: String, usesCache: Bool
    ) -> [String] {
        [binary, "query", "--metrics", query.metrics.joined(separator: ",")]
            + query.groupBy.flatMap { ["--group-by", $0] }
            + ["--format", "csv", "--database", database, "--dictionary", dictionary]
            + (usesCache ? [] : ["--no-cache"])
    }
}

extension AnswerCell {
    /// Spans of time in seconds, as the peers count them.
    init(_ value: AnswerValue, of type: LogicalType) {
        self =
            switch value {
            case .null: .null
            case .boolean(let value): .number(value ? 1 : 0)
            case .integer(let integer): .number(type == .duration ? Double(integer) / 1e6 : Double(integer))
            case .number(let number): .number(type == .duration ? number / 1e6 : number)
            case .text(let text): .text(text)
            }
    }
}
