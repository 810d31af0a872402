/// The chain of touches, state by state, with the channel of each move.
struct StateChain {
    var whole = AbsorbingChain()
    /// By move.
    var channels: [UInt8] = []
    let channelCount: Int
    private let states: [UInt64]
    private let base: UInt64

    /// - Parameter states: in ascending order; the first is the one before any touch.
    init(channelCount: Int, states: [UInt64], base: UInt64) {
        self.channelCount = channelCount
        self.states = states
        self.base = base
    }

    /// Whether a channel is among the touches of a state.
    private func has(_ channel: Int, _ state: Int) -> Bool {
        var rest = states[state]
        while rest > 0 {
            if rest % base == UInt64(channel) + 1 { return true }
            rest /= base
        }
        return false
    }

    /// What is gained on ways that meet a channel, from the beginning.
    ///
    /// The chain without the channel's states: a move by the channel leaves it, and gains what the whole chain gains from
    /// there on. So what a channel is worth is a sum of what goes through it, and never a difference of two totals.
    func gain(through channel: Int, _ whole: AbsorbingChain.Gains) -> (conversions: Double, values: Double)? {
        var positions = [Int32](repeating: -1, count: states.count)
        var kept: Int32 = 0
        for state in states.indices where !has(channel, state) {
            positions[state] = kept
            kept += 1
        }
        var rest = AbsorbingChain()
        var isMet = false
        for state in states.indices where positions[state] >= 0 {
            var (end, conversion, value) = (self.whole.ends[state], 0.0, 0.0)
            for place in self.whole.rowStarts[state]..<self.whole.rowStarts[state + 1] {
                let (target, weight) = (Int(self.whole.targets[place]), self.whole.weights[place])
                if Int(channels[place]) == channel {
                    isMet = true
                    end += weight
                    conversion += weight * whole.conversions[target]
                    value += weight * whole.values[target]
                } else {
                    rest.targets.append(positions[target])
                    rest.weights.append(weight)
                }
            }
            rest.append(end: end, conversion: conversion, value: value)
        }
        guard isMet else { return (0, 0) }
        guard let gains = rest.solve() else { return nil }
        return (gains.conversions[0], gains.values[0])
    }
}

/// What each channel is worth to a Markov chain of touches: the part of conversions that would be lost if every move to
/// the channel led nowhere.
///
/// Source: Anderl, Becker, von Wangenheim, Schumann, Mapping the customer journey: Lessons learned from graph-based online
/// attribution modeling, International Journal of Research in Marketing 33 (2016).
package struct RemovalEffects: Sendable {
    /// By channel, 0 to 1: the part of conversions, and of their value.
    package let conversions: [Double]
    package let values: [Double]

    /// - Throws: `AttributionModelProblem.chainUnsolved`.
    package init(_ counts: TransitionCounts) throws(AttributionModelProblem) {
        let chain = counts.chain()
        var conversions = [Double](repeating: 0, count: counts.channelCount)
        var values = conversions
        guard chain.whole.count > 0 else {
            self.conversions = conversions
            self.values = values
            return
        }
        let problem = AttributionModelProblem.chainUnsolved(
            order: counts.order, sweeps: 50 * AbsorbingChain.sweepLimit)
        guard let whole = chain.whole.solve() else { throw problem }
        for channel in 0..<counts.channelCount where whole.conversions[0] > 0 {
            guard let gain = chain.gain(through: channel, whole) else { throw problem }
            conversions[channel] = gain.conversions / whole.conversions[0]
            if whole.values[0] > 0 { values[channel] = max(0, gain.values / whole.values[0]) }
        }
        self.conversions = conversions
        self.values = values
    }

    /// Of each channel, what its part is in the credit for all conversions.
    package var conversionShares: [UInt64] { CreditParts.shares(of: conversions) }

    /// Of each channel, what its part is in the value of all conversions; where that is not above zero, its part in the
    /// conversions.
    package var valueShares: [UInt64] {
        values.contains { $0 > 0 } ? CreditParts.shares(of: values) : conversionShares
    }
}
