import CaliberRegression
import Foundation

/// What a review costs and what it saves, in one currency's units.
public struct ReviewCost: Codable, Hashable, Sendable {
    /// What one bad order loses.
    public enum Loss: Codable, Hashable, Sendable {
        case fixed(Double)
        case shareOfAmount(Double)
    }

    public var costPerReview: Double
    public var loss: Loss
    /// The share of a bad order's loss that a review saves, 0…1.
    public var preventedShare: Double

    public init(costPerReview: Double, loss: Loss, preventedShare: Double = 1) {
        self.costPerReview = costPerReview
        self.loss = loss
        self.preventedShare = preventedShare
    }

    func loss(amount: Double) -> Double {
        switch loss {
        case .fixed(let loss): loss
        case .shareOfAmount(let share): share * amount
        }
    }
}

/// How many orders may be reviewed.
public enum ReviewCapacity: Codable, Hashable, Sendable {
    /// A share of all orders, 0…1.
    case share(Double)
    case ordersPerDay(Double)
}

/// What one threshold does to the orders studied.
public struct ThresholdRow: Codable, Hashable, Sendable {
    /// Nil for a rule that weighs the amount beside the risk.
    public var reviewProbability: Double?
    public var flaggedCount: Int
    public var flaggedShare: Double
    public var flaggedPerDay: Double?
    /// Shares by outcome, or by expectation where outcomes are not known.
    public var recall: Double?
    public var precision: Double?
    /// Reviews and the losses they don't prevent, an order.
    public var costPerOrder: Double?
}

/// The choice of the risk at which a review pays, with its alternatives.
public struct ThresholdReport: Codable, Hashable, Sendable {
    public var orderCount: Int
    /// The share that went bad, or is expected to.
    public var badShare: Double
    public var outcomesAreKnown: Bool
    public var chosen: ThresholdRow
    /// By rising share of flagged orders.
    public var alternatives: [ThresholdRow]
    /// An order is reviewed when what that saves, given its own amount, is more than the review costs.
    public var byAmount: ThresholdRow?
    public var costPerOrderWithoutReview: Double?
}

/// Orders of a span by falling risk, asked what each threshold would do to them.
public struct ThresholdStudy: Sendable {
    public static let alternativeShares = [0.005, 0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3]

    private let days: Double?
    private let cost: ReviewCost?
    private let outcomesAreKnown: Bool
    /// By falling risk.
    private let logOdds: [Double]
    private let bad: [Double]
    private let losses: [Double]
    /// Over the first k orders.
    private let badBefore: [Double]
    private let lossBefore: [Double]

    private var count: Int { logOdds.count }
    private var badCount: Double { badBefore.last ?? 0 }

    /// - Parameters:
    ///   - probabilities: calibrated, of going bad.
    ///   - labels: 1 for an order that went bad, else 0; without them probabilities are believed.
    ///   - amounts: an order's amount, for losses that are a share of it.
    ///   - days: the span's length; gives flagged orders a day.
    public init(
        probabilities: [Double], labels: [Double]? = nil, amounts: [Double]? = nil, days: Double? = nil,
        cost: ReviewCost? = nil
    ) throws(ScoringProblem) {
        guard !probabilities.isEmpty else { throw .noOrders }
        guard probabilities.allSatisfy({ $0 >= 0 && $0 <= 1 }),
            labels?.count ?? probabilities.count == probabilities.count,
            amounts?.count ?? probabilities.count == probabilities.count,
            labels?.allSatisfy({ $0 == 0 || $0 == 1 }) ?? true, amounts?.allSatisfy(\.isFinite) ?? true
        else { throw .unusableOutcomes }
        if let cost { try ThresholdStudy.check(cost, hasAmounts: amounts != nil) }
        let order = probabilities.indices.sorted {
            probabilities[$0] != probabilities[$1] ? probabilities[$0] > probabilities[$1] : $0 < $1
        }
        self.days = days.flatMap { $0 > 0 ? $0 : nil }
        self.cost = cost
        outcomesAreKnown = labels != nil
        logOdds = order.map { LogOdds.finite(of: probabilities[$0]) }
        let bad = order.map { labels?[$0] ?? probabilities[$0] }
        let losses = order.map { cost?.loss(amount: amounts?[$0] ?? 0) ?? 0 }
        self.bad = bad
        self.losses = losses
        badBefore = ThresholdStudy.runningSums(bad)
        lossBefore = ThresholdStudy.runningSums(zip(bad, losses).map { $0 * $1 })
    }

    private static func check(_ cost: ReviewCost, hasAmounts: Bool) throws(ScoringProblem) {
        let loss: Double
        switch cost.loss {
        case .fixed(let amount): loss = amount
        case .shareOfAmount(let share):
            guard hasAmounts else { throw .noAmounts }
            loss = share
        }
        guard cost.costPerReview > 0, cost.costPerReview.isFinite, loss > 0, loss.isFinite, cost.preventedShare > 0,
            cost.preventedShare <= 1
        else { throw .invalidCost }
    }

    private static func runningSums(_ values: [Double]) -> [Double] {
        var sum = 0.0
        return [0]
            + values.map { value in
                sum += value
                return sum
            }
    }
}

extension ThresholdStudy {
    /// The lowest threshold that flags no more orders than can be reviewed; orders of one risk are flagged together.
    public func report(
        capacity: ReviewCapacity, pointsToDoubleOdds: Double = HealthScale.defaultPointsToDoubleOdds
    ) throws(ScoringProblem) -> ThresholdReport {
        let share: Double
        switch capacity {
        case .share(let given): share = given
        case .ordersPerDay(let orders):
            guard let days else { throw .unknownDays }
            share = orders * days / Double(count)
        }
        guard share > 0, share.isFinite else { throw .invalidCapacity }
        return try report(
            reviewProbability: reviewProbability(share: share, pointsToDoubleOdds), pointsToDoubleOdds)
    }

    /// The risk at which a review costs as much as it saves: `costPerReview / (loss · preventedShare)`, with the mean
    /// loss of all orders where it depends on the amount.
    public func reportByCost(
        pointsToDoubleOdds: Double = HealthScale.defaultPointsToDoubleOdds
    ) throws(ScoringProblem) -> ThresholdReport {
        guard let cost else { throw .invalidCost }
        let saved = losses.reduce(0, +) / Double(count) * cost.preventedShare
        guard cost.costPerReview < saved else {
            throw .reviewNeverPays(costPerReview: cost.costPerReview, saved: saved)
        }
        return try report(reviewProbability: cost.costPerReview / saved, pointsToDoubleOdds)
    }

    /// What a threshold that is given does.
    public func report(
        reviewProbability: Double, _ pointsToDoubleOdds: Double = HealthScale.defaultPointsToDoubleOdds
    ) throws(ScoringProblem) -> ThresholdReport {
        let chosen = try row(reviewProbability, pointsToDoubleOdds)
        var alternatives: [ThresholdRow] = []
        for share in ThresholdStudy.alternativeShares {
            let alternative = try row(
                self.reviewProbability(share: share, pointsToDoubleOdds), pointsToDoubleOdds)
            if alternative.flaggedCount > alternatives.last?.flaggedCount ?? 0 { alternatives.append(alternative) }
        }
        return ThresholdReport(
            orderCount: count, badShare: badCount / Double(count), outcomesAreKnown: outcomesAreKnown, chosen: chosen,
            alternatives: alternatives, byAmount: rowByAmount,
            costPerOrderWithoutReview: cost.map { _ in
                (lossBefore.last ?? 0) / Double(count)
            })
    }

    /// The decision, which is half a hundredth of health past the threshold, falls in the middle between the log-odds of
    /// the last order that is flagged and the first that is not.
    private func reviewProbability(share: Double, _ pointsToDoubleOdds: Double) -> Double {
        var flagged = Int(min(Double(count), (share * Double(count) + 1e-9).rounded(.down)))
        while flagged > 0, flagged < count, logOdds[flagged] == logOdds[flagged - 1] { flagged -= 1 }
        let above = flagged > 0 ? logOdds[flagged - 1] : logOdds[0] + 0.1
        let below = flagged < count ? logOdds[flagged] : logOdds[count - 1] - 0.1
        return LogOdds.probability((above + below) / 2 - 0.005 * M_LN2 / pointsToDoubleOdds)
    }

    private func row(_ reviewProbability: Double, _ pointsToDoubleOdds: Double) throws(ScoringProblem) -> ThresholdRow {
        let scale = try HealthScale(reviewProbability: reviewProbability, pointsToDoubleOdds: pointsToDoubleOdds)
        // Health falls along the orders, so those below the line come first.
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if scale.health(calibratedLogOdds: logOdds[middle]).needsReview { low = middle + 1 } else { high = middle }
        }
        return row(
            reviewProbability: reviewProbability, flagged: low, badFlagged: badBefore[low], lossFlagged: lossBefore[low]
        )
    }

    private var rowByAmount: ThresholdRow? {
        guard let cost, case .shareOfAmount = cost.loss else { return nil }
        var (flagged, badFlagged, lossFlagged) = (0, 0.0, 0.0)
        for index in 0..<count {
            let saved = LogOdds.probability(logOdds[index]) * losses[index] * cost.preventedShare
            guard saved > cost.costPerReview else { continue }
            flagged += 1
            badFlagged += bad[index]
            lossFlagged += bad[index] * losses[index]
        }
        return row(reviewProbability: nil, flagged: flagged, badFlagged: badFlagged, lossFlagged: lossFlagged)
    }

    private func row(
        reviewProbability: Double?, flagged: Int, badFlagged: Double, lossFlagged: Double
    ) -> ThresholdRow {
        ThresholdRow(
            reviewProbability: reviewProbability, flaggedCount: flagged,
            flaggedShare: Double(flagged) / Double(count), flaggedPerDay: days.map { Double(flagged) / $0 },
            recall: badCount > 0 ? badFlagged / badCount : nil,
            precision: flagged > 0 ? badFlagged / Double(flagged) : nil,
            costPerOrder: cost.map { cost in
                let unprevented = (lossBefore.last ?? 0) - lossFlagged * cost.preventedShare
                return (Double(flagged) * cost.costPerReview + unprevented) / Double(count)
            })
    }
}
