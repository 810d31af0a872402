import ArgumentParser
import CaliberCore
import CaliberDictionary
import CaliberEngine
import CaliberEventLog

struct StatusCommand: CaliberSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Where everything stands: the account, the tables, who writes, what waits.",
        discussion: """
            Reads the file, so it also works while the service runs, or hangs. Lines with an exclamation mark need someone. \
            The service answers what --json prints at GET /v1/status.
            """)
    @OptionGroup var deployment: DeploymentOptions
    @Flag(help: "Also check the whole file, as caliber verify does.") var verify = false
    @Flag(help: "For programs; no table is opened.") var json = false

    func validate() throws {
        guard !(verify && json) else { throw ValidationError("--verify is for people; --json says no word of it.") }
    }

    func perform() throws {
        let engine = try deployment.openEngine()
        guard !json else { return Output.data(try engine.operatingStatus().printedJSON) }
        let status = try engine.status(isThorough: verify)
        Output.data("\(status.databasePath), \(Output.count(status.position.sequence, "event")) in the log\n")
        Output.data(IntakeText.account(status.account))
        let zone = engine.dictionary.settings.timeZone
        let tables = status.tables.map { table in
            var facts = [table.name, Output.count(table.rowCount, "row"), Output.count(table.segmentCount, "segment")]
            if let anchors = table.anchors {
                facts.append("\(zone.date(of: anchors.lowerBound)) … \(zone.date(of: anchors.upperBound))")
            }
            if table.waitingRowCount > 0 {
                let verb = table.waitingRowCount == 1 ? "waits for its anchor" : "wait for their anchor"
                facts.append("\(Output.grouped(table.waitingRowCount)) \(verb)")
            }
            return facts
        }
        if !tables.isEmpty { Output.data("\n" + TextColumns.align(tables)) }
        Output.data("\n" + (try engine.operatingStatus().text))
        Output.data("\nmemory for tables: at most \(Output.size(Int64(status.memoryBudgetBytes)))\n")
        for problem in status.problems { Output.note(problem.description) }
        if verify, status.problems.isEmpty { Output.note("\nVerified: nothing is wrong.") }
        if status.position.sequence == 0 { Output.note("\nNext: caliber ingest FILE") }
        guard status.problems.isEmpty else { throw needsAttention() }
    }
}
