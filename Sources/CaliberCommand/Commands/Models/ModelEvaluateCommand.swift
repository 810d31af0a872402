import ArgumentParser
import CaliberCore
import CaliberDictionary
import CaliberEngine
import CaliberRegression
import CaliberScoring
import Foundation

struct ModelEvaluateCommand: CaliberSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "evaluate", abstract: "How well a model does on orders whose outcome is known.",
        discussion: """
            The log is replayed and each order is scored as it was known at its first training moment. Without --from, \
            orders count from where neither weights nor calibration were learned.
            """)

    @OptionGroup var options: ScoredRowOptions
    @Argument(help: "order_health for the champion, or order_health@3.") var model: String
    @OptionGroup var span: SpanOptions
    @Option(help: ArgumentHelp("Figures by the values of this stored text column.", valueName: "column"))
    var by: String?
    @Flag(help: "As JSON.") var json = false

    func perform() throws {
        let file = try options.registry.load(model)
        let engine = try options.deployment.openEngine()
        let zone = engine.dictionary.settings.timeZone
        let range = try span.span(zone: zone, from: file.training.judgedFrom)
        let evaluation = ModelEvaluation(try options.scored(file, engine, group: by), in: range)
        guard !json else { return Output.data(try ModelText.json(evaluation)) }
        Output.note(EvaluationText.account(evaluation, zone))
        Output.data(EvaluationText.figures(evaluation))
        for note in EvaluationText.notes(evaluation) { Output.note(note) }
    }
}

/// How a model does, as people read it.
enum EvaluationText {
    static func account(_ evaluation: ModelEvaluation, _ zone: BusinessZone) -> String {
        var text = "\(evaluation.model) on \(Output.count(evaluation.evaluation.rowCount, "order"))"
        if let from = evaluation.from, let through = evaluation.through {
            text += ", \(zone.date(of: from)) to \(zone.date(of: through))"
        }
        var left: [String] = []
        if evaluation.immatureCount > 0 { left.append("\(Output.grouped(evaluation.immatureCount)) not mature yet") }
        if evaluation.unknownCount > 0 {
            left.append("\(Output.grouped(evaluation.unknownCount)) whose label can't be told")
        }
        return text + (left.isEmpty ? "." : "; left out: " + left.joined(separator: ", ") + ".")
    }

    static func figures(_ evaluation: ModelEvaluation) -> String {
        let figures = evaluation.evaluation
        var rows = [
            ["bad", ModelText.share(figures.baseRate)], ["said", ModelText.share(figures.meanProbability)],
            ["AUC", ModelText.figure(figures.areaUnderCurve)], ["KS", ModelText.figure(figures.kolmogorovSmirnov)],
            ["PR-AUC", ModelText.figure(figures.averagePrecision)], ["Brier", ModelText.figure(figures.brierScore)],
            ["log-loss", ModelText.figure(figures.logLoss)],
            ["calibration error", ModelText.figure(figures.expectedCalibrationError)],
            ["calibration slope", ModelText.figure(figures.calibrationLine?.slope), "1 is right"],
        ]
        if let line = figures.atReview {
            rows += [
                [
                    "flagged", ModelText.share(line.flaggedShare),
                    "risk above \(ModelText.percent(evaluation.reviewProbability))",
                ],
                ["recall", ModelText.share(line.recall), "of the bad orders"],
                ["precision", ModelText.share(line.precision), "of the flagged orders"],
            ]
        }
        var parts = [TextColumns.align(rows, indent: "")]
        if !figures.calibrationTable.isEmpty { parts.append(calibration(figures)) }
        if !figures.deciles.isEmpty { parts.append(lift(figures)) }
        if !evaluation.groups.isEmpty { parts.append(groups(evaluation)) }
        return parts.joined(separator: "\n\n")
    }

    private static func calibration(_ figures: Evaluation) -> String {
        let rows = figures.calibrationTable.map {
            [ModelText.percent($0.meanProbability), ModelText.percent($0.badRate), Output.grouped($0.rowCount)]
        }
        return TextColumns.align([["said", "came", "orders"]] + rows, indent: "")
    }

    private static func lift(_ figures: Evaluation) -> String {
        let rows = figures.deciles.enumerated().map { index, bin in
            [
                "\(index + 1)", Output.grouped(bin.rowCount), ModelText.percent(bin.badRate),
                bin.lift.map { String(format: "%.2f", $0) } ?? "–", ModelText.share(bin.cumulativeRecall),
            ]
        }
        return TextColumns.align([["riskiest tenth", "orders", "bad", "lift", "bad orders so far"]] + rows, indent: "")
    }

    private static func groups(_ evaluation: ModelEvaluation) -> String {
        let rows = evaluation.groups.map { group in
            let figures = group.evaluation
            return [
                group.group, Output.grouped(figures.rowCount), ModelText.share(figures.baseRate),
                ModelText.share(figures.meanProbability), ModelText.figure(figures.areaUnderCurve),
                ModelText.share(figures.atReview?.flaggedShare), ModelText.share(figures.atReview?.recall),
                ModelText.share(figures.atReview?.precision),
            ]
        }
        let header = [
            evaluation.groupedBy ?? "group", "orders", "bad", "said", "AUC", "flagged", "recall", "precision",
        ]
        return TextColumns.align([header] + rows, indent: "")
    }

    /// What to keep in mind with the figures.
    static func notes(_ evaluation: ModelEvaluation) -> [String] {
        var notes = evaluation.evaluation.absences.map(\.word)
        if evaluation.learnedFromCount > 0 {
            notes.append(
                "\(Output.count(evaluation.learnedFromCount, "order")) lie in the spans the model was learned from: "
                    + "such figures flatter it.")
        }
        return notes
    }
}
