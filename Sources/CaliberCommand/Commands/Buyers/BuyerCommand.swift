import ArgumentParser
import CaliberCore
import CaliberDictionary
import CaliberEngine
import CaliberIdentity

struct BuyerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "buyer", abstract: "Who is one buyer across channels, why, and a person's word on it.",
        discussion: """
            A value is named as identifier@scope:value, such as user_id@douyin:b17 or phone_hash:9f86; the value alone does \
            where only one identifier has it. The id of a person does as well.

            Examples:
              caliber buyer report
              caliber buyer show user_id@douyin:b17
              caliber buyer why user_id@douyin:b17 user_id@tmall:b98
              caliber buyer split user_id@douyin:b17 user_id@tmall:b98 --why 'father and son'
              caliber buyer cut --rule payment.callback
            """,
        subcommands: [
            BuyerReportCommand.self, BuyerShowCommand.self, BuyerWhyCommand.self, BuyerWaitingCommand.self,
            BuyerSplitCommand.self, BuyerMergeCommand.self, BuyerReleaseCommand.self, BuyerCutCommand.self,
        ])
}

/// Which identity is asked.
struct IdentityOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The identity; the dictionary's only one otherwise.", valueName: "name"))
    var identity: String?
}

struct BuyerReportCommand: CaliberSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "report", abstract: "How many accounts are how many people, and what was not joined.")

    @OptionGroup var deployment: DeploymentOptions
    @OptionGroup var identity: IdentityOptions

    func perform() throws {
        let (definition, graph) = try deployment.openEngine().identity(identity.identity)
        Output.data(BuyerText.report(definition.name, graph.summary()))
        let waiting = graph.waitingForReview().count
        if waiting > 0 { Output.note("Next: caliber buyer waiting") }
    }
}

struct BuyerShowCommand: CaliberSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "One person: accounts, what it is known by, and how it came together.")

    @OptionGroup var deployment: DeploymentOptions
    @OptionGroup var identity: IdentityOptions
    @Argument(help: "A value of the person, or the person's id.") var value: String

    func perform() throws {
        let engine = try deployment.openEngine()
        let (_, graph) = try engine.identity(identity.identity)
        let name = try graph.named(value)
        guard let person = graph.person(of: name) else { throw BuyerProblem.unknown(value).diagnostic }
        Output.data(
            BuyerText.person(person, graph.history(of: name), zone: engine.dictionary.settings.timeZone) {
                graph.isAccount($0)
            })
    }
}

struct BuyerWhyCommand: CaliberSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "why", abstract: "Why two values are one person, or why they are not.")

    @OptionGroup var deployment: DeploymentOptions
    @OptionGroup var identity: IdentityOptions
    @Argument(help: "A value.") var one: String
    @Argument(help: "Another.") var other: String

    func perform() throws {
        let engine = try deployment.openEngine()
        let (_, graph) = try engine.identity(identity.identity)
        let names = (try graph.named(one), try graph.named(other))
        Output.data(
            BuyerText.answer(
                graph.why(names.0, names.1), names.0, names.1, zone: engine.dictionary.settings.timeZone))
    }
}

struct BuyerWaitingCommand: CaliberSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "waiting", abstract: "What would join two people, and weighs too little for it: yours to decide.")

    @OptionGroup var deployment: DeploymentOptions
    @OptionGroup var identity: IdentityOptions
    @Option(help: ArgumentHelp("How many.", valueName: "number")) var limit = 20

    func perform() throws {
        let engine = try deployment.openEngine()
        let (_, graph) = try engine.identity(identity.identity)
        let waiting = graph.waitingForReview()
        guard !waiting.isEmpty else { return Output.note("Nothing waits.") }
        let zone = engine.dictionary.settings.timeZone
        for edge in waiting.prefix(max(0, limit)) { Output.data(BuyerText.line(edge.evidence, zone: zone)) }
        if waiting.count > limit {
            Output.note("\(Output.grouped(limit)) of \(Output.grouped(waiting.count)); --limit shows more.")
        }
        Output.note("Next: caliber buyer merge \(waiting[0].evidence.one) \(waiting[0].evidence.other) --why …")
    }
}

/// A word on two values.
struct WordOptions: ParsableArguments {
    @Argument(help: "A value.") var one: String
    @Argument(help: "Another.") var other: String
    @Option(help: ArgumentHelp("The reason, which stands with the word.", valueName: "text")) var why: String
    @OptionGroup var author: AuthorOptions

    func say(_ word: String, _ deployment: DeploymentOptions, _ identity: IdentityOptions) throws {
        let engine = try deployment.openEngine()
        let (_, before) = try engine.identity(identity.identity)
        // A value may be named before it was ever seen.
        let names = (try before.named(one, unseen: true), try before.named(other, unseen: true))
        try engine.decide(word, names.0, names.1, of: identity.identity, who: author.name, why: why)
        let (_, graph) = try engine.identity(identity.identity)
        Output.data(
            BuyerText.answer(
                graph.why(names.0, names.1), names.0, names.1, zone: engine.dictionary.settings.timeZone))
    }
}

struct BuyerSplitCommand: CaliberSubcommand {
    static let configuration = CommandConfiguration(commandName: "split", abstract: "Two values are never one person.")

    @OptionGroup var deployment: DeploymentOptions
    @OptionGroup var identity: IdentityOptions
    @OptionGroup var word: WordOptions

    func perform() throws { try word.say("split", deployment, identity) }
}

struct BuyerMergeCommand: CaliberSubcommand {
    static let configuration = CommandConfiguration(commandName: "merge", abstract: "Two values are one person.")

    @OptionGroup var deployment: DeploymentOptions
    @OptionGroup var identity: IdentityOptions
    @OptionGroup var word: WordOptions

    func perform() throws { try word.say("merge", deployment, identity) }
}

struct BuyerReleaseCommand: CaliberSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "release", abstract: "Two values are what the evidence says again.")

    @OptionGroup var deployment: DeploymentOptions
    @OptionGroup var identity: IdentityOptions
    @OptionGroup var word: WordOptions

    func perform() throws { try word.say("release", deployment, identity) }
}

struct BuyerCutCommand: CaliberSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "cut", abstract: "Who would fall apart without some of the evidence. Nothing is changed.")

    @OptionGroup var deployment: DeploymentOptions
    @OptionGroup var identity: IdentityOptions
    @Option(help: ArgumentHelp("Without what events of this type say.", valueName: "type")) var rule: String?
    @Option(help: ArgumentHelp("Without weak evidence that weighs less, 0 to 1.", valueName: "weight"))
    var weakerThan: Double?
    @Option(help: ArgumentHelp("How many persons to show.", valueName: "number")) var limit = 20

    func validate() throws {
        guard (rule == nil) != (weakerThan == nil) else { throw ValidationError("Give --rule or --weaker-than.") }
        guard weakerThan.map({ (0...1).contains($0) }) ?? true else {
            throw ValidationError("--weaker-than is from 0 to 1.")
        }
    }

    func perform() throws {
        let (_, graph) = try deployment.openEngine().identity(identity.identity)
        let selection = rule.map { EdgeSelection.rule($0) } ?? .weakerThan(Int(((weakerThan ?? 0) * 1_000).rounded()))
        Output.data(BuyerText.cut(graph.cutReport(of: selection), limit: limit))
    }
}

enum BuyerProblem {
    case unknown(String)
    case ambiguous(String, [NodeName])

    var diagnostic: Diagnostic {
        switch self {
        case .unknown(let value):
            Diagnostic(
                "unknown-buyer", "No event has said anything of \"\(value)\".",
                remedy: "Name it as identifier@scope:value, such as user_id@douyin:b17.")
        case .ambiguous(let value, let names):
            Diagnostic(
                "ambiguous-buyer", "\"\(value)\" is a value of several identifiers.",
                remedy: "Name one of: \(names.map(\.description).joined(separator: ", ")).")
        }
    }
}

extension IdentityGraph {
    /// The value that someone means.
    ///
    /// - Parameter unseen: whether one that no event has named does too.
    fileprivate func named(_ text: String, unseen: Bool = false) throws -> NodeName {
        if let name = NodeName(parsing: text), unseen || node(of: name) != nil { return name }
        if let person = person(of: PersonID(text)), let first = person.members.first { return first }
        let names = names(ofValue: text)
        guard names.count <= 1 else { throw BuyerProblem.ambiguous(text, names).diagnostic }
        guard let name = names.first else { throw BuyerProblem.unknown(text).diagnostic }
        return name
    }
}
