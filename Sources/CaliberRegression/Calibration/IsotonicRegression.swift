/// The rising step function nearest to outcomes in weighted squares.
public struct IsotonicRegression: Hashable, Sendable {
    /// A stretch of scores with one fitted rate.
    public struct Block: Hashable, Sendable {
        public let lowestScore: Double
        public let highestScore: Double
        /// The weighted mean of the scores in it.
        public let meanScore: Double
        public let rate: Double
        public let weight: Double
    }

    /// By rising score; rates rise strictly.
    public let blocks: [Block]

    /// Pools adjacent violators; rows of one score are pooled first.
    ///
    /// - Complexity: O(n log n), of which the pooling is O(n).
    ///
    /// Source: Barlow, Bartholomew, Bremner, Brunk, Statistical Inference under Order Restrictions, 1972.
    public init(scores: [Double], labels: [Double], weights: [Double]? = nil) throws(FigureAbsence) {
        self.init(try RankedOutcomes(scores: scores, labels: labels, weights: weights))
    }

    init(_ outcomes: RankedOutcomes) {
        struct Pool {
            var lowest: Double
            var highest: Double
            var weightedScore: Double
            var bad: Double
            var weight: Double
        }
        var pools: [Pool] = []
        for step in outcomes.steps.reversed() where step.weight > 0 {
            var pool = Pool(
                lowest: step.score, highest: step.score, weightedScore: step.score * step.weight,
                bad: step.badWeight, weight: step.weight)
            // Rates are compared as products: nothing is divided before the blocks stand.
            while let previous = pools.last, previous.bad * pool.weight >= pool.bad * previous.weight {
                pool.lowest = previous.lowest
                pool.weightedScore += previous.weightedScore
                pool.bad += previous.bad
                pool.weight += previous.weight
                pools.removeLast()
            }
            pools.append(pool)
        }
        blocks = pools.map {
            Block(
                lowestScore: $0.lowest, highestScore: $0.highest, meanScore: $0.weightedScore / $0.weight,
                rate: $0.bad / $0.weight, weight: $0.weight)
        }
    }
}

extension Calibration {
    /// The blocks of isotonic regression, joined by straight lines through their means in log-odds, so that the map rises
    /// strictly where the blocks alone would be flat. Rates of 0 and 1 are kept half a row away.
    ///
    /// - Throws: `.ranksBackwards` when all rows fall into one block although their scores differ.
    public static func isotonic(
        logOdds: [Double], labels: [Double], weights: [Double]? = nil
    ) throws(CalibrationProblem) -> Calibration {
        let outcomes: RankedOutcomes
        do throws(FigureAbsence) {
            outcomes = try finiteOutcomes(logOdds, labels, weights)
        } catch {
            throw .absence(error)
        }
        let blocks = IsotonicRegression(outcomes).blocks
        guard blocks.count > 1 else {
            throw outcomes.steps.count > 1 ? .ranksBackwards(slope: 0) : .absence(.constantScore)
        }
        let halfRow = 0.5 / (outcomes.weight + 1)
        let lowestRate = min(halfRow, blocks[1].rate / 2)
        let highestRate = max(1 - halfRow, 1 - (1 - blocks[blocks.count - 2].rate) / 2)
        var knots: [Knot] = []
        for block in blocks {
            let rate = min(max(block.rate, lowestRate), highestRate)
            let knot = Knot(logOdds: block.meanScore, calibrated: LogOdds.of(rate))
            // Means and rates that rounding makes equal would break the rise.
            if let last = knots.last, last.logOdds >= knot.logOdds || last.calibrated >= knot.calibrated { continue }
            knots.append(knot)
        }
        return .isotonic(knots: knots)
    }
}
