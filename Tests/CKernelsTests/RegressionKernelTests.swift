import CKernels
import CaliberTesting
import Foundation
import Testing

/// The loops of logistic regression beside the plainest way to say the same, with every set of instructions.
@Suite struct RegressionKernelTests {
    static let seeds: [UInt64] = Array(1...80)

    static let instructions: [Int32] = [
        Int32(kernels_instructions_base), Int32(kernels_instructions_v3), Int32(kernels_instructions_v4),
    ].filter { $0 <= kernels_best_instructions() }

    @Test func `e to a power is within an ulp, and ln(1 + x) within two, as the system has them`() {
        var random = SeededGenerator(seed: 1)
        let exponents = (0..<200_000).map { index in
            -Double.random(in: 0...1, using: &random) * [1e-9, 1, 40, 740][index % 4]
        }
        let shares = exponents.map { exp($0) }
        for code in RegressionKernelTests.instructions {
            var powers = [Double](repeating: 0, count: exponents.count)
            var logarithms = powers
            kernels_exponential(code, exponents, exponents.count, &powers)
            kernels_log1p(code, shares, shares.count, &logarithms)
            var (worstPower, worstLogarithm) = (0.0, 0.0)
            for index in exponents.indices {
                worstPower = max(worstPower, abs(powers[index] - exp(exponents[index])) / exp(exponents[index]).ulp)
                let expected = log1p(shares[index])
                worstLogarithm = max(worstLogarithm, abs(logarithms[index] - expected) / expected.ulp)
            }
            #expect(worstPower <= 1, "instructions \(code): \(worstPower) ulps")
            #expect(worstLogarithm <= 2, "instructions \(code): \(worstLogarithm) ulps")
        }
    }

    @Test func `powers and logarithms are right at the ends`() {
        for code in RegressionKernelTests.instructions {
            var results = [Double](repeating: 1, count: 5)
            kernels_exponential(code, [0, -0.0, -800, -.infinity, .nan], 5, &results)
            #expect(results[0...3] == [1, 1, 0, 0] && results[4].isNaN)
            kernels_log1p(code, [0, 1, 1e-300, 1e-17, .nan], 5, &results)
            #expect(results[0...3] == [0, log(2), 1e-300, 1e-17] && results[4].isNaN)
        }
    }

    /// Random rows, weights, labels, and an order of rows.
    struct Case {
        var values: [Double]
        var columnCount: Int
        var padded: Int
        var labels: [UInt8]
        var weights: [Double]?
        var order: [Int]?
        var first: Int
        var count: Int
        var coefficients: [Double]
        var intercept: Double
        let classWeights = (0.5, 2.0)

        init(seed: UInt64, countLimit: Int = 200) {
            var random = SeededGenerator(seed: seed)
            columnCount = Int.random(in: 1...45, using: &random)
            padded = (columnCount + 7) / 8 * 8
            let rowCount = Int.random(in: 1...200, using: &random)
            values = (0..<rowCount * columnCount).map { _ in Double.random(in: -2...2, using: &random) }
            labels = (0..<rowCount).map { _ in UInt8.random(in: 0...1, using: &random) }
            weights =
                Bool.random(using: &random)
                ? (0..<rowCount).map { _ in max(0, Double.random(in: -1...3, using: &random)) } : nil
            order = Bool.random(using: &random) ? Array(0..<rowCount).shuffled(using: &random) : nil
            first = Int.random(in: 0..<rowCount, using: &random)
            count = min(countLimit, rowCount - first)
            coefficients = (0..<padded).map { [columnCount] in
                $0 < columnCount ? Double.random(in: -1...1, using: &random) : 0
            }
            intercept = Double.random(in: -2...2, using: &random)
        }

        func row(_ index: Int) -> Int { order?[first + index] ?? first + index }

        func withRows<Result>(_ body: (inout kernels_rows) -> Result) -> Result {
            values.withUnsafeBufferPointer { values in
                labels.withUnsafeBufferPointer { labels in
                    (weights ?? []).withUnsafeBufferPointer { weightPointer in
                        (order ?? []).withUnsafeBufferPointer { orderPointer in
                            var rows = kernels_rows(
                                values: values.baseAddress!, matrix_row_count: labels.count, column_count: columnCount,
                                indices: order == nil ? nil : orderPointer.baseAddress, first: first, count: count,
                                labels: labels.baseAddress!, weights: weights == nil ? nil : weightPointer.baseAddress,
                                class_weights: classWeights)
                            return body(&rows)
                        }
                    }
                }
            }
        }

        func x(_ index: Int) -> ArraySlice<Double> {
            values[row(index) * columnCount..<(row(index) + 1) * columnCount]
        }
        func logOdds(_ index: Int) -> Double {
            zip(x(index), coefficients).reduce(intercept) { $0 + $1.0 * $1.1 }
        }
        func weight(_ index: Int) -> Double {
            (weights?[row(index)] ?? 1) * (labels[row(index)] == 1 ? classWeights.1 : classWeights.0)
        }
    }

    @Test(arguments: seeds)
    func `a pass gives loss, gradient, margin and curvatures`(seed: UInt64) {
        let one = Case(seed: seed)
        var (loss, interceptGradient, margin) = (0.0, 0.0, Double.infinity)
        var gradient = [Double](repeating: 0, count: one.padded)
        var curvatures: [Double] = []
        for index in 0..<one.count {
            let (z, y, weight) = (one.logOdds(index), Double(one.labels[one.row(index)]), one.weight(index))
            let p = 1 / (1 + exp(-z))
            loss += weight * -(y * log(p) + (1 - y) * log(1 - p))
            interceptGradient += weight * (p - y)
            for (column, value) in one.x(index).enumerated() { gradient[column] += weight * (p - y) * value }
            curvatures.append(weight * p * (1 - p))
            if weight > 0 { margin = min(margin, (2 * y - 1) * z) }
        }
        var bits: [[UInt64]] = []
        for code in RegressionKernelTests.instructions {
            var ownGradient = [Double](repeating: 0, count: one.padded)
            var ownCurvatures = [Double](repeating: 0, count: one.count)
            let sums = one.withRows { rows in
                kernels_logistic_pass(code, &rows, one.intercept, one.coefficients, &ownGradient, &ownCurvatures)
            }
            let own = [sums.loss, sums.intercept_gradient, sums.least_margin] + ownGradient + ownCurvatures
            let expected = [loss, interceptGradient, margin] + gradient + curvatures
            for (left, right) in zip(own, expected) {
                let isNear = left == right || abs(left - right) <= 1e-12 * (1 + abs(loss))
                #expect(isNear, "seed \(seed), instructions \(code)")
            }
            bits.append(own.map(\.bitPattern))
        }
        for others in bits { #expect(others == bits[0], "seed \(seed)") }
    }

    @Test(arguments: seeds)
    func `cross-products are sums of weighted products`(seed: UInt64) {
        let one = Case(seed: seed, countLimit: Int(kernels_crossproduct_row_limit))
        var random = SeededGenerator(seed: seed &+ 1000)
        let curvatures = (0..<one.count).map { _ in Double.random(in: 0...1, using: &random) }
        let scales = (0..<one.padded).map { _ in Double.random(in: 0.1...2, using: &random) }
        let start = (0..<one.padded * one.padded).map { _ in Double.random(in: -1...1, using: &random) }
        var bits: [[UInt64]] = []
        for code in RegressionKernelTests.instructions {
            var products = start
            var intercepts = [Double](repeating: 0.5, count: one.padded)
            var packed = [Double](repeating: .nan, count: one.padded * Int(kernels_crossproduct_row_limit))
            let norm = one.withRows { rows in
                kernels_crossproduct(code, &rows, curvatures, &packed, &products, &intercepts, scales)
            }
            var own = [norm]
            for row in 0..<one.columnCount {
                var expected = 0.5
                for index in 0..<one.count {
                    expected += curvatures[index] * one.x(index)[one.x(index).startIndex + row]
                }
                #expect(abs(intercepts[row] - expected) < 1e-12)
                own.append(intercepts[row])
                for column in row..<one.columnCount {
                    var expected = start[row * one.padded + column]
                    for index in 0..<one.count {
                        let x = Array(one.x(index))
                        expected += curvatures[index] * x[row] * x[column]
                    }
                    let value = products[row * one.padded + column]
                    #expect(abs(value - expected) < 1e-11, "seed \(seed), \(row), \(column), instructions \(code)")
                    own.append(value)
                }
            }
            let greatest =
                (0..<one.count).map { index in
                    zip(one.x(index), scales).reduce(0) { $0 + $1.0 * $1.0 * $1.1 * $1.1 }
                }.max() ?? 0
            #expect(abs(norm - greatest) < 1e-11 * greatest)
            bits.append(own.map(\.bitPattern))
        }
        for others in bits { #expect(others == bits[0], "seed \(seed)") }
    }

    @Test(arguments: seeds)
    func `rows score alike one by one and together, missing values as told`(seed: UInt64) {
        let one = Case(seed: seed)
        var random = SeededGenerator(seed: seed &+ 2000)
        func padded(_ number: () -> Double) -> [Double] {
            (0..<one.padded).map { $0 < one.columnCount ? number() : 0 }
        }
        let means = padded { Double.random(in: -5...5, using: &random) }
        let missing = padded { Double.random(in: -1...1, using: &random) }
        let values = one.values.map { Int.random(in: 0..<4, using: &random) == 0 ? Double.nan : $0 }
        let rowCount = one.labels.count
        var bits: [[UInt64]] = []
        for code in RegressionKernelTests.instructions {
            for isProbability: Int32 in [0, 1] {
                var together = [Double](repeating: 0, count: rowCount)
                var alone = together
                means.withUnsafeBufferPointer { means in
                    missing.withUnsafeBufferPointer { missing in
                        one.coefficients.withUnsafeBufferPointer { slopes in
                            var score = kernels_score(
                                intercept: one.intercept, column_count: one.columnCount, means: means.baseAddress!,
                                slopes: slopes.baseAddress!, missing: missing.baseAddress!)
                            kernels_score_rows(code, &score, values, rowCount, isProbability, &together)
                            for row in 0..<rowCount {
                                let own = Array(values[row * one.columnCount..<(row + 1) * one.columnCount])
                                kernels_score_rows(code, &score, own, 1, isProbability, &alone[row])
                            }
                        }
                    }
                }
                #expect(together.map(\.bitPattern) == alone.map(\.bitPattern), "seed \(seed)")
                for row in 0..<rowCount {
                    var z = one.intercept
                    for column in 0..<one.columnCount {
                        let value = values[row * one.columnCount + column]
                        z += value.isNaN ? missing[column] : one.coefficients[column] * (value - means[column])
                    }
                    let expected = isProbability == 1 ? 1 / (1 + exp(-z)) : z
                    #expect(abs(together[row] - expected) < 1e-12 * (1 + abs(z) * 10), "seed \(seed), row \(row)")
                }
                bits.append(together.map(\.bitPattern))
            }
        }
        for index in bits.indices { #expect(bits[index] == bits[index % 2], "seed \(seed)") }
    }
}
