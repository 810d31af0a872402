import CaliberStore
import Foundation
import GRDB
import Synchronization

/// The keys of all accepted events: sorted runs in the file, a filter in memory for each.
///
/// Each commit adds one run. When a level has eight, they become one run of the next, so a key is written about
/// log8(n) times and a look-up asks few filters. What is here stands for committed events only: a run enters after the
/// transaction that wrote it.
final class KeyIndex: Sendable {
    private let store: CaliberStore
    private let state = Mutex(State())

    struct State: Sendable {
        var runs: [KeyRun] = []
        /// How many chunks of the current intake have been committed.
        var committedChunkCount = 0
    }

    init(store: CaliberStore) {
        self.store = store
    }

    var current: State { state.withLock { $0 } }

    /// Brings the list of runs up to what the file has; runs known already keep what they have in memory.
    func refresh() throws {
        let known = Dictionary(uniqueKeysWithValues: current.runs.map { ($0.keyRunID, $0) })
        let runs = try store.read { database in
            try Row.fetchAll(database, sql: "SELECT keyRunID FROM eventKeyRun ORDER BY keyRunID").map { row in
                let keyRunID: Int64 = row["keyRunID"]
                return try known[keyRunID] ?? KeyIndex.load(keyRunID, in: database)
            }
        }
        state.withLock { $0 = State(runs: runs, committedChunkCount: 0) }
    }

    private static func load(_ keyRunID: Int64, in database: Database) throws -> KeyRun {
        guard
            let row = try Row.fetchOne(
                database, sql: "SELECT level, keyCount, filter FROM eventKeyRun WHERE keyRunID = ?",
                arguments: [keyRunID])
        else { throw StaleKeyRun() }
        let count: Int = row["keyCount"]
        let firsts = try Int64.fetchAll(
            database, sql: "SELECT firstKey FROM eventKeyPage WHERE pageID BETWEEN ? AND ? ORDER BY pageID",
            arguments: [keyRunID << 24, (keyRunID + 1) << 24 - 1]
        ).map { UInt64(bitPattern: $0) }
        guard let filter = KeyFilter(row["filter"], keyCount: count) else {
            throw InputProblem.damagedBatch(
                firstSequence: 0, reason: "the filter of key run \(keyRunID) has a wrong size")
        }
        return KeyRun(
            keyRunID: keyRunID, level: row["level"], count: count, filter: filter, pageFirsts: firsts, resident: nil)
    }

    /// Takes over what a committed transaction has made of the runs.
    func adopt(_ runs: [KeyRun]) {
        KeyIndex.evict(runs)
        state.withLock {
            $0.runs = runs
            $0.committedChunkCount += 1
        }
    }

    /// Drops keys from memory, those of the largest runs first, until the rest is within the budget.
    private static func evict(_ runs: [KeyRun]) {
        var total = runs.reduce(0) { $0 + $1.residentByteCount }
        for run in runs.sorted(by: { $0.count > $1.count }) where total > EventLogLimits.residentKeyByteCount {
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
        let total = current.runs.reduce(0) { $0 + $1.residentByteCount }
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
