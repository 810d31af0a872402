import CaliberRegression
import CaliberScoring
import CaliberTesting
import Foundation
import Testing

@Suite struct ThresholdStudyTests {
    private struct Orders {
        var probabilities: [Double] = []
        var labels: [Double] = []
        var amounts: [Double] = []

        init(seed: UInt64, count: Int, distinct: Int? = nil) {
            var generator = SeededGenerator(seed: seed)
            for _ in 0..<count {
                var logOdds = Double.random(in: -6...1, using: &generator)
                if let distinct { logOdds = (logOdds * Double(distinct) / 7).rounded() / Double(distinct) * 7 }
                probabilities.append(LogOdds.probability(logOdds))
                labels.append(Double.random(in: 0..<1, using: &generator) < LogOdds.probability(logOdds) ? 1 : 0)
                amounts.append(Double.random(in: 10...2_000, using: &generator))
            }
        }
    }

    @Test(arguments: 0..<20 as Range<UInt64>, [nil, 30] as [Int?])
    func `a capacity is used as far as whole risks allow and never exceeded`(seed: UInt64, distinct: Int?) throws {
        let orders = Orders(seed: seed, count: 997, distinct: distinct)
        let study = try ThresholdStudy(probabilities: orders.probabilities, labels: orders.labels)
        let share = Double(seed + 1) * 0.017
        let chosen = try study.report(capacity: .share(share)).chosen
        #expect(chosen.flaggedShare <= share)
        let scale = try HealthScale(reviewProbability: try #require(chosen.reviewProbability))
        let health = orders.probabilities.map { scale.health(calibratedLogOdds: LogOdds.of($0)) }
        #expect(health.filter(\.needsReview).count == chosen.flaggedCount)
        let riskiestLeft = try #require(
            zip(orders.probabilities, health).filter { !$0.1.needsReview }.map(\.0).max())
        let withNext = orders.probabilities.filter { $0 >= riskiestLeft }.count
        #expect(Double(withNext) > share * 997)
        let flagged = zip(health, orders.labels).filter { $0.0.needsReview }
        let caught = flagged.map(\.1).reduce(0, +)
        #expect(chosen.recall == caught / orders.labels.reduce(0, +))
        #expect(chosen.precision == (flagged.isEmpty ? nil : caught / Double(flagged.count)))
    }

    @Test func `orders a day are a share of the span's orders`() throws {
        let orders = Orders(seed: 1, count: 1_000)
        let study = try ThresholdStudy(probabilities: orders.probabilities, labels: orders.labels, days: 10)
        let chosen = try study.report(capacity: .ordersPerDay(7)).chosen
        #expect(chosen.flaggedCount == 70 && chosen.flaggedPerDay == 7)
        let unknown = try ThresholdStudy(probabilities: orders.probabilities)
        #expect(throws: ScoringProblem.unknownDays) { try unknown.report(capacity: .ordersPerDay(7)) }
    }

    @Test func `the threshold by cost is where the cost is least if probabilities are true`() throws {
        let orders = Orders(seed: 2, count: 5_000)
        let cost = ReviewCost(costPerReview: 4, loss: .fixed(50), preventedShare: 0.8)
        let study = try ThresholdStudy(probabilities: orders.probabilities, cost: cost)
        let report = try study.reportByCost()
        #expect(report.chosen.reviewProbability == 0.1)
        let least = try #require(report.chosen.costPerOrder)
        for row in report.alternatives { #expect(try #require(row.costPerOrder) >= least - 1e-3) }
        #expect(try #require(report.costPerOrderWithoutReview) > least)
        let flagged = orders.probabilities.filter { $0 > 0.1004 }
        let expected =
            (Double(flagged.count) * 4 + orders.probabilities.reduce(0, +) * 50
                - flagged.reduce(0, +) * 40) / 5_000
        #expect(abs(expected - least) < 1e-3)
    }

    @Test func `weighing the amount beside the risk costs less`() throws {
        let orders = Orders(seed: 3, count: 5_000)
        let cost = ReviewCost(costPerReview: 5, loss: .shareOfAmount(0.3))
        let study = try ThresholdStudy(probabilities: orders.probabilities, amounts: orders.amounts, cost: cost)
        let report = try study.reportByCost()
        let byAmount = try #require(report.byAmount)
        #expect(try #require(byAmount.costPerOrder) < (try #require(report.chosen.costPerOrder)))
        let flagged = zip(orders.probabilities, orders.amounts).filter { $0 * $1 * 0.3 > 5 }
        #expect(byAmount.flaggedCount == flagged.count)
        #expect(byAmount.reviewProbability == nil)
    }

    @Test func `the alternatives flag more and more`() throws {
        let orders = Orders(seed: 4, count: 2_000)
        let report = try ThresholdStudy(probabilities: orders.probabilities, labels: orders.labels)
            .report(reviewProbability: 0.2)
        #expect(report.alternatives.map(\.flaggedCount) == [10, 20, 40, 100, 200, 300, 400, 600])
        #expect(report.outcomesAreKnown)
        let recalls = report.alternatives.compactMap(\.recall)
        #expect(recalls == recalls.sorted())
        let data = try JSONEncoder().encode(report)
        #expect(try JSONDecoder().decode(ThresholdReport.self, from: data) == report)
    }

    @Test func `what can't be chosen says why`() throws {
        #expect(throws: ScoringProblem.noOrders) { try ThresholdStudy(probabilities: []) }
        #expect(throws: ScoringProblem.unusableOutcomes) { try ThresholdStudy(probabilities: [.nan]) }
        #expect(throws: ScoringProblem.unusableOutcomes) { try ThresholdStudy(probabilities: [0.1], labels: [0, 1]) }
        let dear = ReviewCost(costPerReview: 9, loss: .fixed(5))
        #expect(throws: ScoringProblem.reviewNeverPays(costPerReview: 9, saved: 5)) {
            try ThresholdStudy(probabilities: [0.1], cost: dear).reportByCost()
        }
        #expect(throws: ScoringProblem.noAmounts) {
            try ThresholdStudy(probabilities: [0.1], cost: ReviewCost(costPerReview: 1, loss: .shareOfAmount(1)))
        }
        #expect(throws: ScoringProblem.invalidCost) {
            try ThresholdStudy(probabilities: [0.1], cost: ReviewCost(costPerReview: -1, loss: .fixed(1)))
        }
        let study = try ThresholdStudy(probabilities: [0.1, 0.2])
        #expect(throws: ScoringProblem.invalidCapacity) { try study.report(capacity: .share(0)) }
        #expect(throws: ScoringProblem.invalidCost) { try study.reportByCost() }
        #expect(try study.report(capacity: .share(1)).chosen.flaggedCount == 2)
        #expect(try study.report(capacity: .share(0.4)).chosen.flaggedCount == 0)
    }
}
