import CaliberCore
import CaliberEngine
import CaliberEventLog
import CaliberSimulator
import CaliberTesting
import Testing

/// Queries of the shipped dictionary over a simulated shop, against SQL written by hand over the tables' stored columns.
@Suite struct QueryCaseTests {
    @Test(arguments: CasesShop.cases)
    func `a query gives what SQL over the base rows gives`(oneCase: QueryCases.Case) throws {
        let shop = try CasesShop.shared.get()
        let answer = try shop.deployment.engine.answer(oneCase.query)
        let difference = try oneCase.difference(answer, shop.oracle)
        #expect(difference == nil, "\(oneCase.name)")
    }

    @Test func `there are sixty cases or more, each of its own name`() throws {
        let names = try CasesShop.expected.get().cases.map(\.name)
        #expect(names.count >= 60)
        #expect(Set(names).count == names.count)
    }
}

/// Some thousand simulated orders, in the engine and in DuckDB.
private struct CasesShop: Sendable {
    let deployment: EngineDeployment
    let oracle: DuckDBOracle

    static let expected = Result { try QueryCases(path: "Cases/queries.yaml") }

    /// None where they can't be read, which a test of its own notices.
    static var cases: [QueryCases.Case] { (try? expected.get().cases) ?? [] }

    static let shared = Result { try CasesShop() }

    private init() throws {
        deployment = try EngineDeployment(try ShopDictionary.load())
        oracle = try DuckDBOracle()
        var settings = SimulationSettings(seed: 11, orderCount: 3000)
        settings.malformedShare = 0.02
        settings.repeatShare = 0.05
        _ = try deployment.engine.ingest([SimulatedShop(settings).input])
        let session = try deployment.engine.session()
        for table in ["orders", "products", "prices"] { try oracle.load(try session.rows(of: table), as: table) }
        for statement in try CasesShop.expected.get().setup { try oracle.query(statement) }
    }
}
