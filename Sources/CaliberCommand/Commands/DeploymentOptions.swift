import ArgumentParser
import CaliberCore
import CaliberDictionary
import CaliberEngine
import Foundation

/// Which dictionary and which database a command works on.
struct DeploymentOptions: ParsableArguments {
    @Option(
        name: .long,
        help: ArgumentHelp(
            "Folder of the dictionary (CALIBER_DICTIONARY; else \"dictionary\").", valueName: "folder"))
    var dictionary: String?

    @Option(
        name: .long,
        help: ArgumentHelp("The database file (CALIBER_DATABASE; else \"caliber.db\").", valueName: "file"))
    var database: String?

    var dictionaryFolder: String { dictionary ?? setVariable("CALIBER_DICTIONARY") ?? "dictionary" }
    var databasePath: String { database ?? setVariable("CALIBER_DATABASE") ?? "caliber.db" }

    func loadDictionary() throws -> LoadedDictionary {
        try MetricDictionary.load(from: dictionaryFolder)
    }

    /// - Parameter creating: whether a database that is not there yet is made; otherwise that is an error that says how.
    /// - Parameter alerts: who is told of what watches find; nobody where nil.
    func openEngine(creating: Bool = false, alerts: AlertsFileOptions? = nil) throws -> Engine {
        let dictionary = try loadDictionary()
        var settings = try engineSettings()
        if let path = alerts?.path {
            settings.alerts = try AlertSetup.read(path: path, zone: dictionary.dictionary.settings.timeZone)
        }
        return try Engine.open(
            databasePath: databasePath, dictionary: dictionary, creating: creating, settings: settings)
    }

    /// CALIBER_MEMORY_MB bounds what tables take in memory.
    private func engineSettings() throws -> EngineSettings {
        guard let text = setVariable("CALIBER_MEMORY_MB") else { return EngineSettings() }
        guard let megabytes = Int(text), DeploymentOptions.memoryMegabytes.contains(megabytes) else {
            let range = DeploymentOptions.memoryMegabytes
            throw Diagnostic(
                "memory-setting", "CALIBER_MEMORY_MB is \"\(text)\", which is no number of megabytes.",
                remedy: "Write a whole number from \(range.lowerBound) to \(range.upperBound).")
        }
        return EngineSettings(memoryBudgetBytes: megabytes << 20)
    }

    private static let memoryMegabytes = 16...1_048_576
}

/// Who is told of what watches find.
struct AlertsFileOptions: ParsableArguments {
    @Option(
        name: .long,
        help: ArgumentHelp("The file that says who is told (CALIBER_ALERTS; else nobody is).", valueName: "file"))
    var alerts: String?

    var path: String? { alerts ?? setVariable("CALIBER_ALERTS") }
}

/// A variable of the environment that says something.
private func setVariable(_ name: String) -> String? {
    ProcessInfo.processInfo.environment[name].flatMap { $0.isEmpty ? nil : $0 }
}

/// A command whose failures are diagnostics.
protocol CaliberSubcommand: ParsableCommand {
    func perform() throws
}

extension CaliberSubcommand {
    func run() throws {
        do {
            try perform()
        } catch let error as ExitCode {
            throw error
        } catch {
            for diagnostic in Diagnostic.describing(error) { Output.note(diagnostic.description) }
            throw ExitCode(ExitStatus.failure.rawValue)
        }
    }

    /// Ends the command with success of a kind that a person should look at.
    func needsAttention() -> any Error { ExitCode(ExitStatus.attention.rawValue) }
}
