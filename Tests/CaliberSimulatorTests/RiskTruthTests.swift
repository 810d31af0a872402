import CaliberSimulator
import Foundation
import Testing

/// What the simulator says of its law of risk, against what its events show.
@Suite struct RiskTruthTests {
    private let shop = TroubledShop.shared

    @Test func `a bad order is one that its events show to be bad`() {
        var evidence: [String: OrderEvidence] = [:]
        for event in shop.events where !event.order.isEmpty {
            evidence[event.order, default: OrderEvidence()].take(event)
        }
        var badCount = 0
        for truth in shop.orderTruths {
            guard let isBad = truth.isBad, let seen = evidence[truth.orderId], seen.isPaid else { continue }
            #expect(seen.isBad == isBad, "order \(truth.orderId), \(truth.way ?? "good")")
            badCount += isBad ? 1 : 0
        }
        #expect(badCount > 300)
    }

    @Test func `the log-odds are the law's intercept and the sum of the causes`() {
        for truth in shop.orderTruths {
            guard let logOdds = truth.logOdds, let causes = truth.causes, let probability = truth.probability else {
                continue
            }
            let sum = causes.reduce(Double(RiskCause.interceptMilli) / 1000) { $0 + $1.logOdds }
            #expect(abs(sum - logOdds) < 1e-9)
            #expect(abs(1 / (1 + exp(-logOdds)) - probability) < 1e-6)
            #expect(causes.map(\.logOdds) == causes.map(\.logOdds).sorted(by: >))
        }
    }

    @Test func `as many orders go bad as their probabilities say`() {
        let risk = shop.truth.risk
        let probabilities = shop.orderTruths.compactMap(\.probability)
        let deviation = probabilities.reduce(0) { $0 + $1 * (1 - $1) }.squareRoot()
        #expect(probabilities.count == risk.decidedCount)
        #expect(abs(probabilities.reduce(0, +) - risk.expectedBadCount) < 0.01)
        #expect(abs(Double(risk.badCount) - risk.expectedBadCount) < 4 * deviation)
        #expect((0.04...0.09).contains(Double(risk.badCount) / Double(risk.decidedCount)))
        #expect(risk.badByWay.values.reduce(0, +) == risk.badCount)
        #expect(Set(risk.badByWay.keys) == Set(BadWay.allCases))
    }

    @Test func `the best AUC is that of the probabilities told`() throws {
        let scored = shop.orderTruths.filter { $0.isScored == true }
        let risk = shop.truth.risk
        let best = areaUnderCurve(scored.map { ($0.logOdds ?? 0, $0.isBad ?? false) })
        let observed = areaUnderCurve(scored.map { ($0.observedLogOdds ?? 0, $0.isBad ?? false) })
        #expect(scored.count == risk.scoredCount)
        #expect(abs(try #require(risk.bestAUC) - best) < 1e-12)
        #expect(abs(try #require(risk.bestObservedAUC) - observed) < 1e-12)
        #expect(best > 0.82 && best < 0.92)
        #expect(observed > best - 0.01 && observed < best + 0.003)
        #expect(shop.summary.contains("\"best_auc\" : \(best)"))
    }

    /// What a feature over the past must be able to find: the same counts from the events alone, by both clocks.
    @Test func `an observer who counts what had arrived finds the law's values`() {
        let observer = Observer(shop.events)
        var comparedCount = 0
        var differences: [RiskCause: Int] = [:]
        for truth in shop.orderTruths where truth.isScored == true {
            guard let decided = truth.decidedAt.map(SeenEvent.milliseconds),
                let values = observer.values(of: truth.orderId, at: decided)
            else { continue }
            comparedCount += 1
            for (cause, value) in values {
                let expected = Double(cause.coefficientMilli) / 1000 * (value - Double(cause.usualMilli) / 1000)
                // An order whose own event is lost belongs to a channel for the law and to none for the observer.
                let tolerance = cause == .channelFailures || cause == .methodFailures ? 0.1 : 0.011
                if abs(expected - truth.contribution(cause)) > tolerance { differences[cause, default: 0] += 1 }
            }
        }
        #expect(comparedCount > 7000)
        // Days late events count for the observer and not for the law; times on two clocks end windows a little apart.
        for (cause, count) in differences { #expect(count < comparedCount / 100, "\(cause): \(count)") }
    }

    @Test func `each cause of the law has a part in some order that goes bad`() {
        var leading: Set<String> = []
        for truth in shop.orderTruths where truth.isBad == true {
            for cause in truth.causes ?? [] where cause.logOdds > 0 { leading.insert(cause.cause) }
        }
        let protective: Set = [RiskCause.buyerDeliveries.rawValue]
        #expect(leading == Set(RiskCause.allCases.map(\.rawValue)).subtracting(protective))
    }

    @Test func `the same settings tell the same truth`() {
        let settings = SimulationSettings.troubled(seed: 5, orderCount: 500, dayCount: 20)
        var first: [UInt8] = []
        var second: [UInt8] = []
        let truth = Simulation(settings).write(to: { _ in }, orderTruth: { first.append(contentsOf: $0) })
        let again = Simulation(settings).write(to: { _ in }, orderTruth: { second.append(contentsOf: $0) })
        #expect(first == second)
        #expect(truth == again)
        #expect(SimulationSummary(settings, truth).json == SimulationSummary(settings, again).json)
        #expect(first.split(separator: UInt8(ascii: "\n")).count == 500)
    }
}

/// What decides whether an order went bad, from its events alone.
private struct OrderEvidence {
    var isPaid = false
    private var lastState: (at: Int64, name: String)?
    private var promised: Int64?
    private var delivered: Int64?

    mutating func take(_ event: SeenEvent) {
        switch event.type {
        case "payment.callback": isPaid = isPaid || event["result"] == "success"
        case "order.created": promised = event.moment("promised_at")
        case "shipment.delivered": delivered = max(delivered ?? 0, event.moment("delivered_at") ?? 0)
        case "order.state_changed":
            if lastState.map({ $0.at < event.happened }) ?? true { lastState = (event.happened, event["to"] ?? "") }
        default: break
        }
    }

    var isBad: Bool {
        let state = lastState?.name ?? ""
        if ["cancelled", "refunding", "refunded"].contains(state) { return true }
        guard let delivered else { return !["delivered", "completed"].contains(state) }
        return promised.map { delivered > $0 + 3 * 86_400_000 } ?? false
    }
}

/// By counting pairs over the sorted scores, ties half.
private func areaUnderCurve(_ scores: [(score: Double, isBad: Bool)]) -> Double {
    let sorted = scores.sorted { $0.score < $1.score }
    var rankSum = 0.0
    var start = 0
    while start < sorted.count {
        var end = start
        while end < sorted.count, sorted[end].score == sorted[start].score { end += 1 }
        let rank = Double(start + 1 + end) / 2
        rankSum += rank * Double(sorted[start..<end].count { $0.isBad })
        start = end
    }
    let bad = Double(sorted.count { $0.isBad })
    return (rankSum - bad * (bad + 1) / 2) / (bad * (Double(sorted.count) - bad))
}
