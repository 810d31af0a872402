import CaliberRegression
import CaliberTesting
import Testing

@Suite struct PopulationStabilityTests {
    @Test func `chi-square quantiles equal scipy's`() throws {
        let oracle = try SharedOracle.learning.get()
        let degrees = [1, 2, 3, 5, 9, 10, 19, 50, 99, 500, 5_000]
        for probability in [0.001, 0.05, 0.5, 0.9, 0.95, 0.999, 0.999_999] {
            let others: [Double] = try oracle.call(
                "evaluation.chi_square_quantiles",
                ["probability": .number(probability), "degrees": .array(degrees.map(Double.init))])
            for (degree, other) in zip(degrees, others) {
                let own = ChiSquare.quantile(probability, degreesOfFreedom: degree)
                #expect(abs(own - other) <= 1e-9 * other, "\(probability), \(degree)")
            }
        }
        #expect(ChiSquare.quantile(0.5, degreesOfFreedom: 0) == 0)
        #expect(ChiSquare.quantile(1, degreesOfFreedom: 3).isNaN)
    }

    @Test(arguments: 0..<5 as Range<UInt64>)
    func `without smoothing the index is the published formula`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let expected = (0..<10).map { _ in Int.random(in: 1...500, using: &generator) }
        let observed = (0..<10).map { _ in Int.random(in: 1...500, using: &generator) }
        let other: Double = try SharedOracle.learning.get().call(
            "evaluation.stability",
            ["expected": .array(expected.map(Double.init)), "observed": .array(observed.map(Double.init))])
        #expect(isClose(StabilityIndex(expected: expected, observed: observed, smoothing: 0).value, other))
    }

    @Test func `bins of continuous values are training's deciles`() throws {
        struct Deciles: Decodable { let expected, observed: [Int]; let bounds: [Double] }
        let before = RandomOutcomes(seed: 1, rowCount: 1_000).logOdds
        let now = RandomOutcomes(seed: 2, rowCount: 300).logOdds.map { $0 + 0.7 }
        let deciles: Deciles = try SharedOracle.learning.get().call(
            "evaluation.decile_counts", ["values": .array(before), "later": .array(now)])
        let bins = FrozenBins(of: before)
        #expect(bins.bounds == deciles.bounds)
        #expect(bins.counts == deciles.expected)
        #expect(bins.stability(of: now) == StabilityIndex(expected: deciles.expected, observed: deciles.observed))
        #expect(bins.stability(of: now).verdict == .strong)
    }

    @Test func `few values have a bin each, a heavy value one of its own, missing values theirs`() {
        let indicator = FrozenBins(of: [0, 0, 0, 1, .nan])
        #expect(indicator.bounds == [0] && indicator.counts == [3, 1] && indicator.missingCount == 1)
        #expect(indicator.rowCount == 5)
        let mostlyOnes = FrozenBins(of: (0..<50).map { Double($0) / 100 } + [Double](repeating: 1, count: 950))
        #expect(mostlyOnes.counts.last == 950)
        #expect(mostlyOnes.counts.count == 2)
        let heavyInside = FrozenBins(of: (0..<500).map(Double.init) + [Double](repeating: 250.5, count: 500))
        let heavy = heavyInside.bin(of: 250.5)
        #expect(heavyInside.counts[heavy] == 500)
        #expect(heavyInside.counts.reduce(0, +) == 1_000)
        let constant = FrozenBins(of: [7, 7, 7])
        #expect(constant.counts == [3] && constant.bounds.isEmpty)
        #expect(FrozenBins(of: [Double.nan]).minimum == nil)
    }

    @Test func `every training value falls in the bin that counted it`() {
        for seed in 0..<20 as Range<UInt64> {
            let values = RandomOutcomes(seed: seed, rowCount: 400, distinctScores: Int(seed) * 5 + 1).logOdds
            let bins = FrozenBins(of: values)
            var counts = [Int](repeating: 0, count: bins.counts.count)
            for value in values { counts[bins.bin(of: value)] += 1 }
            #expect(counts == bins.counts)
            #expect(bins.counts.allSatisfy { $0 > 0 })
            #expect(bins.stability(of: values).value == 0)
        }
    }

    @Test func `the noise limit is the quantile for one degree less than bins, by both sample sizes`() throws {
        let index = StabilityIndex(
            expected: [Int](repeating: 500, count: 10), observed: [Int](repeating: 70, count: 10))
        // The 0.999 quantile of 9 degrees of freedom, from printed tables: 27.877.
        let printed: Double = 27.877 / 5_000 + 27.877 / 700
        let difference: Double = try #require(index.noiseLimit) - printed
        #expect(abs(difference) < 1e-6)
    }

    @Test func `chance alone stays under the noise limit, a move does not`() throws {
        var overLimit = 0
        for seed in 0..<300 as Range<UInt64> {
            let index = FrozenBins(of: RandomOutcomes(seed: seed, rowCount: 2_000).logOdds)
                .stability(of: RandomOutcomes(seed: seed + 1_000, rowCount: 150).logOdds)
            if !index.isNoise { overLimit += 1 }
        }
        #expect(overLimit <= 3)
        let moved = FrozenBins(of: RandomOutcomes(seed: 1, rowCount: 2_000).logOdds)
            .stability(of: RandomOutcomes(seed: 2, rowCount: 2_000).logOdds.map { $0 + 0.3 })
        #expect(!moved.isNoise)
    }

    @Test func `small samples are called noise where the rule of thumb would shout`() throws {
        let small = StabilityIndex(expected: [50, 50, 50, 50], observed: [3, 1, 5, 2])
        #expect(try #require(small.value) > 0.10)
        #expect(small.verdict == .noise)
        #expect(StabilityIndex(expected: [5_000, 5_000], observed: [6_500, 3_500]).verdict == .stable)
        #expect(StabilityIndex(expected: [5_000, 5_000], observed: [7_000, 3_000]).verdict == .moderate)
        #expect(StabilityIndex(expected: [5_000, 5_000], observed: [9_000, 1_000]).verdict == .strong)
        #expect(StabilityIndex(expected: [5, 5], observed: [0, 0]).verdict == .unknown)
        #expect(StabilityIndex(expected: [5, 5, 0], observed: [9, 0, 1]).value?.isFinite == true)
    }
}
