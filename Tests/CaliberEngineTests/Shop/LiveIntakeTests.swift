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

/// A session that stays open while events come in and questions are asked.
@Suite struct LiveIntakeTests {
    @Test func `after every batch the answer is that of all events so far, and of a new reader too`() throws {
        let shop = SimulatedShop(SimulationSettings(seed: 5, orderCount: 400, dayCount: 6))
        let dictionary = try ShopDictionary.load()
        let live = try EngineDeployment(dictionary)
        let intake = try live.engine.openIntake()
        let queries = intake.queries()
        let asked = [["gmv", "orders_paid"], ["new_buyers"]].map { metrics in
            MetricQuery(
                metrics: metrics.map { MetricReference(name: $0) }, groupBy: ["metric_time__day", "channel"])
        }
        for first in stride(from: 0, to: shop.lines.count, by: 700) {
            let lines = shop.lines[first..<min(first + 700, shop.lines.count)]
            _ = try intake.ingest([SimulatedShop.input(lines)])
            for query in asked { #expect(try queries.answer(query).rows == live.engine.answer(query).rows) }
        }
        try intake.checkpoint()
        let whole = try EngineDeployment(dictionary)
        _ = try whole.engine.ingest([shop.input])
        for query in asked { #expect(try queries.answer(query).rows == whole.engine.answer(query).rows) }
        #expect(try live.engine.tableTexts() == whole.engine.tableTexts())
    }

    @Test func `a thorough status names a segment that is gone from the file`() throws {
        let shop = SimulatedShop(SimulationSettings(seed: 6, orderCount: 50, dayCount: 3))
        let deployment = try EngineDeployment(try ShopDictionary.load())
        _ = try deployment.engine.ingest([shop.input])
        #expect(try deployment.engine.status(isThorough: true).problems.isEmpty)
        let store = try CaliberStore.open(at: deployment.engine.databasePath)
        let lease = try WriterLease.acquire(on: store, holder: "test", now: { EngineDeployment.now })
        try store.write(lease) { try $0.execute(sql: "DELETE FROM segment WHERE segmentID = 1") }
        let codes = try deployment.engine.status(isThorough: true).problems.map(\.code)
        #expect(codes == ["segments-lost"])
    }
}
