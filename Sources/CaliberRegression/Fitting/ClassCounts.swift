/// How many rows of each class there are, and what they weigh.
struct ClassCounts {
    private(set) var negative = 0
    private(set) var positive = 0
    /// Sums of the rows' own weights.
    private(set) var negativeWeight = 0.0
    private(set) var positiveWeight = 0.0

    /// Counts rows whose weight is above 0.
    /// - Throws: `noRows`, `singleClass`.
    init(_ rows: TrainingRows, selection: RowSelection) throws(FittingError) {
        for index in 0..<selection.count(of: rows.matrix) {
            let row = selection.row(index)
            let weight = rows.weights?[row] ?? 1
            guard weight > 0 else { continue }
            if rows.labels[row] {
                positive += 1
                positiveWeight += weight
            } else {
                negative += 1
                negativeWeight += weight
            }
        }
        guard positive + negative > 0 else { throw .noRows }
        guard positive > 0, negative > 0 else {
            throw .singleClass(isPositive: positive > 0, rowCount: positive + negative)
        }
    }

    var rarer: Int { min(negative, positive) }
    var total: Int { negative + positive }

    func weights(_ setting: FittingSettings.ClassWeights) throws(FittingError) -> (negative: Double, positive: Double) {
        switch setting {
        case .equal: return (1, 1)
        case .balanced:
            return (Double(total) / (2 * Double(negative)), Double(total) / (2 * Double(positive)))
        case .given(let negative, let positive):
            guard negative > 0, positive > 0, negative.isFinite, positive.isFinite else {
                throw .badSetting(
                    name: "A class weight", value: "\(negative > 0 && negative.isFinite ? positive : negative)",
                    allowed: "a finite number above 0")
            }
            return (negative, positive)
        }
    }
}
