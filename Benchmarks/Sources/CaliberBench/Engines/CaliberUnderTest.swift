import CaliberDictionary
import CaliberEngine
import CaliberEventLog
import CaliberQuery
import Foundation

/// The engine that is measured. All that the benchmarks know of its API and of its command line stands here.
struct CaliberUnderTest {
    let engine: Engine
    let session: EngineSession

    init(database: String, dictionary: String) throws {
        engine = try Engine.open(databasePath: database, dictionary: try MetricDictionary.load(from: dictionary))
        session = try engine.session()
    }

    /// Asks a query and puts its answer in the form that all engines' jobs print, without the days that it filled in.
    func answer(_ query: BenchmarkQuery) throws -> [[AnswerCell]] {
        let rows = try session.answer(CaliberUnderTest.metricQuery(query)).rows.map { $0.map(AnswerCell.init) }
        guard let countColumn = query.countColumn else { return rows }
        return rows.filter { $0[countColumn] != .number(0) }
    }

    /// A query ready to be asked any number of times: what is timed is planning it and finding its rows.
    func asking(_ query: BenchmarkQuery) -> () throws -> Void {
        let asked = CaliberUnderTest.metricQuery(query)
        return { _ = try session.answer(asked) }
    }

    /// What it counted, by the names of `StreamFacts.totals`.
    func totals() throws -> [String: Int64] {
        let account = try engine.status().account
        var totals = [
            "acceptedEvents": account.accepted, "duplicateEvents": account.duplicate,
            "quarantinedEvents": account.quarantined,
        ]
        totals["paidOrders"] = try firstInteger(MetricQuery(metrics: [MetricReference(text: "orders_paid")]))
        totals["paidMinor"] = try firstInteger(MetricQuery(metrics: [MetricReference(text: "gmv")]))
        totals["busiestDayPaidMinor"] = try firstInteger(
            MetricQuery(
                metrics: [MetricReference(text: "gmv")], groupBy: ["metric_time__day"],
                order: [OrderTerm(text: "-gmv")], limit: 1))
        return totals
    }

    /// The metric in the answer's first row; nil when there is none.
    private func firstInteger(_ query: MetricQuery) throws -> Int64? {
        guard case .integer(let integer) = try session.answer(query).rows.first?.last else { return nil }
        return Int64(clamping: integer)
    }

    static func metricQuery(_ query: BenchmarkQuery) -> MetricQuery {
        MetricQuery(
            metrics: query.metrics.map { MetricReference(text: $0) }, groupBy: query.groupBy,
            order: query.order.map { OrderTerm(text: $0) }, limit: query.limit)
    }

    static func ingestCommand(_ binary: String, events: String, database: String, dictionary: String) -> [String] {
        [binary, "ingest", events, "--database", database, "--dictionary", dictionary]
    }

    static func queryCommand(
        _ binary: String, _ query: BenchmarkQuery, database: String, dictionary: String
    ) -> [String] {
        [binary, "query", "--metrics", query.metrics.joined(separator: ",")]
            + query.groupBy.flatMap { ["--group-by", $0] }
            + ["--format", "csv", "--database", database, "--dictionary", dictionary]
    }
}

extension AnswerCell {
    init(_ value: AnswerValue) {
        self =
            switch value {
            case .null: .null
            case .boolean(let value): .number(value ? 1 : 0)
            case .integer(let integer): .number(Double(integer))
            case .number(let number): .number(number)
            case .text(let text): .text(text)
            }
    }
}
