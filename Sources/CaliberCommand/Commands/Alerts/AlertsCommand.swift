import ArgumentParser
import CaliberAlerts
import CaliberCore
import CaliberDictionary
import CaliberEngine
import CaliberSinks
import Foundation

struct AlertsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "alerts", abstract: "What was raised, who was told, and what became of every word.",
        discussion: """
            Everything here works while a service runs, which takes up within a second what is changed.

            Examples:
              caliber alerts list
              caliber alerts test duty --alerts alerts.yaml
              caliber alerts silence add 'channel = douyin' --for 2h --comment 'maintenance'
              caliber alerts replay --endpoint duty --alerts alerts.yaml
            """,
        subcommands: [
            AlertsListCommand.self, AlertsShowCommand.self, AlertsAccountCommand.self, AlertsEndpointsCommand.self,
            AlertsTestCommand.self, AlertsDeadCommand.self, AlertsReplayCommand.self, AlertsSilenceCommand.self,
            AlertsDisableCommand.self, AlertsEnableCommand.self,
        ], defaultSubcommand: AlertsListCommand.self)
}

struct AlertsListCommand: CaliberSubcommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "What fires, the worst first.")

    @OptionGroup var deployment: DeploymentOptions
    @Flag(help: "Also what is over.") var all = false
    @Option(help: ArgumentHelp("How many.", valueName: "number")) var limit = 20

    func perform() throws {
        let engine = try deployment.openEngine()
        let alerts = try engine.alertDesk.alerts(status: all ? nil : .firing, limit: limit)
        guard !alerts.isEmpty else {
            return Output.note("Nothing fires. Watches look in the service, and by: caliber watch look")
        }
        Output.data(AlertText.list(alerts, zone: engine.dictionary.settings.timeZone))
        if alerts.count == limit { Output.note("--limit shows more.") }
        Output.note("Next: caliber alerts show \(alerts[0].alert.id)")
    }
}

struct AlertsShowCommand: CaliberSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "One alert with every word about it, or one message with its tries.")

    @OptionGroup var deployment: DeploymentOptions
    @Argument(help: "An alert's id, or a message's.") var id: String

    func perform() throws {
        let engine = try deployment.openEngine()
        let zone = engine.dictionary.settings.timeZone
        do {
            Output.data(AlertText.alert(try engine.alertDesk.alert(id), zone: zone))
        } catch AlertProblem.unknownAlert {
            guard let message = try? engine.alertDesk.message(id) else { throw AlertProblem.unknownAlert(id: id) }
            Output.data(AlertText.message(message, zone: zone))
        }
    }
}

struct AlertsAccountCommand: CaliberSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "account", abstract: "What became of every word that was owed, endpoint by endpoint.",
        discussion: "The account is held against every row that it counts; what does not add up is named, exit code 3.")

    @OptionGroup var deployment: DeploymentOptions

    func perform() throws {
        let desk = try deployment.openEngine().alertDesk
        Output.data(try desk.account().table)
        let problems = try desk.accountProblems()
        for problem in problems { Output.note(problem) }
        guard problems.isEmpty else { throw needsAttention() }
        Output.note("Held against every row: it adds up.")
    }
}

struct AlertsEndpointsCommand: CaliberSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "endpoints", abstract: "Who can be told, and how each does.")

    @OptionGroup var deployment: DeploymentOptions
    @OptionGroup var alerts: AlertsFileOptions

    func perform() throws {
        let engine = try deployment.openEngine(alerts: alerts)
        let endpoints = try engine.alertDesk.endpoints()
        guard !endpoints.isEmpty else {
            return Output.note("Nobody is told: name an alerts file with --alerts. docs/operations.md shows one.")
        }
        let zone = engine.dictionary.settings.timeZone
        let rows = endpoints.map { endpoint in
            [
                endpoint.name, endpoint.kind, AlertText.state(endpoint, zone: zone),
                Output.grouped(endpoint.account.waiting), Output.grouped(endpoint.account.dead),
            ]
        }
        Output.data(TextColumns.align([["ENDPOINT", "KIND", "STATE", "WAITING", "DEAD"]] + rows, indent: ""))
    }
}

struct AlertsTestCommand: CaliberSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "test", abstract: "Send a test to an endpoint now, and say what it answered.")

    @OptionGroup var deployment: DeploymentOptions
    @OptionGroup var alerts: AlertsFileOptions
    @Argument(help: "The endpoint's name.") var endpoint: String
    @OptionGroup var author: AuthorOptions
    @Flag(help: "Print what is sent.") var verbose = false

    func perform() throws {
        let test = try deployment.openEngine(alerts: alerts).alertDesk.test(endpoint, by: author.name)
        if verbose { for part in test.parts { Output.data(part) } }
        switch test.outcome {
        case .delivered(let answer): Output.note("\(endpoint) has it: \(answer)")
        case .failed(let reason): throw failure("could not be reached", reason)
        case .throttled(let reason, _): throw failure("asks for patience", reason)
        case .refused(let reason): throw failure("does not take it", reason)
        case .gone(let reason): throw failure("is gone", reason)
        }
    }

    private func failure(_ what: String, _ reason: String) -> Diagnostic {
        Diagnostic("test-not-delivered", "\(endpoint) \(what): \(reason)")
    }
}

struct DeadLetterOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Only this message.", valueName: "id")) var message: String?
    @Option(help: ArgumentHelp("Only of this endpoint.", valueName: "name")) var endpoint: String?
    @Option(help: ArgumentHelp("Given up then or later.", valueName: "time")) var from: String?
    @Option(help: ArgumentHelp("Given up before then.", valueName: "time")) var until: String?

    var isEmpty: Bool { message == nil && endpoint == nil && from == nil && until == nil }

    func choice(zone: BusinessZone) throws -> DeadLetterChoice {
        DeadLetterChoice(
            messageID: message, endpoint: endpoint, from: try from.map { try QueryTime.moment($0, zone: zone) },
            until: try until.map { try QueryTime.moment($0, zone: zone) })
    }
}

struct AlertsDeadCommand: CaliberSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "dead", abstract: "Dead letters: messages that were given up.")

    @OptionGroup var deployment: DeploymentOptions
    @OptionGroup var letters: DeadLetterOptions

    func perform() throws {
        let engine = try deployment.openEngine()
        let zone = engine.dictionary.settings.timeZone
        let dead = try engine.alertDesk.deadLetters(try letters.choice(zone: zone))
        guard !dead.isEmpty else { return Output.note("No dead letters.") }
        let rows = dead.map { letter in
            [
                letter.id, letter.endpoint, letter.finishedAt.map { zone.clockText(of: $0) } ?? "–",
                letter.message?.alerts.first?.title ?? "–", letter.answer ?? "",
            ]
        }
        Output.data(TextColumns.align([["MESSAGE", "ENDPOINT", "GIVEN UP", "ABOUT", "BECAUSE"]] + rows, indent: ""))
        Output.note("Next: caliber alerts replay --endpoint \(dead[0].endpoint)")
    }
}

struct AlertsReplayCommand: CaliberSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "replay", abstract: "Have dead letters tried again, under their own ids.")

    @OptionGroup var deployment: DeploymentOptions
    @OptionGroup var alerts: AlertsFileOptions
    @OptionGroup var letters: DeadLetterOptions
    @Flag(help: "All of them.") var all = false

    func validate() throws {
        guard all != letters.isEmpty else { return }
        throw ValidationError("Name which with --message, --endpoint, --from or --until, or --all.")
    }

    func perform() throws {
        let engine = try deployment.openEngine(alerts: alerts)
        let count = try engine.alertDesk.replay(
            try letters.choice(zone: engine.dictionary.settings.timeZone))
        Output.note(
            count == 0 ? "No dead letters." : "\(Output.count(count, "message")) will be sent again by the service.")
    }
}

struct AlertsDisableCommand: CaliberSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "disable", abstract: "Turn an endpoint off; what it is owed becomes dead letters.")

    @OptionGroup var deployment: DeploymentOptions
    @OptionGroup var alerts: AlertsFileOptions
    @Argument(help: "The endpoint's name.") var endpoint: String
    @Option(help: ArgumentHelp("Why.", valueName: "text")) var because: String
    @OptionGroup var author: AuthorOptions

    func perform() throws {
        let desk = try deployment.openEngine(alerts: alerts).alertDesk
        try desk.disable(endpoint, because: "\(author.name): \(because)")
        Output.note("\(endpoint) is off. On again: caliber alerts enable \(endpoint)")
    }
}

struct AlertsEnableCommand: CaliberSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "enable", abstract: "Turn an endpoint on again; its dead letters wait for a replay.")

    @OptionGroup var deployment: DeploymentOptions
    @OptionGroup var alerts: AlertsFileOptions
    @Argument(help: "The endpoint's name.") var endpoint: String

    func perform() throws {
        let desk = try deployment.openEngine(alerts: alerts).alertDesk
        try desk.enable(endpoint)
        Output.note("\(endpoint) is on. Its dead letters: caliber alerts replay --endpoint \(endpoint)")
    }
}
