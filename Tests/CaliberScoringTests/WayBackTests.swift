import CaliberRegression
import CaliberScoring
import CaliberTesting
import Foundation
import Testing

@Suite struct WayBackTests {
    private func apply(_ changes: [WayBack.Change], to row: [Double], _ schema: FeatureSchema) -> [Double] {
        var values = row
        for change in changes {
            for (index, column) in schema.columns.enumerated() {
                if let level = change.toLevel, column.group == change.id {
                    values[index] = column.level == level ? 1 : 0
                }
                if let to = change.to, column.id == change.id { values[index] = to }
            }
        }
        return values
    }

    @Test(arguments: 0..<40 as Range<UInt64>, Calibration.Method.allCases)
    func `the change brings the order to 60 and a hundredth less of it does not`(
        seed: UInt64, kind: Calibration.Method
    ) throws {
        var generator = SeededGenerator(seed: seed)
        let random = try RandomModel(seed: seed, calibration: kind)
        let scorer = try random.scorer
        for _ in 0..<20 {
            let values = random.row(&generator)
            let raw = scorer.rawLogOdds(values)
            guard let way = scorer.wayBack(values, rawLogOdds: raw) else {
                #expect(!scorer.health(rawLogOdds: raw).needsReview)
                continue
            }
            #expect(scorer.health(rawLogOdds: raw).needsReview)
            let after = scorer.health(rawLogOdds: scorer.rawLogOdds(apply(way.changes, to: values, random.schema)))
            #expect(abs(after.hundredths - way.healthAfter.hundredths) <= 1)
            #expect(after.needsReview == (way.kind == .unreachable))
            guard way.kind == .single else { continue }
            for change in way.changes + way.alternatives { try check(change, values, random, scorer) }
            let sizes = (way.changes + way.alternatives).map(\.deviations)
            #expect(sizes == sizes.sorted())
        }
    }

    private func check(_ change: WayBack.Change, _ values: [Double], _ random: RandomModel, _ scorer: Scorer) throws {
        let changed = apply([change], to: values, random.schema)
        #expect(!scorer.health(rawLogOdds: scorer.rawLogOdds(changed)).needsReview)
        guard let to = change.to, let index = random.schema.columns.firstIndex(where: { $0.id == change.id }) else {
            return
        }
        let column = random.schema.columns[index]
        #expect(to >= column.minimum ?? -.infinity && to <= column.maximum ?? .infinity)
        let term = random.model.terms[index]
        let direction = term.weight < 0 ? 1.0 : -1.0
        var less = changed
        if let step = column.step {
            // One step less is not enough, unless nothing lies there.
            less[index] = to - direction * step
            if let from = change.from, abs(to - from) < 1.5 * step { less[index] = from }
        } else {
            // Back by what one hundredth of health costs.
            let raw = scorer.rawLogOdds(changed)
            let perHundredth = log(2.0) / (100 * random.scale.pointsToDoubleOdds)
            let goal = random.calibration.rawLogOdds(random.calibration.logOdds(raw) + perHundredth)
            less[index] = to - direction * (goal - raw) / abs(term.weight) * term.deviation
        }
        // A missing value in whose place the mean, or a bound, is already enough has no "less".
        if change.from == nil, scorer.health(rawLogOdds: scorer.rawLogOdds(changed)) > Health(hundredths: 6_000) {
            return
        }
        #expect(scorer.health(rawLogOdds: scorer.rawLogOdds(less)).needsReview, "\(change)")
    }

    private func scorer(
        _ columns: [FeatureSchema.Column], weights: [Double], intercept: Double = -1,
        observed: [ClosedRange<Double>?]? = nil
    ) throws -> Scorer {
        try Scorer(
            model: LogisticModel(intercept: intercept, terms: weights.map { LogisticModel.Term(weight: $0) }),
            scale: HealthScale(reviewProbability: 0.1), schema: FeatureSchema(columns: columns),
            observedRanges: observed)
    }

    private func way(_ scorer: Scorer, _ values: [Double]) -> WayBack? {
        scorer.wayBack(values, rawLogOdds: scorer.rawLogOdds(values))
    }

    @Test func `only what is declared actionable is changed, where anything is`() throws {
        let fixed = FeatureSchema.Column(id: "age", definition: "a")
        let open = FeatureSchema.Column(id: "delay", definition: "d", isActionable: true, unit: "hours")
        let actionable = try #require(way(try scorer([fixed, open], weights: [5, 1]), [1, 1]))
        #expect(actionable.changes.map(\.id) == ["delay"] && actionable.alternatives.isEmpty)
        #expect(actionable.changes.first?.unit == "hours")
        let undeclared = FeatureSchema.Column(id: "delay", definition: "d")
        let any = try #require(way(try scorer([fixed, undeclared], weights: [5, 1]), [1, 1]))
        #expect(any.changes.map(\.id) == ["age"] && any.alternatives.map(\.id) == ["delay"])
    }

    @Test func `nothing is proposed that is declared the worse`() throws {
        func delay(_ better: FeatureSchema.Direction?) -> FeatureSchema.Column {
            FeatureSchema.Column(id: "delay", definition: "d", isActionable: true, better: better)
        }
        let other = FeatureSchema.Column(id: "amount", definition: "a", isActionable: true)
        // More delay would lower the risk, says the weight.
        for (better, weight, isProposed) in [
            (FeatureSchema.Direction?.none, -5.0, true), (.lower, -5, false), (.higher, -5, true),
            (.lower, 5, true), (.higher, 5, false),
        ] {
            let found = try #require(
                way(try scorer([delay(better), other], weights: [weight, 1]), [weight < 0 ? -1 : 1, 1]))
            let proposed = (found.changes + found.alternatives).map(\.id)
            #expect(proposed.contains("delay") == isProposed, "\(String(describing: better)) \(weight)")
            #expect(proposed.contains("amount"))
        }
    }

    @Test func `where one change is not enough the strongest together are`() throws {
        let columns = ["a", "b", "c"].map {
            FeatureSchema.Column(id: $0, definition: $0, minimum: 0, maximum: 1)
        }
        // −3 + 0.2 + 3 + 1.35 = 1.55 must fall below −2.197: 3.747 of the 0.2, 3 and 1.35 that can be gained.
        let scorer = try scorer(columns, weights: [1, 3, 1.5], intercept: -3)
        let more = try #require(way(scorer, [0.2, 1, 0.9]))
        #expect(more.kind == .several)
        #expect(more.changes.map(\.id) == ["b", "c"])
        #expect(more.changes.first?.to == 0)
        #expect(try #require(more.changes.last?.to) > 0)
        #expect(more.healthAfter.description == "60.00")
    }

    @Test func `where all changes are not enough the way says so and how far it goes`() throws {
        let columns = [
            FeatureSchema.Column(id: "a", definition: "a", isActionable: true, minimum: 0, maximum: 1),
            FeatureSchema.Column(id: "b", definition: "b"),
        ]
        let scorer = try scorer(columns, weights: [1, 2])
        let way = try #require(self.way(scorer, [1, 3]))
        #expect(way.kind == .unreachable)
        #expect(way.changes.map(\.to) == [0])
        #expect(way.healthAfter == scorer.health(rawLogOdds: scorer.rawLogOdds([0, 3])))
        let none = try #require(self.way(scorer, [0, 3]))
        #expect(none.kind == .unreachable && none.changes.isEmpty)
        #expect(none.healthAfter == scorer.health(rawLogOdds: scorer.rawLogOdds([0, 3])))
    }

    @Test func `a category changes its level, not one of its columns`() throws {
        let columns = ["jd", "tmall", "douyin"].map {
            FeatureSchema.Column(id: "channel_\($0)", definition: $0, group: "channel", level: $0)
        }
        let scorer = try scorer(columns, weights: [2, 0.2, -3])
        let way = try #require(self.way(scorer, [1, 0, 0]))
        let change = try #require(way.changes.first)
        #expect(way.kind == .single && change.id == "channel")
        #expect(change.fromLevel == "jd" && change.toLevel == "douyin" && change.to == nil)
    }

    @Test func `a value that training never saw is marked`() throws {
        let columns = [FeatureSchema.Column(id: "a", definition: "a")]
        let change = try #require(way(try scorer(columns, weights: [1], observed: [0...5]), [1])?.changes.first)
        #expect(change.isBeyondTraining && change.to.map { $0 < 0 } == true)
        let inside = try #require(way(try scorer(columns, weights: [1], observed: [-9...5]), [1])?.changes.first)
        #expect(!inside.isBeyondTraining)
    }

    @Test func `counts move by whole steps`() throws {
        let columns = [FeatureSchema.Column(id: "n", definition: "n", minimum: 0, step: 1)]
        let scorer = try scorer(columns, weights: [0.4])
        let change = try #require(way(scorer, [7])?.changes.first)
        // −1 + 0.4 n ≤ −2.197 has no n from 0 on.
        #expect(change.to == 0 && way(scorer, [7])?.kind == .unreachable)
        let reachable = try self.scorer(
            [FeatureSchema.Column(id: "n", definition: "n", minimum: -10, step: 1)], weights: [0.4])
        #expect(way(reachable, [7])?.changes.first?.to == -3)
    }
}
