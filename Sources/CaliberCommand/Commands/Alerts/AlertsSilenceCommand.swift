import ArgumentParser
import CaliberAlerts
import CaliberCore
import CaliberDictionary
import CaliberEngine

struct AlertsSilenceCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "silence",
        abstract: "Not to be told of some alerts for some time; what still fires is told after it.",
        subcommands: [SilenceListCommand.self, SilenceAddCommand.self, SilenceEndCommand.self],
        defaultSubcommand: SilenceListCommand.self)
}

struct SilenceListCommand: CaliberSubcommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "The silences that there are.")

    @OptionGroup var deployment: DeploymentOptions
    @Flag(help: "Also those that are over.") var all = false

    func perform() throws {
        let engine = try deployment.openEngine()
        let silences = try engine.alertDesk.silences(isOverToo: all)
        guard !silences.isEmpty else { return Output.note("No silences.") }
        let zone = engine.dictionary.settings.timeZone
        let rows = silences.map { silence in
            [
                "\(silence.number)", silence.matchers.map(\.description).joined(separator: ", "),
                zone.clockText(of: silence.from), zone.clockText(of: silence.until), silence.author,
                silence.comment,
            ]
        }
        Output.data(TextColumns.align([["SILENCE", "OF", "FROM", "UNTIL", "BY", "COMMENT"]] + rows, indent: ""))
    }
}

struct SilenceAddCommand: CaliberSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "add", abstract: "Silence alerts that match all of the conditions.",
        discussion: """
            Conditions: 'channel = douyin', 'watch =~ "stuck.*"', 'severity in (info, warning)'. The alerts stay, and so do \
            their tickets; nobody is told meanwhile.
            """)

    @OptionGroup var deployment: DeploymentOptions
    @Argument(help: "Conditions on labels, watch or severity.") var conditions: [String]
    @Option(name: .customLong("for"), help: ArgumentHelp("How long: 30m, 2h, 1d.", valueName: "length"))
    var length: String
    @Option(help: ArgumentHelp("When it begins; now when left out.", valueName: "time")) var from: String?
    @Option(help: ArgumentHelp("Why.", valueName: "text")) var comment: String
    @OptionGroup var author: AuthorOptions

    func perform() throws {
        guard let microseconds = DurationText.parse(length), microseconds > 0 else {
            throw Diagnostic(
                "bad-duration", "\(QuotedText.json(length)) is no length of time.", remedy: "Write 30m, 2h or 1d.")
        }
        let engine = try deployment.openEngine()
        let zone = engine.dictionary.settings.timeZone
        let number = try engine.alertDesk.silence(
            try conditions.map { try LabelMatcher(parsing: $0) },
            from: try from.map { try QueryTime.moment($0, zone: zone) }, forMicroseconds: microseconds,
            author: author.name, comment: comment)
        Output.note("Silence \(number). To end it before its time: caliber alerts silence end \(number)")
    }
}

struct SilenceEndCommand: CaliberSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "end", abstract: "End a silence now; what it muted and still fires is told.")

    @OptionGroup var deployment: DeploymentOptions
    @Argument(help: "Its number.") var number: Int64

    func perform() throws {
        let wasActive = try deployment.openEngine().alertDesk.endSilence(number)
        Output.note(wasActive ? "Silence \(number) is over." : "Silence \(number) was over already.")
    }
}
