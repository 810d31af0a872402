import CaliberCore
import CaliberDictionary
import CaliberEventLog
import CaliberQuery
import CaliberStore
import CaliberTables
import Foundation

/// One deployment: a dictionary and the database that it governs. One verb per use case.
///
/// Command line, tests and benchmarks start the same engine; what differs between them is how they print.
public final class Engine: Sendable {
    public let loaded: LoadedDictionary
    public let databasePath: String
    let store: CaliberStore
    let log: EventLog
    let settings: EngineSettings
    /// What queries before gathered.
    let partials: PartialCache
    let plans = PlanCache()
    let now: @Sendable () -> Timestamp

    /// Opens the database under a dictionary.
    ///
    /// - Parameters:
    ///   - creating: makes the database where there is none; otherwise that is `StoreProblem.missing`.
    ///   - isReadOnly: changes nothing of the file, its schema neither: for looking at a backup.
    ///   - now: the clock; passed in so that a run can be repeated.
    /// - Throws: `StoreProblem` when the file can't be opened.
    public static func open(
        databasePath: String, dictionary: LoadedDictionary, creating: Bool = false, isReadOnly: Bool = false,
        settings: EngineSettings = EngineSettings(), now: @escaping @Sendable () -> Timestamp = Engine.wallClock
    ) throws -> Engine {
        MemoryReturn.arrange()
        let store =
            try isReadOnly
            ? CaliberStore.openReadOnly(at: databasePath) : CaliberStore.open(at: databasePath, creating: creating)
        return Engine(
            loaded: dictionary, databasePath: databasePath, store: store,
            log: try EventLog(store: store, dictionary: dictionary.dictionary), settings: settings, now: now)
    }

    private init(
        loaded: LoadedDictionary, databasePath: String, store: CaliberStore, log: EventLog, settings: EngineSettings,
        now: @escaping @Sendable () -> Timestamp
    ) {
        self.loaded = loaded
        self.databasePath = databasePath
        self.store = store
        self.log = log
        self.settings = settings
        partials = PartialCache(
            byteLimit: settings.queryCacheBytes,
            archive: settings.fewestArchivedRows.map { StoredPartials(store: store, fewestRows: $0, now: now) })
        self.now = now
    }

    public static let wallClock: @Sendable () -> Timestamp = {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)
    }

    public var dictionary: MetricDictionary { loaded.dictionary }

    /// Threads that read segments at once.
    public var queryParallelism: Int { settings.queryParallelism }

    /// Lets go of what queries before have gathered in memory.
    public func forgetPartialResults() { partials.removeAll() }

    /// Keeps what queries have gathered in the file, so that the next process need not read it again. Does nothing while
    /// another process writes, or where the file can't be written.
    public func keepPartialResults() { partials.flush() }

    /// The log's end.
    public var position: LogPosition { get throws { try log.position } }

    /// Takes the right to write; gives it back when the lease is let go of.
    func acquireLease(waitSeconds: Double = 5) throws -> WriterLease {
        let holder = "process \(ProcessInfo.processInfo.processIdentifier) on \(ProcessInfo.processInfo.hostName)"
        return try WriterLease.acquire(on: store, holder: holder, waitSeconds: waitSeconds, now: now)
    }

    func openTables(
        _ mode: TableSet.Mode, onRebuild: @escaping (String, TableSet.RebuildReason) -> Void = { _, _ in }
    ) throws -> TableSet {
        try TableSet.open(
            store: store, dictionary: dictionary, log: log, mode: mode,
            settings: TableSettings(memoryBudgetBytes: settings.memoryBudgetBytes), onRebuild: onRebuild)
    }
}

/// What an engine may use of the machine.
public struct EngineSettings: Sendable {
    /// What tables may take in memory, folding and reading: `TableSettings.memoryBudgetBytes`.
    public var memoryBudgetBytes: Int
    /// Threads that read segments at once.
    public var queryParallelism: Int
    /// What contributions of segments to queries may take in memory; 0 keeps none.
    public var queryCacheBytes: Int
    /// Contributions of scans of fewer rows are not kept in the file; nil: none is kept or taken from there.
    public var fewestArchivedRows: Int?
    /// Who is told of what watches find.
    public var alerts: AlertSetup

    public init(
        memoryBudgetBytes: Int = TableSettings.defaultMemoryBudgetBytes,
        queryParallelism: Int = ProcessInfo.processInfo.activeProcessorCount, queryCacheBytes: Int = 512 << 20,
        fewestArchivedRows: Int? = 100_000, alerts: AlertSetup = .nobody
    ) {
        self.alerts = alerts
        self.queryCacheBytes = queryCacheBytes
        self.fewestArchivedRows = fewestArchivedRows
        self.memoryBudgetBytes = memoryBudgetBytes
        self.queryParallelism = queryParallelism
    }
}
