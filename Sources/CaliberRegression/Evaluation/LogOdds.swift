import Foundation

/// Probabilities and their log-odds, `ln(p / (1 − p))`, without overflow and without losing the small ones.
public enum LogOdds {
    /// The least distance of a probability from 0 and 1 where its logarithm is taken.
    public static let probabilityMargin = Double.ulpOfOne

    /// 0…1; NaN stays NaN.
    @inlinable
    public static func probability(_ logOdds: Double) -> Double {
        if logOdds >= 0 { return 1 / (1 + exp(-logOdds)) }
        let odds = exp(logOdds)
        return odds / (1 + odds)
    }

    /// The inverse; 0 and 1 give −∞ and +∞.
    @inlinable
    public static func of(_ probability: Double) -> Double {
        log(probability) - log1p(-probability)
    }

    /// The inverse, with probabilities kept `probabilityMargin` away from 0 and 1: always finite but for NaN.
    @inlinable
    public static func finite(of probability: Double) -> Double {
        of(min(max(probability, probabilityMargin), 1 - probabilityMargin))
    }
}
