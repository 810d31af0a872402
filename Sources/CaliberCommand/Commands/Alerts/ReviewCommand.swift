import ArgumentParser
import CaliberAlerts
import CaliberCore
import CaliberDictionary
import CaliberEngine
import Foundation

struct ReviewCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "review",
        abstract: "Orders that a person is to decide on: who looks at which, and what they find.",
        discussion: """
            Watches with `ticket: true` open a ticket for an order, one at a time. Everything here works while a service \
            runs.

            Examples:
              caliber review list
              caliber review assign 12 --to wang
              caliber review judge 12 bad --note 'the address does not exist'
            """,
        subcommands: [
            ReviewListCommand.self, ReviewShowCommand.self, ReviewAssignCommand.self, ReviewNoteCommand.self,
            ReviewJudgeCommand.self, ReviewCloseCommand.self,
        ])
}

struct ReviewListCommand: CaliberSubcommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "Tickets, the worst first.")

    @OptionGroup var deployment: DeploymentOptions
    @Flag(help: "Closed ones too.") var all = false
    @Option(help: ArgumentHelp("Only those that this person has.", valueName: "name")) var assignee: String?
    @Flag(help: "Only those that nobody has.") var unassigned = false
    @Option(help: "Only orders of this channel.") var channel: String?
    @Flag(help: "The oldest first.") var oldest = false
    @Option(help: ArgumentHelp("How many.", valueName: "number")) var limit = 20

    func perform() throws {
        let engine = try deployment.openEngine()
        let choice = ReviewChoice(
            isOpen: all ? nil : true, assignee: assignee, isUnassigned: unassigned, channel: channel,
            order: oldest ? .oldest : .worst, limit: limit)
        let tickets = try engine.reviewDesk.tickets(choice)
        guard !tickets.isEmpty else { return Output.note("No tickets.") }
        let count = try engine.reviewDesk.count(choice)
        Output.data(ReviewText.list(tickets, zone: engine.dictionary.settings.timeZone))
        if count > tickets.count {
            Output.note("\(Output.grouped(tickets.count)) of \(Output.grouped(count)); --limit shows more.")
        }
        Output.note("Next: caliber review show \(tickets[0].number)")
    }
}

struct ReviewShowCommand: CaliberSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "One ticket: reasons, what to do, and its history.")

    @OptionGroup var deployment: DeploymentOptions
    @Argument(help: "The ticket's number.") var number: Int64

    func perform() throws {
        let engine = try deployment.openEngine()
        Output.data(
            ReviewText.ticket(try engine.reviewDesk.ticket(number), zone: engine.dictionary.settings.timeZone))
    }
}

/// Who says something about a ticket or an alert.
struct AuthorOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Who says so; else the account that runs this.", valueName: "name")) var by: String?

    var name: String { by ?? NSUserName() }
}

struct ReviewAssignCommand: CaliberSubcommand {
    static let configuration = CommandConfiguration(commandName: "assign", abstract: "Give a ticket to someone.")

    @OptionGroup var deployment: DeploymentOptions
    @Argument(help: "The ticket's number.") var number: Int64
    @Option(help: ArgumentHelp("Whose it is from now on; left out, nobody's.", valueName: "name")) var to: String?
    @OptionGroup var author: AuthorOptions

    func perform() throws {
        let ticket = try deployment.openEngine().reviewDesk.assign(number, to: to, by: author.name)
        Output.note("Ticket \(number) is \(ticket.assignee.map { "\($0)'s" } ?? "nobody's").")
    }
}

struct ReviewNoteCommand: CaliberSubcommand {
    static let configuration = CommandConfiguration(commandName: "note", abstract: "Add a note to a ticket.")

    @OptionGroup var deployment: DeploymentOptions
    @Argument(help: "The ticket's number.") var number: Int64
    @Argument(help: "What is to be known.") var text: String
    @OptionGroup var author: AuthorOptions

    func perform() throws {
        _ = try deployment.openEngine().reviewDesk.note(text, on: number, by: author.name)
        Output.note("Noted.")
    }
}

struct ReviewJudgeCommand: CaliberSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "judge", abstract: "Say what was found, and close the ticket.",
        discussion: """
            The verdict comes into the event log as order.reviewed, where metrics and training see it. The order is looked at \
            again when its health is ten points worse than now.
            """)

    @OptionGroup var deployment: DeploymentOptions
    @Argument(help: "The ticket's number.") var number: Int64
    @Argument(help: "good, bad or unclear.") var verdict: String
    @Option(help: ArgumentHelp("Why.", valueName: "text")) var note: String?
    @OptionGroup var author: AuthorOptions

    func perform() throws {
        let engine = try deployment.openEngine()
        let ticket = try engine.reviewDesk.judge(
            number, try ReviewVerdict(parsing: verdict), note: note, by: author.name)
        let isLogged = try engine.reviewDesk.logVerdictsIfFree() != nil
        Output.note(
            "Order \(ticket.finding.orderID) is \(verdict); ticket \(number) is closed."
                + (isLogged ? "" : " The service takes the verdict into the log."))
    }
}

struct ReviewCloseCommand: CaliberSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "close", abstract: "Close a ticket without a verdict; a later finding opens it again.")

    @OptionGroup var deployment: DeploymentOptions
    @Argument(help: "The ticket's number.") var number: Int64
    @Option(help: ArgumentHelp("Why.", valueName: "text")) var because: String
    @OptionGroup var author: AuthorOptions

    func perform() throws {
        _ = try deployment.openEngine().reviewDesk.close(number, because: because, by: author.name)
        Output.note("Ticket \(number) is closed.")
    }
}

/// Tickets as people read them.
enum ReviewText {
    static func list(_ tickets: [ReviewTicket], zone: BusinessZone) -> String {
        var rows = [["TICKET", "ORDER", "HEALTH", "CHANNEL", "OPENED", "WHO", "STRONGEST REASON"]]
        for ticket in tickets {
            let finding = ticket.finding
            rows.append([
                "\(ticket.number)", finding.orderID, health(finding.healthHundredths), finding.channel ?? "–",
                zone.clockText(of: ticket.openedAt),
                ticket.isOpen ? ticket.assignee ?? "–" : "closed: \(ticket.verdict?.rawValue ?? "no verdict")",
                finding.reasons.first.map { "\($0.points)  \($0.name)" } ?? "–",
            ])
        }
        return TextColumns.align(rows, indent: "")
    }

    static func ticket(_ ticket: ReviewTicket, zone: BusinessZone) -> String {
        let finding = ticket.finding
        let state = ticket.isOpen ? "open" : "closed" + (ticket.verdict.map { ", \($0.rawValue)" } ?? "")
        var lines = [
            "ticket \(ticket.number)  order \(finding.orderID)  health \(health(finding.healthHundredths))  \(state)",
            "  \(finding.watch)"
                + (finding.channel.map { ", channel \($0)" } ?? "")
                + (ticket.assignee.map { ", given to \($0)" } ?? ", nobody's yet"),
        ]
        for reason in finding.reasons {
            lines.append("  \(TextColumns.padStart(reason.points, to: 7))  \(reason.name) \(reason.value)")
        }
        for advice in finding.advice { lines.append("           → \(advice)") }
        let steps = ticket.history.map { step in
            [
                zone.clockText(of: step.at), step.who ?? "caliber", step.kind.rawValue,
                "health \(health(step.healthHundredths))", step.text ?? "",
            ]
        }
        return lines.joined(separator: "\n") + "\n" + TextColumns.align(steps)
    }

    private static func health(_ hundredths: Int) -> String { DecimalText.format(Int64(hundredths), scale: 2) }
}
