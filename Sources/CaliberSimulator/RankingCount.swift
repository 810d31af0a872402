/// How well a score ranks bad orders before good ones: the area under the ROC curve, exact for scores in thousandths.
///
/// Source: the Mann-Whitney statistic, ties counted half; Hanley, McNeil, The Meaning and Use of the Area under a
/// Receiver Operating Characteristic (ROC) Curve, Radiology 143 (1982).
struct RankingCount {
    private var bad = [Int](repeating: 0, count: RankingCount.cellCount)
    private var good = [Int](repeating: 0, count: RankingCount.cellCount)

    private static let lowest = -12_000
    private static let cellCount = 42_000

    mutating func add(logOddsMilli: Int, isBad: Bool) {
        let cell = max(0, min(RankingCount.cellCount - 1, logOddsMilli - RankingCount.lowest))
        if isBad { bad[cell] += 1 } else { good[cell] += 1 }
    }

    /// nil while there are not both kinds.
    var areaUnderCurve: Double? {
        var goodBelow = 0.0
        var won = 0.0
        for cell in bad.indices where bad[cell] + good[cell] > 0 {
            won += Double(bad[cell]) * (goodBelow + Double(good[cell]) / 2)
            goodBelow += Double(good[cell])
        }
        let pairs = goodBelow * Double(bad.reduce(0, +))
        return pairs > 0 ? won / pairs : nil
    }
}
