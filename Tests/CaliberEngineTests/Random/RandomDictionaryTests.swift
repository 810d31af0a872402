import CaliberCore
import CaliberDictionary
import CaliberEngine
import CaliberEventLog
import CaliberQuery
import CaliberTesting
import Foundation
import Testing

/// Random dictionaries over random events: the engine says what DuckDB says of the same events.
@Suite struct RandomDictionaryTests {
    private static let queriesPerWorld: UInt64 = 10
    private static let worlds: Range<UInt64> =
        ProcessInfo.processInfo.environment["CALIBER_LONG_TESTS"] == "1" ? 0..<1000 : 0..<30
    /// Several, so that tests that run at once do not wait for one another.
    private static let oracles = (0..<3).map { _ in Result { try DuckDBOracle() } }

    @Test(arguments: worlds)
    func `a random dictionary's queries give what DuckDB gives`(number: UInt64) throws {
        var world = RandomWorld(number: number)
        let oracle = try RandomDictionaryTests.oracles[Int(number % 3)].get()
        let dictionary: LoadedDictionary
        do { dictionary = try world.load() } catch {
            Issue.record("world \(number): \(error)\n\(world.files().map(\.text).joined(separator: "\n"))")
            return
        }
        let deployment = try EngineDeployment(dictionary)
        let account = try deployment.engine.ingest(lines: world.lines).account
        #expect(account.accepted == Int64(world.lines.count), "world \(number)")
        try world.load(into: oracle)
        let session = try deployment.engine.session()
        for seed in number * RandomDictionaryTests.queriesPerWorld..<(number + 1)
            * RandomDictionaryTests.queriesPerWorld
        {
            let random = RandomQuery(seed: seed, world: world)
            try world.setClock(random.zone, oracle)
            let expected = try oracle.query(random.sql)
            let answer: QueryAnswer
            do { answer = try session.answer(random.query) } catch {
                Issue.record("seed \(seed): \(error)\n\(random.query)")
                continue
            }
            let comparison = AnswerComparison(columns: random.columns, isOrdered: false)
            if let difference = comparison.difference(answer, expected) {
                let definitions = world.metrics.filter { metric in
                    random.query.metrics.contains { $0.name == metric.name }
                }
                Issue.record(
                    """
                    seed \(seed): \(difference)
                    \(random.query)
                    \(definitions.map(\.yaml).joined(separator: "\n"))
                    \(random.sql)
                    """)
            }
        }
        try world.unload(from: oracle)
    }
}
