/// Scores and what came of them, sorted once: every figure about ranking or calibration is one pass over the steps.
public struct RankedOutcomes: Sendable {
    /// All rows that have one and the same score.
    public struct Step: Hashable, Sendable {
        public let score: Double
        /// Weight of the rows that went bad, and of those that did not.
        public internal(set) var badWeight: Double
        public internal(set) var goodWeight: Double
        public internal(set) var rowCount: Int

        var weight: Double { badWeight + goodWeight }
    }

    /// Highest score first, each score once.
    public let steps: [Step]
    public let rowCount: Int
    public let badWeight: Double
    public let goodWeight: Double

    var weight: Double { badWeight + goodWeight }

    init(steps: [Step]) {
        self.steps = steps
        rowCount = steps.reduce(0) { $0 + $1.rowCount }
        badWeight = steps.reduce(0) { $0 + $1.badWeight }
        goodWeight = steps.reduce(0) { $0 + $1.goodWeight }
    }

    /// - Parameters:
    ///   - scores: probabilities or log-odds; not NaN.
    ///   - labels: 1 for a row that went bad, 0 for one that did not.
    ///   - weights: not negative; without them each row weighs 1.
    /// - Throws: what is wrong with the values. That the arrays are of one length is the caller's to see to.
    /// - Complexity: O(n log n).
    public init(scores: [Double], labels: [Double], weights: [Double]? = nil) throws(FigureAbsence) {
        let order = try RankedOutcomes.order(of: scores, labels: labels, weights: weights)
        self.init(order: order, scores: scores, labels: labels, weights: weights)
    }

    /// The rows named by `order`, whose scores fall along it.
    init(order: some Sequence<Int>, scores: [Double], labels: [Double], weights: [Double]?) {
        var steps: [Step] = []
        for row in order {
            let weight = weights?[row] ?? 1
            let bad = labels[row] == 1 ? weight : 0
            let last = steps.endIndex - 1
            if last >= 0, steps[last].score == scores[row] {
                steps[last].badWeight += bad
                steps[last].goodWeight += weight - bad
                steps[last].rowCount += 1
            } else {
                steps.append(Step(score: scores[row], badWeight: bad, goodWeight: weight - bad, rowCount: 1))
            }
        }
        self.init(steps: steps)
    }

    /// Rows by falling score, ties by their place.
    static func order(of scores: [Double], labels: [Double], weights: [Double]?) throws(FigureAbsence) -> [Int] {
        precondition(labels.count == scores.count, "\(labels.count) labels for \(scores.count) scores")
        precondition(weights.map { $0.count == scores.count } ?? true, "weights and scores differ in number")
        if scores.isEmpty { throw .noRows }
        if scores.contains(where: \.isNaN) { throw .invalidScore }
        if !labels.allSatisfy({ $0 == 0 || $0 == 1 }) { throw .invalidLabel }
        if let weights {
            if !weights.allSatisfy({ $0 >= 0 && $0.isFinite }) { throw .invalidWeight }
            if !weights.contains(where: { $0 > 0 }) { throw .noRows }
        }
        var keys = scores.enumerated().map { (key: descendingKey($0.element), row: $0.offset) }
        keys.sort { $0.key != $1.key ? $0.key < $1.key : $0.row < $1.row }
        return keys.map(\.row)
    }

    /// Whole numbers that rise as the scores fall; −0 and 0 share one.
    private static func descendingKey(_ score: Double) -> UInt64 {
        let bits = (score == 0 ? 0 : score).bitPattern
        return bits >> 63 == 1 ? bits : ~(bits | 1 << 63)
    }
}

extension RankedOutcomes {
    /// Steps cut into bins of about equal weight, from the highest score or from the lowest; a step is never cut.
    ///
    /// With equal weights these are the bins between quantiles by linear interpolation, closed at their far ends.
    func equalMassBins(count: Int, fromHighest: Bool) -> [[Step].SubSequence] {
        let ordered = fromHighest ? steps : steps.reversed()
        let lastWeight = ordered.last.map { $0.weight / Double(max(1, $0.rowCount)) } ?? 0
        let span = weight - lastWeight
        var bins: [ArraySlice<Step>] = []
        var before = 0.0
        var start = 0
        var current = 0
        for (index, step) in ordered.enumerated() {
            let position = span > 0 ? (before * Double(count) / span).rounded(.up) - 1 : 0
            let bin = Int(max(0, min(Double(count - 1), position)))
            if bin != current && index > start {
                bins.append(ordered[start..<index])
                start = index
            }
            current = bin
            before += step.weight
        }
        if start < ordered.count { bins.append(ordered[start...]) }
        return bins
    }
}

/// Why a figure is not there.
public enum FigureAbsence: String, Error, Codable, Hashable, Sendable {
    case noRows = "no-rows"
    case invalidScore = "invalid-score"
    case invalidLabel = "invalid-label"
    case invalidWeight = "invalid-weight"
    case noBadRows = "no-bad-rows"
    case noGoodRows = "no-good-rows"
    case constantScore = "constant-score"
    case separable = "separable"

    /// For people, in one sentence.
    public var word: String {
        switch self {
        case .noRows: "There are no rows."
        case .invalidScore: "A probability is not a number from 0 to 1."
        case .invalidLabel: "A label is neither 0 nor 1."
        case .invalidWeight: "A weight is negative or not a number."
        case .noBadRows: "No row went bad, so nothing can be told apart."
        case .noGoodRows: "Every row went bad, so nothing can be told apart."
        case .constantScore: "All rows have one score, so no line can be laid through the outcomes."
        case .separable: "The scores part good from bad without a fault, so no finite line fits."
        }
    }
}
