import CaliberCore
import CaliberRegression
import CaliberScoring
import CaliberTesting
import Foundation

/// Models, schemas and rows that belong together.
struct RandomModel {
    let schema: FeatureSchema
    let model: LogisticModel
    let calibration: Calibration
    let scale: HealthScale

    static let levels = ["douyin", "jd", "tmall"]

    /// Numbers, a category of three levels, and a column without weight.
    init(seed: UInt64, numberCount: Int = 6, calibration kind: Calibration.Method = .none) throws {
        var generator = SeededGenerator(seed: seed)
        var columns: [FeatureSchema.Column] = []
        var terms: [LogisticModel.Term] = []
        for index in 0..<numberCount {
            let isShare = index % 3 == 1
            let isCount = index % 3 == 2
            columns.append(
                FeatureSchema.Column(
                    id: "number_\(index)", definition: "count(orders) / \(index)", description: "Number \(index)",
                    advice: FeatureSchema.Advice(english: "Look at number \(index).", chinese: "查看 \(index)。"),
                    group: index < 2 ? "pair" : nil, minimum: isShare || isCount ? 0 : nil,
                    maximum: isShare ? 1 : nil, step: isCount ? 1 : nil, unit: isCount ? "orders" : nil))
            terms.append(
                LogisticModel.Term(
                    weight: Double.random(in: -1.5...1.5, using: &generator),
                    mean: isShare ? 0.4 : Double.random(in: 1...9, using: &generator),
                    deviation: isShare ? 0.2 : Double.random(in: 0.5...3, using: &generator),
                    missingWeight: Double.random(in: -0.5...0.5, using: &generator)))
        }
        for level in RandomModel.levels {
            columns.append(
                FeatureSchema.Column(
                    id: "channel_\(level)", definition: "channel = '\(level)'", group: "channel", level: level))
            terms.append(
                LogisticModel.Term(
                    weight: Double.random(in: -1...1, using: &generator), mean: 0.33, deviation: 0.47))
        }
        columns.append(FeatureSchema.Column(id: "idle", definition: "0"))
        terms.append(LogisticModel.Term(weight: 0, mean: 3, deviation: 2))
        schema = try FeatureSchema(columns: columns)
        model = LogisticModel(intercept: Double.random(in: -3 ... -1, using: &generator), terms: terms)
        calibration = try RandomModel.calibration(kind, &generator)
        scale = try HealthScale(
            reviewProbability: Double.random(in: 0.03...0.3, using: &generator),
            pointsToDoubleOdds: Double.random(in: 4...20, using: &generator))
    }

    private static func calibration(
        _ kind: Calibration.Method, _ generator: inout SeededGenerator
    ) throws -> Calibration {
        let logOdds = (0..<400).map { _ in Double.random(in: -6...3, using: &generator) }
        let labels = logOdds.map {
            Double.random(in: 0..<1, using: &generator) < LogOdds.probability(0.7 * $0 - 0.5) ? 1.0 : 0
        }
        return try Calibration.learned(kind, logOdds: logOdds, labels: labels)
    }

    func row(_ generator: inout SeededGenerator, spread: Double = 1) -> [Double] {
        let level = Int.random(in: 0..<4, using: &generator)
        return schema.columns.indices.map { index in
            let (column, term) = (schema.columns[index], model.terms[index])
            if let name = column.level { return RandomModel.levels.firstIndex(of: name) == level ? 1 : 0 }
            if Int.random(in: 0..<8, using: &generator) == 0 { return .nan }
            var value = term.mean + spread * term.deviation * Double.random(in: -3...3, using: &generator)
            if let step = column.step { value = (value / step).rounded() * step }
            return min(max(value, column.minimum ?? -.infinity), column.maximum ?? .infinity)
        }
    }

    var scorer: Scorer {
        get throws { try Scorer(model: model, calibration: calibration, scale: scale, schema: schema) }
    }
}
