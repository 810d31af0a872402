import CaliberAttribution
import CaliberDictionary
import CaliberTesting
import Testing

/// Totals that follow what comes in are those of all of it at once.
@Suite struct LivingTests {
    private struct Rows {
        var touches: [LivingAttribution.Touch] = []
        var conversions: [LivingAttribution.Conversion] = []

        init(_ generator: inout SeededGenerator, count: Int) {
            for index in 0..<count {
                let buyer = "b\(Int.random(in: 0..<12, using: &generator))"
                let at = Int64.random(in: 0..<400, using: &generator)
                if Int.random(in: 0..<4, using: &generator) == 0 {
                    conversions.append(
                        .init(
                            buyer: buyer, id: "o\(index)", at: at,
                            value: Int64.random(in: -50...5000, using: &generator)))
                } else {
                    touches.append(
                        .init(
                            buyer: buyer, id: "t\(index)", at: at, channel: UInt8.random(in: 0..<5, using: &generator)))
                }
            }
        }
    }

    private func living(_ rules: PathRules) -> LivingAttribution {
        LivingAttribution(
            rules: rules, weights: CreditWeights(halfLife: 40), models: AttributionModel.all,
            isDirect: [false, false, false, false, true])
    }

    private func answers(_ totals: AttributionTotals) throws -> [String] {
        try AttributionModel.all.map { model in
            let credit = try totals.credit(by: model)
            return "\(model.name) \(credit.conversionParts) \(credit.valueParts)"
        } + [
            "\(totals.conversions) \(totals.value) \(totals.untouchedConversions) \(totals.untouchedValue) \(totals.misses)"
        ]
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func `any order, any batches, repeats and late touches give the same bits`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let rows = Rows(&generator, count: 150)
        let rules = PathRules(
            lookback: Int64.random(in: 5...200, using: &generator),
            stepLimit: Bool.random(using: &generator) ? 3 : nil,
            transform: PathRules.Transform.allCases.randomElement(using: &generator) ?? .exposure,
            direct: Bool.random(using: &generator) ? .keep : .drop,
            repeated: Bool.random(using: &generator) ? .share : .restart)
        var whole = living(rules)
        whole.take(touches: rows.touches, conversions: rows.conversions)
        let expected = try answers(whole.totals)
        for _ in 0..<3 {
            var parts = living(rules)
            var touches = (rows.touches + rows.touches.prefix(40)).shuffled(using: &generator)[...]
            var conversions = (rows.conversions + rows.conversions.prefix(9)).shuffled(using: &generator)[...]
            while !touches.isEmpty || !conversions.isEmpty {
                let (some, others) = (
                    Int.random(in: 0...9, using: &generator), Int.random(in: 0...3, using: &generator)
                )
                parts.take(touches: Array(touches.prefix(some)), conversions: Array(conversions.prefix(others)))
                touches = touches.dropFirst(some)
                conversions = conversions.dropFirst(others)
            }
            #expect(try answers(parts.totals) == expected, "seed \(seed)")
        }
    }

    @Test(arguments: 0..<10 as Range<UInt64>)
    func `two buyers that turn out to be one are as if they always had been`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: 900 + seed)
        let rows = Rows(&generator, count: 120)
        let rules = PathRules(lookback: 120)
        var joined = living(rules)
        joined.take(touches: rows.touches, conversions: rows.conversions)
        joined.join("b3", into: "b1")
        joined.join("nobody", into: "b1")
        var always = living(rules)
        always.take(
            touches: rows.touches.map {
                .init(buyer: $0.buyer == "b3" ? "b1" : $0.buyer, id: $0.id, at: $0.at, channel: $0.channel)
            },
            conversions: rows.conversions.map {
                .init(buyer: $0.buyer == "b3" ? "b1" : $0.buyer, id: $0.id, at: $0.at, value: $0.value)
            })
        #expect(try answers(joined.totals) == answers(always.totals), "seed \(seed)")
    }

    @Test func `a row that changes takes the place of what it was`() throws {
        var changed = living(PathRules(lookback: 100))
        changed.take(
            touches: [.init(buyer: "b", id: "t", at: 5, channel: 0)],
            conversions: [.init(buyer: "b", id: "o", at: 9, value: 100)])
        changed.take(
            touches: [.init(buyer: "b", id: "t", at: 6, channel: 2)],
            conversions: [.init(buyer: "b", id: "o", at: 9, value: 250)])
        var final = living(PathRules(lookback: 100))
        final.take(
            touches: [.init(buyer: "b", id: "t", at: 6, channel: 2)],
            conversions: [.init(buyer: "b", id: "o", at: 9, value: 250)])
        #expect(try answers(changed.totals) == answers(final.totals))
        #expect(try changed.totals.credit(by: .last).values == [0, 0, 250, 0, 0])
    }
}
