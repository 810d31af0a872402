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

    /// Writes the keys that are not in the file yet, unless they are few.
    static func flush(_ runs: inout KeyRuns, in database: Database) throws {
        if runs.unwrittenKeyCount >= EventLogLimits.leastWrittenKeyCount { try write(&runs, in: database) }
    }

    /// Writes what is unwritten as one run, and merges levels that have become full.
    private static func write(_ runs: inout KeyRuns, in database: Database) throws {
        guard !runs.unwritten.isEmpty else { return }
        runs.written.append(try merge(runs.unwritten, level: 0, in: database))
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

    private static func insert(level: Int, count: Int, filter: Data, in database: Database) throws -> Int64 {
        let statement = try database.cachedStatement(
            sql: "INSERT INTO eventKeyRun (level, keyCount, filter) VALUES (?, ?, ?)")
        try statement.execute(arguments: [level, count, filter])
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
        let isKept = count * EventKey.byteCount <= EventLogLimits.residentKeyByteCount
        let filter = KeyFilter(keyCount: count, isSmall: !isKept)
        // The filter follows when it is whole.
        let keyRunID = try insert(level: level, count: count, filter: Data(), in: database)
        let kept = isKept ? SortedKeys(capacity: count) : nil
        var firsts: [UInt64] = []
        var merge = KeyMerge(try runs.map { try KeyCursor($0, in: database) })
        var remaining = count
        while remaining > 0 {
            let page = SortedKeys(capacity: EventLogLimits.keyCountPerPage)
            let pageCount = min(remaining, EventLogLimits.keyCountPerPage)
            for _ in 0..<pageCount {
                let key = try merge.next(in: database)
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
        for run in runs where run.isWritten { try delete(run, in: database) }
        return KeyRun(
            keyRunID: keyRunID, level: level, count: count, filter: filter, pageFirsts: firsts, resident: kept)
    }

    private static func delete(_ run: KeyRun, in database: Database) throws {
        try database.execute(
            sql: "DELETE FROM eventKeyPage WHERE pageID BETWEEN ? AND ?",
            arguments: [run.pageID(0), (run.keyRunID + 1) << 24 - 1])
        try database.execute(sql: "DELETE FROM eventKeyRun WHERE keyRunID = ?", arguments: [run.keyRunID])
    }
}

/// The keys of several runs in order. Some dozen heads are compared faster than a heap is kept.
private struct KeyMerge {
    private var cursors: [KeyCursor]
    private var heads: [EventKey]

    init(_ cursors: [KeyCursor]) {
        self.cursors = cursors.filter { !$0.isAtEnd }
        heads = self.cursors.map(\.head)
    }

    mutating func next(in database: Database) throws -> EventKey {
        precondition(!heads.isEmpty, "key runs hold fewer keys than they say")
        var least = 0
        for index in 1..<max(heads.count, 1) where heads[index] < heads[least] { least = index }
        let key = heads[least]
        try cursors[least].advance(in: database)
        if cursors[least].isAtEnd {
            cursors.remove(at: least)
            heads.remove(at: least)
        } else {
            heads[least] = cursors[least].head
        }
        return key
    }
}

/// Reads a run in order, from memory or page by page.
private struct KeyCursor {
    private let run: KeyRun
    private var keys: SortedKeys
    private var page: Int?
    private var index = 0

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

    var isAtEnd: Bool { index == keys.count }
    var head: EventKey { keys.buffer[index] }

    mutating func advance(in database: Database) throws {
        index += 1
        guard index == keys.count, let current = page, current + 1 < run.pageFirsts.count else { return }
        keys = try run.readPage(current + 1, in: database)
        page = current + 1
        index = 0
    }
}
