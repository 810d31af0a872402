import ArgumentParser
import CaliberCore
import CaliberDictionary
import CaliberEngine
import CaliberScoring
import Foundation

struct ModelThresholdCommand: CaliberSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "threshold", abstract: "Which risk is worth a review (health 60), and what other lines would do.",
        discussion: """
            By capacity, as few orders lie below 60 as can be reviewed. By cost, those whose review saves more than it \
            costs. With neither, the model's own line is shown. Without --from, orders count that no weight was learned \
            from.

            Examples:
              caliber model threshold order_health --capacity 0.03
              caliber model threshold order_health --review-cost 8 --loss 120 --prevented 0.5
              caliber model threshold order_health --capacity 200 --save --why "two more reviewers"
            """)

    @OptionGroup var options: ScoredRowOptions
    @Argument(help: "order_health for the champion, or order_health@3.") var model: String
    @OptionGroup var span: SpanOptions
    @Option(
        help: ArgumentHelp("Orders that can be reviewed: a share up to 1, or a number a day.", valueName: "number"))
    var capacity: Double?
    @Option(name: .customLong("review-cost"), help: ArgumentHelp("What a review costs.", valueName: "amount"))
    var reviewCost: Double?
    @Option(help: ArgumentHelp("What a bad order loses, in the same currency.", valueName: "amount")) var loss: Double?
    @Option(help: ArgumentHelp("The share of it that a review prevents.", valueName: "share")) var prevented = 1.0
    @Flag(help: "Write the line as a new version of the model; asks for --why.") var save = false
    @Option(help: ArgumentHelp("Who decides (USER otherwise).", valueName: "name")) var by: String?
    @Option(help: ArgumentHelp("Why; kept in the new version.", valueName: "text")) var why: String?
    @Flag(help: "As JSON.") var json = false

    func validate() throws {
        if (reviewCost == nil) != (loss == nil) {
            throw ValidationError("--review-cost and --loss go together.")
        }
        if save, why == nil { throw ValidationError("--save asks for --why.") }
        if save, capacity == nil, reviewCost == nil {
            throw ValidationError("--save needs a line: --capacity, or --review-cost and --loss.")
        }
    }

    func perform() throws {
        let file = try options.registry.load(model)
        let engine = try options.deployment.openEngine()
        let zone = engine.dictionary.settings.timeZone
        let range = try span.span(zone: zone, from: file.training.notFittedFrom)
        // The figures of a new version are told by what the old one's were.
        let group = save ? file.evaluations.compactMap(\.groupedBy).first : nil
        let scored = try options.scored(file, engine, group: group)
        let report = try scored.threshold(in: range, by: choice, cost: cost)
        if json {
            Output.data(try ModelText.json(report))
        } else {
            Output.note(ThresholdText.account(report, scored.model))
            Output.data(ThresholdText.table(report))
            Output.note(ThresholdText.conclusion(report, presently: file.scale.reviewProbability))
        }
        if save, let probability = report.chosen.reviewProbability { try write(scored, probability) }
    }

    private var cost: ReviewCost? {
        guard let reviewCost, let loss else { return nil }
        return ReviewCost(costPerReview: reviewCost, loss: .fixed(loss), preventedShare: prevented)
    }

    private var choice: ReviewLineChoice {
        if let capacity { return .capacity(capacity <= 1 ? .share(capacity) : .ordersPerDay(capacity)) }
        return reviewCost == nil ? .present : .cost
    }

    private func write(_ scored: ScoredRows, _ probability: Double) throws {
        let who = by ?? ProcessInfo.processInfo.environment["USER"] ?? "unknown"
        let file = try scored.relined(
            reviewProbability: probability, version: options.registry.nextVersion(of: scored.file.name),
            at: ModelText.now, by: who, why: why ?? "")
        let paths = try options.registry.save(file, schema: scored.scorer.schema)
        Output.note(
            "Wrote \(paths.model). To let it decide: caliber model promote \(file.name)@\(file.version) --why \"…\"")
    }
}

/// Lines of review, as people read them.
enum ThresholdText {
    static func account(_ report: ThresholdReport, _ model: String) -> String {
        "\(model) on \(Output.count(report.orderCount, "order")), \(ModelText.percent(report.badShare)) of them bad."
    }

    static func table(_ report: ThresholdReport) -> String {
        let hasDays = report.chosen.flaggedPerDay != nil
        let hasCost = report.chosen.costPerOrder != nil
        var header = ["", "flagged"]
        if hasDays { header.append("a day") }
        header += ["recall", "precision", "risk at 60"]
        if hasCost { header.append("cost an order") }
        var lines = report.alternatives.map { ("", $0) }
        let place = lines.firstIndex { $0.1.flaggedCount >= report.chosen.flaggedCount } ?? lines.endIndex
        if place < lines.endIndex, lines[place].1.flaggedCount == report.chosen.flaggedCount { lines.remove(at: place) }
        lines.insert(("chosen", report.chosen), at: place)
        if let row = report.byAmount { lines.append(("by amount", row)) }
        let rows = lines.map { name, row in
            var cells = [name, ModelText.percent(row.flaggedShare)]
            if hasDays { cells.append(row.flaggedPerDay.map { String(format: "%.1f", $0) } ?? "–") }
            cells += [
                ModelText.share(row.recall), ModelText.share(row.precision), ModelText.share(row.reviewProbability),
            ]
            if hasCost { cells.append(ModelText.figure(row.costPerOrder)) }
            return cells
        }
        return TextColumns.align([header] + rows, indent: "")
    }

    static func conclusion(_ report: ThresholdReport, presently: Double) -> String {
        let chosen = report.chosen.reviewProbability ?? presently
        var text =
            chosen == presently
            ? "Health 60 is a risk of \(ModelText.percent(presently))."
            : "Health 60 would be a risk of \(ModelText.percent(chosen)); it is \(ModelText.percent(presently))."
        if let without = report.costPerOrderWithoutReview {
            text += " Without any review an order costs \(ModelText.figure(without))."
        }
        return text
    }
}
