/// How often each channel followed each run of up to `order` channels, and what came of paths that ended there.
///
/// A state is the last `order` touches of a path, all of them while there are fewer. The counts are a function of the set
/// of paths: a path can be taken back as it was added.
package struct TransitionCounts: Sendable {
    package let order: Int
    package let channelCount: Int
    /// Channels and none, the digits of a state.
    private let base: UInt64
    /// States of `order` digits.
    private let stateCount: UInt64
    /// By state and the channel that follows, counted from 1; by 0 the conversions.
    private var moves: CountTable
    private var misses: CountTable
    private var values: CountTable

    package init(order: Int, channelCount: Int) {
        self.order = order
        self.channelCount = channelCount
        base = UInt64(channelCount + 1)
        stateCount = (0..<order).reduce(UInt64(1)) { count, _ in count * UInt64(channelCount + 1) }
        moves = CountTable(size: stateCount * base)
        misses = CountTable(size: stateCount)
        values = CountTable(size: stateCount)
    }

    /// - Parameters:
    ///   - conversions: how often the path led to a conversion; below zero takes back.
    ///   - misses: how often it led nowhere.
    ///   - value: of all of its conversions together.
    package mutating func add(
        _ channels: UnsafeBufferPointer<UInt8>, conversions: Int64, misses missed: Int64, value: Int64
    ) {
        let weight = conversions &+ missed
        var state: UInt64 = 0
        let carried = stateCount / base
        for channel in channels {
            let digit = UInt64(channel) + 1
            moves.add(weight, at: state * base + digit)
            state = state % carried * base + digit
        }
        if conversions != 0 { moves.add(conversions, at: state * base) }
        if missed != 0 { misses.add(missed, at: state) }
        if value != 0 { values.add(value, at: state) }
    }

    /// The chain of all states, and where each channel leads.
    func chain() -> StateChain {
        var states: [UInt64] = []
        let missKeys = misses.keys
        let moveKeys = moves.keys
        // Both are in ascending order, and so are the states that they are of.
        var (move, miss) = (0, 0)
        while move < moveKeys.count || miss < missKeys.count {
            let next = min(
                move < moveKeys.count ? moveKeys[move] / base : .max, miss < missKeys.count ? missKeys[miss] : .max)
            states.append(next)
            while move < moveKeys.count, moveKeys[move] / base == next { move += 1 }
            if miss < missKeys.count, missKeys[miss] == next { miss += 1 }
        }
        let positions = Dictionary(uniqueKeysWithValues: states.enumerated().map { ($1, Int32($0)) })
        var chain = StateChain(channelCount: channelCount, states: states, base: base)
        var place = 0
        let carried = stateCount / base
        for state in states {
            var conversions = 0.0
            while place < moveKeys.count, moveKeys[place] / base == state {
                let (digit, weight) = (moveKeys[place] % base, Double(moves[moveKeys[place]]))
                place += 1
                guard digit > 0 else {
                    conversions = weight
                    continue
                }
                let next = state % carried * base + digit
                // To stay in a state changes nothing of what comes after it.
                guard next != state, let target = positions[next] else { continue }
                chain.whole.targets.append(target)
                chain.whole.weights.append(weight)
                chain.channels.append(UInt8(digit - 1))
            }
            chain.whole.append(
                end: conversions + Double(misses[state]), conversion: conversions, value: Double(values[state]))
        }
        return chain
    }
}
