import CaliberDictionary
import Foundation

/// One path: the channels of its touches in the order of time, and how long before the conversion they were.
package struct TouchPath {
    /// Positions in the list of channels.
    package let channels: UnsafeBufferPointer<UInt8>
    /// Microseconds from each touch to the end of the path.
    package let ages: UnsafeBufferPointer<Int64>

    package init(channels: UnsafeBufferPointer<UInt8>, ages: UnsafeBufferPointer<Int64>) {
        self.channels = channels
        self.ages = ages
    }

    package var count: Int { channels.count }
}

/// The credit that a path's touches get by a model that looks at one path at a time.
///
/// What it writes adds up to `CreditParts.whole` for every path that has a touch.
package struct PathCredit: Sendable {
    private let weights: CreditWeights
    /// By channel.
    private let isDirect: [Bool]

    package init(weights: CreditWeights, isDirect: [Bool]) {
        self.weights = weights
        self.isDirect = isDirect
    }

    /// - Parameter parts: room for `path.count` values; all are written.
    package func credit(_ path: TouchPath, by model: AttributionModel, into parts: UnsafeMutablePointer<UInt64>) {
        let count = path.count
        guard count > 0 else { return }
        parts.update(repeating: 0, count: count)
        switch model {
        case .last: parts[count - 1] = CreditParts.whole
        case .first: parts[0] = CreditParts.whole
        case .lastNonDirect:
            let place = path.channels.lastIndex { !isDirect[Int($0)] } ?? count - 1
            parts[place] = CreditParts.whole
        case .linear: share(CreditParts.whole, among: 0..<count, parts)
        case .position: creditEnds(count, parts)
        case .timeDecay: creditDecay(path, parts)
        case .shapley: creditDistinct(path.channels, parts)
        case .markov: preconditionFailure("a chain's credit is no path's own")
        }
    }

    /// As evenly as whole parts can be; the earliest get one more.
    private func share(_ whole: UInt64, among places: Range<Int>, _ parts: UnsafeMutablePointer<UInt64>) {
        let count = UInt64(places.count)
        let (each, left) = whole.quotientAndRemainder(dividingBy: count)
        for (index, place) in places.enumerated() { parts[place] = each + (index < left ? 1 : 0) }
    }

    /// One touch has all; of two each has half, or as the ends are weighed.
    private func creditEnds(_ count: Int, _ parts: UnsafeMutablePointer<UInt64>) {
        let (first, last) = (UInt64(weights.firstPercent), UInt64(weights.lastPercent))
        if count == 1 {
            parts[0] = CreditParts.whole
        } else if count == 2 {
            let sum = first + last
            parts[0] = sum == 0 ? CreditParts.whole / 2 : CreditParts.whole / sum * first
            parts[1] = CreditParts.whole - parts[0]
        } else {
            parts[0] = CreditParts.whole / 100 * first
            parts[count - 1] = CreditParts.whole / 100 * last
            share(CreditParts.whole - parts[0] - parts[count - 1], among: 1..<count - 1, parts)
        }
    }

    private func creditDecay(_ path: TouchPath, _ parts: UnsafeMutablePointer<UInt64>) {
        let halfLife = Double(weights.halfLife)
        // Measured from the latest touch, so that its weight is 1, however long before the conversion all were.
        let youngest = path.ages.min() ?? 0
        var sum = 0.0
        for age in path.ages { sum += exp2(-Double(age &- youngest) / halfLife) }
        var left = CreditParts.whole
        var heaviest = 0
        for place in 0..<path.count {
            let weight = exp2(-Double(path.ages[place] &- youngest) / halfLife)
            // The quotient is at most 1; a part too many by rounding is none that is left.
            let part = min(left, UInt64(weight / sum * Double(CreditParts.whole)))
            parts[place] = part
            left -= part
            if path.ages[place] <= path.ages[heaviest] { heaviest = place }
        }
        parts[heaviest] += left
    }

    /// The Shapley value of the game whose worth of a set of channels is the number of conversions whose paths have no
    /// channel outside of the set. It is the sum of one game a path, in which the path's channels share alike and others
    /// have nothing, so it is exact for any number of channels.
    ///
    /// Source: Zhao, Mahboobi, Bagheri, Shapley Value Methods for Attribution Modeling in Online Advertising, 2018
    /// (arXiv:1804.05327), section 3; the games of unanimity are Shapley's own (1953).
    private func creditDistinct(_ channels: UnsafeBufferPointer<UInt8>, _ parts: UnsafeMutablePointer<UInt64>) {
        var seen = ChannelSet()
        for channel in channels { seen.insert(channel) }
        let (each, left) = CreditParts.whole.quotientAndRemainder(dividingBy: UInt64(seen.count))
        var met = ChannelSet()
        for place in 0..<channels.count where met.insert(channels[place]) {
            parts[place] = each + (met.count <= left ? 1 : 0)
        }
    }
}

/// A set of channels, by their positions.
package struct ChannelSet: Hashable, Sendable {
    private var words = (UInt64(0), UInt64(0), UInt64(0), UInt64(0))
    package private(set) var count = 0

    package init() {}

    /// - Returns: whether it was not there before.
    @discardableResult
    package mutating func insert(_ channel: UInt8) -> Bool {
        let bit = UInt64(1) << UInt64(channel & 63)
        let isNew: Bool
        switch channel >> 6 {
        case 0: isNew = ChannelSet.set(bit, in: &words.0)
        case 1: isNew = ChannelSet.set(bit, in: &words.1)
        case 2: isNew = ChannelSet.set(bit, in: &words.2)
        default: isNew = ChannelSet.set(bit, in: &words.3)
        }
        if isNew { count += 1 }
        return isNew
    }

    package func contains(_ channel: UInt8) -> Bool {
        var copy = self
        return !copy.insert(channel)
    }

    private static func set(_ bit: UInt64, in word: inout UInt64) -> Bool {
        defer { word |= bit }
        return word & bit == 0
    }

    package static func == (left: ChannelSet, right: ChannelSet) -> Bool {
        left.words == right.words
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(words.0)
        hasher.combine(words.1)
        hasher.combine(words.2)
        hasher.combine(words.3)
    }
}
