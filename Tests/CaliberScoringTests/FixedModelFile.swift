import CaliberCore
import CaliberRegression
import CaliberScoring
import Foundation

/// A model file whose every figure is written down, so that its text is the same on every machine.
enum FixedModelFile {
    static let schema = try? FeatureSchema(columns: [
        FeatureSchema.Column(
            id: "carrier_delay_p95_24h", definition: "p95(orders.ship_delay) by carrier over 24h",
            description: "Slowest deliveries of the carrier in a day",
            advice: FeatureSchema.Advice(english: "Offer another carrier.", chinese: "建议更换承运商。"), isActionable: true,
            minimum: 0, unit: "hours"),
        FeatureSchema.Column(
            id: "buyer_refund_rate_30d", definition: "rate(orders.refunded > 0) by buyer over 30d",
            description: "Refunded share of the buyer's orders", minimum: 0, maximum: 1),
        FeatureSchema.Column(
            id: "channel_douyin", definition: "orders.channel = 'douyin'", description: "Sold | on Douyin",
            group: "channel", level: "douyin"),
        FeatureSchema.Column(id: "idle", definition: "0", description: "Never anything"),
    ])

    /// Made once: encoding takes longer than most tests.
    static let encoded = Result { try make().encoded() }

    static func make(version: String = "3") throws -> ModelFile {
        guard let schema else { throw ModelProblem.duplicateColumn(id: "") }
        let terms = [
            LogisticModel.Term(weight: 0.8125, mean: 20.5, deviation: 6.25, missingWeight: 0.1),
            LogisticModel.Term(weight: 0.4, mean: 0.05, deviation: 0.125),
            LogisticModel.Term(weight: -0.2, mean: 0.3, deviation: 0.46),
            LogisticModel.Term(weight: 0, mean: 0, deviation: 1),
        ]
        let errors = [0.03, 0.02, 0.05, nil]
        let columns = zip(schema.columns, zip(terms, errors)).map { column, fitted in
            ModelFile.Column(
                id: column.id, hash: column.hash, term: fitted.0, standardError: fitted.1,
                zValue: fitted.1.map { (fitted.0.weight / $0 * 100).rounded() / 100 },
                bins: FrozenBins(of: (0..<40).map { Double($0 % 20) / 4 }, binCount: 4))
        }
        return ModelFile(
            name: "order_bad", version: version, created: moment(2026, 3, 1), engineVersion: "0.4.0",
            libraries: ["OpenBLAS": "0.3.21", "Swift": "6.3.1"], seed: 17,
            label: ModelFile.Label(
                id: "order_bad", hash: "ab12", description: "Refunded in full or returned, or never shipped.",
                maturitySeconds: 1_209_600),
            schemaHash: schema.hash, dictionaryVersions: ["features/order.yaml": "2", "labels/order_bad.yaml": "1"],
            training: ModelFile.TrainingRecord(
                window: ModelFile.Window(from: moment(2025, 11, 1), until: moment(2026, 1, 1)),
                calibrationWindow: ModelFile.Window(from: moment(2026, 1, 1), until: moment(2026, 1, 15)),
                heldOutWindow: ModelFile.Window(from: moment(2026, 1, 15), until: moment(2026, 2, 1)),
                logPosition: 1_234_567, rowCount: 1_200_345, badCount: 72_020, baseRate: 0.06),
            settings: ModelFile.Settings(penalty: 10, badWeight: 4, priorCorrection: -1.386),
            intercept: -3.1, interceptError: 0.01, columns: columns,
            notes: ["Column idle is constant: it has no weight."],
            certificate: ModelFile.Certificate(gradientNorm: 2.5e-9, iterationCount: 15, scoreBoundPoints: 4e-8),
            calibration: .platt(intercept: 0.05, slope: 0.97), scale: try HealthScale(reviewProbability: 0.1),
            evaluations: [
                ModelFile.SpanEvaluation(span: .training, evaluation: evaluation(shift: 0)),
                ModelFile.SpanEvaluation(
                    span: .heldOut, evaluation: evaluation(shift: 1), groupedBy: "channel",
                    groups: [
                        GroupEvaluation(group: "douyin", evaluation: evaluation(shift: 2)),
                        GroupEvaluation(
                            group: "shop|own", evaluation: Evaluation(probabilities: [0.25], labels: [0])),
                    ]),
            ],
            scoreBins: FrozenBins(of: (0..<40).map { Double($0) / 64 }, binCount: 4))
    }

    static func moment(_ year: Int, _ month: Int, _ day: Int) -> Timestamp {
        Timestamp(CivilDate(year: year, month: month, day: day), .midnight)
    }

    /// Logarithms differ in their last bits between machines: what is made of them is rounded.
    private static func evaluation(shift: Int) -> Evaluation {
        let probabilities = (0..<64).map { Double($0) / 128 }
        let labels = (0..<64).map { ($0 * 7 + shift) % 64 < 8 + $0 / 3 ? 1.0 : 0 }
        var evaluation = Evaluation(probabilities: probabilities, labels: labels, reviewProbability: 0.375)
        func rounded(_ value: Double) -> Double { (value * 1e5).rounded() / 1e5 }
        evaluation.logLoss = evaluation.logLoss.map(rounded)
        evaluation.calibrationInTheLarge = evaluation.calibrationInTheLarge.map(rounded)
        if let line = evaluation.calibrationLine {
            evaluation.calibrationLine?.slope = rounded(line.slope)
            evaluation.calibrationLine?.intercept = rounded(line.intercept)
            evaluation.calibrationLine?.slopeError = rounded(line.slopeError)
            evaluation.calibrationLine?.interceptError = rounded(line.interceptError)
        }
        return evaluation
    }
}
