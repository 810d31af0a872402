import CaliberRegression

extension Scorer {
    public static let defaultReasonLimit = 5
    static let columnLimit = 3

    /// The score of one row, taken apart.
    ///
    /// A column's points are what it adds to the raw log-odds, beside a row with all columns at their means, times the mean
    /// slope of the calibration between the two rows, times the scale's points. For a straight calibration that is exact;
    /// for a bent one every column is bent alike. Rounding is by largest remainders. The limits of 0 and 100 are a line of
    /// their own, so that points of two orders can be compared.
    ///
    /// - Parameters:
    ///   - values: the row; missing values as NaN.
    ///   - rawLogOdds: the row's score, where it is known already; nil computes it.
    ///   - limit: reasons, and supports, to name.
    public func explain(
        _ values: [Double], rawLogOdds given: Double? = nil, limit: Int = defaultReasonLimit
    ) -> ScoreExplanation {
        let unlimited = given ?? rawLogOdds(values)
        // What is no number is worst, here as in `health`: a person shall look.
        let raw =
            unlimited.isNaN
            ? Scorer.greatestLogOdds : min(max(unlimited, -Scorer.greatestLogOdds), Scorer.greatestLogOdds)
        let health = health(rawLogOdds: raw)
        let slope = calibration.meanSlope(from: model.intercept, to: raw)
        let contributions = values.indices.map { contribution(of: $0, values[$0]) * slope }
        let exact = groups.map { group in
            group.columns.reduce(0) { $0 - contributions[$1] } * scale.hundredthsPerLogOdds
        }
        let unclamped = scale.unclampedHundredths(calibratedLogOdds: calibration.logOdds(raw))
        let base = scale.unclamped(calibratedLogOdds: calibration.logOdds(model.intercept))
        let (basePoints, points) = Apportionment.wholes(of: exact, first: base, sum: unclamped)

        let lowering = points.indices.filter { points[$0] < 0 }.sorted { (points[$0], $0) < (points[$1], $1) }
        let raising = points.indices.filter { points[$0] > 0 }.sorted { (-points[$0], $0) < (-points[$1], $1) }
        let named = lowering.prefix(max(0, limit)) + raising.prefix(max(0, limit))
        func reason(_ index: Int) -> ScoreExplanation.Reason {
            reasonOf(groups[index], points: points[index], values, contributions)
        }
        return ScoreExplanation(
            health: health, needsReview: health.needsReview, probability: probability(rawLogOdds: raw),
            rawLogOdds: raw, basePoints: basePoints, reasons: lowering.prefix(max(0, limit)).map(reason),
            supports: raising.prefix(max(0, limit)).map(reason),
            otherPoints: points.reduce(0, +) - named.reduce(0) { $0 + points[$1] },
            limitPoints: health.hundredths - unclamped,
            wayBack: health.needsReview ? wayBack(values, rawLogOdds: raw) : nil)
    }

    private func reasonOf(
        _ group: ColumnGroup, points: Int, _ values: [Double], _ contributions: [Double]
    ) -> ScoreExplanation.Reason {
        // The category's own value leads; else what pulls strongest in the reason's direction.
        func pull(_ column: Int) -> Double { points < 0 ? contributions[column] : -contributions[column] }
        let ordered = group.columns.sorted { left, right in
            let (leftIsLevel, rightIsLevel) = (isActiveLevel(left, values), isActiveLevel(right, values))
            if leftIsLevel != rightIsLevel { return leftIsLevel }
            return pull(left) != pull(right) ? pull(left) > pull(right) : left < right
        }
        let lead = schema.columns[ordered[0]]
        return ScoreExplanation.Reason(
            id: group.id, points: points, description: lead.description, advice: points < 0 ? lead.advice : nil,
            columns: ordered.prefix(Scorer.columnLimit).map { column in
                let declared = schema.columns[column]
                return ScoreExplanation.Column(
                    id: declared.id, value: values[column].isFinite ? values[column] : nil,
                    baseline: model.terms[column].mean, logOdds: contributions[column], level: declared.level,
                    unit: declared.unit)
            })
    }

    func isActiveLevel(_ column: Int, _ values: [Double]) -> Bool {
        schema.columns[column].level != nil && values[column] == 1
    }
}
