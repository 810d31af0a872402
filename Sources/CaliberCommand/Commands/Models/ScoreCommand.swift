import ArgumentParser
import CaliberCore
import CaliberDictionary
import CaliberEngine
import CaliberEventLog
import CaliberScoring
import Foundation

struct ScoreCommand: CaliberSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "score", abstract: "Score every order at each of its moments that has no score yet.",
        discussion: """
            Scores are events as any other: health becomes a column of the orders table, and metrics on it are asked as \
            usual. A pass that was cut off is simply run again.
            """)

    @OptionGroup var deployment: DeploymentOptions
    @OptionGroup var options: ModelOptions
    @Argument(help: "order_health for the champion (the default), or order_health@3.") var model: String?

    func perform() throws {
        let engine = try deployment.openEngine()
        let features = try engine.featureSet(model.map { String($0.prefix { $0 != "@" }) })
        let file = try options.registry.load(model ?? features.name)
        let total = try engine.position.sequence
        let progress = ProgressLine()
        let begun = ContinuousClock.now
        let outcome = try engine.score(file, features: features) { position in
            progress.show(
                "scored up to event \(Output.grouped(min(position.sequence, total))) of \(Output.grouped(total))",
                fraction: Double(position.sequence) / Double(max(1, total)))
        }
        progress.clear()
        let seconds = (ContinuousClock.now - begun) / .seconds(1)
        Output.note(
            "\(outcome.model): \(Output.count(outcome.scoredCount, "score")) in \(String(format: "%.1f", seconds)) s, "
                + "\(Output.grouped(outcome.reviewCount)) below 60."
                + (outcome.knownCount > 0 ? " \(Output.grouped(outcome.knownCount)) were there already." : ""))
        Output.note("Next: caliber top --risk 10, or caliber query --metrics average_health --group-by channel")
    }
}

struct TopCommand: CaliberSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "top", abstract: "The riskiest orders, why, and what to do.")

    @OptionGroup var deployment: DeploymentOptions
    @Option(help: ArgumentHelp("How many orders.", valueName: "number")) var risk = 10
    @Option(help: ArgumentHelp("Paid since then; the last day that has so many otherwise.", valueName: "time"))
    var since: String?
    @Option(help: "The table.") var table = "orders"
    @Flag(help: "As JSON.") var json = false

    func perform() throws {
        let engine = try deployment.openEngine()
        let zone = engine.dictionary.settings.timeZone
        let orders = try engine.riskiest(
            max(1, risk), since: try since.map { try QueryTime.moment($0, zone: zone) }, table: table)
        guard !json else {
            return Output.data(try ModelText.json(orders.map(ShownOrder.init)))
        }
        guard !orders.isEmpty else {
            return Output.note("No order has a score yet. Score them: caliber score")
        }
        Output.data(orders.enumerated().map { RiskText.order($1, place: $0 + 1) }.joined(separator: "\n\n"))
    }

    private struct ShownOrder: Encodable {
        let order: String
        let health: Double
        let probability: Double?
        let scoredAt: Timestamp
        let model: String?
        let explanation: ScoreExplanation?

        init(_ order: ScoredOrder) {
            self.order = order.key
            health = order.health
            probability = order.probability
            scoredAt = order.scoredAt
            model = order.model
            explanation = order.explanation
        }
    }
}

/// A time as a person writes it.
enum QueryTime {
    static func moment(_ text: String, zone: BusinessZone) throws -> Timestamp {
        do throws(TimestampText.Failure) {
            return try TimestampText.parse(text, zone: zone)
        } catch {
            throw Diagnostic(
                "bad-time", "\"\(text)\" is no time.", remedy: "Write 2026-03-01 or 2026-03-01T08:00.")
        }
    }
}

/// One order and what speaks against it, as lines.
enum RiskText {
    static func order(_ order: ScoredOrder, place: Int) -> String {
        let health = String(format: "%.2f", order.health)
        var heading = "\(place). \(order.key)  health \(health)"
        if let probability = order.probability { heading += "  risk \(ModelText.percent(probability))" }
        var lines = [heading]
        guard let explanation = order.explanation else { return heading + "  needs no review" }
        for reason in explanation.reasons.prefix(3) {
            lines.append(
                "   \(TextColumns.padStart(HealthPoints.text(hundredths: reason.points, signed: true), to: 7))  "
                    + "\(reason.columns.first?.id ?? reason.id) \(reason.valueText)")
            if let advice = reason.advice { lines.append("            → \(advice.english)") }
        }
        if let wayBack = explanation.wayBack { lines.append("   " + text(wayBack)) }
        return lines.joined(separator: "\n")
    }

    private static func text(_ wayBack: WayBack) -> String {
        let changes = wayBack.changes.map { change in
            let from = change.fromLevel ?? change.from.map(ScoreExplanation.text) ?? "not known"
            let to = change.toLevel ?? change.to.map(ScoreExplanation.text) ?? "not known"
            return "\(change.id) \(from) → \(to)"
        }
        switch wayBack.kind {
        case .single: return "back to 60 with: " + changes.joined(separator: ", ")
        case .several: return "back to 60 with all of: " + changes.joined(separator: ", ")
        case .unreachable: return "nothing that can be changed brings it back to 60"
        }
    }
}
