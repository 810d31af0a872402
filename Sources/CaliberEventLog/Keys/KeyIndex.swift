import CaliberStore
import Foundation
import GRDB
import Synchronization

/// The keys of all accepted events: sorted runs in the file and in memory, with a filter in memory for each.
///
/// Keys can be had from the log itself, so they need not be in the file when their events are: each commit adds a run in
/// memory, and what has come together there is written as one run when it is much, and at the end of an intake. What a
/// crash leaves unwritten is read from the log's last events. In the file, when a level has eight runs, they become one
/// run of the next, so a key is written about log8(n) times and a look-up asks few filters.
///
/// What is here stands for committed events only: a run enters after the transaction that wrote its events.
final class KeyIndex: Sendable {
    private let store: CaliberStore
    private let state = Mutex(State())

    struct State: Sendable {
        var runs = KeyRuns()
        /// How many chunks of the current intake have been committed.
        var committedChunkCount = 0
    }

    init(store: CaliberStore) {
        self.store = store
    }

    var current: State { state.withLock { $0 } }

    /// Brings the list of runs up to what file and log have; runs known already keep what they have in memory.
    func refresh() throws {
        let current = current.runs
        let runs = try store.read { database in
            var runs = KeyRuns()
            runs.written = try KeyIndex.writtenRuns(known: current.written, in: database)
            let position = Int(try IntakeLedger.position(in: database).sequence)
            guard runs.writtenKeyCount <= position else {
                throw InputProblem.damagedKeys(reason: "there are \(runs.writtenKeyCount) keys of \(position) events")
            }
            if current.writtenKeyCount == runs.writtenKeyCount, current.keyCount == position {
                runs.unwritten = current.unwritten
            } else {
                try KeyIndex.readUnwritten(into: &runs, upTo: position, in: database)
            }
            return runs
        }
        state.withLock { $0 = State(runs: runs, committedChunkCount: 0) }
    }

    private static func writtenRuns(known: [KeyRun], in database: Database) throws -> [KeyRun] {
        let known = Dictionary(uniqueKeysWithValues: known.map { ($0.keyRunID, $0) })
        return try Int64.fetchAll(database, sql: "SELECT keyRunID FROM eventKeyRun ORDER BY keyRunID").map {
            try known[$0] ?? load($0, in: database)
        }
    }

    /// Reads the keys of the log's last events from the events themselves.
    private static func readUnwritten(into runs: inout KeyRuns, upTo position: Int, in database: Database) throws {
        let reader = LoggedKeyReader()
        while runs.keyCount < position {
            let next = Int64(runs.keyCount + 1)
            guard let batch = try LoggedBatch.holding(next, in: database) else {
                throw InputProblem.damagedKeys(reason: "the log has no event \(next) of \(position)")
            }
            runs.add(KeyRun(unsorted: try reader.keys(of: batch, from: next)))
        }
    }

    static func load(_ keyRunID: Int64, in database: Database) throws -> KeyRun {
        guard
            let row = try Row.fetchOne(
                database, sql: "SELECT level, keyCount, filter FROM eventKeyRun WHERE keyRunID = ?",
                arguments: [keyRunID])
        else { throw StaleKeyRun() }
        let count: Int = row["keyCount"]
        let pageIDs: StatementArguments = [keyRunID << 24, (keyRunID + 1) << 24 - 1]
        let firsts = try Int64.fetchAll(
            database, sql: "SELECT firstKey FROM eventKeyPage WHERE pageID BETWEEN ? AND ? ORDER BY pageID",
            arguments: pageIDs
        ).map { UInt64(bitPattern: $0) }
        // Pages had another size once.
        let pageByteCount = try Int.fetchOne(
            database,
            sql: "SELECT LENGTH(keys) FROM eventKeyPage WHERE pageID BETWEEN ? AND ? ORDER BY pageID LIMIT 1",
            arguments: pageIDs)
        let keysPerPage = max(1, (pageByteCount ?? 0) / EventKey.byteCount)
        guard firsts.count == (count + keysPerPage - 1) / keysPerPage else {
            throw InputProblem.damagedKeys(
                reason: "run \(keyRunID) of \(count) keys has \(firsts.count) pages of \(keysPerPage)")
        }
        guard let filter = KeyFilter(row["filter"]) else {
            throw InputProblem.damagedKeys(reason: "the filter of run \(keyRunID) has a wrong size")
        }
        return KeyRun(
            keyRunID: keyRunID, level: row["level"], count: count, filter: filter, pageFirsts: firsts,
            keysPerPage: keysPerPage, resident: nil)
    }

    /// Takes over what a committed transaction has made of the runs.
    func adopt(_ runs: KeyRuns) {
        KeyIndex.evict(runs.written)
        state.withLock {
            $0.runs = runs
            $0.committedChunkCount += 1
        }
    }

    /// Drops keys from memory, those of the largest and oldest runs first, until the rest is within the budget.
    private static func evict(_ runs: [KeyRun]) {
        var total = runs.reduce(0) { $0 + $1.residentByteCount }
        for run in runs.sorted(by: { ($1.level, $0.keyRunID) < ($0.level, $1.keyRunID) })
        where total > EventLogLimits.residentKeyByteCount {
            total -= run.residentByteCount
            run.keep(nil)
        }
    }

    // MARK: - Look-up

    /// Which of some keys, sorted, stand in any of the runs.
    ///
    /// - Throws: `StaleKeyRun` when a run was merged away meanwhile; ask again with the current runs.
    func known(among keys: [EventKey], in runs: [KeyRun]) throws -> [Bool] {
        var isKnown = [Bool](repeating: false, count: keys.count)
        for run in runs {
            let candidates = keys.indices.filter { !isKnown[$0] && run.filter.mayContain(keys[$0]) }
            guard !candidates.isEmpty else { continue }
            if run.residentKeys == nil, candidates.count * 2 > run.pageFirsts.count { try makeResident(run) }
            if let resident = run.residentKeys {
                for index in candidates where resident.contains(keys[index]) { isKnown[index] = true }
            } else {
                try search(run, candidates, keys, &isKnown)
            }
        }
        return isKnown
    }

    /// When a look-up would read about every page, the run is better held in memory, if the budget allows.
    private func makeResident(_ run: KeyRun) throws {
        let total = current.runs.written.reduce(0) { $0 + $1.residentByteCount }
        guard total + run.count * EventKey.byteCount <= EventLogLimits.residentKeyByteCount else { return }
        run.keep(try store.read { try run.readAll(in: $0) })
    }

    /// Keys and pages are both sorted, so that each page is read once.
    private func search(_ run: KeyRun, _ candidates: [Int], _ keys: [EventKey], _ isKnown: inout [Bool]) throws {
        var found: [Int] = []
        try store.read { database in
            var page = -1
            var pageKeys: SortedKeys?
            for index in candidates {
                let wanted = run.page(holding: keys[index].high, from: max(page, 0))
                // Keys whose high half is a page's first may begin on the page before it.
                if wanted > 0, run.pageFirsts[wanted] == keys[index].high {
                    if try run.readPage(wanted - 1, in: database).contains(keys[index]) { found.append(index) }
                }
                if wanted != page {
                    page = wanted
                    pageKeys = try run.readPage(page, in: database)
                }
                if pageKeys?.contains(keys[index]) == true { found.append(index) }
            }
        }
        for index in found { isKnown[index] = true }
    }
}

/// The runs that together hold the key of every event of the log.
struct KeyRuns: Sendable {
    /// In the file; they hold the keys of the log's first events.
    var written: [KeyRun] = []
    /// Of the events after those; in memory only.
    var unwritten: [KeyRun] = []

    var all: [KeyRun] { written + unwritten }
    var writtenKeyCount: Int { written.reduce(0) { $0 + $1.count } }
    var keyCount: Int { all.reduce(0) { $0 + $1.count } }
    var unwrittenKeyCount: Int { unwritten.reduce(0) { $0 + $1.count } }

    /// Adds the keys of the log's next events; in memory, too, eight runs of one level become one of the next.
    mutating func add(_ run: KeyRun) {
        unwritten.append(run)
        var level = 0
        while true {
            let full = unwritten.filter { $0.level == level }
            guard full.count >= EventLogLimits.keyRunsPerLevel else { return }
            unwritten.removeAll { $0.level == level }
            level += 1
            unwritten.append(KeyRun(merging: full, level: level))
        }
    }
}
