import ArgumentParser
import CaliberCore
import CaliberEngine
import CaliberEventLog
import Foundation

struct BackupCommand: CaliberSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "backup", abstract: "Copy the database to one file, while the service runs.",
        discussion: """
            Everything that was acknowledged before is in the copy. It is whole by itself, its structure is checked, and a \
            seal at its end shows any change of it later (caliber verify FILE). The file is there as a whole or not at all.

            Example: caliber backup /backups/caliber-monday.db
            """)

    @OptionGroup var database: DatabaseOptions
    @Argument(help: "The file to make.") var file: String
    @Flag(help: "Replace the file if it is there.") var force = false

    func perform() throws {
        let start = ContinuousClock.now
        let backup = try DatabaseBackup.write(of: database.path, to: file, isReplacing: force)
        let seconds = start.duration(to: .now) / .seconds(1)
        Output.data(BackupText.describe(backup.path, size: backup.byteCount, backup.position, backup.account))
        Output.note(
            "Copied, checked and synced in \(String(format: "%.1f", seconds)) s. Try it: caliber verify \(file)")
    }
}

struct RestoreCommand: CaliberSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "restore", abstract: "Put a backup in the database's place, once it is verified.",
        discussion: """
            The database that is there is kept beside it, under a name with the time. The service must be stopped first: \
            while a process writes, nothing is restored.

            Example: caliber restore /backups/caliber-monday.db
            """)

    @OptionGroup var deployment: DeploymentOptions
    @Argument(help: "The backup.") var file: String

    func perform() throws {
        let restored = try DatabaseRestoring.restore(
            file, to: deployment.databasePath, dictionary: try deployment.loadDictionary(), now: Engine.wallClock())
        let size = try FileManager.default.attributesOfItem(atPath: restored.path)[.size] as? Int64
        Output.data(BackupText.describe(restored.path, size: size ?? 0, restored.position, restored.account))
        if let keptAside = restored.keptAside {
            Output.note("What was there before is now \(keptAside); remove it when you don't need it any more.")
        }
        Output.note("Verified and in its place.")
    }
}

struct VerifyCommand: CaliberSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Check everything of a database or a backup that can be checked.",
        discussion: """
            A backup's bytes against its seal; SQLite's structure; every logged event, key and segment against its \
            checksum; the tables' own rules; the accounts of intake and alerts. A file that is named is not changed. Ends \
            with 0 when all is well, and with 3 when something is wrong, which is named.

            Example: caliber verify /backups/caliber-monday.db
            """)

    @OptionGroup var deployment: DeploymentOptions
    @Argument(help: "A backup, or any database; the deployment's own if none is named.") var file: String?

    func perform() throws {
        let path = file ?? deployment.databasePath
        let verification = try DatabaseVerification.verify(
            path, isReadOnly: file != nil, dictionary: try deployment.loadDictionary())
        if let position = verification.position, let account = verification.account {
            let size = try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int64
            Output.data(BackupText.describe(path, size: size ?? 0, position, account))
        }
        for problem in verification.problems { Output.note(problem.description) }
        guard verification.problems.isEmpty else { throw needsAttention() }
        Output.note("Verified: nothing is wrong.\(verification.isSealed ? " The seal holds." : "")")
    }
}

/// Which database, for commands that need no dictionary.
struct DatabaseOptions: ParsableArguments {
    @Option(
        name: .long,
        help: ArgumentHelp("The database file (CALIBER_DATABASE; else \"caliber.db\").", valueName: "file"))
    var database: String?

    var path: String {
        database ?? ProcessInfo.processInfo.environment["CALIBER_DATABASE"].flatMap { $0.isEmpty ? nil : $0 }
            ?? "caliber.db"
    }
}

/// What a copy holds, for people.
enum BackupText {
    static func describe(_ path: String, size: Int64, _ position: LogPosition, _ account: IntakeAccount) -> String {
        "\(path), \(Output.size(size)), \(Output.count(position.sequence, "event")) in the log\n"
            + IntakeText.account(account)
    }
}
