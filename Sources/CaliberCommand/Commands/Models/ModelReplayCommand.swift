import ArgumentParser
import CaliberCore
import CaliberEngine
import CaliberScoring
import Foundation

struct ModelReplayCommand: CaliberSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "replay", abstract: "All orders so far under a candidate: who would change sides, and why.",
        discussion: """
            Both models score every order of the log as it was known at its first training moment. Outcomes are those \
            known today. Orders that a model was trained on flatter it.
            """)

    @OptionGroup var options: ScoredRowOptions
    @Argument(help: "order_health@3, or order_health@challenger.") var candidate: String
    @Option(help: ArgumentHelp("The model that decides; the candidate's champion otherwise.", valueName: "model"))
    var against: String?
    @Option(help: "Orders that change sides to show.") var limit = 10
    @Flag(help: "As JSON.") var json = false

    func perform() throws {
        let registry = options.registry
        let candidate = try registry.load(candidate)
        let present = try registry.load(against ?? candidate.name)
        guard candidate.name != present.name || candidate.version != present.version else {
            throw Diagnostic(
                "same-model", "\(present.name)@\(present.version) can't be held against itself.",
                remedy: "Name another version, or the other side with --against.")
        }
        let engine = try options.deployment.openEngine()
        let before = try options.scored(present, engine)
        let after =
            try engine.scoredRows(candidate, rowsOf: before, threads: engine.queryParallelism)
            ?? options.scored(candidate, engine)
        let comparison = before.replay(candidate: after)
        guard !json else { return Output.data(try ModelText.json(comparison)) }
        Output.note("\(Output.count(comparison.orderCount, "order")) under \(before.model) and \(after.model).")
        Output.data(ReplayText.text(comparison, before: before.model, after: after.model, limit: max(0, limit)))
    }
}

/// Decisions under two models, as people read them.
enum ReplayText {
    static func text(_ comparison: ReplayComparison, before: String, after: String, limit: Int) -> String {
        var parts = [sides(comparison, before, after), moves(comparison)]
        if let mean = comparison.meanHealthChange {
            parts.append("Health changes by \(String(format: "%+.2f", mean)) points in the mean.")
        }
        if !comparison.reasonMoves.isEmpty { parts.append(reasons(comparison)) }
        if !comparison.changes.isEmpty, limit > 0 { parts.append(changes(comparison, limit)) }
        return parts.joined(separator: "\n\n")
    }

    private static func sides(_ comparison: ReplayComparison, _ before: String, _ after: String) -> String {
        func row(_ name: String, _ side: ReplayComparison.Side) -> [String] {
            [
                name, Output.grouped(side.flaggedCount), side.flaggedPerDay.map { String(format: "%.1f", $0) } ?? "–",
                ModelText.share(side.recall), ModelText.share(side.precision),
            ]
        }
        return TextColumns.align(
            [
                ["", "reviews", "a day", "recall", "precision"], row(before, comparison.before),
                row(after, comparison.after),
            ],
            indent: "")
    }

    private static func moves(_ comparison: ReplayComparison) -> String {
        let rows = [
            ("flagged by both", comparison.flaggedInBoth), ("newly flagged", comparison.newlyFlagged),
            ("released", comparison.released), ("flagged by neither", comparison.flaggedInNone),
        ].map { name, outcomes in
            [
                name, Output.grouped(outcomes.count), Output.grouped(outcomes.bad), Output.grouped(outcomes.good),
                Output.grouped(outcomes.unknown),
            ]
        }
        return TextColumns.align([["", "orders", "bad", "good", "not known yet"]] + rows, indent: "")
    }

    private static func reasons(_ comparison: ReplayComparison) -> String {
        func mean(_ hundredths: Int, _ count: Int) -> String {
            count == 0 ? "–" : HealthPoints.text(hundredths: hundredths / count, signed: true)
        }
        let rows = comparison.reasonMoves.map {
            [
                $0.id, mean($0.newlyFlaggedPoints, comparison.newlyFlagged.count),
                mean($0.releasedPoints, comparison.released.count),
            ]
        }
        return TextColumns.align(
            [["reasons that moved most, points an order", "newly flagged", "released"]] + rows, indent: "")
    }

    private static func changes(_ comparison: ReplayComparison, _ limit: Int) -> String {
        let rows = comparison.changes.prefix(limit).map { change in
            [
                change.orderID, "\(change.before)", "\(change.after)",
                change.wentBad.map { $0 ? "bad" : "good" } ?? "–",
                change.moves.map { "\($0.id) \(HealthPoints.text(hundredths: $0.points, signed: true))" }
                    .joined(separator: ", "),
            ]
        }
        return TextColumns.align([["largest changes", "before", "after", "came", "why"]] + rows, indent: "")
    }
}
