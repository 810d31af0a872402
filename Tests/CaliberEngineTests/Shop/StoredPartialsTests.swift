import CaliberCore
import CaliberDictionary
import CaliberEngine
import CaliberEventLog
import CaliberQuery
import CaliberSimulator
import CaliberStore
import CaliberTesting
import GRDB
import Testing

/// What queries gathered outlives the process, and never shows in an answer.
@Suite struct StoredPartialsTests {
    private static let keeping = EngineSettings(fewestArchivedRows: 0)
    private static let forgetting = EngineSettings(queryCacheBytes: 0)

    private static let queries = [
        ["gmv", "orders_paid", "refund_rate"], ["buyers"], ["average_order_value", "ship_hours_p95"],
    ].flatMap { metrics in
        [["metric_time__day", "channel"], ["province"], []].map { groupBy in
            MetricQuery(metrics: metrics.map { MetricReference(name: $0) }, groupBy: groupBy)
        }
    }

    @Test func `a new process reads no segment that an old one has read`() throws {
        let (deployment, dictionary) = try Self.deployment(orderCount: 600, seed: 11)
        let first = try deployment.reopened(dictionary, settings: Self.keeping)
        let answers = try Self.queries.map { try first.answer($0) }
        #expect(answers.allSatisfy { $0.statistics.segmentsScanned > 0 })
        first.keepPartialResults()
        let second = try deployment.reopened(dictionary, settings: Self.keeping)
        for (query, before) in zip(Self.queries, answers) {
            let answer = try second.answer(query)
            #expect(answer.rows == before.rows)
            #expect(answer.statistics.segmentsScanned == 0, "\(query)")
            #expect(answer.statistics.segmentsCached > 0)
        }
    }

    @Test func `after more events the answer is that of a process that keeps nothing`() throws {
        let shop = SimulatedShop(SimulationSettings(seed: 12, orderCount: 500, dayCount: 20))
        let dictionary = try ShopDictionary.load()
        let deployment = try EngineDeployment(dictionary)
        for first in stride(from: 0, to: shop.lines.count, by: 1300) {
            let lines = shop.lines[first..<min(first + 1300, shop.lines.count)]
            _ = try deployment.engine.ingest([SimulatedShop.input(lines)])
            let keeping = try deployment.reopened(dictionary, settings: Self.keeping)
            let forgetting = try deployment.reopened(dictionary, settings: Self.forgetting)
            for query in Self.queries {
                let kept = try keeping.answer(query)
                #expect(kept.rows == (try forgetting.answer(query).rows), "\(query)")
            }
            keeping.keepPartialResults()
        }
    }

    @Test func `a damaged archive is read past`() throws {
        let (deployment, dictionary) = try Self.deployment(orderCount: 200, seed: 13)
        let first = try deployment.reopened(dictionary, settings: Self.keeping)
        let answers = try Self.queries.map { try first.answer($0).rows }
        first.keepPartialResults()
        let store = try CaliberStore.open(at: deployment.engine.databasePath)
        let lease = try WriterLease.acquire(on: store, holder: "test", now: { EngineDeployment.now })
        let damaged = try store.write(lease) { database in
            try database.execute(sql: "UPDATE partialAggregate SET body = zeroblob(length(body))")
            return database.changesCount
        }
        #expect(damaged > 0)
        let second = try deployment.reopened(dictionary, settings: Self.keeping)
        for (query, before) in zip(Self.queries, answers) { #expect(try second.answer(query).rows == before) }
    }

    @Test func `a table that is folded anew forgets what was gathered from the old one`() throws {
        let (deployment, dictionary) = try Self.deployment(orderCount: 300, seed: 14)
        let first = try deployment.reopened(dictionary, settings: Self.keeping)
        let answers = try Self.queries.map { try first.answer($0).rows }
        first.keepPartialResults()
        _ = try deployment.engine.rebuild(tables: ["orders"])
        let second = try deployment.reopened(dictionary, settings: Self.keeping)
        for (query, before) in zip(Self.queries, answers) { #expect(try second.answer(query).rows == before) }
    }

    private static func deployment(
        orderCount: Int, seed: UInt64
    ) throws -> (deployment: EngineDeployment, dictionary: LoadedDictionary) {
        let shop = SimulatedShop(SimulationSettings(seed: seed, orderCount: orderCount, dayCount: 10))
        let dictionary = try ShopDictionary.load()
        let deployment = try EngineDeployment(dictionary)
        _ = try deployment.engine.ingest([shop.input])
        return (deployment, dictionary)
    }
}
