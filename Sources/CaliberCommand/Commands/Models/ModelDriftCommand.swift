import ArgumentParser
import CaliberCore
import CaliberDictionary
import CaliberEngine
import CaliberRegression
import CaliberScoring
import Foundation

struct ModelDriftCommand: CaliberSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "drift", abstract: "How far today's orders are from those a model was trained on.",
        discussion: """
            Population stability of every feature and of the score, with what chance alone stays below; where labels have \
            matured, the rate of bad orders and the calibration too. Without --from, orders count that came after those \
            the model was made with; where there are none yet, those it was judged by.
            """)

    @OptionGroup var options: ScoredRowOptions
    @Argument(help: "order_health for the champion, or order_health@3; the only model there is otherwise.")
    var model: String?
    @OptionGroup var span: SpanOptions
    @Option(help: "Features to show.") var limit = 15
    @Flag(help: "As JSON: all features.") var json = false

    func perform() throws {
        let file = try options.registry.load(try model ?? only(options.registry))
        let engine = try options.deployment.openEngine()
        let zone = engine.dictionary.settings.timeZone
        var range = try span.span(zone: zone, from: file.training.end)
        let scored = try options.scored(file, engine)
        var report = scored.drift(in: range)
        if report.rowCount == 0, span.from == nil, span.until == nil {
            range = min(file.training.judgedFrom, range.upperBound)..<range.upperBound
            report = scored.drift(in: range)
        }
        guard report.rowCount > 0 else {
            throw Diagnostic(
                "no-orders", "There are no orders since \(zone.date(of: range.lowerBound)) to look at.",
                remedy: "Name a span with --from and --until.")
        }
        guard !json else { return Output.data(try ModelText.json(report)) }
        Output.note(
            "\(report.model) on \(Output.count(report.rowCount, "order")) since \(zone.date(of: range.lowerBound)).")
        Output.data(DriftText.table(report, limit: max(0, limit)))
        Output.note(DriftText.conclusion(report))
    }

    private func only(_ registry: ModelRegistry) throws -> String {
        let names = registry.names
        guard names.count == 1 else {
            throw Diagnostic(
                "which-model", names.isEmpty ? "There are no models." : "Which model is meant?",
                remedy: names.isEmpty
                    ? "Train one: caliber model train." : "There is " + names.joined(separator: ", ") + ".")
        }
        return names[0]
    }
}

/// Drift as people read it.
enum DriftText {
    static func table(_ report: DriftReport, limit: Int) -> String {
        var rows = [["", "PSI", "chance", "verdict", "missing then", "missing now", "weight"]]
        if let score = report.score {
            rows.append([
                "score", ModelText.figure(score.value), ModelText.figure(score.noiseLimit), word(report.scoreVerdict),
            ])
        }
        for feature in report.features.prefix(limit) {
            rows.append([
                feature.id, ModelText.figure(feature.stability.value), ModelText.figure(feature.stability.noiseLimit),
                word(feature.verdict), ModelText.percent(feature.missingShareBefore),
                ModelText.percent(feature.missingShareNow), ModelText.figure(feature.weight),
            ])
        }
        var parts = [TextColumns.align(rows, indent: "")]
        var rates = [["", "expected", "came", "z", ""]]
        for (name, rate) in [
            ("bad orders, beside training", report.baseRate),
            ("bad orders, beside what was said", report.meanProbability),
        ] {
            guard let rate else { continue }
            rates.append([
                name, ModelText.percent(rate.expected), ModelText.percent(rate.observed),
                String(format: "%.2f", rate.zValue), rate.isNoise ? "chance" : "moved",
            ])
        }
        if let calibration = report.calibration {
            rates.append([
                "calibration slope", "1.0000", ModelText.figure(calibration.line.slope), "",
                calibration.slopeIsNoise ? "chance" : "moved",
            ])
        }
        if rates.count > 1 { parts.append(TextColumns.align(rates, indent: "")) }
        return parts.joined(separator: "\n\n")
    }

    static func conclusion(_ report: DriftReport) -> String {
        let moved = report.features.count { $0.verdict == .moderate || $0.verdict == .strong }
        let strong = report.features.count { $0.verdict == .strong }
        var text =
            moved == 0
            ? "Of \(Output.count(report.features.count, "feature")) none has moved by 0.10 and beyond chance."
            : "Of \(Output.count(report.features.count, "feature")) \(moved) moved by 0.10 and beyond chance, \(strong) of them strongly."
        if report.baseRate == nil { text += " No label of these orders has matured yet." }
        return text
    }

    private static func word(_ verdict: StabilityIndex.Verdict) -> String {
        verdict == .noise ? "chance" : verdict.rawValue
    }
}
