import CaliberColumns
import CaliberCore
import CaliberDictionary
import CaliberEventLog
import CaliberStore

/// All wide tables of a dictionary: folded from the log, kept in segments, read through snapshots.
///
/// One thread folds, checkpoints and takes snapshots; snapshots are read on any thread. After an error that stopped a
/// fold half way the set refuses to go on: opened again, it starts from the last checkpoint and loses nothing.
public final class TableSet {
    public enum Mode {
        /// What is in the log shows; nothing is written.
        case readOnly
        case writing(WriterLease)
    }

    /// Why a table is folded from the start of the log.
    public enum RebuildReason: Equatable, Sendable {
        case definitionChanged
        case damaged(TablesProblem)
        case asked
    }

    let store: CaliberStore
    let dictionary: MetricDictionary
    let log: any EventReplaying
    let lease: WriterLease?
    let settings: TableSettings
    let cache: ColumnCache
    let segmentIDs: SegmentIDs
    /// The file as it was at opening (for reading), or as it is (for writing).
    let view: StoreView
    let onRebuild: (String, RebuildReason) -> Void
    var tables: [WideTable] = []
    /// The file as of the last checkpoint, from the first snapshot of a table after it to the next checkpoint.
    var heldSnapshot: StoreSnapshot?
    /// A checkpoint that another thread is writing.
    var checkpointAside: CheckpointAside?
    private var interruption: String?
    /// Whether tables have events of which nobody knows yet that they are durable.
    private(set) var isAheadOfLog = false
    var written = FileTraffic()
    /// What replay at opening, and folds since, made of their events.
    public private(set) var account = FoldAccount()

    private init(
        store: CaliberStore, dictionary: MetricDictionary, log: any EventReplaying, mode: Mode,
        settings: TableSettings, onRebuild: @escaping (String, RebuildReason) -> Void
    ) throws {
        self.store = store
        self.dictionary = dictionary
        self.log = log
        self.settings = settings
        self.onRebuild = onRebuild
        switch mode {
        case .readOnly:
            lease = nil
            view = .held(try store.makeSnapshot())
        case .writing(let lease):
            self.lease = lease
            view = .live(store)
        }
        cache = ColumnCache(byteLimit: settings.memoryBudgetBytes)
        segmentIDs = SegmentIDs(next: try view.read { try StoredTable.nextSegmentID(in: $0) })
    }

    deinit {
        // Whoever takes the lease next finds it free.
        _ = checkpointAside?.result(waits: true)
    }

    /// Opens all tables and folds what the log has after their last checkpoint.
    ///
    /// A table whose definition changed, or whose stored part proves damaged on the way, is folded anew from the start.
    package static func open(
        store: CaliberStore, dictionary: MetricDictionary, log: any EventReplaying, mode: Mode,
        settings: TableSettings = TableSettings(), onRebuild: @escaping (String, RebuildReason) -> Void = { _, _ in }
    ) throws -> TableSet {
        var damaged: [String: TablesProblem] = [:]
        while true {
            let set = try TableSet(
                store: store, dictionary: dictionary, log: log, mode: mode, settings: settings, onRebuild: onRebuild)
            do {
                try set.load(damaged: damaged)
                return set
            } catch let problem as TablesProblem {
                guard let table = problem.damagedTable, damaged[table] == nil else { throw problem }
                damaged[table] = problem
            }
        }
    }

    // MARK: The verbs

    /// Folds accepted events that follow the tables' position.
    ///
    /// - Parameters:
    ///   - batches: all events between that position and `position`.
    ///   - position: durable in the log already.
    /// - Throws: `TablesProblem.corruptSegment` when a stored column that is needed is damaged.
    @discardableResult
    package func fold(_ batches: [EventBatch], upTo position: LogPosition) throws -> FoldAccount {
        try fold(batches, upTo: position, into: tables.filter { $0.position < position })
    }

    /// As `fold`, for events that are on their way into the log: until `confirmFold` nothing of the tables is written.
    @discardableResult
    package func foldAhead(_ batches: [EventBatch], upTo position: LogPosition) throws -> FoldAccount {
        isAheadOfLog = true
        return try fold(batches, upTo: position)
    }

    /// Says that the events that were folded ahead are durable.
    package func confirmFold() throws {
        isAheadOfLog = false
        try checkWhole()
        try keepWithinBudget()
    }

    /// Says that the events that were folded ahead are not in the log: only the last checkpoint is sure.
    package func disownFold(_ reason: any Error) {
        isAheadOfLog = false
        interruption = interruption ?? (reason as? StoreProblem)?.diagnostic.message ?? "\(reason)"
    }

    /// A table as of the last fold, for readers on any thread; later folds do not change it.
    package func snapshot(of name: String) throws -> TableSnapshot {
        try checkWhole()
        return try table(named: name).makeSnapshot(view: try snapshotView())
    }

    /// Folds a table from the start of the log, in place of what is stored.
    public func rebuild(_ name: String) throws {
        try rebuild(name, reason: .asked)
    }

    /// The last event that every table reflects.
    public var position: LogPosition { tables.map(\.position).min() ?? .start }

    public var tableNames: [String] { tables.map(\.name) }

    public func rowCount(of name: String) throws -> Int { try table(named: name).rowCount }

    /// What tables hold in memory: segments, which the budget bounds, keys and strings beside them, columns read lately.
    public var memoryByteCount: Int {
        tables.reduce(segmentMemoryByteCount + cache.byteCount) { $0 + $1.fixedByteCount }
    }

    /// The part of it that the budget bounds between folds.
    public var segmentMemoryByteCount: Int { tables.reduce(0) { $0 + $1.segmentByteCount } }

    /// What folds have read of the file, and checkpoints written to it.
    public var traffic: FileTraffic {
        var total = written
        total.columnsRead = tables.reduce(0) { $0 + $1.columnsRead }
        return total
    }

    /// The most that they held after any batch of a fold.
    public private(set) var peakMemoryByteCount = 0

    // MARK: Opening

    private func load(damaged: [String: TablesProblem]) throws {
        let stored = try view.read { database in
            try dictionary.tables.map { try StoredTable(named: $0.name, in: database) }
        }
        for (definition, stored) in zip(dictionary.tables, stored) {
            let layout = try TableLayout(definition, dictionary: dictionary)
            tables.append(try makeTable(layout, stored, damage: damaged[definition.name]))
        }
        try catchUp()
    }

    private func makeTable(_ layout: TableLayout, _ stored: StoredTable?, damage: TablesProblem?) throws -> WideTable {
        guard let stored else { return try emptyTable(layout) }
        let reason: RebuildReason? =
            damage.map { .damaged($0) } ?? (stored.definitionHash == layout.hash ? nil : .definitionChanged)
        if let reason {
            onRebuild(layout.definition.name, reason)
            let table = try emptyTable(layout)
            table.replacedTableID = stored.tableID
            return table
        }
        let loader = ColumnLoader(
            table: layout.definition.name, layout: layout, columnIDs: stored.columnIDs, view: view, cache: cache)
        return try WideTable(
            layout: layout, stored: stored, loader: loader, zone: dictionary.settings.timeZone,
            rowLimit: settings.segmentRowLimit, segmentIDs: segmentIDs)
    }

    private func emptyTable(_ layout: TableLayout) throws -> WideTable {
        try WideTable(
            layout: layout, stored: nil, loader: nil, zone: dictionary.settings.timeZone,
            rowLimit: settings.segmentRowLimit, segmentIDs: segmentIDs)
    }

    /// Folds what the log has and the tables don't; tables that stand at one position read the log together.
    package func catchUp() throws {
        for start in Set(tables.map(\.position)).sorted() {
            let behind = tables.filter { $0.position == start }
            guard !behind.isEmpty else { continue }
            try log.replayEvents(after: start) { batches, position in
                _ = try fold(batches, upTo: position, into: behind)
            }
        }
    }

    private func rebuild(_ name: String, reason: RebuildReason) throws {
        let old = try table(named: name)
        try checkWhole()
        _ = try? finishCheckpointAside(waits: true)
        let new = try emptyTable(old.layout)
        new.replacedTableID = old.tableID ?? old.replacedTableID
        guard let index = tables.firstIndex(where: { $0 === old }) else { return }
        onRebuild(name, reason)
        tables[index] = new
        try catchUp()
    }

    // MARK: Folding

    private func fold(
        _ batches: [EventBatch], upTo position: LogPosition, into tables: [WideTable]
    ) throws -> FoldAccount {
        try checkWhole()
        var total = FoldAccount()
        do {
            for table in tables {
                table.useClock += 1
                for batch in table.foldingOrder(of: batches) where batch.count > 0 {
                    guard let folds = table.layout.folds[batch.contract.name] else { continue }
                    guard folds.contract == batch.contract else {
                        throw TablesProblem.foreignBatch(contract: batch.contract.name)
                    }
                    let fold = BatchFold(
                        batch, into: table, folds: folds, conditions: table.conditions[batch.contract.name] ?? [])
                    try fold.run()
                    total += fold.account
                    evictWithinBudget()
                }
            }
            for table in tables { table.position = position }
            account += total
            try keepWithinBudget()
        } catch {
            // Some rows have some of the events: only the last checkpoint is sure.
            interruption = (error as? TablesProblem)?.diagnostic.message ?? "\(error)"
            throw error
        }
        return total
    }

    /// Evicts what the file has too, the longest unused first; checkpoints when that is not enough.
    private func keepWithinBudget() throws {
        evictWithinBudget()
        let limit = segmentByteLimit
        guard segmentMemoryByteCount > limit, !isAheadOfLog, let lease else { return }
        if try finishCheckpointAside(waits: true) != nil {
            evictWithinBudget()
            guard segmentMemoryByteCount > limit else { return }
        }
        _ = try checkpoint(lease)
        evictClean(downTo: limit / 2, sparing: limit / 8 * 7)
        // Pages of the file that the checkpoint worked with would otherwise stay with the process.
        store.releaseMemory()
    }

    /// Evicts what the file has too, as far as the budget needs it. Tables may be anywhere between two positions.
    private func evictWithinBudget() {
        for table in tables { table.countMemory() }
        // Columns read lately get what is left over, but some in any case.
        let held = tables.reduce(segmentMemoryByteCount) { $0 + $1.fixedByteCount }
        cache.limit(to: max(settings.memoryBudgetBytes - held, settings.memoryBudgetBytes / 8))
        peakMemoryByteCount = max(peakMemoryByteCount, memoryByteCount)
        let limit = segmentByteLimit
        if segmentMemoryByteCount > limit { evictClean(downTo: limit / 4 * 3, sparing: limit) }
    }

    /// What the budget leaves for segments, with some room for what one batch adds.
    private var segmentByteLimit: Int {
        let budget = settings.memoryBudgetBytes
        let fixed = tables.reduce(budget / 8) { $0 + $1.fixedByteCount }
        return max((budget - fixed) / 4 * 3, budget / 4)
    }

    /// - Parameters:
    ///   - byteCount: what segments are to take then.
    ///   - sparingByteCount: what they may take if the rest is all in use by the last fold: the next one likely needs it.
    private func evictClean(downTo byteCount: Int, sparing sparingByteCount: Int) {
        var remaining = segmentMemoryByteCount
        guard remaining > byteCount else { return }
        for part in tables.flatMap(\.evictableParts).sorted(by: { $0.lastUse < $1.lastUse }) {
            guard remaining > (part.lastUse == part.table.useClock ? sparingByteCount : byteCount) else { return }
            remaining -= part.segment.byteCount(of: part.kind)
            part.table.evict(part.kind, of: part.segment)
        }
    }

    // MARK: The rest

    func table(named name: String) throws -> WideTable {
        guard let table = tables.first(where: { $0.name == name }) else {
            throw TablesProblem.unknownTable(
                name: name, nearest: NameSuggestion.nearest(to: name, among: tableNames))
        }
        return table
    }

    func checkWhole() throws {
        if let interruption { throw TablesProblem.foldInterrupted(reason: interruption) }
    }

    private func snapshotView() throws -> StoreView {
        precondition(!isAheadOfLog, "tables are ahead of the log: nobody may see them yet")
        guard case .live(let store) = view else { return view }
        if let heldSnapshot { return .held(heldSnapshot) }
        let snapshot = try store.makeSnapshot()
        heldSnapshot = snapshot
        return .held(snapshot)
    }
}

/// Limits of a table set, named and with units.
public struct TableSettings: Sendable {
    /// Memory for rows that are being folded, their keys, and stored columns read lately.
    ///
    /// What can't leave memory while a table is folded counts too: 11 to 22 bytes a row for which segment each key is in,
    /// and the strings of categories and identifiers. Where these alone take more than half, the rest keeps a quarter
    /// of the setting, and the whole is over it.
    public var memoryBudgetBytes: Int
    /// Rows of a segment at most.
    public var segmentRowLimit: Int
    /// Events past the last checkpoint that the next opening may have to fold again, before one is due.
    public var tailEventLimit: Int

    public static let segmentRowLimits = 4...RowPlace.rowLimit

    public static let defaultMemoryBudgetBytes = 256 << 20

    public init(
        memoryBudgetBytes: Int = defaultMemoryBudgetBytes, segmentRowLimit: Int = 65_536, tailEventLimit: Int = 32_768
    ) {
        self.memoryBudgetBytes = max(memoryBudgetBytes, 0)
        self.tailEventLimit = max(tailEventLimit, 0)
        self.segmentRowLimit = min(
            max(segmentRowLimit, TableSettings.segmentRowLimits.lowerBound), TableSettings.segmentRowLimits.upperBound)
    }
}

extension TablesProblem {
    /// The table whose stored part is damaged, if that is what this says.
    var damagedTable: String? {
        switch self {
        case .corruptSegment(let table, _, _), .corruptStrings(let table, _), .rowCountMismatch(let table, _, _, _),
            .lostSegments(let table, _, _, _, _):
            table
        default: nil
        }
    }
}
