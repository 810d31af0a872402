import Foundation

/// How far a fit can be from the optimum, at most; and so any score from the score that the optimum would give.
///
/// The loss is strongly convex and its curvature changes slowly: along a step Δ, a row's curvature falls at most by the
/// factor e^−|xᵀΔ|. With H the Hessian at the fit, ν = √(gᵀH⁻¹g), and R the largest √(xᵀH⁻¹x) of a row, the optimum lies
/// within ‖Δ‖_H ≤ −ln(1 − νR)/R whenever νR < 1, and no row's log-odds differ by more than −ln(1 − νR). R is bounded by
/// the longest row over the root of H's least eigenvalue, both in columns scaled to H's diagonal. H is formed at a point
/// beside the fit; e^(distance) pays for that.
///
/// What the bound leaves out is the rounding in the gradient itself.
///
/// Source: Bach, Self-concordant analysis for logistic regression, Electronic Journal of Statistics 4 (2010), propositions 1
/// and 2; the form with the logarithm comes from integrating the bound on the curvature from the fit to the optimum.
public struct OptimalityCertificate: Hashable, Codable, Sendable {
    /// A bound on ‖θ − θ*‖ of coefficients and intercept, in the matrix's units.
    public let parameterDistance: Double
    /// A bound on how many of its standard errors any coefficient is from the optimum's.
    public let distanceInErrors: Double
    /// A bound on how far the log-odds of any training row, or of any row not longer than the longest of them, are from
    /// the optimum's.
    public let logOddsDistance: Double

    /// The bound on a score, in points.
    /// - Parameter pointsToDouble: how many points double the odds.
    public func pointsDistance(pointsToDouble: Double) -> Double { logOddsDistance * pointsToDouble / log(2) }
}

/// What a certificate is made of.
struct CertificateEvidence {
    let conditionNumber: Double
    /// nil when the Hessian leaves no room for a bound.
    let certificate: OptimalityCertificate?

    init?(_ descent: Descent) {
        guard let final = descent.final, let metric = descent.metric,
            let own = CertificateEvidence.scaledEigenvalues(final.curvature, descent.loss, scales: metric.scales),
            let asGiven = CertificateEvidence.scaledEigenvalues(final.curvature, descent.loss, scales: final.scales),
            let least = own.first, let greatest = own.last, let leastAsGiven = asGiven.first
        else { return nil }
        // Rounding can make the least eigenvalue of a singular matrix anything near 0.
        let rounding = greatest * Double(own.count) * .ulpOfOne
        conditionNumber = greatest / max(least, rounding)
        guard least > rounding, leastAsGiven > rounding else {
            certificate = nil
            return
        }
        var step = descent.point
        add(-1, final.point, to: &step)
        let rowReach = (final.curvature.greatestRowNorm / leastAsGiven).squareRoot()
        let drift = exp(rowReach * CertificateEvidence.length(of: step, in: final.curvature, descent.loss) / 2)
        let (decrement, reach) = (metric.inverseNorm(descent.value.gradient) * drift, rowReach * drift)
        guard decrement * reach < 1 else {
            certificate = nil
            return
        }
        let logOdds = -log1p(-decrement * reach)
        let distance = logOdds / reach
        let widest = (0..<descent.loss.dimension).reduce(0) { max($0, final.scales[$1]) }
        certificate = OptimalityCertificate(
            parameterDistance: distance * drift / leastAsGiven.squareRoot() * widest,
            // The standard errors are those beside the fit.
            distanceInErrors: distance * drift, logOddsDistance: logOdds)
    }

    /// √(vᵀHv).
    private static func length(
        of vector: [Double], in curvature: LogisticLoss.Curvature, _ loss: LogisticLoss
    ) -> Double {
        let n = loss.dimension
        var total = 0.0
        for row in 0..<n where vector[row] != 0 {
            var inner = 0.5 * curvature.hessian[row * n + row] * vector[row]
            for column in row + 1..<n { inner += curvature.hessian[row * n + column] * vector[column] }
            total += 2 * vector[row] * inner
        }
        return max(0, total).squareRoot()
    }

    private static func scaledEigenvalues(
        _ curvature: LogisticLoss.Curvature, _ loss: LogisticLoss, scales: [Double]
    ) -> [Double]? {
        let indices = Array(0..<loss.columnCount) + [loss.last]
        var matrix = [Double](repeating: 0, count: indices.count * indices.count)
        for (row, from) in indices.enumerated() {
            for (column, to) in indices.enumerated() where column >= row {
                matrix[row * indices.count + column] =
                    curvature.hessian[from * loss.dimension + to] * scales[from] * scales[to]
            }
        }
        return eigenvalues(matrix, dimension: indices.count)
    }
}
