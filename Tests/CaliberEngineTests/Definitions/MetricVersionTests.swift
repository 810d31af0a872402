import CaliberCore
import CaliberDictionary
import CaliberEngine
import CaliberQuery
import CaliberTesting
import Testing

/// One metric by several definitions: what was accepted stays askable, and a change of meaning is shown in figures.
@Suite struct MetricVersionTests {
    private static let sales = [
        sale("s1", "web", "10.00", at: "2026-03-01T10:00:00Z"),
        sale("s2", "store", "4.50", at: "2026-03-01T11:00:00Z"),
        sale("s3", "store", "5.00", at: "2026-03-02T09:00:00Z"),
        sale("s4", "web", "20.00", at: "2026-03-02T10:00:00Z"),
        // A second event of the same sale: a sum counts it, a maximum does not.
        sale("s4", "web", "1.25", at: "2026-03-02T12:00:00Z", id: "s4-more"),
    ]

    private static func sale(_ key: String, _ channel: String, _ amount: String, at time: String, id: String? = nil)
        -> String
    {
        """
        {"specversion":"1.0","source":"till","id":"\(id ?? key)","type":"sale.made","time":"\(time)",\
        "data":{"sale_id":"\(key)","channel":"\(channel)","amount":"\(amount)","sold_at":"\(time)"}}
        """
    }

    @Test func `an earlier version stays queryable, with its own figures and hash`() throws {
        let (first, lock) = try SalesDictionary.accepted()
        let deployment = try EngineDeployment(first)
        try deployment.engine.ingest(lines: MetricVersionTests.sales)
        let before = try deployment.engine.answer(MetricQuery(metrics: [MetricReference(text: "gmv")]))
        #expect(before.rows == [[.integer(4075)]])

        let second = try SalesDictionary(gmvVersion: 2, gmvFilter: "channel != 'store'").load(lock: lock)
        let engine = try deployment.reopened(second)
        let both = try engine.answer(
            MetricQuery(metrics: [MetricReference(text: "gmv@1"), MetricReference(text: "gmv")]))
        #expect(both.rows == [[.integer(4075), .integer(3125)]])
        #expect(both.metrics.map(\.version) == [1, 2])
        #expect(both.metrics[0].definitionHash == before.metrics[0].definitionHash)
        #expect(both.metrics[1].definitionHash != before.metrics[0].definitionHash)
        let unknown = #expect(throws: DiagnosticList.self) {
            try engine.answer(MetricQuery(metrics: [MetricReference(text: "gmv@3")]))
        }
        #expect(unknown?.diagnostics.count == 1)
    }

    @Test func `a meaning that changed under its version is refused`() throws {
        let (_, lock) = try SalesDictionary.accepted()
        let refused = #expect(throws: DiagnosticList.self) {
            try SalesDictionary(gmvFilter: "channel != 'store'").load(lock: lock)
        }
        #expect(refused?.diagnostics.map(\.code) == ["meaning-changed"])
        // The same filter, and a fold far below it.
        let below = #expect(throws: DiagnosticList.self) { try SalesDictionary(amountFold: "max").load(lock: lock) }
        #expect(Set((below?.diagnostics ?? []).map(\.code)) == ["meaning-changed"])
    }

    @Test func `a raised version is compared with the accepted one, day by day and channel by channel`() throws {
        let (first, lock) = try SalesDictionary.accepted()
        let deployment = try EngineDeployment(first)
        try deployment.engine.ingest(lines: MetricVersionTests.sales)
        #expect(try deployment.engine.compareWithLock(ComparisonScope()).isEmpty)

        let second = try SalesDictionary(gmvVersion: 2, gmvFilter: "amount > 5 CNY").load(lock: lock)
        let comparisons = try deployment.reopened(second).compareWithLock(ComparisonScope())
        #expect(comparisons.map(\.metric) == ["gmv"])
        let comparison = try #require(comparisons.first)
        #expect([comparison.oldVersion, comparison.newVersion] == [1, 2])
        #expect(comparison.dimensions == ["metric_time__day", "channel"])
        #expect(comparison.rowCount == 4)
        #expect(comparison.unreachableReason == nil)
        #expect(!comparison.differences.isEmpty)
        let rows = comparison.changedRows.map { [$0.group[0], $0.group[1], $0.old, $0.new, $0.difference] }
        #expect(
            rows == [
                ["2026-03-01", "store", "4.50", nil, "-4.50"], ["2026-03-02", "store", "5.00", nil, "-5.00"],
            ])
    }

    @Test func `a dictionary that folds otherwise is compared over the same events`() throws {
        let older = try SalesDictionary().load(lock: nil)
        let newer = try SalesDictionary(amountFold: "max").load(lock: nil)
        let deployment = try EngineDeployment(newer)
        try deployment.engine.ingest(lines: MetricVersionTests.sales)
        let comparisons = try deployment.engine.compare(with: older, ComparisonScope(groupBy: ["channel"]))
        let gmv = try #require(comparisons.first { $0.metric == "gmv" })
        let rows = gmv.changedRows.map { [$0.group[0], $0.old, $0.new, $0.difference] }
        #expect(rows == [["web", "31.25", "30.00", "-1.25"]])
        #expect(comparisons.map(\.metric) == ["gmv"])
        let narrowed = try deployment.engine.compare(
            with: older, ComparisonScope(groupBy: [], endTime: "2026-03-01"))
        #expect(narrowed.first?.changedRows.isEmpty == true)
    }

    @Test func `an accepted version that can't be had any more is compared with a reason instead of figures`() throws {
        let (first, lock) = try SalesDictionary.accepted()
        let deployment = try EngineDeployment(first)
        try deployment.engine.ingest(lines: MetricVersionTests.sales)
        let second = try SalesDictionary(gmvVersion: 2, amountFold: "max").load(lock: lock)
        let comparison = try #require(deployment.reopened(second).compareWithLock(ComparisonScope()).first)
        #expect(comparison.unreachableReason?.contains("sum of sale.made.amount") == true)
        #expect(comparison.changedRows.isEmpty)
    }
}

/// A small dictionary whose one amount can be defined in several ways.
private struct SalesDictionary {
    var gmvVersion = 1
    var gmvFilter: String?
    var amountFold = "sum"

    static func accepted() throws -> (dictionary: LoadedDictionary, lock: String) {
        let loaded = try SalesDictionary().load(lock: nil)
        let lock = loaded.lock.accepting(loaded).text
        return (try SalesDictionary().load(lock: lock), lock)
    }

    func load(lock: String?) throws -> LoadedDictionary {
        var files = [
            DictionaryFile(path: "caliber.yaml", text: "name: sales\ntime_zone: UTC\ncurrency: CNY\n"),
            DictionaryFile(path: "definitions.yaml", text: text),
        ]
        if let lock { files.append(DictionaryFile(path: "versions.lock", text: lock)) }
        return try MetricDictionary.load(files: files)
    }

    private var text: String {
        """
        contracts:
          - name: sale.made
            version: 1
            owner: team:sales
            fields:
              sale_id: {type: identifier, required: true}
              channel: {type: category}
              amount:  {type: money, required: true}
              sold_at: {type: timestamp, required: true}
        tables:
          - name: sales
            owner: team:sales
            key: sale_id
            anchor: sold_at
            columns:
              sold_at: {type: timestamp, from: sale.made.sold_at, fold: first}
              channel: {type: category, from: sale.made.channel, fold: first}
              amount:  {type: money, from: sale.made.amount, fold: \(amountFold)}
        metrics:
          - id: M-1
            name: gmv
            version: \(gmvVersion)
            description: "What was sold."
            owner: team:sales
            type: simple
            table: sales
            agg: sum
            expr: amount
            filter: "\(gmvFilter ?? "true")"
          - id: M-2
            name: sales_count
            version: 1
            description: "How often."
            owner: team:sales
            type: simple
            table: sales
            agg: count
        """
    }
}
