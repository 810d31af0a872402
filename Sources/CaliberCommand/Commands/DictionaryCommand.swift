import ArgumentParser
import CaliberCore
import CaliberDictionary
import CaliberEngine
import Foundation

struct DictionaryCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dictionary", abstract: "Check, test and compare definitions.",
        subcommands: [CheckDictionary.self, TestDictionary.self, DiffDictionary.self, DictionarySchemaCommand.self])
}

struct CheckDictionary: CaliberSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Find everything that is wrong, at once; what a team runs in its CI.")
    @OptionGroup var deployment: DeploymentOptions
    @Flag(help: "Write new versions of metrics and calendars into versions.lock.") var accept = false
    @Flag(help: "Warnings are errors: unaccepted versions fail, too.") var strict = false

    /// What `--accept` does away with.
    private static let acceptedCodes: Set = [
        "not-locked", "calendar-not-locked", "calendar-extended", "calendar-removed",
    ]

    func perform() throws {
        let loaded = try MetricDictionary.load(from: deployment.dictionaryFolder)
        let dictionary = loaded.dictionary
        let problems = loaded.savedQueryProblems()
        if !problems.isEmpty { throw DiagnosticList(problems) }
        if accept {
            let path = URL(fileURLWithPath: deployment.dictionaryFolder).appending(path: "versions.lock")
            let accepted = loaded.lock.accepting(loaded)
            if accepted != loaded.lock {
                try accepted.text.write(to: path, atomically: true, encoding: .utf8)
                Output.note("Wrote \(deployment.dictionaryFolder)/versions.lock. Commit it with the definitions.")
            }
        }
        let warnings = loaded.warnings.filter { !(accept && CheckDictionary.acceptedCodes.contains($0.code)) }
        for warning in warnings { Output.note(warning.description) }
        Output.note(
            "\(dictionary.settings.name): "
                + [
                    Output.count(dictionary.contracts.count, "contract"),
                    Output.count(dictionary.tables.count, "table"),
                    Output.count(dictionary.metrics.count, "metric"),
                    Output.count(dictionary.savedQueries.count, "saved query", plural: "saved queries"),
                    Output.count(dictionary.calendars.count, "calendar"),
                    Output.count(dictionary.sources.count, "source"),
                    Output.count(loaded.tests.count, "test"),
                ].joined(separator: ", ")
                + "; " + (warnings.isEmpty ? "nothing is wrong." : Output.count(warnings.count, "warning") + "."))
        if !loaded.isLocked, !accept {
            Output.note("Next: caliber dictionary diff shows what changes; caliber dictionary check --accept keeps it.")
        }
        if strict, !warnings.isEmpty { throw ExitCode(ExitStatus.failure.rawValue) }
    }
}

struct TestDictionary: CaliberSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "test", abstract: "Run the dictionary's own tests: events in, expected rows and figures out.")
    @OptionGroup var deployment: DeploymentOptions

    func perform() throws {
        let loaded = try deployment.loadDictionary()
        let results = try DictionaryTestRun(loaded).run()
        for result in results {
            Output.data("\(result.hasPassed ? "✔" : "✘") \(result.name)")
            for failure in result.failures { Output.note(failure.description) }
        }
        let failed = results.filter { !$0.hasPassed }.count
        Output.note("\(results.count - failed) passed, \(failed) failed")
        if results.isEmpty { Output.note("The dictionary has no tests yet; docs/dictionary.md shows one.") }
        if failed > 0 { throw needsAttention() }
    }
}

struct DiffDictionary: CaliberSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "diff", abstract: "Show old against new figures of metrics whose meaning changes.",
        discussion: """
            Without --against, versions not yet in versions.lock are compared with those before them. With it, another \
            dictionary is evaluated over the same events, also where it folds tables differently.
            Exits with 3 when figures differ.
            """)
    @OptionGroup var deployment: DeploymentOptions
    @Option(help: ArgumentHelp("An older dictionary.", valueName: "folder")) var against: String?
    @Option(
        name: .customLong("group-by"),
        help: ArgumentHelp("Dimensions, by comma; day and channel otherwise.", valueName: "names"))
    var groupBy: String?
    @Option(name: .customLong("start-time"), help: "First day, ISO 8601.") var startTime: String?
    @Option(name: .customLong("end-time"), help: "Last day, ISO 8601.") var endTime: String?
    @Option(help: "At most so many rows a metric.") var limit = 40

    func perform() throws {
        let engine = try deployment.openEngine()
        let scope = ComparisonScope(
            groupBy: groupBy.map { $0.split(separator: ",").map(String.init) }, startTime: startTime, endTime: endTime)
        let comparisons =
            try against.map { try engine.compare(with: MetricDictionary.load(from: $0), scope) }
            ?? engine.compareWithLock(scope)
        guard !comparisons.isEmpty else {
            Output.note("No metric changes its meaning.")
            return
        }
        Output.data(comparisons.map { ComparisonText.describe($0, limit: limit) }.joined(separator: "\n"))
        if comparisons.contains(where: { !$0.changedRows.isEmpty || $0.unreachableReason != nil }) {
            throw needsAttention()
        }
    }
}

struct DictionarySchemaCommand: CaliberSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "schema", abstract: "Print the JSON Schema of dictionary files, for editors.")

    func perform() throws {
        Output.data(DictionarySchema.json())
    }
}
