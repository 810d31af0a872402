/// A Markov chain that ends: what is gained, on average, from each of its states until the end.
///
/// All figures are counts and sums of them: nothing is subtracted on the way to a solution, so that small results are as
/// exact as large ones.
///
/// Source: Grassmann, Taksar, Heyman, Regenerative Analysis and Steady State Distributions for Markov Chains, Operations
/// Research 33 (1985); O'Cinneide, Entrywise Perturbation Theory and Error Analysis for Markov Chains, 1993.
struct AbsorbingChain {
    /// Moves between states, by the state they leave; none stays where it is.
    var rowStarts: [Int] = [0]
    var targets: [Int32] = []
    var weights: [Double] = []
    /// How often it ends in each state.
    var ends: [Double] = []
    /// What is gained where it ends or leaves this chain, times how often: of two kinds.
    var conversions: [Double] = []
    var values: [Double] = []

    var count: Int { ends.count }

    /// Of each state, per visit.
    struct Gains {
        var conversions: [Double]
        var values: [Double]
    }

    mutating func append(end: Double, conversion: Double, value: Double) {
        rowStarts.append(targets.count)
        ends.append(end)
        conversions.append(conversion)
        values.append(value)
    }

    /// Chains of up to so many states are solved by elimination.
    static let eliminated = 320
    /// Chains of up to so many states are solved by elimination where sweeps take too long.
    static let eliminatedAtMost = 4_000
    static let sweepLimit = 20_000

    /// - Returns: nil when it is large and too slow to end.
    func solve() -> Gains? {
        guard count > AbsorbingChain.eliminated else { return eliminate() }
        if let gains = sweep(limit: AbsorbingChain.sweepLimit) { return gains }
        return count <= AbsorbingChain.eliminatedAtMost ? eliminate() : sweep(limit: 50 * AbsorbingChain.sweepLimit)
    }

    // MARK: Elimination

    /// States are taken out from the last to the first, each by sending those that lead to it where it leads; then the
    /// gains are read off from the first to the last.
    func eliminate() -> Gains {
        let count = count
        var moves = [Double](repeating: 0, count: count * count)
        for state in 0..<count {
            for place in rowStarts[state]..<rowStarts[state + 1] {
                moves[state * count + Int(targets[place])] += weights[place]
            }
        }
        var ends = ends
        var gains = Gains(conversions: conversions, values: values)
        var leaving = [Double](repeating: 0, count: count)
        moves.withUnsafeMutableBufferPointer { moves in
            for state in stride(from: count - 1, through: 0, by: -1) {
                let row = state * count
                var total = ends[state]
                for other in 0..<state { total += moves[row + other] }
                leaving[state] = total
                guard total > 0 else { continue }
                for other in 0..<state {
                    let weight = moves[other * count + state]
                    guard weight > 0 else { continue }
                    let share = weight / total
                    AbsorbingChain.add(share, of: moves, from: row, to: other * count, count: state)
                    ends[other] += share * ends[state]
                    gains.conversions[other] += share * gains.conversions[state]
                    gains.values[other] += share * gains.values[state]
                }
            }
            for state in 0..<count where leaving[state] > 0 {
                for other in 0..<state {
                    gains.conversions[state] += moves[state * count + other] * gains.conversions[other]
                    gains.values[state] += moves[state * count + other] * gains.values[other]
                }
                gains.conversions[state] /= leaving[state]
                gains.values[state] /= leaving[state]
            }
        }
        return gains
    }

    private static func add(
        _ share: Double, of moves: UnsafeMutableBufferPointer<Double>, from: Int, to: Int, count: Int
    ) {
        guard let base = moves.baseAddress else { return }
        let (source, target) = (base + from, base + to)
        for index in 0..<count { target[index] += share * source[index] }
    }

    // MARK: Sweeps

    /// What may be missing of a gain, relative to the first state's.
    static let tolerance = 1e-16

    /// Gauss-Seidel sweeps from nothing upwards. Beside the gains goes the chance that the chain has not ended yet, which
    /// bounds what is missing of them; it stops when that is less than a float tells apart.
    ///
    /// - Returns: nil when `limit` sweeps are not enough.
    func sweep(limit: Int) -> Gains? {
        let count = count
        var gains = Gains(
            conversions: [Double](repeating: 0, count: count), values: [Double](repeating: 0, count: count))
        var open = [Double](repeating: 1, count: count)
        let inverses = (0..<count).map { state in
            1 / (ends[state] + weights[rowStarts[state]..<rowStarts[state + 1]].reduce(0, +))
        }
        for round in 1...limit {
            var most = 0.0
            // From the last to the first: states with more of a past come later, so the first one is the freshest.
            for state in stride(from: count - 1, through: 0, by: -1) {
                var (conversion, value, rest) = (conversions[state], values[state], 0.0)
                for place in rowStarts[state]..<rowStarts[state + 1] {
                    let (target, weight) = (Int(targets[place]), weights[place])
                    conversion += weight * gains.conversions[target]
                    value += weight * gains.values[target]
                    rest += weight * open[target]
                }
                gains.conversions[state] = conversion * inverses[state]
                gains.values[state] = value * inverses[state]
                open[state] = rest * inverses[state]
                most = max(most, open[state])
            }
            if most <= AbsorbingChain.tolerance * gains.conversions[0] || most < 1e-300 { return gains }
            if round == limit { return nil }
        }
        return nil
    }
}
