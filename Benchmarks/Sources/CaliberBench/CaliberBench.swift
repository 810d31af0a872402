import ArgumentParser

/// Caliber beside DuckDB and SQLite, on the same events, in one run.
@main
struct CaliberBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "caliber-bench", abstract: "Measure Caliber beside DuckDB and SQLite.",
        subcommands: [
            RunCommand.self, GenerateCommand.self, BandwidthJob.self, CaliberQueriesJob.self, CaliberTotalsJob.self,
        ])
}
