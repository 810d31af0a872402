import CaliberScoring
import CaliberTesting
import Foundation
import Testing

@Suite struct ReplayComparisonTests {
    private func decision(
        _ id: String, _ health: Int, bad: Bool? = nil, amount: Int64? = nil, _ points: [String: Int] = [:]
    ) -> PastDecision {
        PastDecision(
            orderID: id, health: Health(hundredths: health), wasFlagged: health < 6_000, wentBad: bad,
            amountMinor: amount, points: points)
    }

    private func score(_ id: String, _ health: Int, _ points: [String: Int] = [:]) -> CandidateScore {
        CandidateScore(orderID: id, health: Health(hundredths: health), points: points)
    }

    @Test func `sides, outcomes, net effect and reasons are counted`() {
        let comparison = ReplayComparison(
            decisions: [
                decision("a", 5_000, bad: true, amount: 100),
                decision("b", 5_500, bad: false, amount: 200, ["carrier": -900, "refund": -100]),
                decision("c", 8_000, bad: true, amount: 400, ["carrier": 100]),
                decision("d", 9_000, bad: false), decision("e", 7_000), decision("f", 3_000),
            ],
            candidate: [
                score("a", 4_000), score("b", 6_000, ["carrier": -500, "refund": -100]),
                score("c", 5_999, ["carrier": -1_500, "buyer": -300]), score("d", 9_500), score("e", 2_000),
                score("g", 1_000),
            ], days: 2)
        #expect(comparison.orderCount == 5 && comparison.withoutCandidate == 1 && comparison.withoutDecision == 1)
        #expect(comparison.flaggedInBoth.bad == 1 && comparison.flaggedInNone.good == 1)
        #expect(comparison.released.good == 1 && comparison.released.amountMinor == 200)
        #expect(comparison.newlyFlagged.bad == 1 && comparison.newlyFlagged.unknown == 1)
        #expect(comparison.newlyFlagged.amountMinor == 400)
        #expect(comparison.before.recall == 0.5 && comparison.after.recall == 1)
        #expect(comparison.before.precision == 0.5 && comparison.after.precision == 1)
        #expect(comparison.before.flaggedPerDay == 1 && comparison.after.flaggedPerDay == 1.5)
        #expect(comparison.meanHealthChange == Double(-1_000 + 500 - 2_001 + 500 - 5_000) / 500)
        #expect(comparison.reasonMoves.map(\.id) == ["carrier", "buyer"])
        #expect(comparison.reasonMoves.map(\.newlyFlaggedPoints) == [-1_600, -300])
        #expect(comparison.reasonMoves.map(\.releasedPoints) == [400, 0])
        #expect(comparison.reasonMoves.map(\.orderCount) == [2, 1])
        #expect(comparison.changes.map(\.orderID) == ["e", "c", "b"])
        #expect(comparison.changes[1].moves.map(\.id) == ["carrier", "buyer"])
        #expect(comparison.changes[1].isFlagged && !comparison.changes[2].isFlagged)
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func `every order is counted once and a model beside itself changes nothing`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let decisions = (0..<300).map { index in
            decision(
                "o\(index)", Int.random(in: 4_000...8_000, using: &generator),
                bad: [true, false, nil].randomElement(using: &generator) ?? nil)
        }
        let scores = decisions.map { score($0.orderID, Int.random(in: 4_000...8_000, using: &generator)) }
        let comparison = ReplayComparison(decisions: decisions.shuffled(using: &generator), candidate: scores)
        let outcomes = [
            comparison.flaggedInBoth, comparison.flaggedInNone, comparison.newlyFlagged, comparison.released,
        ]
        #expect(outcomes.map(\.count).reduce(0, +) == 300)
        #expect(comparison == ReplayComparison(decisions: decisions, candidate: scores.shuffled(using: &generator)))
        #expect(comparison.changes.count == min(50, comparison.newlyFlagged.count + comparison.released.count))
        let same = ReplayComparison(
            decisions: decisions, candidate: decisions.map { score($0.orderID, $0.health.hundredths) })
        #expect(same.newlyFlagged.count == 0 && same.released.count == 0 && same.before == same.after)
        #expect(same.meanHealthChange == 0 && same.changes.isEmpty)
        let data = try JSONEncoder().encode(comparison)
        #expect(try JSONDecoder().decode(ReplayComparison.self, from: data) == comparison)
    }

    @Test func `of several decisions about one order the last counts`() {
        let comparison = ReplayComparison(
            decisions: [decision("a", 3_000), decision("b", 9_000), decision("a", 9_000)],
            candidate: [score("a", 9_000), score("b", 1_000), score("b", 9_000)])
        #expect(comparison.flaggedInNone.count == 2 && comparison.orderCount == 2)
    }

    @Test func `nothing compared gives no figures and no crash`() {
        let none = ReplayComparison(decisions: [], candidate: [], days: 0)
        #expect(none.orderCount == 0 && none.meanHealthChange == nil && none.before.recall == nil)
        #expect(none.before.flaggedPerDay == nil)
        let huge = ReplayComparison(
            decisions: [decision("a", 1, amount: .max), decision("b", 1, amount: .max)],
            candidate: [score("a", 1), score("b", 1)])
        #expect(huge.flaggedInBoth.amountMinor == .max)
    }
}
