import CaliberCore
import CaliberDictionary
import CaliberQuery
import CaliberTesting
import Foundation
import Testing

/// Queries with the SQL that must give the same rows, kept as YAML.
struct QueryCases: Sendable {
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let query: MetricQuery
        let columns: [(name: String, kind: ExpectedColumn.Kind)]
        let sql: String

        var testDescription: String { name }
    }

    /// Statements that DuckDB runs once before the cases.
    let setup: [String]
    let cases: [Case]
    /// Sources and the files that go in through them; empty where the rows come from elsewhere.
    let ingest: [(source: String, file: String)]

    /// - Parameter path: below the tests of the engine.
    init(path: String) throws {
        let file = DuckDBOracle.packageFolder.appending(path: "Tests/CaliberEngineTests/\(path)")
        let text = try String(contentsOf: file, encoding: .utf8)
        guard let root = try YAMLValue.read(text, file: path) else { throw CaseProblem(path, "is empty") }
        setup = (root["setup"]?.list ?? []).compactMap(\.text)
        ingest = (root["ingest"]?.entries ?? []).compactMap { entry in entry.value.text.map { (entry.key, $0) } }
        cases = try (root["cases"]?.list ?? []).map(QueryCases.oneCase)
    }

    private static func oneCase(_ value: YAMLValue) throws -> Case {
        guard let name = value["name"]?.text, let query = value["query"], let sql = value["sql"]?.text else {
            throw CaseProblem("\(value.location)", "lacks a name, a query or its SQL")
        }
        let columns = try (value["columns"]?.entries ?? []).map { entry in
            guard let kind = entry.value.text.flatMap(ExpectedColumn.Kind.init) else {
                throw CaseProblem("\(entry.keyLocation)", "has no known kind of column")
            }
            return (name: entry.key, kind: kind)
        }
        return Case(name: name, query: metricQuery(query), columns: columns, sql: sql)
    }

    private static func metricQuery(_ value: YAMLValue) -> MetricQuery {
        func texts(_ key: String) -> [String] { (value[key]?.list ?? []).compactMap(\.text) }
        let top = value["top"]?.wholeNumber.map { count in
            TopGroups(
                Int(count), by: value["by"]?.text, per: texts("per"), showsOthers: value["others"]?.boolean ?? false)
        }
        return MetricQuery(
            metrics: texts("metrics").map { MetricReference(text: $0) }, groupBy: texts("group_by"),
            filters: texts("where"), startTime: value["start_time"]?.text, endTime: value["end_time"]?.text,
            order: texts("order").map { OrderTerm(text: $0) }, limit: value["limit"]?.wholeNumber.map(Int.init),
            timeZone: value["time_zone"]?.text, fillsMissingPeriods: value["fill_missing"]?.boolean ?? false,
            top: top, ranks: texts("rank").map { RelatedTerm(text: $0) },
            shares: texts("share").map { RelatedTerm(text: $0) }, comparison: value["compare"]?.text)
    }
}

struct CaseProblem: Error, CustomStringConvertible {
    let description: String

    init(_ place: String, _ problem: String) { description = "\(place) \(problem)" }
}

extension QueryCases.Case {
    /// What differs between the engine's answer and the SQL's; nil when they agree.
    func difference(_ answer: QueryAnswer, _ oracle: DuckDBOracle) throws -> String? {
        let comparison = AnswerComparison(
            columns: columns.map { ExpectedColumn(name: $0.name, kind: $0.kind) }, isOrdered: !query.order.isEmpty)
        return comparison.difference(answer, try oracle.query(sql))
    }
}
