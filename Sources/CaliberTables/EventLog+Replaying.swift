import CaliberDictionary
import CaliberEventLog
import CaliberStore

extension EventLog: EventReplaying {
    package func replayEvents(
        after position: LogPosition, _ body: ([EventBatch], LogPosition) throws -> Void
    ) throws {
        try replay(after: position, body)
    }
}

extension TableSet {
    /// Opens all tables and folds what the log has after their last checkpoint.
    ///
    /// - Parameter onRebuild: told of each table that is folded from the start of the log, and why.
    public static func open(
        store: CaliberStore, dictionary: MetricDictionary, log: EventLog, mode: Mode,
        settings: TableSettings = TableSettings(), onRebuild: @escaping (String, RebuildReason) -> Void = { _, _ in }
    ) throws -> TableSet {
        try open(
            store: store, dictionary: dictionary, log: log as any EventReplaying, mode: mode, settings: settings,
            onRebuild: onRebuild)
    }
}
