/// A logistic regression that was fitted: the coefficients that cost least, and how sure they are.
public struct LogisticFit: Hashable, Codable, Sendable {
    public let intercept: Double
    /// One a column of the matrix, in log-odds for each unit.
    public let coefficients: [Double]
    /// nil when the settings did not ask for it, or a penalty on absolute values leaves it without meaning.
    public let errors: StandardErrors?
    /// How far the optimum can be; nil when not asked for, or when columns that make up each other leave no bound.
    public let certificate: OptimalityCertificate?
    /// The penalised loss that was minimised.
    public let objective: Double
    /// The gradient's Euclidean length: of the coefficients as the matrix has them, and the intercept.
    public let gradientNorm: Double
    public let rowCount: Int
    public let positiveCount: Int
    public let work: FittingWork
    public let notes: [FittingNote]

    /// Log-odds of a prepared row.
    public func logOdds(of row: some Sequence<Double>) -> Double {
        zip(row, coefficients).reduce(intercept) { $0 + $1.0 * $1.1 }
    }

    /// The model that scores rows of the same matrix.
    public var model: LogisticModel {
        LogisticModel(intercept: intercept, terms: coefficients.map { LogisticModel.Term(weight: $0) })
    }

    /// The same fit for a population in which another share goes bad than among the rows it was fitted on.
    public func corrected(_ correction: PriorCorrection) -> LogisticFit {
        LogisticFit(
            intercept: intercept + correction.interceptShift, coefficients: coefficients, errors: errors,
            certificate: certificate, objective: objective, gradientNorm: gradientNorm, rowCount: rowCount,
            positiveCount: positiveCount, work: work, notes: notes)
    }
}

extension LogisticFit {
    /// Parameters from elsewhere, to start a fit from.
    public init(startingAt intercept: Double, _ coefficients: [Double]) {
        self.init(
            intercept: intercept, coefficients: coefficients, errors: nil, certificate: nil, objective: .nan,
            gradientNorm: .nan, rowCount: 0, positiveCount: 0,
            work: FittingWork(passes: 0, crossProducts: 0, steps: 0, sampleSteps: 0, sampleRowCounts: []), notes: [])
    }
}

/// How much the parameters would vary from sample to sample: from the inverse of the loss's second derivatives.
///
/// Source: Hastie, Tibshirani, Friedman, The Elements of Statistical Learning, 2nd ed., section 4.4.1; with a penalty, as
/// in ridge regression, the inverse is that of the penalised loss.
public struct StandardErrors: Hashable, Codable, Sendable {
    /// nil where other parameters make this one up and no penalty holds it; so with every column.
    public let intercept: Double?
    public let interceptZ: Double?
    /// One a column.
    public let coefficients: [Double?]
    /// Coefficient over standard error.
    public let coefficientZ: [Double?]
    /// Of the Hessian, with columns scaled so that its diagonal is 1: large when columns are nearly made up of others.
    public let conditionNumber: Double?
}

/// What a fit cost.
public struct FittingWork: Hashable, Codable, Sendable {
    /// Readings of all rows; those that formed cross-products are among them.
    public let passes: Int
    public let crossProducts: Int
    /// Steps on all rows.
    public let steps: Int
    public let sampleSteps: Int
    /// Rows of the sub-samples; empty when the rows were too few for one.
    public let sampleRowCounts: [Int]
}
