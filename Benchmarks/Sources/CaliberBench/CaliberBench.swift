import ArgumentParser

/// Caliber beside DuckDB, Polars, ClickHouse and SQLite, on the same rows and events, in one run.
@main
struct CaliberBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "caliber-bench", abstract: "Measure Caliber beside DuckDB, Polars, ClickHouse and SQLite.",
        subcommands: [
            RunCommand.self, GenerateCommand.self, BandwidthJob.self, CaliberQueriesJob.self, CaliberChangesJob.self,
            CaliberLiveJob.self, CaliberTotalsJob.self, LearningRowsJob.self, LearningFitJob.self,
            LearningScoreJob.self, FeaturesJob.self, FeatureColumnsJob.self, EventJob.self, IdentityLinksJob.self,
            IdentityJob.self,
            AttributionPathsJob.self, AttributionJob.self,
        ])
}
