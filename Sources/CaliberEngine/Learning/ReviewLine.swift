import CaliberCore
import CaliberRegression
import CaliberScoring
import Foundation

/// What decides which risk is health 60.
public enum ReviewLineChoice: Sendable {
    /// As the model has it.
    case present
    case capacity(ReviewCapacity)
    case cost
}

extension ScoredRows {
    /// What lines of review would do to the rows of a span whose outcome is known.
    ///
    /// - Throws: `ScoringProblem` when there are no such rows, or nothing follows from capacity or cost.
    public func threshold(
        in span: Range<Timestamp>, by choice: ReviewLineChoice, cost: ReviewCost? = nil
    ) throws(ScoringProblem) -> ThresholdReport {
        let places = known(in: span)
        let study = try ThresholdStudy(
            probabilities: places.map { probabilities[$0] }, labels: labels(places), days: days(places), cost: cost)
        let points = file.scale.pointsToDoubleOdds
        switch choice {
        case .present: return try study.report(reviewProbability: file.scale.reviewProbability, points)
        case .capacity(let capacity): return try study.report(capacity: capacity, pointsToDoubleOdds: points)
        case .cost: return try study.reportByCost(pointsToDoubleOdds: points)
        }
    }

    /// The model with another line of review, as a version of its own: weights and probabilities stay, health moves.
    ///
    /// Figures at the line are taken anew, of the rows of each span as their outcomes are known today.
    public func relined(
        reviewProbability: Double, version: String, at created: Timestamp, by who: String, why: String
    ) throws(ScoringProblem) -> ModelFile {
        var new = file
        new.scale = try HealthScale(
            reviewProbability: reviewProbability, pointsToDoubleOdds: file.scale.pointsToDoubleOdds)
        new.version = version
        new.created = created
        func percent(_ probability: Double) -> String { String(format: "%.2f%%", probability * 100) }
        new.notes.append(
            "The line of review was moved from \(percent(file.scale.reviewProbability)) in version \(file.version) to "
                + "\(percent(reviewProbability)) by \(who): \(why)")
        let decision = new.scale.decisionProbability
        for index in new.evaluations.indices {
            let places = window(of: new.evaluations[index].span).map { known(in: $0.from..<$0.until) } ?? []
            let labels = labels(places)
            let own = places.map { probabilities[$0] }
            new.evaluations[index].evaluation.atReview =
                Evaluation(probabilities: own, labels: labels, reviewProbability: decision).atReview
            let groups = groups(places, labels: labels, probabilities: own, reviewProbability: decision)
            let figures = Dictionary(groups.map { ($0.group, $0.evaluation) }, uniquingKeysWith: { $1 })
            for group in new.evaluations[index].groups.indices {
                let name = new.evaluations[index].groups[group].group
                new.evaluations[index].groups[group].evaluation.atReview = figures[name]?.atReview
            }
        }
        return new
    }

    private func window(of span: ModelFile.SpanEvaluation.Span) -> ModelFile.Window? {
        switch span {
        case .training: file.training.window
        case .calibration: file.training.calibrationWindow
        case .heldOut: file.training.heldOutWindow
        }
    }
}
