import CaliberAttribution
import CaliberDictionary
import CaliberTesting

/// Random paths, with what came of them.
struct MadePaths {
    let channelCount: Int
    var paths: [[UInt8]] = []
    var conversions: [Int64] = []
    var misses: [Int64] = []
    var values: [Int64] = []

    /// Some channels lead on to others more than to the rest, so that models differ.
    init(seed: UInt64, count: Int, channelCount: Int, longest: Int = 9) {
        self.channelCount = channelCount
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<count {
            var path: [UInt8] = []
            for _ in 0..<Int.random(in: 1...longest, using: &generator) {
                let free = Int.random(in: 0..<channelCount, using: &generator)
                let follows = path.last.map { (Int($0) * 2 + 1) % channelCount }
                path.append(UInt8(Bool.random(using: &generator) ? free : follows ?? free / 2))
            }
            let converted = Int64.random(in: 0...3, using: &generator)
            paths.append(path)
            conversions.append(converted)
            misses.append(Int64.random(in: converted == 0 ? 1...4 : 0...4, using: &generator))
            values.append(converted == 0 ? 0 : converted * Int64.random(in: 1...100_000, using: &generator))
        }
    }

    var collection: PathCollection {
        var collection = PathCollection()
        for index in paths.indices {
            collection.append(
                paths[index], conversions: conversions[index], misses: misses[index], value: values[index])
        }
        return collection
    }

    func totals(_ models: [AttributionModel], weights: CreditWeights = CreditWeights()) -> AttributionTotals {
        collection.totals(
            models, weights: weights, isDirect: (0..<channelCount).map { $0 == channelCount - 1 })
    }

    /// As the oracle takes them.
    var arguments: [String: LearningOracle.Argument] {
        [
            "paths": .list(paths.map { path in .list(path.map { .integer(Int($0)) }) }),
            "conversions": .list(conversions.map { .integer(Int($0)) }),
            "misses": .list(misses.map { .integer(Int($0)) }),
            "values": .list(values.map { .integer(Int($0)) }),
            "channel_count": .integer(channelCount),
        ]
    }
}

/// What an oracle says of each channel.
struct OracleCredit: Decodable {
    let conversions: [Double]
    let values: [Double]
}

extension ChannelCredit {
    /// Values by channel, with their fractions.
    var exactValues: [Double] { valueParts.map(CreditParts.number) }

    /// The largest difference, relative to the whole.
    func difference(from other: OracleCredit) -> Double {
        func relative(_ ours: [Double], _ theirs: [Double]) -> Double {
            let whole = max(1, theirs.reduce(0, +).magnitude)
            return zip(ours, theirs).reduce(0) { max($0, ($1.0 - $1.1).magnitude / whole) }
        }
        guard other.conversions.count == conversions.count, other.values.count == conversions.count else {
            return .infinity
        }
        return max(relative(conversions, other.conversions), relative(exactValues, other.values))
    }
}
