import CaliberCore
import CaliberDictionary
import CaliberEngine
import CaliberEventLog
import CaliberRegression
import CaliberScoring
import CaliberSimulator
import CaliberTesting
import Foundation
import Testing

@Suite struct ShippedModelTests {
    @Test func `the shipped champion fits the shipped dictionary and foresees orders it never saw`() throws {
        let dictionary = try ShopDictionary.load()
        let features = try #require(dictionary.dictionary.featureSets.first)
        let registry = ModelRegistry(folder: DuckDBOracle.packageFolder.appending(path: "models"))
        let champion = try registry.load(features.name)
        _ = try champion.scorer(schema: FeatureSchema(features))
        let deployment = try EngineDeployment(dictionary)
        let settings = SimulationSettings.troubled(seed: 99, orderCount: 6_000, dayCount: 60)
        var events: [UInt8] = []
        let truth = Simulation(settings).write(to: { events.append(contentsOf: $0) })
        _ = try deployment.engine.ingest([.bytes(events, origin: "simulated")])
        let rows = try deployment.engine.scoredRows(champion, group: nil, threads: 2)
        let judged = ModelEvaluation(rows, in: Timestamp(microseconds: 0)..<Timestamp.latest)
        let reached = try #require(judged.evaluation.areaUnderCurve)
        let best = try #require(truth.risk.bestAUC)
        // Some 350 bad orders: the figure has a standard error of about 0.01, and cold histories cost a little.
        #expect(reached > best - 0.05, "\(reached) of \(best)")
    }
}
