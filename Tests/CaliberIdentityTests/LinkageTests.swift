import CaliberIdentity
import CaliberTesting
import Testing

@Suite struct LinkageTests {
    private static let comparisons = [
        Comparison("address"), Comparison("device"), Comparison("name", levelCount: 3), Comparison("district"),
    ]
    private static let truth = LinkageModel(
        comparisons: comparisons, matchShare: 0.12,
        amongMatches: [[0.15, 0.85], [0.3, 0.7], [0.05, 0.2, 0.75], [0.1, 0.9]],
        amongOthers: [[0.98, 0.02], [0.995, 0.005], [0.9, 0.07, 0.03], [0.8, 0.2]])

    private static func draw(_ levels: [Double], _ generator: inout SeededGenerator) -> Int {
        var rest = Double.random(in: 0..<1, using: &generator)
        for (level, probability) in levels.enumerated() {
            if rest < probability { return level }
            rest -= probability
        }
        return levels.count - 1
    }

    private static func vectors(_ count: Int, seed: UInt64, missing: Double) -> VectorCounts {
        var generator = SeededGenerator(seed: seed)
        var counts = VectorCounts(comparisons)
        for _ in 0..<count {
            let isMatch = Double.random(in: 0..<1, using: &generator) < truth.matchShare
            let levels = comparisons.indices.map { place -> Int? in
                let level = draw(isMatch ? truth.amongMatches[place] : truth.amongOthers[place], &generator)
                return Double.random(in: 0..<1, using: &generator) < missing ? nil : level
            }
            counts.add(ComparisonVector(levels))
        }
        return counts
    }

    @Test(arguments: [0, 0.1], 1..<4 as Range<UInt64>)
    func `the parameters behind generated vectors are recovered without any truth`(missing: Double, seed: UInt64) throws
    {
        let counts = Self.vectors(400_000, seed: seed, missing: missing)
        let result = try #require(LinkageEstimation().estimate(counts))
        #expect(result.hasConverged)
        #expect(abs(result.model.matchShare - Self.truth.matchShare) < 0.005, "\(result.model.matchShare)")
        for place in Self.comparisons.indices {
            for level in 0..<Self.comparisons[place].levelCount {
                let (m, u) = (result.model.amongMatches[place][level], result.model.amongOthers[place][level])
                #expect(
                    abs(m - Self.truth.amongMatches[place][level]) < 0.02, "m of \(place), \(level): \(m), seed \(seed)"
                )
                #expect(
                    abs(u - Self.truth.amongOthers[place][level]) < 0.005, "u of \(place), \(level): \(u), seed \(seed)"
                )
            }
        }
        for (earlier, later) in zip(result.logLikelihoods, result.logLikelihoods.dropFirst()) {
            #expect(later >= earlier - 1e-6)
        }
    }

    @Test func `the weight is the sum of the levels' bits, and what is not said weighs nothing`() {
        let all = Self.truth.weight(ComparisonVector([1, 1, 2, 1]))
        #expect(abs(all - 19.35246) < 0.001, "\(all)")
        #expect(Self.truth.weight(ComparisonVector([nil, nil, nil, nil])) == 0)
        #expect(abs(Self.truth.probability(ComparisonVector([nil, nil, nil, nil])) - 0.12) < 1e-12)
        #expect(Self.truth.weight(ComparisonVector([0, 0, 0, 0])) < -10)
    }

    @Test func `a pair below the threshold is no evidence, a certain one the whole weight`() {
        #expect(Self.truth.evidence(ComparisonVector([0, 0, 2, 1]), threshold: 0.9) == 0)
        #expect(Self.truth.evidence(ComparisonVector([1, 1, 2, 1]), threshold: 0.9) == 1_000)
        let middle = Self.truth.evidence(ComparisonVector([1, 0, 2, 1]), threshold: 0.9)
        #expect((500..<1_000).contains(middle), "\(middle)")
    }

    @Test func `without vectors there is no model`() {
        #expect(LinkageEstimation().estimate(VectorCounts(Self.comparisons)) == nil)
    }
}
