import CaliberCore
import CaliberRegression
import Foundation

/// What a person should know of a model before its scores decide anything, in Markdown.
public struct ModelCard {
    public static let strongestFeatureLimit = 20

    let file: ModelFile
    let descriptions: [String: String]
    let contentHash: String

    /// - Parameter schema: where descriptions of the features come from.
    public init(_ file: ModelFile, schema: FeatureSchema? = nil) throws(ModelProblem) {
        self.file = file
        contentHash = try file.contentHash()
        descriptions = Dictionary(
            (schema?.columns ?? []).map { ($0.id, $0.description) }, uniquingKeysWith: { first, _ in first })
    }

    public var text: String {
        [
            heading, prediction, data, fit, performance, calibration, lift, byGroup, scale, features, notes, limits,
            reproduction,
        ].compactMap { $0 }.joined(separator: "\n")
    }

    private var heading: String {
        "# Model \(file.name), version \(file.version)\n\nWritten \(file.created) by Caliber \(file.engineVersion). "
            + "Content \(contentHash.prefix(12)).\n"
    }

    private var prediction: String {
        let meaning = file.label.description.isEmpty ? "" : " " + file.label.description
        return "## What it predicts\n\nThe probability that an order gets the label `\(file.label.id)`.\(meaning) "
            + "A label is known for good \(maturity) after its order; no younger row was trained on.\n"
    }

    private var maturity: String { CardText.duration(seconds: file.label.maturitySeconds) }

    private var data: String {
        let record = file.training
        return "## Data\n\n"
            + CardText.table(
                ["", ""],
                [
                    ["trained on orders from", CardText.window(record.window)],
                    ["calibrated on", CardText.window(record.calibrationWindow)],
                    ["held out", CardText.window(record.heldOutWindow)],
                    ["event log read up to position", "\(record.logPosition)"],
                    ["training rows", CardText.count(record.rowCount)],
                    ["of them bad", CardText.count(record.badCount)],
                    ["base rate", CardText.share(record.baseRate)],
                    ["columns", "\(file.columns.count)"],
                ])
    }

    private var fit: String {
        let settings = file.settings
        var text = "## How it was fitted\n\nLogistic regression, penalty \(CardText.compact(settings.penalty))"
        if settings.absoluteShare > 0 {
            text += ", \(CardText.share(settings.absoluteShare)) of it on absolute weights"
        }
        text += "."
        if settings.badWeight != settings.goodWeight || settings.goodSampling != 1 {
            text +=
                " Bad rows weigh \(CardText.compact(settings.badWeight)), good ones "
                + "\(CardText.compact(settings.goodWeight)); \(CardText.share(settings.goodSampling)) of the good rows "
                + "were kept; \(CardText.signed(settings.priorCorrection)) on the intercept undoes both."
        }
        if let certificate = file.certificate {
            text +=
                " \(certificate.iterationCount) iterations left a gradient of "
                + "\(CardText.compact(certificate.gradientNorm))"
            if let bound = certificate.scoreBoundPoints {
                text += ": no training row's score is more than \(CardText.compact(bound)) points from the optimum's"
            }
            text += "."
        }
        return text + "\n"
    }

    private var performance: String {
        let figures: [(String, (Evaluation) -> String)] = [
            ("rows", { CardText.count($0.rowCount) }),
            ("base rate", { CardText.share($0.baseRate) }),
            ("mean probability", { CardText.share($0.meanProbability) }),
            ("AUC", { CardText.figure($0.areaUnderCurve) }),
            ("KS", { CardText.figure($0.kolmogorovSmirnov) }),
            ("PR-AUC", { CardText.figure($0.averagePrecision) }),
            ("Brier score", { CardText.figure($0.brierScore, digits: 5) }),
            ("log-loss", { CardText.figure($0.logLoss, digits: 5) }),
            ("calibration error (ECE)", { CardText.figure($0.expectedCalibrationError, digits: 5) }),
            ("calibration slope (1 is right)", { CardText.figure($0.calibrationLine?.slope, digits: 3) }),
            ("calibration intercept (0 is right)", { CardText.signed($0.calibrationLine?.intercept) }),
            ("flagged at the review line", { CardText.share($0.atReview?.flaggedShare) }),
            ("recall there", { CardText.share($0.atReview?.recall) }),
            ("precision there", { CardText.share($0.atReview?.precision) }),
        ]
        let spans = file.evaluations
        guard !spans.isEmpty else { return "## How well it does\n\nIt was not evaluated.\n" }
        var text =
            "## How well it does\n\n"
            + CardText.table(
                [""] + spans.map(\.span.rawValue), rightAligned: Set(1...spans.count),
                figures.map { name, figure in [name] + spans.map { figure($0.evaluation) } })
        for span in spans {
            for absence in span.evaluation.absences { text += "\n\(span.span.rawValue): \(absence.word)\n" }
        }
        return text
    }

    /// The span that says most of what is to come.
    private var judged: ModelFile.SpanEvaluation? {
        file.evaluation(on: .heldOut) ?? file.evaluation(on: .calibration) ?? file.evaluation(on: .training)
    }

    private var calibration: String? {
        guard let judged, !judged.evaluation.calibrationTable.isEmpty else { return nil }
        let kind: String
        switch file.calibration {
        case .identity: kind = "Probabilities are the model's own."
        case .platt(let intercept, let slope):
            kind = "Log-odds are calibrated as \(CardText.figure(slope)) · x \(CardText.signed(intercept, digits: 4))."
        case .isotonic(let knots): kind = "Log-odds are calibrated by a rising line through \(knots.count) knots."
        }
        return "## Calibration (\(judged.span.rawValue))\n\n\(kind)\n\n"
            + CardText.table(
                ["said", "came", "rows"], rightAligned: [0, 1, 2],
                judged.evaluation.calibrationTable.map {
                    [CardText.share($0.meanProbability), CardText.share($0.badRate), CardText.count($0.rowCount)]
                })
    }

    private var lift: String? {
        guard let judged, !judged.evaluation.deciles.isEmpty else { return nil }
        return "## Riskiest orders first (\(judged.span.rawValue))\n\n"
            + CardText.table(
                ["tenth", "rows", "bad", "lift", "bad orders found so far"], rightAligned: [0, 1, 2, 3, 4],
                judged.evaluation.deciles.enumerated().map { index, bin in
                    [
                        "\(index + 1)", CardText.count(bin.rowCount), CardText.share(bin.badRate),
                        CardText.figure(bin.lift, digits: 2), CardText.share(bin.cumulativeRecall, digits: 1),
                    ]
                })
    }

    private var byGroup: String? {
        guard let judged, !judged.groups.isEmpty else { return nil }
        return "## By \(judged.groupedBy ?? "group") (\(judged.span.rawValue))\n\n"
            + CardText.table(
                [judged.groupedBy ?? "group", "rows", "bad", "said", "AUC", "recall", "precision"],
                rightAligned: [1, 2, 3, 4, 5, 6],
                judged.groups.map { group in
                    [
                        group.group, CardText.count(group.evaluation.rowCount),
                        CardText.share(group.evaluation.baseRate), CardText.share(group.evaluation.meanProbability),
                        CardText.figure(group.evaluation.areaUnderCurve),
                        CardText.share(group.evaluation.atReview?.recall, digits: 1),
                        CardText.share(group.evaluation.atReview?.precision, digits: 1),
                    ]
                })
    }

    private var scale: String {
        let points = CardText.compact(file.scale.pointsToDoubleOdds)
        return
            "## Health\n\nHealth 60 is a probability of \(CardText.share(file.scale.reviewProbability)): below it an "
            + "order is reviewed. \(points) points less are twice the odds of going bad: 50 is "
            + "\(CardText.share(file.scale.probability(at: Health(hundredths: 5_000)))), 40 is "
            + "\(CardText.share(file.scale.probability(at: Health(hundredths: 4_000)))), 80 is "
            + "\(CardText.share(file.scale.probability(at: Health(hundredths: 8_000)))).\n"
    }

    private var features: String {
        let ordered = file.columns.sorted { (abs($1.weight), $0.id) < (abs($0.weight), $1.id) }
        let strongest = ordered.filter { $0.weight != 0 }.prefix(ModelCard.strongestFeatureLimit)
        let unused = file.columns.count { $0.weight == 0 }
        var text =
            "## Strongest features\n\nWeights are log-odds of going bad for one standard deviation more; "
            + "above 0 raises the risk.\n\n"
            + CardText.table(
                ["feature", "weight", "error", "z", "mean", "deviation", "what it is"], rightAligned: [1, 2, 3, 4, 5],
                strongest.map { column in
                    [
                        "`\(column.id)`", CardText.signed(column.weight),
                        CardText.figure(column.standardError, digits: 3), CardText.figure(column.zValue, digits: 1),
                        CardText.compact(column.mean), CardText.compact(column.deviation),
                        descriptions[column.id] ?? "",
                    ]
                })
        let rest = file.columns.count - unused - strongest.count
        if rest > 0 { text += "\n\(rest) more have smaller weights; all are in the model file.\n" }
        if unused > 0 { text += "\n\(unused) of \(file.columns.count) columns have no weight.\n" }
        return text
    }

    private var notes: String {
        let lines = file.notes.isEmpty ? ["The fit had nothing to remark."] : file.notes
        return "## Notes of the fit\n\n" + lines.map { "- \($0)\n" }.joined()
    }

    private var limits: String {
        var lines = [
            "It knows orders like those of its training span; `caliber model drift` shows how far today's have moved.",
            "Weights are what goes together in the data, not what causes what: a way back over the line is a hint.",
        ]
        if file.training.heldOutWindow == nil || file.evaluation(on: .heldOut) == nil {
            lines.append("There is no held-out span: figures on rows it was trained on flatter it.")
        }
        if file.training.badCount < 10 * file.columns.count {
            lines.append(
                "\(CardText.count(file.training.badCount)) bad rows for \(file.columns.count) columns are few: "
                    + "single weights are loosely known.")
        }
        if case .identity = file.calibration { lines.append("Probabilities were not calibrated on a later span.") }
        return "## Limits\n\n" + lines.map { "- \($0)\n" }.joined()
    }

    private var reproduction: String {
        var rows = [
            ["seed", "\(file.seed)"], ["feature schema", "`\(file.schemaHash)`"], ["label", "`\(file.label.hash)`"],
            ["content", "`\(contentHash)`"],
        ]
        rows += file.dictionaryVersions.sorted { $0.key < $1.key }.map { ["`\($0.key)`", "version \($0.value)"] }
        rows += file.libraries.sorted { $0.key < $1.key }.map { [$0.key, $0.value] }
        return "## To get it again\n\nTrain on the same log up to position \(file.training.logPosition), with the same "
            + "dictionary, settings and seed: the weights come back bit by bit.\n\n" + CardText.table(["", ""], rows)
    }
}
