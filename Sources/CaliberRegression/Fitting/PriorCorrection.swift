import Foundation

/// What the intercept of a model fitted on chosen or weighted rows lacks for the population they were taken from.
///
/// Source: King, Zeng, Logistic Regression in Rare Events Data, Political Analysis 9 (2001), equation 7: the slopes stand,
/// the intercept loses ln[((1 − τ)/τ) · (ȳ/(1 − ȳ))].
public struct PriorCorrection: Hashable, Codable, Sendable {
    /// τ: the share that goes bad in the population.
    public let populationShare: Double
    /// ȳ: the share that went bad among the rows, with their weights.
    public let trainingShare: Double

    /// - Throws: `badSetting` for shares that are not strictly between 0 and 1.
    public init(populationShare: Double, trainingShare: Double) throws(FittingError) {
        for (name, share) in [("The population's share", populationShare), ("The training rows' share", trainingShare)]
        {
            guard share > 0, share < 1 else {
                throw .badSetting(name: name, value: "\(share)", allowed: "a share above 0 and below 1")
            }
        }
        self.populationShare = populationShare
        self.trainingShare = trainingShare
    }

    /// For rows as a fit weighed them.
    /// - Throws: `badSetting`, `singleClass`.
    public init(
        populationShare: Double, rows: TrainingRows, classWeights: FittingSettings.ClassWeights
    ) throws(FittingError) {
        let counts = try ClassCounts(rows, selection: .all)
        let weights = try counts.weights(classWeights)
        let positive = counts.positiveWeight * weights.positive
        try self.init(
            populationShare: populationShare,
            trainingShare: positive / (positive + counts.negativeWeight * weights.negative))
    }

    /// What is added to the intercept.
    public var interceptShift: Double {
        log(populationShare / (1 - populationShare)) - log(trainingShare / (1 - trainingShare))
    }
}
