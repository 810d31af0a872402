import ArgumentParser
import Foundation

struct RunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Measure all engines in one run and write the table.")

    @OptionGroup var streams: StreamOptions
    @OptionGroup var contenders: Contenders
    @Option(help: "Orders that the queries are asked over.") var orders = 1_000_000
    @Option(help: "Orders whose events are taken in.") var intakeOrders = 250_000
    @Option(help: "Orders whose events SQLite takes in; it is too slow for more.") var sqliteIntakeOrders = 50_000
    @Option(help: "Runs of each intake; the median counts.") var intakeRepetitions = 3
    @Option(help: "Runs of each query after the first; the median counts.") var queryRepetitions = 9
    @Option(help: "The page whose table is written anew.") var page = "docs/performance.md"

    func validate() throws {
        guard min(orders, intakeOrders, sqliteIntakeOrders, intakeRepetitions, queryRepetitions) > 0 else {
            throw ValidationError("Orders and repetitions are at least 1.")
        }
    }

    func run() throws {
        try FileManager.default.createDirectory(at: contenders.scratch, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: contenders.scratch) }
        let report = RunReport(
            machine: try MachineDescription.current(contenders), bandwidth: try bandwidth(), intake: try intake(),
            queries: try queries())
        let text = report.markdown
        print(text)
        try PerformancePage(path: page).write(text)
        if report.hasDifferences { throw ExitCode.failure }
    }

    private func bandwidth() throws -> BandwidthReport {
        Progress.say("memory bandwidth")
        return try contenders.own("bandwidth-job").report(BandwidthReport.self)
    }

    private func intake() throws -> [IntakeResult] {
        let run = IntakeRun(contenders: contenders, repetitions: intakeRepetitions)
        return try run.results(
            [.caliber, .duckDB, .duckDBKeepingEvents], try streams.stream(orders: intakeOrders))
            + run.results([.sqlite], try streams.stream(orders: sqliteIntakeOrders))
    }

    private func queries() throws -> RunReport.Queries {
        let databases = try QueryDatabases.prepare(try streams.stream(orders: orders), contenders)
        defer { databases.remove(contenders) }
        let run = QueryRun(contenders: contenders, databases: databases, repetitions: queryRepetitions)
        return RunReport.Queries(
            orders: orders, intake: databases.intake, results: try run.results(), coldStart: try run.coldStart())
    }
}
