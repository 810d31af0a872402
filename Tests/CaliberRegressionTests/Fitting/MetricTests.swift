import CaliberRegression
import CaliberTesting
import Testing

/// Factored matrices, and steps that remember.
@Suite struct MetricTests {
    /// A random symmetric positive matrix: AᵀA and something on the diagonal.
    func positive(_ n: Int, _ random: inout SeededGenerator) -> [Double] {
        let factor = (0..<n * n).map { _ in Double.random(in: -1...1, using: &random) }
        return (0..<n * n).map { index in
            let (row, column) = (index / n, index % n)
            var total = row == column ? 0.1 : 0
            for inner in 0..<n { total += factor[inner * n + row] * factor[inner * n + column] }
            return total * (row == column ? 1 : 0.9)
        }
    }

    func product(_ matrix: [Double], _ vector: [Double]) -> [Double] {
        let n = vector.count
        return (0..<n).map { row in (0..<n).reduce(0) { $0 + matrix[row * n + $1] * vector[$1] } }
    }

    @Test(arguments: 1...15 as ClosedRange<UInt64>)
    func `a factor solves, and knows the inverse's diagonal and lengths`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let n = Int.random(in: 1...30, using: &random)
        let matrix = positive(n, &random)
        let factor = CholeskyFactor(matrix, dimension: n, dropsDependent: true)
        #expect(factor.dependent.isEmpty)
        let vector = (0..<n).map { _ in Double.random(in: -1...1, using: &random) }
        let solution = factor.solved(vector)
        for (back, own) in zip(product(matrix, solution), vector) { #expect(abs(back - own) < 1e-9, "seed \(seed)") }
        let square = zip(solution, vector).reduce(0) { $0 + $1.0 * $1.1 }
        #expect(abs(factor.inverseNorm(vector) - square.squareRoot()) < 1e-9 * (1 + square), "seed \(seed)")
        for (index, own) in factor.inverseDiagonal().enumerated() {
            let unit = (0..<n).map { $0 == index ? 1.0 : 0 }
            #expect(abs(own - factor.solved(unit)[index]) < 1e-9 * own, "seed \(seed)")
        }
    }

    /// Source of the promise: Nocedal, Wright, Numerical Optimization, 2nd ed., equation 7.13 keeps the secant equation.
    @Test(arguments: 1...15 as ClosedRange<UInt64>)
    func `a change of the gradient as in the last step leads back along it`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let n = Int.random(in: 2...12, using: &random)
        let metric = CholeskyFactor(positive(n, &random), dimension: n, dropsDependent: true)
        let curvature = positive(n, &random)
        var memory = StepMemory()
        for _ in 0..<Int.random(in: 1...12, using: &random) {
            let step = (0..<n).map { _ in Double.random(in: -1...1, using: &random) }
            let change = product(curvature, step)
            memory.keep(step: step, change: change)
            for (own, other) in zip(memory.direction(change, metric: metric), step) {
                #expect(abs(own + other) < 1e-8, "seed \(seed)")
            }
            // And every direction leads downhill.
            let gradient = (0..<n).map { _ in Double.random(in: -1...1, using: &random) }
            let direction = memory.direction(gradient, metric: metric)
            #expect(zip(direction, gradient).reduce(0) { $0 + $1.0 * $1.1 } < 0, "seed \(seed)")
        }
    }

    @Test func `steps along which the gradient does not grow are not kept`() {
        let identity = CholeskyFactor([1, 0, 0, 1], dimension: 2, dropsDependent: true)
        var memory = StepMemory()
        memory.keep(step: [1, 0], change: [-1, 0])
        memory.keep(step: [0, 0], change: [0, 0])
        #expect(memory.direction([3, 4], metric: identity) == [-3, -4])
    }
}
