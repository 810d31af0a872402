import CaliberRegression
import CaliberTesting
import Foundation
import Testing

/// How sure a fit is of itself.
@Suite struct CertaintyTests {
    struct Errors: Decodable {
        let errors: [Double]
        let condition: Double
    }

    @Test(arguments: [(4000, 12), (40_000, 9)])
    func `standard errors are those of the inverse Hessian`(rowCount: Int, columnCount: Int) throws {
        let made = MadeRows.dense(rowCount: rowCount, columnCount: columnCount, seed: 50)
        let fit = try LogisticFitter(FittingSettings(penalty: 3)).fit(made.rows())
        let expected: Errors = try LearningOracle.shared().call(
            "fitting.standard_errors",
            [
                "x": .array(made.values, shape: [rowCount, columnCount]),
                "y": .array(made.labels.map { $0 ? 1 : 0 }), "penalty": 3,
                "intercept": .number(fit.intercept), "coefficients": .array(fit.coefficients),
            ])
        let errors = try #require(fit.errors)
        for (own, other) in zip(errors.coefficients + [errors.intercept], expected.errors) {
            let own = try #require(own)
            #expect(abs(own - other) < 1e-4 * other)
        }
        for (column, z) in errors.coefficientZ.enumerated() {
            let z = try #require(z)
            #expect(abs(z - fit.coefficients[column] / expected.errors[column]) < 1e-3)
        }
        let condition = try #require(errors.conditionNumber)
        #expect(abs(condition - expected.condition) < 1e-3 * expected.condition)
    }

    /// A fit that stops far off still says how far it is; one that goes on shows that it was right.
    @Test(arguments: 1...12 as ClosedRange<UInt64>)
    func `the optimum lies within the certificate's bounds`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let columnCount = Int.random(in: 1...15, using: &random)
        let rowCount = Int.random(in: 400...20_000, using: &random)
        let penalties: [Double] = [1e-3, 1, 50]
        let penalty = penalties.randomElement(using: &random) ?? 1
        let made = MadeRows.dense(rowCount: rowCount, columnCount: columnCount, seed: seed)
        let rows = try made.rows()
        let best = try LogisticFitter(FittingSettings(penalty: penalty, tolerance: 1e-11)).fit(rows)
        // A start beside the optimum, and a tolerance that takes it for near enough.
        let start = try LogisticFitter(FittingSettings(penalty: penalty * 1.02)).fit(rows)
        let near = try LogisticFitter(FittingSettings(penalty: penalty, tolerance: 0.2)).fit(rows, from: start)
        let certificate = try #require(near.certificate)
        let errors = try #require(near.errors)
        var (square, inErrors) = (pow(near.intercept - best.intercept, 2), 0.0)
        for (column, coefficient) in near.coefficients.enumerated() {
            let difference = coefficient - best.coefficients[column]
            square += difference * difference
            inErrors = max(inErrors, abs(difference) / (try #require(errors.coefficients[column])))
        }
        var logOdds = 0.0
        for row in 0..<rowCount {
            logOdds = max(logOdds, abs(near.logOdds(of: rows.matrix.row(row)) - best.logOdds(of: rows.matrix.row(row))))
        }
        let rounding = 1 + 1e-9
        #expect(square.squareRoot() <= certificate.parameterDistance * rounding, "seed \(seed)")
        #expect(inErrors <= certificate.distanceInErrors * rounding, "seed \(seed)")
        #expect(logOdds <= certificate.logOddsDistance * rounding, "seed \(seed)")
        #expect(certificate.pointsDistance(pointsToDouble: 10) == certificate.logOddsDistance * 10 / log(2))
        // And the bound is worth something.
        let tight = try #require(best.certificate)
        #expect(tight.logOddsDistance < 1e-6, "seed \(seed)")
    }

    @Test(arguments: [3000, 30_000])
    func `the gradient at the fit vanishes, as differences of the loss show`(rowCount: Int) throws {
        let made = MadeRows.dense(rowCount: rowCount, columnCount: 5, seed: 60)
        let fit = try LogisticFitter(FittingSettings(penalty: 2)).fit(made.rows())
        func loss(_ parameters: [Double]) -> Double {
            var total = 0.0
            for row in 0..<rowCount {
                var z = parameters[5]
                for column in 0..<5 { z += parameters[column] * made.values[row * 5 + column] }
                total += made.labels[row] ? log1p(exp(-z)) : log1p(exp(z))
            }
            return total + parameters[0..<5].reduce(0) { $0 + $1 * $1 }
        }
        let best = fit.coefficients + [fit.intercept]
        #expect(abs(loss(best) - fit.objective) < 1e-9 * fit.objective)
        for index in best.indices {
            for step in [1e-3, -1e-3] {
                var moved = best
                moved[index] += step
                #expect(loss(moved) > fit.objective)
            }
            var (above, below) = (best, best)
            above[index] += 1e-4
            below[index] -= 1e-4
            // The third derivative of the loss is below its number of rows.
            #expect(abs(loss(above) - loss(below)) / 2e-4 < Double(rowCount) * 1e-8 + 1e-5)
        }
    }
}
