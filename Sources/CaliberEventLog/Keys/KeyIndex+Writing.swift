import Foundation
import GRDB

extension KeyIndex {
    /// Adds the keys of a chunk whose events its transaction has written, and writes those that wait if they are many.
    ///
    /// - Returns: the runs there will be once the transaction is committed, for `adopt`.
    func append(_ run: KeyRun?, in database: Database) throws -> KeyRuns {
        var runs = current.runs
        guard let run, run.count > 0 else { return runs }
        runs.add(run)
        if runs.unwrittenKeyCount >= EventLogLimits.unwrittenKeyCount { try KeyIndex.write(&runs, in: database) }
        return runs
    }

    /// Writes the keys that are not in the file yet, unless they are fewer than a page: those are soon read from the log.
    static func flush(_ runs: inout KeyRuns, in database: Database) throws {
        if runs.unwrittenKeyCount >= EventLogLimits.keyCountPerPage { try write(&runs, in: database) }
    }

    /// Writes what is unwritten as one run, and merges levels that have become full.
    private static func write(_ runs: inout KeyRuns, in database: Database) throws {
        guard !runs.unwritten.isEmpty else { return }
        runs.written.append(try write(KeyRun(merging: runs.unwritten, level: 0), in: database))
        runs.unwritten = []
        var level = 0
        while true {
            let full = runs.written.filter { $0.level == level }
            guard full.count >= EventLogLimits.keyRunsPerLevel else { return }
            let merged = try merge(full, level: level + 1, in: database)
            runs.written.removeAll { $0.level == level }
            runs.written.append(merged)
            level += 1
        }
    }

    private static func write(_ run: KeyRun, in database: Database) throws -> KeyRun {
        guard let keys = run.residentKeys else { throw StaleKeyRun() }
        let numbered = run.numbered(try insert(level: 0, count: run.count, filter: run.filter, in: database))
        for (page, start) in stride(from: 0, to: keys.count, by: EventLogLimits.keyCountPerPage).enumerated() {
            let end = min(keys.count, start + EventLogLimits.keyCountPerPage)
            try insertPage(numbered.pageID(page), numbered.pageFirsts[page], keys.data(start..<end), in: database)
        }
        return numbered
    }

    private static func insert(level: Int, count: Int, filter: KeyFilter, in database: Database) throws -> Int64 {
        let statement = try database.cachedStatement(
            sql: "INSERT INTO eventKeyRun (level, keyCount, filter) VALUES (?, ?, ?)")
        try statement.execute(arguments: [level, count, filter.data])
        return database.lastInsertedRowID
    }

    private static func insertPage(_ pageID: Int64, _ first: UInt64, _ keys: Data, in database: Database) throws {
        let statement = try database.cachedStatement(
            sql: "INSERT INTO eventKeyPage (pageID, firstKey, keys) VALUES (?, ?, ?)")
        try statement.execute(arguments: [pageID, Int64(bitPattern: first), keys])
    }

    /// One run of all keys of some, page by page: no more than a page of each is in memory.
    private static func merge(_ runs: [KeyRun], level: Int, in database: Database) throws -> KeyRun {
        let count = runs.reduce(0) { $0 + $1.count }
        let filter = KeyFilter(keyCount: count)
        let keyRunID = try insert(level: level, count: count, filter: filter, in: database)
        let isKept = count * EventKey.byteCount <= EventLogLimits.residentKeyByteCount
        let kept = isKept ? SortedKeys(capacity: count) : nil
        var firsts: [UInt64] = []
        var cursors = try runs.map { try KeyCursor($0, in: database) }
        var remaining = count
        while remaining > 0 {
            let page = SortedKeys(capacity: EventLogLimits.keyCountPerPage)
            let pageCount = min(remaining, EventLogLimits.keyCountPerPage)
            for _ in 0..<pageCount {
                let key = try takeLeast(&cursors, in: database)
                filter.insert(key)
                page.append(key)
            }
            kept?.append(contentsOf: page)
            let first = page.buffer[0].high
            try insertPage(keyRunID << 24 + Int64(firsts.count), first, page.data(0..<pageCount), in: database)
            firsts.append(first)
            remaining -= pageCount
        }
        try database.execute(
            sql: "UPDATE eventKeyRun SET filter = ? WHERE keyRunID = ?", arguments: [filter.data, keyRunID])
        for run in runs { try delete(run, in: database) }
        return KeyRun(
            keyRunID: keyRunID, level: level, count: count, filter: filter, pageFirsts: firsts, resident: kept)
    }

    /// The least key at the head of any cursor. Eight heads are compared faster than a heap is kept.
    private static func takeLeast(_ cursors: inout [KeyCursor], in database: Database) throws -> EventKey {
        var least = -1
        for index in cursors.indices where cursors[index].index < cursors[index].count {
            if least < 0 || cursors[index].head < cursors[least].head { least = index }
        }
        precondition(least >= 0, "key runs hold fewer keys than they say")
        let key = cursors[least].head
        try cursors[least].advance(in: database)
        return key
    }

    private static func delete(_ run: KeyRun, in database: Database) throws {
        try database.execute(
            sql: "DELETE FROM eventKeyPage WHERE pageID BETWEEN ? AND ?",
            arguments: [run.pageID(0), (run.keyRunID + 1) << 24 - 1])
        try database.execute(sql: "DELETE FROM eventKeyRun WHERE keyRunID = ?", arguments: [run.keyRunID])
    }
}

/// Reads a run in order, from memory or page by page.
private struct KeyCursor {
    private let run: KeyRun
    private var keys: SortedKeys
    private var page: Int?
    private(set) var index = 0

    init(_ run: KeyRun, in database: Database) throws {
        self.run = run
        if let resident = run.residentKeys {
            keys = resident
            page = nil
        } else {
            keys = try run.readPage(0, in: database)
            page = 0
        }
    }

    var count: Int { keys.count }
    var head: EventKey { keys.buffer[index] }

    mutating func advance(in database: Database) throws {
        index += 1
        guard index == keys.count, let current = page, current + 1 < run.pageFirsts.count else { return }
        keys = try run.readPage(current + 1, in: database)
        page = current + 1
        index = 0
    }
}
