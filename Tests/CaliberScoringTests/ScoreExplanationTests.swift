import CaliberRegression
import CaliberScoring
import CaliberTesting
import Foundation
import Testing

@Suite struct ScoreExplanationTests {
    @Test(arguments: 0..<60 as Range<UInt64>, Calibration.Method.allCases)
    func `points add up to the shown score, always`(seed: UInt64, kind: Calibration.Method) throws {
        var generator = SeededGenerator(seed: seed)
        let random = try RandomModel(seed: seed, calibration: kind)
        let scorer = try random.scorer
        for spread in [0.1, 1, 4, 1e6, 1e300] {
            for limit in [0, 1, 5, 50] {
                let values = random.row(&generator, spread: spread)
                let explanation = scorer.explain(values, limit: limit)
                #expect(explanation.sumOfPoints == explanation.health.hundredths)
                #expect(explanation.health == scorer.health(rawLogOdds: scorer.rawLogOdds(values)))
                #expect(explanation.needsReview == (explanation.health.hundredths < 6_000))
                #expect(explanation.reasons.count <= limit && explanation.supports.count <= limit)
            }
        }
    }

    @Test(arguments: 0..<30 as Range<UInt64>)
    func `each reason is within a hundredth of what its columns add`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let random = try RandomModel(seed: seed)
        let values = random.row(&generator)
        let explanation = try random.scorer.explain(values, limit: 50)
        let perLogOdds = -100 * random.scale.pointsToDoubleOdds / log(2)
        var pointsOfGroup: [String: Double] = [:]
        for (index, column) in random.schema.columns.enumerated() {
            pointsOfGroup[column.group ?? column.id, default: 0] +=
                perLogOdds * random.model.contribution(of: index, value: values[index])
        }
        let named = explanation.reasons + explanation.supports
        var (roundedUp, roundedDown): ([Double], [Double]) = ([], [])
        for reason in named {
            let removed = pointsOfGroup.removeValue(forKey: reason.id)
            let exact = try #require(removed)
            #expect(abs(Double(reason.points) - exact) < 1)
            let cutOff = exact - exact.rounded(.down)
            if Double(reason.points) > exact { roundedUp.append(cutOff) } else { roundedDown.append(cutOff) }
        }
        // By largest remainders: no part that was rounded up was cut off less by rounding down than one that was not.
        #expect((roundedUp.min() ?? 1) >= (roundedDown.max() ?? 0) - 1e-9)
        // What is not named is worth nothing.
        #expect(pointsOfGroup.values.allSatisfy { abs($0) < 1 })
        #expect(explanation.otherPoints == 0)
        #expect(named.map(\.id).contains("idle") == false)
        #expect(Set(named.map(\.id)).count == named.count)
        #expect(explanation.reasons.map(\.points) == explanation.reasons.map(\.points).sorted())
        #expect(explanation.supports.map(\.points) == explanation.supports.map(\.points).sorted(by: >))
        let base = 6_000 + perLogOdds * (random.model.intercept - LogOdds.of(random.scale.reviewProbability))
        #expect(abs(Double(explanation.basePoints) - base) < 1)
    }

    @Test func `a bent calibration bends every reason alike`() throws {
        let random = try RandomModel(seed: 5, calibration: .isotonic)
        var generator = SeededGenerator(seed: 6)
        let values = random.row(&generator)
        let straight = try Scorer(model: random.model, scale: random.scale, schema: random.schema)
            .explain(values, limit: 50)
        let bent = try random.scorer.explain(values, limit: 50)
        let raw = straight.rawLogOdds
        let factor = random.calibration.meanSlope(from: random.model.intercept, to: raw)
        let base =
            random.scale.pointsToDoubleOdds * 100 / log(2)
            * (LogOdds.of(random.scale.reviewProbability) - random.calibration.logOdds(random.model.intercept))
        #expect(abs(Double(bent.basePoints - 6_000) - base) < 1)
        for (one, other) in zip(straight.reasons, bent.reasons) {
            #expect(one.id == other.id)
            #expect(abs(Double(one.points) * factor - Double(other.points)) <= 2)
        }
    }

    @Test func `a reason names value, baseline, level and advice`() throws {
        let schema = try FeatureSchema(columns: [
            FeatureSchema.Column(
                id: "refund_rate_24h", definition: "r", description: "Refunded share of a day",
                advice: FeatureSchema.Advice(english: "Call the buyer.", chinese: "联系买家。"), unit: "share"),
            FeatureSchema.Column(
                id: "channel_jd", definition: "j", description: "From JD", group: "channel", level: "jd"),
            FeatureSchema.Column(
                id: "channel_tmall", definition: "t", description: "From Tmall", group: "channel", level: "tmall"),
            FeatureSchema.Column(id: "delay", definition: "d", description: "Delay"),
        ])
        let model = LogisticModel(
            intercept: -2,
            terms: [
                LogisticModel.Term(weight: 1, mean: 0.1, deviation: 0.1),
                LogisticModel.Term(weight: 0.1, mean: 0.5, deviation: 0.5),
                LogisticModel.Term(weight: -1, mean: 0.5, deviation: 0.5),
                LogisticModel.Term(weight: 0.5, mean: 2, deviation: 1, missingWeight: 0.4),
            ])
        let scorer = try Scorer(
            model: model, scale: HealthScale(reviewProbability: 0.1), schema: schema)
        let explanation = scorer.explain([0.3, 1, 0, .nan])
        #expect(explanation.reasons.map(\.id) == ["refund_rate_24h", "channel", "delay"])
        let first = try #require(explanation.reasons.first)
        #expect(first.columns.first?.value == 0.3 && first.columns.first?.baseline == 0.1)
        #expect(first.advice?.chinese == "联系买家。" && first.columns.first?.unit == "share")
        #expect(first.points == -2_885)
        let channel = explanation.reasons[1]
        #expect(channel.description == "From JD")
        #expect(channel.columns.map(\.level) == ["jd", "tmall"])
        #expect(channel.points == -1_587)
        let delay = explanation.reasons[2]
        #expect(delay.columns.first?.value == nil)
        #expect(delay.points == -577)
        let data = try JSONEncoder().encode(explanation)
        #expect(try JSONDecoder().decode(ScoreExplanation.self, from: data) == explanation)
    }

    @Test func `a score from a kernel that adds in another order is explained as it is shown`() throws {
        let random = try RandomModel(seed: 9)
        var generator = SeededGenerator(seed: 9)
        let values = random.row(&generator)
        let scorer = try random.scorer
        let given = scorer.rawLogOdds(values) + 1e-9
        let explanation = scorer.explain(values, rawLogOdds: given)
        #expect(explanation.rawLogOdds == given && explanation.health == scorer.health(rawLogOdds: given))
        #expect(explanation.sumOfPoints == explanation.health.hundredths)
    }

    @Test func `values without end neither crash nor break the sum`() throws {
        let random = try RandomModel(seed: 2)
        let scorer = try random.scorer
        for value in [Double.infinity, -.infinity, .greatestFiniteMagnitude, .nan] {
            let values = [Double](repeating: value, count: random.schema.columns.count)
            let explanation = scorer.explain(values)
            #expect(explanation.sumOfPoints == explanation.health.hundredths)
            #expect(throws: Never.self) { try JSONEncoder().encode(explanation) }
            let kernel = scorer.explain(random.model.terms.map(\.mean), rawLogOdds: value)
            #expect(kernel.sumOfPoints == kernel.health.hundredths)
            #expect(kernel.health == scorer.health(rawLogOdds: value))
            #expect(throws: Never.self) { try JSONEncoder().encode(kernel) }
        }
    }

    @Test func `the limits of the scale are a line of their own`() throws {
        let schema = try FeatureSchema(columns: [FeatureSchema.Column(id: "x", definition: "x")])
        let model = LogisticModel(intercept: -8, terms: [LogisticModel.Term(weight: 1)])
        let scorer = try Scorer(model: model, scale: HealthScale(reviewProbability: 0.1), schema: schema)
        let healthy = scorer.explain([0])
        #expect(healthy.health.hundredths == 10_000)
        #expect(healthy.limitPoints == 10_000 - healthy.basePoints && healthy.limitPoints < 0)
        let ill = scorer.explain([20])
        #expect(ill.health.hundredths == 0 && ill.limitPoints > 0)
        #expect(scorer.explain([6]).limitPoints == 0)
    }

    @Test func `a model with other columns than the schema is refused`() throws {
        let random = try RandomModel(seed: 1)
        let model = LogisticModel(intercept: 0, terms: [])
        #expect(throws: ScoringProblem.columnCount(model: 0, schema: 10)) {
            try Scorer(model: model, scale: random.scale, schema: random.schema)
        }
    }
}
