/// The last steps and what they changed in the gradient: a quasi-Newton direction from them and a metric.
///
/// Source: Nocedal, Wright, Numerical Optimization, 2nd ed., algorithm 7.4 (L-BFGS), with the inverse of a factored
/// matrix as the initial metric.
package struct StepMemory {
    private static let limit = 8
    private var pairs: [(step: [Double], change: [Double], inverseProduct: Double)] = []

    package init() {}

    package mutating func clear() { pairs = [] }

    /// Steps along which the loss does not curve upwards beyond rounding are not kept.
    package mutating func keep(step: [Double], change: [Double]) {
        let product = dot(step, change)
        guard product > 1e-14 * (dot(step, step) * dot(change, change)).squareRoot(), product.isNormal else { return }
        if pairs.count == StepMemory.limit { pairs.removeFirst() }
        pairs.append((step, change, 1 / product))
    }

    /// Downhill from where the gradient is.
    package func direction(_ gradient: [Double], metric: CholeskyFactor) -> [Double] {
        var rest = gradient
        var shares = [Double](repeating: 0, count: pairs.count)
        for (index, pair) in pairs.enumerated().reversed() {
            shares[index] = pair.inverseProduct * dot(pair.step, rest)
            add(-shares[index], pair.change, to: &rest)
        }
        var direction = metric.solved(rest)
        for (index, pair) in pairs.enumerated() {
            let share = pair.inverseProduct * dot(pair.change, direction)
            add(shares[index] - share, pair.step, to: &direction)
        }
        return direction.map { -$0 }
    }
}

/// Left to right: one order of sums.
func dot(_ left: [Double], _ right: [Double]) -> Double {
    var total = 0.0
    for index in left.indices { total += left[index] * right[index] }
    return total
}

func add(_ factor: Double, _ vector: [Double], to target: inout [Double]) {
    for index in target.indices { target[index] += factor * vector[index] }
}
