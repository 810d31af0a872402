import CaliberCore

/// Why orders can't be scored, or a threshold can't be chosen.
public enum ScoringProblem: Error, Hashable, Sendable {
    case invalidReviewProbability(Double)
    case invalidPointsToDoubleOdds(Double)
    case noOrders
    case unusableOutcomes
    case noAmounts
    case invalidCost
    case reviewNeverPays(costPerReview: Double, saved: Double)
    case invalidCapacity
    case unknownDays
    case columnCount(model: Int, schema: Int)

    public var diagnostic: Diagnostic {
        switch self {
        case .invalidReviewProbability(let probability):
            Diagnostic(
                "invalid-review-probability", "A review probability of \(probability) is not between 0 and 1.",
                remedy: "Give the risk at which a review pays, such as 0.10.")
        case .invalidPointsToDoubleOdds(let points):
            Diagnostic(
                "invalid-scale", "\(points) points to double the odds is not a number above 0 and up to 1000.",
                remedy: "Write 10, unless you know why not.")
        case .noOrders:
            Diagnostic(
                "no-orders", "There are no orders to choose a threshold on.",
                remedy: "Name a span that has scored orders.")
        case .unusableOutcomes:
            Diagnostic(
                "unusable-outcomes",
                "Probabilities are from 0 to 1, labels 0 or 1, amounts finite numbers, one each for every order.")
        case .noAmounts:
            Diagnostic(
                "amounts-missing", "A loss that is a share of the amount needs each order's amount.",
                remedy: "Give the amounts, or a fixed loss.")
        case .invalidCost:
            Diagnostic(
                "invalid-cost", "A review's cost and a bad order's loss are above 0, the share prevented is in 0…1.",
                remedy: "Give all of them in one currency.")
        case .reviewNeverPays(let cost, let saved):
            Diagnostic(
                "review-never-pays", "A review costs \(cost) and saves \(saved) on a bad order: it never pays.",
                remedy: "Check both figures, or choose the threshold by capacity.")
        case .invalidCapacity:
            Diagnostic(
                "invalid-capacity", "The capacity is not above 0.",
                remedy: "Give a share of orders such as 0.05, or orders a day.")
        case .unknownDays:
            Diagnostic(
                "unknown-days", "Orders a day can't be compared with orders of an unknown number of days.",
                remedy: "Give the length of the span.")
        case .columnCount(let model, let schema):
            Diagnostic(
                "column-count", "The model has \(model) columns and its feature schema \(schema).",
                remedy: "Train it anew, or take the file as it was written.")
        }
    }
}
