import Foundation

/// The chi-square distribution, for what chance alone makes of counts.
public enum ChiSquare {
    /// The value that a chi-square variable stays below with a probability.
    ///
    /// - Parameters:
    ///   - probability: in 0..<1.
    ///   - degreesOfFreedom: at least 1.
    /// - Returns: accurate to about 1e-12 relative; 0 for degrees below 1, NaN for a probability outside 0..<1.
    ///
    /// Source: the incomplete gamma function by series and continued fraction as in Press et al., Numerical Recipes,
    /// 3rd ed., section 6.2.
    public static func quantile(_ probability: Double, degreesOfFreedom: Int) -> Double {
        guard degreesOfFreedom >= 1 else { return 0 }
        guard probability >= 0, probability < 1 else { return .nan }
        if probability == 0 { return 0 }
        let shape = Double(degreesOfFreedom) / 2
        // A bracket that surely holds the quantile, then halving: about 60 evaluations.
        var low = 0.0
        var high = Double(degreesOfFreedom) + 10
        while lowerGamma(shape: shape, high / 2) < probability { high *= 2 }
        for _ in 0..<200 where high - low > 1e-14 * high {
            let middle = (low + high) / 2
            if lowerGamma(shape: shape, middle / 2) < probability { low = middle } else { high = middle }
        }
        return (low + high) / 2
    }

    /// The regularised lower incomplete gamma function P(shape, x).
    static func lowerGamma(shape: Double, _ x: Double) -> Double {
        guard x > 0 else { return 0 }
        let scale = exp(shape * log(x) - x - lgamma(shape))
        if x < shape + 1 {
            var term = 1 / shape
            var sum = term
            var denominator = shape
            for _ in 0..<10_000 where abs(term) > abs(sum) * 1e-17 {
                denominator += 1
                term *= x / denominator
                sum += term
            }
            return sum * scale
        }
        // Lentz's method on the continued fraction of the upper function.
        let tiny = 1e-300
        var b = x + 1 - shape
        var c = 1 / tiny
        var d = 1 / b
        var fraction = d
        for i in 1..<10_000 {
            let a = -Double(i) * (Double(i) - shape)
            b += 2
            d = a * d + b
            if abs(d) < tiny { d = tiny }
            c = b + a / c
            if abs(c) < tiny { c = tiny }
            d = 1 / d
            let factor = d * c
            fraction *= factor
            if abs(factor - 1) < 1e-16 { break }
        }
        return 1 - scale * fraction
    }
}
