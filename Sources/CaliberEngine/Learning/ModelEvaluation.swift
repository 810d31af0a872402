import CaliberCore
import CaliberRegression
import CaliberScoring

/// How a model does on rows of any span whose outcome is known.
public struct ModelEvaluation: Codable, Hashable, Sendable {
    /// `order_health@3`.
    public var model: String
    public var label: String
    /// Training moments: of the first row with a known outcome, and of the last.
    public var from: Timestamp?
    public var through: Timestamp?
    /// Rows of the span that say nothing yet.
    public var immatureCount: Int
    /// Rows of the span whose label can't be told.
    public var unknownCount: Int
    /// Rows of the span that the weights or the calibration were learned from.
    public var learnedFromCount: Int
    public var reviewProbability: Double
    public var evaluation: Evaluation
    public var groupedBy: String?
    public var groups: [GroupEvaluation]

    public init(_ scored: ScoredRows, in span: Range<Timestamp>) {
        let places = scored.known(in: span)
        let labels = scored.labels(places)
        let own = places.map { scored.probabilities[$0] }
        let decision = scored.file.scale.decisionProbability
        let outcomes = scored.rows.outcomes[scored.rows.rows(in: span)]
        model = scored.model
        label = scored.file.label.id
        from = places.first.map { scored.rows.moments[$0] }
        through = places.last.map { scored.rows.moments[$0] }
        immatureCount = outcomes.count { $0 == .immature }
        unknownCount = outcomes.count { $0 == .unknown }
        let record = scored.file.training
        learnedFromCount = places.count { place in
            let moment = scored.rows.moments[place]
            return moment >= record.window.from && moment < record.judgedFrom
        }
        reviewProbability = scored.file.scale.reviewProbability
        evaluation = Evaluation(probabilities: own, labels: labels, reviewProbability: decision)
        groupedBy = scored.group
        groups = scored.groups(places, labels: labels, probabilities: own, reviewProbability: decision)
    }
}

extension ScoredRows {
    /// Figures of each group; none where the rows have no groups.
    func groups(
        _ places: [Int], labels: [Double], probabilities: [Double], reviewProbability: Double
    ) -> [GroupEvaluation] {
        guard group != nil else { return [] }
        let names = Array(Set(places.compactMap { rows.groups[$0] })).sorted()
        let numbers = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, $0) })
        return Evaluation.byGroup(
            probabilities: probabilities, labels: labels,
            groups: places.map { rows.groups[$0].flatMap { numbers[$0] } ?? -1 }, names: names,
            reviewProbability: reviewProbability)
    }
}
