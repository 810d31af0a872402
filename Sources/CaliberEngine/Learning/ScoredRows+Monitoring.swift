import CaliberCore
import CaliberRegression
import CaliberScoring

extension ScoredRows {
    /// How far the rows of a span are from those the model was trained on; rows without an outcome count too.
    public func drift(in span: Range<Timestamp>) -> DriftReport {
        let places = rows.rows(in: span)
        let columnCount = rows.matrix.columnCount
        return DriftReport(
            file: file,
            columns: (0..<columnCount).map { column in
                places.map { rows.matrix.values[$0 * columnCount + column] }
            },
            probabilities: Array(probabilities[places]),
            labels: places.map { rows.outcomes[$0].wentBad.map { $0 ? 1 : 0 } })
    }

    /// What this model would have decided of every row, beside what a candidate would have: both as of the row's first
    /// training moment.
    public func replay(candidate: ScoredRows) -> ReplayComparison {
        let (own, other) = (healths, candidate.healths)
        let otherPlaces =
            rows.keys == candidate.rows.keys
            ? nil
            : Dictionary(candidate.rows.keys.enumerated().map { ($1, $0) }, uniquingKeysWith: { $1 })
        func place(_ index: Int) -> Int? { otherPlaces.map { $0[rows.keys[index]] } ?? index }
        // Only orders that change sides are taken apart: there are few of them.
        var points: [Int: [String: Int]] = [:]
        let decisions = own.indices.map { index in
            var decision = PastDecision(
                orderID: rows.keys[index], health: own[index], wasFlagged: own[index].needsReview,
                wentBad: rows.outcomes[index].wentBad)
            if let match = place(index), other[match].needsReview != own[index].needsReview {
                decision.points = self.points(of: index)
                points[match] = candidate.points(of: match)
            }
            return decision
        }
        let scores = other.indices.map { index in
            CandidateScore(orderID: candidate.rows.keys[index], health: other[index], points: points[index] ?? [:])
        }
        return ReplayComparison(decisions: decisions, candidate: scores, days: days(rows.keys.indices))
    }

    private var healths: [Health] { rawLogOdds.map { scorer.health(rawLogOdds: $0) } }

    /// Reason → hundredths, of all that say something.
    private func points(of place: Int) -> [String: Int] {
        let explanation = scorer.explain(Array(rows.matrix.row(place)), rawLogOdds: rawLogOdds[place], limit: .max)
        return Dictionary(
            (explanation.reasons + explanation.supports).map { ($0.id, $0.points) }, uniquingKeysWith: { $0 + $1 })
    }
}
