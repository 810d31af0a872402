import CaliberCore
import CaliberDictionary
import CaliberEngine
import CaliberEventLog
import CaliberQuery
import CaliberSimulator
import CaliberTesting
import Testing

/// The shipped dictionary, and the engine under it, against what the simulator knows of its own stream.
@Suite struct ShopTests {
    @Test func `the dictionary's own tests pass`() throws {
        let results = try DictionaryTestRun(try ShopDictionary.load()).run()
        #expect(results.count >= 15)
        for result in results { #expect(result.failures.map(\.description) == [], "\(result.name)") }
    }

    @Test func `a test of a dictionary that expects something else fails, and says where`() throws {
        let loaded = try ShopDictionary.load(edits: [
            (old: "- {product_id: P1, category: home}", new: "- {product_id: P1, category: food}"),
            (old: "list_value_amount: \"240.00\"", new: "list_value_amount: \"240.01\""),
        ])
        let failed = try DictionaryTestRun(loaded).run().filter { !$0.hasPassed }
        #expect(failed.count == 2)
        let failures = failed.flatMap(\.failures)
        #expect(failures.map(\.code) == ["test-value-differs", "test-value-differs"])
        #expect(failures.allSatisfy { $0.location?.file == "tests/catalog.yaml" && $0.location?.line != nil })
    }

    @Test(arguments: 0..<4 as Range<UInt64>)
    func `the account and the turnover are those that the simulator knows`(seed: UInt64) throws {
        // With every detail and every injected fault, and without.
        var settings =
            seed % 2 == 0
            ? SimulationSettings(seed: seed, orderCount: 1500, dayCount: 12)
            : SimulationSettings.troubled(seed: seed, orderCount: 1500, dayCount: 12)
        settings.malformedShare = 0.02
        settings.repeatShare = 0.06
        settings.outOfOrderShare = 0.1
        let shop = SimulatedShop(settings)
        let truth = shop.truth
        let deployment = try EngineDeployment(try ShopDictionary.load())
        let account = try deployment.engine.ingest([shop.input]).account
        #expect(
            account
                == IntakeAccount(
                    received: Int64(truth.lineCount), accepted: Int64(truth.acceptedCount),
                    duplicate: Int64(truth.repeatCount), quarantined: Int64(truth.malformedCount), parked: 0))
        let answer = try deployment.engine.answer(
            MetricQuery(
                metrics: [MetricReference(name: "gmv"), MetricReference(name: "orders_paid")],
                groupBy: ["metric_time__day", "channel"]))
        var paidMinor: [SimulationTruth.DayAndChannel: Int64] = [:]
        var paidOrders: [SimulationTruth.DayAndChannel: Int] = [:]
        for row in answer.rows {
            guard case .integer(let day) = row[0], case .integer(let minor) = row[2], case .integer(let orders) = row[3]
            else {
                Issue.record("\(row) has no day or figure")
                continue
            }
            var channel: String?
            if case .text(let name) = row[1] { channel = name }
            let place = SimulationTruth.DayAndChannel(
                day: CivilDate(dayNumber: Int32(clamping: day)), channel: channel)
            // Days without orders are in the answer and not in the truth.
            guard orders != 0 || minor != 0 else { continue }
            paidMinor[place] = Int64(minor)
            paidOrders[place] = Int(orders)
        }
        #expect(paidMinor == truth.paidMinorByDayAndChannel)
        #expect(paidOrders == truth.paidOrdersByDayAndChannel)
        let totals = try deployment.engine.answer(
            MetricQuery(metrics: [MetricReference(name: "gmv"), MetricReference(name: "products_listed")]))
        #expect(totals.rows == [[.integer(Int128(truth.paidMinor)), .integer(Int128(truth.productCount))]])
        #expect(try deployment.engine.status(isThorough: true).problems == [])
    }
}
