import ArgumentParser
import CaliberCore
import CaliberDictionary
import CaliberEngine
import Foundation

struct WatchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "watch", abstract: "What somebody wants to be told of: look, and see what was found.",
        subcommands: [WatchListCommand.self, WatchLookCommand.self, WatchFindingsCommand.self])
}

struct WatchListCommand: CaliberSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "The dictionary's watches, and how much each has found.")

    @OptionGroup var deployment: DeploymentOptions

    func perform() throws {
        let engine = try deployment.openEngine()
        let watches = engine.dictionary.watches
        guard !watches.isEmpty else {
            return Output.note("The dictionary has no watches. docs/dictionary.md shows how to declare them.")
        }
        var open: [String: Int] = [:]
        for finding in try engine.watchFindings() { open[finding.watch, default: 0] += 1 }
        var rows = [["WATCH", "SEVERITY", "LOOKS", "OPEN", "OWNER"]]
        for watch in watches {
            rows.append([
                watch.name, watch.severity.rawValue, WatchText.schedule(watch.schedule),
                Output.grouped(open[watch.name] ?? 0), watch.owner,
            ])
        }
        Output.data(TextColumns.align(rows, indent: ""))
    }
}

struct WatchLookCommand: CaliberSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "look", abstract: "Look by every watch now, and say what is new and what is over.",
        discussion: """
            What was found is kept: a second look says only what has changed since. Alerts are raised and tickets opened by \
            it; the service delivers them.
            """)

    @OptionGroup var deployment: DeploymentOptions
    @OptionGroup var alerts: AlertsFileOptions
    @Option(help: ArgumentHelp("How many findings are shown of each watch.", valueName: "number")) var limit = 5
    @Flag(help: "All findings, as JSON.") var json = false

    func perform() throws {
        let engine = try deployment.openEngine(alerts: alerts)
        let found = try engine.openIntake().watches().look(everyWatch: true)
        guard !json else { return Output.data(try ModelText.json(found)) }
        let (new, over) = (found.filter { $0.closedAt == nil }, found.filter { $0.closedAt != nil })
        if !new.isEmpty { Output.data(WatchText.findings(new, limit: limit)) }
        Output.note("\(Output.count(new.count, "new finding")), \(Output.grouped(over.count)) over.")
    }
}

struct WatchFindingsCommand: CaliberSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "findings", abstract: "What the looks so far have found and is still so.")

    @OptionGroup var deployment: DeploymentOptions
    @Argument(help: "Of this watch alone.") var watch: String?
    @Flag(help: "Also what is over.") var all = false
    @Option(help: ArgumentHelp("How many are shown of each watch.", valueName: "number")) var limit = 10
    @Flag(help: "All of them, as JSON.") var json = false

    func perform() throws {
        let engine = try deployment.openEngine()
        if let watch, engine.dictionary.watch(named: watch) == nil {
            throw Diagnostic(
                "unknown-watch", "The dictionary has no watch \"\(watch)\".",
                remedy: "`caliber watch list` shows them.",
                suggestions: NameSuggestion.nearest(to: watch, among: engine.dictionary.watches.map(\.name)))
        }
        let findings = try engine.watchFindings(openOnly: !all, watch: watch)
        guard !json else { return Output.data(try ModelText.json(findings)) }
        guard !findings.isEmpty else { return Output.note("Nothing. To look now: caliber watch look") }
        Output.data(WatchText.findings(findings, limit: limit))
    }
}

enum WatchText {
    static func schedule(_ schedule: WatchDefinition.Schedule) -> String {
        switch schedule {
        case .onChange: "on change"
        case .every(let microseconds): "every \(duration(microseconds))"
        }
    }

    private static func duration(_ microseconds: Int64) -> String {
        for (unit, length) in [("d", Int64(86_400_000_000)), ("h", 3_600_000_000)]
        where microseconds % length == 0 { return "\(microseconds / length)\(unit)" }
        return "\(microseconds / 60_000_000)m"
    }

    /// Watch by watch, the worst severity first, with the causes counted.
    static func findings(_ findings: [WatchFinding], limit: Int) -> String {
        let severities = WatchDefinition.Severity.allCases.map(\.rawValue)
        var watches: [String] = []
        for finding in findings where !watches.contains(finding.watch) { watches.append(finding.watch) }
        let sections = watches.map { watch in findings.filter { $0.watch == watch } }.sorted {
            (severities.firstIndex(of: $1[0].severity) ?? 0, $0[0].watch)
                < (severities.firstIndex(of: $0[0].severity) ?? 0, $1[0].watch)
        }
        return sections.map { section($0, limit: max(1, limit)) }.joined(separator: "\n\n")
    }

    private static func section(_ findings: [WatchFinding], limit: Int) -> String {
        let first = findings[0]
        var lines = ["\(first.watch)  \(first.severity)  \(Output.grouped(findings.count))"]
        var causes: [String: Int] = [:]
        for finding in findings { causes[finding.cause ?? "no named cause", default: 0] += 1 }
        if causes.count > 1 || causes["no named cause"] == nil {
            let counted = causes.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
            lines.append("  " + counted.map { "\($0.key) \(Output.grouped($0.value))" }.joined(separator: ", "))
        }
        for finding in findings.prefix(limit) {
            lines.append("  \(finding.title)" + (finding.closedAt.map { ", over since \($0)" } ?? ""))
            var details = finding.facts.map { "\($0.name) \($0.value)" }
            if let cause = finding.cause { details.insert("cause: \(cause)", at: 0) }
            if !details.isEmpty { lines.append("     " + details.joined(separator: ", ")) }
            if let advice = finding.advice.first { lines.append("     → \(advice)") }
        }
        if findings.count > limit { lines.append("  … and \(Output.grouped(findings.count - limit)) more") }
        return lines.joined(separator: "\n")
    }
}
