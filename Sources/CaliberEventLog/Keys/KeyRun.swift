import Foundation
import GRDB
import Synchronization

/// Sorted keys that became known together. Its keys never change; they are in memory, or in the file's pages.
final class KeyRun: Sendable {
    /// 0 until the run is written.
    let keyRunID: Int64
    let level: Int
    let count: Int
    let filter: KeyFilter
    /// The high half of each page's first key.
    let pageFirsts: [UInt64]
    let keysPerPage: Int
    private let resident: Mutex<SortedKeys?>

    init(
        keyRunID: Int64, level: Int, count: Int, filter: KeyFilter, pageFirsts: [UInt64],
        keysPerPage: Int = EventLogLimits.keyCountPerPage, resident: SortedKeys?
    ) {
        self.keyRunID = keyRunID
        self.level = level
        self.count = count
        self.filter = filter
        self.pageFirsts = pageFirsts
        self.keysPerPage = keysPerPage
        self.resident = Mutex(resident)
    }

    /// A run of a chunk that is not written yet. Takes the keys over and sorts them.
    convenience init(unsorted keys: SortedKeys, level: Int = 0) {
        KeySorting.sort(keys.buffer)
        let filter = KeyFilter(keyCount: keys.count)
        for key in keys.buffer { filter.insert(key) }
        let firsts = stride(from: 0, to: keys.count, by: EventLogLimits.keyCountPerPage).map { keys.buffer[$0].high }
        self.init(keyRunID: 0, level: level, count: keys.count, filter: filter, pageFirsts: firsts, resident: keys)
    }

    /// Whether its keys are in the file; if not, they are in memory.
    var isWritten: Bool { keyRunID != 0 }

    var residentKeys: SortedKeys? { resident.withLock { $0 } }

    func keep(_ keys: SortedKeys?) { resident.withLock { $0 = keys } }

    var residentByteCount: Int { residentKeys == nil ? 0 : count * EventKey.byteCount }

    func pageID(_ page: Int) -> Int64 { keyRunID << 24 + Int64(page) }

    /// The last page whose first key is not past `high`, from page `from` on.
    func page(holding high: UInt64, from: Int) -> Int {
        var low = from
        var end = pageFirsts.count
        while low + 1 < end {
            let middle = (low + end) / 2
            if pageFirsts[middle] <= high { low = middle } else { end = middle }
        }
        return low
    }

    /// One page of the run from the file.
    ///
    /// - Throws: `StaleKeyRun` when the run has been merged into another since.
    func readPage(_ page: Int, in database: Database) throws -> SortedKeys {
        let statement = try database.cachedStatement(sql: "SELECT keys FROM eventKeyPage WHERE pageID = ?")
        guard let data = try Data.fetchOne(statement, arguments: [pageID(page)]) else { throw StaleKeyRun() }
        let expected = min(keysPerPage, count - page * keysPerPage)
        guard data.count == expected * EventKey.byteCount else {
            throw InputProblem.damagedKeys(reason: "page \(page) of run \(keyRunID) has \(data.count) bytes")
        }
        return SortedKeys(data)
    }

    func readAll(in database: Database) throws -> SortedKeys {
        let keys = SortedKeys(capacity: count)
        for page in pageFirsts.indices { keys.append(contentsOf: try readPage(page, in: database)) }
        return keys
    }
}

/// A run was asked for pages that a merge has replaced; the newer list of runs has its keys.
struct StaleKeyRun: Error {}

/// Keys in one block of memory. One thread fills it; then any thread may read.
final class SortedKeys: @unchecked Sendable {
    // Safe to share: appended to by the thread that makes it, before anyone else has it.
    private let storage: UnsafeMutableBufferPointer<EventKey>
    private(set) var count = 0

    init(capacity: Int) {
        storage = .allocate(capacity: max(capacity, 1))
    }

    convenience init(_ data: Data) {
        self.init(capacity: data.count / EventKey.byteCount)
        count = data.count / EventKey.byteCount
        _ = data.copyBytes(to: UnsafeMutableRawBufferPointer(buffer))
    }

    deinit { storage.deallocate() }

    var buffer: UnsafeMutableBufferPointer<EventKey> { UnsafeMutableBufferPointer(rebasing: storage[0..<count]) }

    /// There must be room.
    func append(_ key: EventKey) {
        storage[count] = key
        count += 1
    }

    func append(contentsOf other: SortedKeys) {
        precondition(count + other.count <= storage.count, "no room for \(other.count) more keys")
        for key in other.buffer {
            storage[count] = key
            count += 1
        }
    }

    func data(_ range: Range<Int>) -> Data {
        Data(buffer: UnsafeBufferPointer(rebasing: storage[range]))
    }

    /// Whether a key is among these, which must be sorted.
    func contains(_ key: EventKey) -> Bool { SortedKeys.contains(key, in: UnsafeBufferPointer(buffer)) }

    /// Whether a key is among sorted ones. Keys are hashes, so where a key would stand is guessed from its high bits; the
    /// guess is then corrected by doubling steps.
    static func contains(_ key: EventKey, in storage: UnsafeBufferPointer<EventKey>) -> Bool {
        let count = storage.count
        guard count > 0 else { return false }
        var low = 0
        var high = count
        let guess = min(count - 1, Int(key.high.multipliedFullWidth(by: UInt64(count)).high))
        var step = 16
        if storage[guess] < key {
            low = guess + 1
            while low + step < count, storage[low + step] < key {
                low += step
                step *= 2
            }
            high = min(count, low + step + 1)
        } else {
            high = guess + 1
            while high - step > 0, !(storage[high - step] < key) {
                high -= step
                step *= 2
            }
            low = max(0, high - step)
        }
        while low < high {
            let middle = (low + high) / 2
            if storage[middle] < key { low = middle + 1 } else { high = middle }
        }
        return low < count && storage[low] == key
    }
}
