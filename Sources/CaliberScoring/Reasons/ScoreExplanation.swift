import Foundation

/// A score and why it is what it is.
///
/// `basePoints + Σ reasons + Σ supports + otherPoints + limitPoints` is `health`, to the hundredth, always.
public struct ScoreExplanation: Codable, Hashable, Sendable {
    public var health: Health
    public var needsReview: Bool
    /// Calibrated, of going bad.
    public var probability: Double
    /// Before calibration.
    public var rawLogOdds: Double
    /// Hundredths of an order whose columns all have their training means, before the limits of 0 and 100.
    public var basePoints: Int
    /// What lowers health, the strongest first.
    public var reasons: [Reason]
    /// What raises it, the strongest first.
    public var supports: [Reason]
    /// Hundredths of all that is not named.
    public var otherPoints: Int
    /// Hundredths that the limits of 0 and 100 take away (or add); 0 for a score between them.
    public var limitPoints: Int
    /// For an order that needs review.
    public var wayBack: WayBack?

    /// What one feature, or one group of columns, does to health.
    public struct Reason: Codable, Hashable, Sendable {
        /// The group, or the column where it stands alone.
        public var id: String
        /// Hundredths of health; negative lowers it.
        public var points: Int
        public var description: String
        /// Of what lowers health; nothing is to be done about what raises it.
        public var advice: FeatureSchema.Advice?
        /// The strongest columns of it, at most three.
        public var columns: [Column]
    }

    public struct Column: Codable, Hashable, Sendable {
        public var id: String
        /// Nil for a value that is missing.
        public var value: Double?
        /// The training mean, which counts as neither good nor bad.
        public var baseline: Double
        /// What the value adds to the calibrated log-odds of going bad.
        public var logOdds: Double
        public var level: String?
        public var unit: String?
    }

    /// What the parts add up to: `health`'s hundredths.
    public var sumOfPoints: Int {
        (reasons + supports).reduce(basePoints + otherPoints + limitPoints) { $0 + $1.points }
    }
}

extension ScoreExplanation.Reason {
    /// The strongest column's value beside what is usual, for people: `3, usually 0.21`.
    public var valueText: String {
        guard let column = columns.first else { return "" }
        let value = column.value.map(ScoreExplanation.text) ?? "not known"
        return "\(value), usually \(ScoreExplanation.text(column.baseline))"
    }
}

extension ScoreExplanation {
    /// A value for people: whole where it is or is large, else three digits.
    public static func text(_ value: Double) -> String {
        let isShownWhole = value == value.rounded() || value.magnitude >= 100
        return isShownWhole && value.magnitude < 1e15
            ? String(Int64(value.rounded())) : String(format: "%.3g", value)
    }
}
