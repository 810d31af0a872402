import ArgumentParser

@main
struct CaliberCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "caliber",
        abstract: "One definition for every figure: order events in, governed metrics out.",
        discussion: """
            Caliber takes in the raw events of order systems, folds them into wide tables anchored on the payment \
            callback, and answers every metric by one governed definition.

            First steps:
              caliber init                    write a dictionary and sample events
              caliber ingest sample.ndjson    take events in; faulty ones are kept apart
              caliber query --metrics gmv --group-by metric_time__day

            Data goes to standard output, everything else to standard error.

            Exit codes:
               0  done
               1  can't be done; diagnostics say why
               3  done, but needs a person: quarantined events under --strict, a failed
                  dictionary test, a stale answer under --fresh, differing figures in
                  `dictionary diff`, something wrong that `verify` found
              64  the command line is wrong

            Completions for bash, zsh or fish: caliber --generate-completion-script bash
            """,
        version: "0.1.0",
        subcommands: [
            InitCommand.self, IngestCommand.self, QueryCommand.self, ListCommand.self, DescribeCommand.self,
            LineageCommand.self, DictionaryCommand.self, QuarantineCommand.self, StatusCommand.self,
            RebuildCommand.self, SimulateCommand.self, FeaturesCommand.self, ModelCommand.self, ScoreCommand.self,
            TopCommand.self, BuyerCommand.self, WatchCommand.self, ReviewCommand.self, AlertsCommand.self,
            ServeCommand.self, KeysCommand.self, AttributionCommand.self, BackupCommand.self, RestoreCommand.self,
            VerifyCommand.self,
        ])
}
