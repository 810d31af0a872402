import CaliberAttribution
import CaliberDictionary
import CaliberTesting
import Testing

/// What each path's touches get, and that sums hold to the last unit.
@Suite struct CreditTests {
    private static let pathwise = AttributionModel.all.filter(\.isPathwise)

    private func shares(
        _ channels: [UInt8], _ model: AttributionModel, ages: [Int64]? = nil, weights: CreditWeights = CreditWeights(),
        isDirect: [Bool] = [Bool](repeating: false, count: 250)
    ) -> [UInt64] {
        var parts = [UInt64](repeating: .max, count: max(1, channels.count))
        let ages = ages ?? channels.indices.reversed().map { Int64($0) }
        channels.withUnsafeBufferPointer { channels in
            ages.withUnsafeBufferPointer { ages in
                parts.withUnsafeMutableBufferPointer { parts in
                    guard let room = parts.baseAddress else { return }
                    PathCredit(weights: weights, isDirect: isDirect)
                        .credit(TouchPath(channels: channels, ages: ages), by: model, into: room)
                }
            }
        }
        return parts
    }

    private func numbers(_ parts: [UInt64]) -> [Double] { parts.map { CreditParts.number(Int128($0)) } }

    @Test(arguments: 0..<60 as Range<UInt64>)
    func `the credit for a conversion adds up to one, part by part`(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let channels = (0..<Int.random(in: 1...40, using: &generator)).map { _ in
            UInt8.random(in: 0..<249, using: &generator)
        }
        let ages = channels.map { _ in Int64.random(in: 0...(1 << 50), using: &generator) }.sorted(by: >)
        var weights = CreditWeights()
        weights.firstPercent = Int.random(in: 0...100, using: &generator)
        weights.lastPercent = Int.random(in: 0...(100 - weights.firstPercent), using: &generator)
        weights.halfLife = Int64.random(in: 1...(1 << 45), using: &generator)
        let isDirect = (0..<250).map { _ in Bool.random(using: &generator) }
        for model in CreditTests.pathwise {
            let parts = shares(channels, model, ages: ages, weights: weights, isDirect: isDirect)
            #expect(parts.reduce(0, +) == CreditParts.whole, "\(model.name), seed \(seed)")
        }
    }

    @Test(arguments: 0..<25 as Range<UInt64>)
    func `by every model conversions and amounts add up to the last unit`(seed: UInt64) throws {
        let made = MadePaths(seed: seed, count: 300, channelCount: 6)
        let totals = made.totals(AttributionModel.all)
        let conversions = made.conversions.reduce(0, +)
        let value = made.values.reduce(0, +)
        for model in AttributionModel.all {
            let credit = try totals.credit(by: model)
            #expect(credit.values.reduce(0, +) == Int128(value), "\(model.name), seed \(seed)")
            #expect(
                credit.conversionHundredths.reduce(0, +) == Int128(conversions) * 100, "\(model.name), seed \(seed)")
            #expect(credit.conversionParts.reduce(0, +) == Int128(conversions) * Int128(CreditParts.whole))
            #expect(credit.values.allSatisfy { $0 >= 0 }, "\(model.name), seed \(seed)")
            for (value, parts) in zip(credit.values, credit.valueParts) {
                #expect((Double(value) - CreditParts.number(parts)).magnitude < 1, "\(model.name), seed \(seed)")
            }
        }
    }

    @Test func `ends of a path have their fixed parts`() {
        #expect(numbers(shares([4], .position)) == [1])
        #expect(numbers(shares([4, 5], .position)) == [0.5, 0.5])
        let three = numbers(shares([4, 5, 6], .position))
        #expect(zip(three, [0.4, 0.2, 0.4]).allSatisfy { ($0 - $1).magnitude < 1e-15 })
        let five = numbers(
            shares([1, 2, 3, 4, 5], .position, weights: CreditWeights(firstPercent: 10, lastPercent: 60)))
        #expect(zip(five, [0.1, 0.1, 0.1, 0.1, 0.6]).allSatisfy { ($0 - $1).magnitude < 1e-15 })
        let uneven = numbers(shares([1, 2], .position, weights: CreditWeights(firstPercent: 10, lastPercent: 30)))
        #expect(zip(uneven, [0.25, 0.75]).allSatisfy { ($0 - $1).magnitude < 1e-15 })
    }

    @Test func `a touch a half-life earlier has half the credit`() {
        let week = CreditWeights().halfLife
        let parts = numbers(shares([1, 2, 3], .timeDecay, ages: [3 * week, 2 * week, week]))
        #expect(zip(parts, [1.0 / 7, 2.0 / 7, 4.0 / 7]).allSatisfy { ($0 - $1).magnitude < 1e-15 })
        // However long ago: weights that are all too small for a float are not lost.
        let old = numbers(shares([1, 2], .timeDecay, ages: [5000 * week, 4999 * week]))
        #expect(zip(old, [1.0 / 3, 2.0 / 3]).allSatisfy { ($0 - $1).magnitude < 1e-15 })
    }

    @Test func `direct touches are passed over where there are others`() {
        var isDirect = [Bool](repeating: false, count: 250)
        isDirect[9] = true
        #expect(numbers(shares([1, 2, 9, 9], .lastNonDirect, isDirect: isDirect)) == [0, 1, 0, 0])
        #expect(numbers(shares([9, 9], .lastNonDirect, isDirect: isDirect)) == [0, 1])
        #expect(numbers(shares([1, 2, 9], .last, isDirect: isDirect)) == [0, 0, 1])
        #expect(numbers(shares([1, 2, 9], .first, isDirect: isDirect)) == [1, 0, 0])
    }

    @Test func `a channel met twice joins once`() {
        #expect(numbers(shares([1, 200, 1, 1], .shapley)) == [0.5, 0.5, 0, 0])
    }

    @Test func `units that are left go to the largest remainders, the earlier first`() {
        let third = Int128(CreditParts.whole) * 100 / 3
        #expect(CreditParts.rounded([third, third, Int128(CreditParts.whole) * 100 - 2 * third]) == [33, 33, 34])
        let half = Int128(CreditParts.whole) / 2
        #expect(CreditParts.rounded([half, half, 3 * half, half]) == [1, 1, 1, 0])
        #expect(CreditParts.rounded([-3 * half, half, 0, 0]) == [-1, 0, 0, 0])
        #expect(CreditParts.rounded([half, half], digits: 2) == [50, 50])
        #expect(CreditParts.shares(of: [1, 1, 1]).reduce(0, +) == CreditParts.whole)
        #expect(CreditParts.shares(of: [0, 0]) == [0, 0])
    }
}
