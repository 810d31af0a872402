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

/// Orders of a shop with trouble, a model learned from them, and what was said about each.
struct LearnedShop: Sendable {
    let lines: [[UInt8]]
    let truth: [String: OrderTruth]
    let summary: SimulationTruth
    let dictionary: LoadedDictionary
    let model: TrainedModel

    /// What the simulator knows of one order.
    struct OrderTruth: Sendable, Decodable {
        let order_id: String
        let is_bad: Bool?
        let probability: Double?
        let causes: [Cause]?

        struct Cause: Sendable, Decodable {
            let cause: String
            let log_odds: Double
        }
    }

    static let shared = Result { try LearnedShop(orders: 24_000, days: 60, seed: 11) }

    private init(orders: Int, days: Int, seed: UInt64) throws {
        let settings = SimulationSettings.troubled(seed: seed, orderCount: orders, dayCount: days)
        var events: [UInt8] = []
        var truthLines: [UInt8] = []
        summary = Simulation(settings).write(
            to: { events.append(contentsOf: $0) }, orderTruth: { truthLines.append(contentsOf: $0) })
        lines = events.split(separator: UInt8(ascii: "\n")).map(Array.init)
        let decoder = JSONDecoder()
        let truths = try truthLines.split(separator: UInt8(ascii: "\n")).map {
            try decoder.decode(OrderTruth.self, from: Data($0))
        }
        truth = Dictionary(truths.map { ($0.order_id, $0) }, uniquingKeysWith: { first, _ in first })
        dictionary = try ShopDictionary.load()
        let deployment = try EngineDeployment(dictionary)
        _ = try deployment.engine.ingest([SimulatedShop.input(lines)])
        model = try LearnedShop.train(deployment.engine)
    }

    static func train(_ engine: Engine) throws -> TrainedModel {
        let features = try engine.featureSet(nil)
        let label = try engine.label(nil, of: features.table)
        let set = try engine.trainingSet(features, label: label, group: "channel")
        var settings = TrainingSettings(threads: 2)
        settings.penalty = 5
        return try engine.train(
            set, features: features, label: label, name: features.name, version: "1", group: "channel",
            settings: settings)
    }

    func scores(_ engine: Engine) throws -> [String: String] {
        let rows = try engine.session().rows(of: "orders")
        // Not when: a score's microsecond is its place in the log, and scores stand there too.
        let columns = ["order_id", "health", "health_at_payment", "risk", "needs_review", "scored_by"]
            .compactMap { rows.index(of: $0) }
        return Dictionary(
            rows.rows.map { row in
                (row[columns[0]].text ?? "", columns.dropFirst().map { row[$0].text ?? "∅" }.joined(separator: " "))
            }, uniquingKeysWith: { first, _ in first })
    }
}

@Suite struct HealthTests {
    @Test func `held-out orders are told apart nearly as well as by the law that made them`() throws {
        let shop = try LearnedShop.shared.get()
        let held = try #require(shop.model.file.evaluation(on: .heldOut)?.evaluation)
        let reached = try #require(held.areaUnderCurve)
        // With so few orders the figure itself is uncertain; docs/models.md has it for a hundred thousand.
        #expect(reached > 0.84, "\(reached)")
        let account = shop.model.account
        #expect(account.total == account.used + account.unknown + account.immature)
        #expect(account.used > account.total * 9 / 10)
    }

    @Test func `scores that come with the events are those of the whole log at once`() throws {
        let shop = try LearnedShop.shared.get()
        let lines = Array(shop.lines.prefix(40_000))
        let whole = try EngineDeployment(shop.dictionary)
        _ = try whole.engine.ingest([SimulatedShop.input(lines)])
        let features = try whole.engine.featureSet(nil)
        let all = try whole.engine.score(shop.model.file, features: features)
        #expect(all.scoredCount > 10_000)
        let live = try EngineDeployment(shop.dictionary)
        var random = SeededGenerator(seed: 3)
        var next = 0
        var scoredCount = 0
        while next < lines.count {
            let end = min(lines.count, next + Int.random(in: 1...9_000, using: &random))
            // A process of its own for each: the features are taken up where the last one put them away.
            let engine = try live.reopened(shop.dictionary)
            _ = try engine.ingest([SimulatedShop.input(lines[next..<end])])
            let outcome = try engine.score(shop.model.file, features: features)
            #expect(!outcome.isReplayed)
            scoredCount += outcome.scoredCount
            next = end
        }
        #expect(scoredCount == all.scoredCount)
        let (one, other) = (try shop.scores(live.engine), try shop.scores(whole.engine))
        let different = one.keys.filter { one[$0] != other[$0] }.sorted()
        #expect(one.count == other.count)
        #expect(different == [], "\(different.prefix(3).map { [one[$0], other[$0]] })")
    }

    @Test func `scores of one long session are those of the whole log at once`() throws {
        let shop = try LearnedShop.shared.get()
        let lines = Array(shop.lines.prefix(20_000))
        let whole = try EngineDeployment(shop.dictionary)
        _ = try whole.engine.ingest([SimulatedShop.input(lines)])
        let features = try whole.engine.featureSet(nil)
        let all = try whole.engine.score(shop.model.file, features: features)
        let live = try EngineDeployment(shop.dictionary)
        let intake = try live.engine.openIntake()
        let session = try intake.scoring(by: shop.model.file, features: features)
        var random = SeededGenerator(seed: 5)
        var next = 0
        while next < lines.count {
            let end = min(lines.count, next + Int.random(in: 1...2_000, using: &random))
            _ = try intake.ingest([SimulatedShop.input(lines[next..<end])])
            try session.advance()
            next = end
        }
        try intake.checkpoint()
        #expect(session.outcome.scoredCount == all.scoredCount)
        #expect(session.outcome.reviewCount == all.reviewCount)
        let (one, other) = (try shop.scores(live.engine), try shop.scores(whole.engine))
        #expect(one.keys.filter { one[$0] != other[$0] }.sorted() == [])
    }

    @Test func `a pass that is run again changes nothing`() throws {
        let shop = try LearnedShop.shared.get()
        let deployment = try EngineDeployment(shop.dictionary)
        _ = try deployment.engine.ingest([SimulatedShop.input(shop.lines.prefix(20_000))])
        let features = try deployment.engine.featureSet(nil)
        let first = try deployment.engine.score(shop.model.file, features: features)
        let before = try shop.scores(deployment.engine)
        let again = try deployment.engine.score(shop.model.file, features: features)
        #expect(first.scoredCount > 0)
        #expect(again.scoredCount == 0)
        #expect(try shop.scores(deployment.engine) == before)
        #expect(try deployment.engine.status().account.isBalanced)
    }

    @Test func `reasons name what made an order go bad`() throws {
        let shop = try LearnedShop.shared.get()
        let deployment = try EngineDeployment(shop.dictionary)
        _ = try deployment.engine.ingest([SimulatedShop.input(shop.lines)])
        let features = try deployment.engine.featureSet(nil)
        _ = try deployment.engine.score(shop.model.file, features: features)
        let caught = try deployment.engine.riskiest(
            3_000, since: Timestamp(microseconds: 0)
        ).filter { order in order.explanation != nil && shop.truth[order.key]?.is_bad == true }
        #expect(caught.count > 100)
        var namedCount = 0
        var missed: [String: Int] = [:]
        for order in caught {
            let explanation = try #require(order.explanation)
            #expect(explanation.sumOfPoints == explanation.health.hundredths)
            guard let cause = shop.truth[order.key]?.causes?.first?.cause else { continue }
            let columns = explanation.reasons.prefix(3).flatMap { [$0.id] + $0.columns.map(\.id) }
            if columns.contains(where: { HealthTests.columns(of: cause).contains($0) }) {
                namedCount += 1
            } else {
                missed[cause, default: 0] += 1
            }
        }
        #expect(
            Double(namedCount) >= 0.95 * Double(caught.count), "\(namedCount) of \(caught.count); not named: \(missed)")
    }

    /// Groups and columns that tell of a cause of the simulator's law.
    private static func columns(of cause: String) -> Set<String> {
        switch cause {
        case "failed_payments": ["failed_payments", "device_failures", "buyer_failures", "address_failures"]
        case "like_orders": ["buyer_orders", "device_orders", "address_orders"]
        case "device_orders": ["device_orders", "buyer_orders", "address_orders", "device_buyers"]
        case "device_failures": ["device_failures", "buyer_failures", "address_failures", "failed_payments"]
        case "buyer_refunds": ["buyer_refunds", "address_refunds", "device_refunds", "buyer_cancels"]
        case "address_refunds": ["address_refunds", "buyer_refunds", "device_refunds"]
        case "buyer_deliveries": ["buyer_deliveries", "address_deliveries"]
        case "channel_failures": ["channel_failures"]
        case "method_failures": ["method_failures"]
        case "carrier_lateness": ["carrier_lateness"]
        case "oversold": ["is_oversold"]
        case "discount": ["discount_share"]
        case "night": ["at_night"]
        case "far_province": ["province"]
        case "live_stream": ["source"]
        case "deposit": ["is_deposit"]
        case "large_amount": ["amount"]
        case "promotion": ["is_promotion"]
        default: []
        }
    }
}
