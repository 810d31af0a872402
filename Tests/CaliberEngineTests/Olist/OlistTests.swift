import CaliberDictionary
import CaliberEngine
import CaliberEventLog
import CaliberTesting
import Foundation
import Testing

/// Real orders, taken in through declared sources, against SQL over the files themselves: to the cent and to the row.
@Suite(
    .enabled(
        if: OlistOrders.areAvailable,
        "The Olist orders are not here: put their CSV files into ../shared/data/olist to run these tests."))
struct OlistTests {
    @Test(arguments: OlistOrders.cases)
    func `a figure of the orders is what SQL over the files gives`(oneCase: QueryCases.Case) throws {
        let orders = try OlistOrders.shared.get()
        let answer = try orders.deployment.engine.answer(oneCase.query)
        let difference = try oneCase.difference(answer, orders.oracle)
        #expect(difference == nil, "\(oneCase.name)")
    }

    @Test func `every row becomes its events, and none is refused`() throws {
        let orders = try OlistOrders.shared.get()
        #expect(try OlistOrders.expected.get().cases.count >= 20)
        let account = orders.outcome.account
        #expect(account.isBalanced)
        // An order's row is an event for each step it came to; every other row is one.
        let eventCount = try orders.oracle.query(
            """
            SELECT (SELECT count(*) + count(order_approved_at) + count(order_delivered_carrier_date)
                           + count(order_delivered_customer_date) FROM o)
                   + (SELECT count(*) FROM p) + (SELECT count(*) FROM i) + (SELECT count(*) FROM r)
                   + (SELECT count(*) FROM c) + (SELECT count(*) FROM pr) + (SELECT count(*) FROM s)
                   + (SELECT count(*) FROM t)
            """)
        #expect(eventCount.rows == [[.integer(account.received)]])
        #expect(account.quarantined == 0, "\(orders.outcome.violations)")
        #expect(account.parked == 0)
        #expect(account.duplicate == 0)
        #expect(try orders.deployment.engine.status().account == account)
        for (table, file) in [
            ("orders", "o"), ("order_items", "i"), ("payments", "p"), ("reviews", "r"), ("customers", "c"),
            ("products", "pr"), ("sellers", "s"), ("category_translation", "t"),
        ] {
            let rowCount = orders.outcome.tableRowCounts.first { $0.table == table }?.rowCount
            let expected = try orders.oracle.query("SELECT count(*) FROM \(file)").rows
            // Payments of orders that the slice leaves out would make rows of their own; there are none.
            #expect(expected == [[.integer(Int64(rowCount ?? -1))]], "\(table)")
        }
    }

    @Test func `the same files again add nothing`() throws {
        let orders = try OlistOrders.shared.get()
        let again = try EngineDeployment(orders.deployment.engine.loaded)
        let inputs = try orders.inputs.filter { !$0.origin.contains("full_") }
        let first = try again.engine.ingest(inputs)
        let before = try again.engine.tableTexts()
        let second = try again.engine.ingest(inputs)
        #expect(second.account.accepted == 0)
        #expect(second.account.quarantined == 0)
        #expect(second.account.duplicate == first.account.received)
        #expect(try again.engine.tableTexts() == before)
    }
}

/// The orders, taken in once for all tests.
struct OlistOrders: Sendable {
    let deployment: EngineDeployment
    let oracle: DuckDBOracle
    let outcome: IngestOutcome

    static let folder = DuckDBOracle.packageFolder.deletingLastPathComponent().appending(path: "shared/data/olist")

    static var areAvailable: Bool { FileManager.default.fileExists(atPath: folder.path) }

    static let expected = Result { try QueryCases(path: "Olist/expected.yaml") }

    /// None where they can't be read, which a test of its own notices.
    static var cases: [QueryCases.Case] { (try? expected.get().cases) ?? [] }

    static let shared = Result { try OlistOrders() }

    private init() throws {
        deployment = try EngineDeployment(try OlistOrders.dictionary())
        oracle = try OlistOrders.filesInDuckDB()
        outcome = try deployment.engine.ingest(try OlistOrders.inputs(deployment.engine.dictionary))
    }

    static let testFolder = DuckDBOracle.packageFolder.appending(path: "Tests/CaliberEngineTests/Olist")

    static func dictionary() throws -> LoadedDictionary {
        try MetricDictionary.load(from: testFolder.appending(path: "dictionary").path)
    }

    /// The files as tables named by their initials.
    static func filesInDuckDB() throws -> DuckDBOracle {
        let oracle = try DuckDBOracle()
        for statement in try expected.get().setup {
            try oracle.query(statement.replacingOccurrences(of: "{data}", with: folder.path))
        }
        return oracle
    }

    var inputs: [EventInput] {
        get throws { try OlistOrders.inputs(deployment.engine.dictionary) }
    }

    private static func inputs(_ dictionary: MetricDictionary) throws -> [EventInput] {
        try expected.get().ingest.map { name, file in
            guard let source = dictionary.source(named: name) else { throw CaseProblem(name, "is no source") }
            return .file(folder.appending(path: file).path, format: .rows(source))
        }
    }
}
