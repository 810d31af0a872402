import ArgumentParser
import CaliberCore
import CaliberEngine
import CaliberEventLog

struct QuarantineCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "quarantine", abstract: "Look at events that broke their contract, and take them in again.",
        subcommands: [ListQuarantine.self, ShowQuarantined.self, ReplayQuarantine.self, DismissQuarantined.self],
        defaultSubcommand: ListQuarantine.self)
}

/// Which quarantined events a command means.
struct QuarantineSelection: ParsableArguments {
    @Option(help: "Only those with this code.") var code: String?
    @Option(help: "Only those of this contract.") var contract: String?
    @Option(help: "Only those where this field is at fault.") var field: String?

    func filter(ids: [Int64]? = nil, state: QuarantinedEvent.State? = .open) -> QuarantineFilter {
        QuarantineFilter(ids: ids, state: state, code: code, contract: contract, field: field)
    }

    var isEmpty: Bool { code == nil && contract == nil && field == nil }
}

struct ListQuarantine: CaliberSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Kinds of violations with their counts; events one by one with --events.")
    @OptionGroup var deployment: DeploymentOptions
    @OptionGroup var selection: QuarantineSelection
    @Flag(help: "List the events themselves.") var events = false
    @Option(help: "At most so many events.") var limit = 50

    func perform() throws {
        let engine = try deployment.openEngine()
        let kinds = try engine.quarantineSummary(selection.filter())
        if kinds.isEmpty {
            Output.note("Quarantine is empty.")
        } else if events {
            let list = try engine.quarantined(selection.filter(), limit: limit)
            Output.data(
                TextColumns.align(
                    list.map { event in
                        [String(event.id), event.kind.code, event.location.description, event.message]
                    }, indent: ""))
            Output.note("Next: caliber quarantine show \(list.first.map { String($0.id) } ?? "N")")
        } else {
            Output.data(IntakeText.violations(kinds))
            Output.note("Next: caliber quarantine list --events, or quarantine replay once a contract is fixed.")
        }
        for parked in try engine.parkedTypes() {
            Output.note("Parked: \(Output.grouped(parked.count)) of type \(parked.type), which no contract declares.")
        }
    }
}

struct ShowQuarantined: CaliberSubcommand {
    static let configuration = CommandConfiguration(commandName: "show", abstract: "One event with all that is known.")
    @OptionGroup var deployment: DeploymentOptions
    @Argument(help: "Its number.") var number: Int64

    func perform() throws {
        guard let event = try deployment.openEngine().quarantinedEvent(number) else {
            throw Diagnostic(
                "unknown-quarantined-event", "There is no quarantined event \(number).",
                remedy: "`caliber quarantine list --events` shows their numbers.")
        }
        var facts = [
            ["state", event.state.rawValue], ["code", event.kind.code],
            ["contract", event.kind.contract ?? "–"], ["field", event.kind.field ?? "–"], ["what", event.message],
        ]
        if let hint = event.hint { facts.append(["hint", hint]) }
        if let text = event.offendingText { facts.append(["text", text]) }
        facts.append(["from", event.location.description])
        facts.append(["received", event.receivedAt.description])
        if let source = event.source { facts.append(["source", source]) }
        if let eventID = event.eventID { facts.append(["id", eventID]) }
        if let row = event.originRow { facts.append(["row", row]) }
        facts.append(["body", event.body])
        Output.data(TextColumns.align(facts, indent: ""))
    }
}

struct ReplayQuarantine: CaliberSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "replay", abstract: "Take open events in again under today's contracts; nothing is doubled.")
    @OptionGroup var deployment: DeploymentOptions
    @OptionGroup var selection: QuarantineSelection
    @Argument(help: "Numbers; all that match otherwise.") var numbers: [Int64] = []

    func perform() throws {
        let engine = try deployment.openEngine()
        let outcome = try engine.replayQuarantine(selection.filter(ids: numbers.isEmpty ? nil : numbers))
        let account = outcome.quarantine.account
        guard account.received > 0 || outcome.parked.account.received > 0 else {
            Output.note("Nothing waits to be taken in again.")
            return
        }
        Output.note(
            """
            \(Output.grouped(account.received)) taken in again: \(Output.grouped(account.accepted)) accepted, \
            \(Output.grouped(account.duplicate)) duplicate, \(Output.grouped(account.quarantined)) still refused\
            \(account.parked > 0 ? ", \(Output.grouped(account.parked)) parked" : "").
            """)
        let parked = outcome.parked.account
        if parked.received > 0 {
            Output.note(
                "\(Output.grouped(parked.received)) parked events have a contract now: "
                    + "\(Output.grouped(parked.accepted)) accepted, \(Output.grouped(parked.duplicate)) duplicate, "
                    + "\(Output.grouped(parked.quarantined)) refused.")
        }
        if account.quarantined > 0 { Output.note("Next: caliber quarantine list") }
    }
}

struct DismissQuarantined: CaliberSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "dismiss", abstract: "Decide that open events are none; they stay in the account.")
    @OptionGroup var deployment: DeploymentOptions
    @OptionGroup var selection: QuarantineSelection
    @Argument(help: "Numbers.") var numbers: [Int64] = []

    func perform() throws {
        guard !numbers.isEmpty || !selection.isEmpty else {
            throw Diagnostic(
                "nothing-selected", "Nothing says which events are meant.",
                remedy: "Name numbers, or narrow by --code, --contract or --field.")
        }
        let engine = try deployment.openEngine()
        let count = try engine.dismissQuarantined(selection.filter(ids: numbers.isEmpty ? nil : numbers))
        Output.note("\(Output.grouped(count)) dismissed.")
    }
}
