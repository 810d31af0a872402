/// A linear score of raw columns, in log-odds: what fitting gives, and all that scoring needs.
///
/// A row's log-odds are `intercept + Σ contribution(of: column, value:)`. A value that is not there (NaN) counts as the
/// column's mean, and adds the column's `missingWeight`.
public struct LogisticModel: Codable, Hashable, Sendable {
    /// What one raw column adds.
    public struct Term: Codable, Hashable, Sendable {
        /// Log-odds per `deviation` of the column; 0 for a column that the model leaves out.
        public var weight: Double
        /// The mean and the deviation of the column's present values in training; the deviation is positive.
        public var mean: Double
        public var deviation: Double
        /// Log-odds added where the value is missing; 0 where training saw none missing.
        public var missingWeight: Double

        public init(weight: Double, mean: Double = 0, deviation: Double = 1, missingWeight: Double = 0) {
            self.weight = weight
            self.mean = mean
            self.deviation = deviation
            self.missingWeight = missingWeight
        }
    }

    /// Log-odds of a row whose columns all have their means.
    public var intercept: Double
    /// One a raw column, in the order of the matrix.
    public var terms: [Term]

    public init(intercept: Double, terms: [Term]) {
        self.intercept = intercept
        self.terms = terms
    }

    /// What one value adds to the log-odds, beside a row in which the column has its mean.
    public func contribution(of column: Int, value: Double) -> Double {
        let term = terms[column]
        return value.isNaN ? term.missingWeight : term.weight * ((value - term.mean) / term.deviation)
    }
}
