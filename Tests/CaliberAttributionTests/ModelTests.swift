import CaliberAttribution
import CaliberCore
import CaliberDictionary
import CaliberTesting
import Testing

/// Every model against another maker's, or against arithmetic of another kind.
@Suite struct ModelTests {
    @Test(arguments: [1, 2, 3] as [UInt64])
    func `heuristics are ChannelAttribution's`(seed: UInt64) throws {
        let made = MadePaths(seed: seed, count: 3000, channelCount: 8)
        let theirs: [String: OracleCredit] = try LearningOracle.shared().call(
            "attribution.heuristics", made.arguments)
        let totals = made.totals([.first, .last, .linear])
        for model in [AttributionModel.first, .last, .linear] {
            let difference = try totals.credit(by: model).difference(from: try #require(theirs[model.name]))
            #expect(difference < 1e-9, "\(model.name), seed \(seed)")
        }
    }

    /// The last two have more states than are eliminated, so that they are solved by sweeps.
    @Test(
        arguments: [
            (1, 12, 5000), (2, 5, 3000), (3, 4, 3000), (2, 12, 4000), (3, 8, 4000), (3, 10, 9000),
        ] as [(Int, Int, Int)])
    func `a chain is what a linear system of another maker says`(order: Int, channelCount: Int, count: Int) throws {
        let made = MadePaths(seed: UInt64(order * 100 + channelCount), count: count, channelCount: channelCount)
        struct Exact: Decodable {
            let effects: [Double]
            let conversions: [Double]
            let values: [Double]
            let states: Int
        }
        var arguments = made.arguments
        arguments["order"] = .integer(order)
        let exact: Exact = try LearningOracle.shared().call("attribution.markov_exact", arguments)
        let credit = try made.totals([.markov(order: order)]).credit(by: .markov(order: order))
        let effects = try #require(credit.effects)
        for (ours, theirs) in zip(effects.conversions, exact.effects) {
            #expect((ours - theirs).magnitude < 1e-9, "order \(order), \(exact.states) states")
        }
        let other = OracleCredit(conversions: exact.conversions, values: exact.values)
        #expect(credit.difference(from: other) < 1e-9, "order \(order), \(exact.states) states")
        if channelCount >= 8, order == 3 { #expect(exact.states > 320) }
    }

    /// One path of so many touches makes a chain that hardly ever ends: sweeps give up, and it is eliminated.
    @Test func `a chain that goes round for long is solved all the same`() throws {
        var made = MadePaths(seed: 77, count: 400, channelCount: 8)
        var generator = SeededGenerator(seed: 78)
        made.paths.append((0..<200_000).map { _ in UInt8.random(in: 0..<8, using: &generator) })
        made.conversions.append(1)
        made.misses.append(0)
        made.values.append(500)
        struct Exact: Decodable {
            let effects: [Double]
            let states: Int
        }
        var arguments = made.arguments
        arguments["order"] = 3
        let exact: Exact = try LearningOracle.shared().call("attribution.markov_exact", arguments)
        #expect(exact.states > 320)
        let effects = try #require(made.totals([.markov(order: 3)]).credit(by: .markov(order: 3)).effects)
        for (ours, theirs) in zip(effects.conversions, exact.effects) { #expect((ours - theirs).magnitude < 1e-9) }
    }

    @Test(arguments: [1, 2, 3])
    func `a chain is within the sampling error of ChannelAttribution's`(order: Int) throws {
        let made = MadePaths(seed: 40 + UInt64(order), count: 2000, channelCount: 5)
        var arguments = made.arguments
        arguments["order"] = .integer(order)
        arguments["simulations"] = 2_000_000
        // Its walks are cut at the longest path that was seen, unless they are let go on.
        arguments["longest"] = 1000
        let sampled: OracleCredit = try LearningOracle.shared().call("attribution.markov_sampled", arguments)
        let credit = try made.totals([.markov(order: order)]).credit(by: .markov(order: order))
        // One of ten runs of 200,000 walks each is what it gives: four standard errors of a share of a third.
        let bound = 4 * (0.3 * 0.7 / 200_000).squareRoot()
        #expect(credit.difference(from: sampled) < bound, "order \(order)")
    }

    @Test(arguments: [(7, 1), (7, 2), (4, 3), (1, 4)] as [(Int, UInt64)])
    func `Shapley values are those of all orders of joining`(channelCount: Int, seed: UInt64) throws {
        let made = MadePaths(seed: seed, count: 400, channelCount: channelCount, longest: 6)
        let brute: OracleCredit = try LearningOracle.shared().call(
            "attribution.shapley_permutations", made.arguments)
        #expect(try made.totals([.shapley]).credit(by: .shapley).difference(from: brute) < 1e-12, "seed \(seed)")
    }

    /// A → B → conversion three times, A alone: once converted, once not; B alone led nowhere four times.
    @Test func `a chain that can be solved by hand`() throws {
        var paths = PathCollection()
        paths.append([0, 1], conversions: 3, value: 300)
        paths.append([0], conversions: 1, misses: 1, value: 700)
        paths.append([1], conversions: 0, misses: 4)
        let effects = try #require(
            try paths.totals([.markov(order: 1)], isDirect: [false, false]).credit(by: .markov(order: 1)).effects)
        // From the start: 5/9 to A, 4/9 to B. From A: 3/5 to B, 1/5 converts. From B: 3/7 convert.
        // All: 5/9·(1/5 + 3/5·3/7) + 4/9·3/7 = 4/9. Without A: 4/9·3/7. Without B: 5/9·1/5.
        let whole = 5.0 / 9 * (1.0 / 5 + 3.0 / 5 * 3 / 7) + 4.0 / 9 * 3 / 7
        #expect((effects.conversions[0] - (1 - 4.0 / 9 * 3 / 7 / whole)).magnitude < 1e-14)
        #expect((effects.conversions[1] - (1 - 5.0 / 9 * 1 / 5 / whole)).magnitude < 1e-14)
    }

    @Test func `a channel that leads nowhere has nothing, and one that all go through has all`() throws {
        var paths = PathCollection()
        paths.append([0, 2, 1], conversions: 5, misses: 2, value: 5)
        paths.append([2], conversions: 4, misses: 2, value: 4)
        paths.append([3], conversions: 0, misses: 9)
        for order in 1...3 {
            let credit = try paths.totals([.markov(order: order)], isDirect: [false, false, false, false, false])
                .credit(by: .markov(order: order))
            let effects = try #require(credit.effects).conversions
            #expect((effects[2] - 1).magnitude < 1e-14)
            #expect(effects[3] == 0 && effects[4] == 0, "a channel nobody met, order \(order)")
            #expect(credit.conversionParts[3] == 0)
        }
    }

    @Test func `nothing to share is shared without harm`() throws {
        var missed = PathCollection()
        missed.append([0, 1], conversions: 0, misses: 3)
        for paths in [PathCollection(), missed] {
            let totals = paths.totals(AttributionModel.all, isDirect: [false, true])
            for model in AttributionModel.all {
                #expect(try totals.credit(by: model).values == [0, 0], "\(model.name)")
                #expect(try totals.credit(by: model).conversionHundredths == [0, 0], "\(model.name)")
            }
        }
    }

    @Test func `amounts beyond 64 bits are refused`() throws {
        var paths = PathCollection()
        for _ in 0..<3 { paths.append([0], conversions: 1, value: .max / 2) }
        let totals = paths.totals([.linear], isDirect: [false])
        #expect(throws: AttributionModelProblem.totalOutOfRange) { try totals.credit(by: .linear) }
    }

    @Test func `a wrong name is told the nearest right one`() throws {
        for model in AttributionModel.all { #expect(try AttributionModel(name: model.name) == model) }
        let problem = #expect(throws: AttributionModelProblem.self) { try AttributionModel(name: "shaply") }
        #expect(problem?.diagnostic.suggestions == ["shapley"])
        #expect(problem?.diagnostic.code == "unknown-model")
    }
}
