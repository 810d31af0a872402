import ArgumentParser
import CaliberCore
import CaliberEngine
import CaliberServer
import Foundation

struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Run the service: durable intake over HTTP, scores, queries.",
        discussion: """
            One file configures it, and variables CALIBER_… of the environment take the file's place, key by key. \
            SIGTERM and SIGINT end it after everything that was accepted is durable and scored.

            Examples:
              caliber serve --config caliber.yaml
              caliber serve --config caliber.yaml --check-config
              CALIBER_WITHOUT_KEYS=true caliber serve
            """)

    @Option(
        help: ArgumentHelp("The configuration, YAML (CALIBER_CONFIG; else the environment alone).", valueName: "file"))
    var config: String?

    @Flag(name: .customLong("check-config"), help: "Say what is set and what is wrong, and don't serve.")
    var checkConfig = false

    func run() async throws {
        do {
            let path = config ?? ProcessInfo.processInfo.environment["CALIBER_CONFIG"].flatMap { $0.isEmpty ? nil : $0 }
            let configuration = try ServiceConfiguration.read(path: path)
            guard !checkConfig else {
                let rows = ServiceConfiguration.listing(path: path).map { [$0.key, $0.value, $0.saidBy] }
                return Output.data(TextColumns.align(rows, indent: ""))
            }
            try await CaliberService(configuration).run { port in
                Output.note("caliber listens on \(configuration.address.host), port \(port)")
            }
        } catch {
            for diagnostic in Diagnostic.describing(error) { Output.note(diagnostic.description) }
            throw ExitCode(ExitStatus.failure.rawValue)
        }
    }
}

struct KeysCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys", abstract: "Make, show and revoke the service's API keys.",
        subcommands: [KeysCreateCommand.self, KeysListCommand.self, KeysRevokeCommand.self])
}

struct KeyFileOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The file of hashed keys (CALIBER_KEYS; else \"keys.yaml\").", valueName: "file"))
    var keys: String?

    var path: String { keys ?? ProcessInfo.processInfo.environment["CALIBER_KEYS"] ?? "keys.yaml" }
}

extension AccessRole: ExpressibleByArgument {}

struct KeysCreateCommand: CaliberSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Make a key and print it, this once.",
        discussion: "A running service takes it within seconds. Example: caliber keys create --name shop --role ingest")

    @OptionGroup var options: KeyFileOptions
    @Option(help: ArgumentHelp("Who will hold it.", valueName: "text")) var name: String
    @Option(help: ArgumentHelp("What the holder may do; repeatable: ingest, read, review, admin.", valueName: "role"))
    var role: [AccessRole]

    func validate() throws {
        guard !role.isEmpty else { throw ValidationError("Name what the holder may do with --role.") }
    }

    func perform() throws {
        var file = try KeyFile(path: options.path)
        Output.data(try file.create(name: name, roles: Set(role), now: Engine.wallClock()))
        Output.note("Kept in \(options.path) as a hash: this is the only time that the key is shown.")
    }
}

struct KeysListCommand: CaliberSubcommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "The keys that there are.")
    @OptionGroup var options: KeyFileOptions

    func perform() throws {
        let keys = try KeyFile(path: options.path).keys
        guard !keys.isEmpty else { return Output.note("No keys in \(options.path). Make one: caliber keys create") }
        let rows = keys.map { key in
            [
                key.id, key.name, key.roles.map(\.rawValue).sorted().joined(separator: ", "), key.created.description,
                key.revoked.map { "revoked \($0)" } ?? "",
            ]
        }
        Output.data(TextColumns.align([["ID", "NAME", "ROLES", "CREATED", ""]] + rows, indent: ""))
    }
}

struct KeysRevokeCommand: CaliberSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke", abstract: "Take a key's rights away; a running service does within seconds.")
    @OptionGroup var options: KeyFileOptions
    @Argument(help: "The key's id, the middle part of the key.") var id: String

    func perform() throws {
        var file = try KeyFile(path: options.path)
        try file.revoke(id, now: Engine.wallClock())
        Output.note("Revoked \(id).")
    }
}
