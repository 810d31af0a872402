import Glibc

/// How much each level of each comparison speaks for two accounts being one person.
///
/// Source: Fellegi, Sunter, A Theory for Record Linkage, JASA 64, 1969; levels as in Winkler, String Comparator Metrics and
/// Enhanced Decision Rules in the Fellegi–Sunter Model of Record Linkage, 1990.
package struct LinkageModel: Hashable, Sendable {
    package let comparisons: [Comparison]
    /// λ: the share of pairs that are one person.
    package let matchShare: Double
    /// m: by comparison and level, how probable it is among pairs that are one person.
    package let amongMatches: [[Double]]
    /// u: the same among pairs that are two.
    package let amongOthers: [[Double]]

    package init(comparisons: [Comparison], matchShare: Double, amongMatches: [[Double]], amongOthers: [[Double]]) {
        self.comparisons = comparisons
        self.matchShare = matchShare
        self.amongMatches = amongMatches
        self.amongOthers = amongOthers
    }

    /// The match weight in bits: log₂ of how much more probable the vector is of one person than of two. Comparisons in
    /// which one of the two says nothing weigh nothing.
    package func weight(_ vector: ComparisonVector) -> Double {
        vector.levels.enumerated().reduce(0) { sum, entry in
            guard let level = entry.element else { return sum }
            return sum + log2(amongMatches[entry.offset][level] / amongOthers[entry.offset][level])
        }
    }

    /// The probability that the two are one person.
    package func probability(_ vector: ComparisonVector) -> Double {
        let odds = matchShare / (1 - matchShare) * exp2(weight(vector))
        return odds.isInfinite ? 1 : odds / (1 + odds)
    }

    /// What a pair weighs as weak evidence, in thousandths of what joins two groups by itself; 0 below the threshold.
    ///
    /// The weight goes from half at the threshold to the whole where the pair is one person with a probability of `certainty`.
    package func evidence(
        _ vector: ComparisonVector, threshold: Double, certainty: Double = 0.999
    ) -> Int {
        precondition(
            0 < threshold && threshold < certainty && certainty < 1,
            "the threshold lies between 0 and the certainty, got \(threshold) and \(certainty)")
        let probability = probability(vector)
        guard probability >= threshold else { return 0 }
        let (low, high) = (LinkageModel.logit(threshold), LinkageModel.logit(certainty))
        let position = min(1, (LinkageModel.logit(probability) - low) / (high - low))
        return 500 + Int((500 * position).rounded(.down))
    }

    private static func logit(_ probability: Double) -> Double {
        probability >= 1 ? .greatestFiniteMagnitude : log(probability / (1 - probability))
    }
}
