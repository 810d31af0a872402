import ArgumentParser
import CaliberCore
import CaliberEngine
import CaliberEventLog

struct RebuildCommand: CaliberSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "rebuild", abstract: "Fold wide tables anew from the log, in place of what is stored.",
        discussion: """
            Tables whose definition changed are folded anew by themselves. This is for a table whose stored rows are \
            damaged; the events in the log are not touched.
            """)

    @OptionGroup var deployment: DeploymentOptions
    @Argument(help: "Tables; all of them otherwise.") var tables: [String] = []

    func perform() throws {
        let engine = try deployment.openEngine()
        for (table, rowCount) in try engine.rebuild(tables: tables.isEmpty ? nil : tables) {
            Output.note(
                "\(table): \(Output.count(rowCount, "row")) from \(Output.count(try engine.position.sequence, "event"))."
            )
        }
        Output.note("Next: caliber status --verify")
    }
}
