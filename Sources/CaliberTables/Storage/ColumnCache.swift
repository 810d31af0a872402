import CaliberColumns
import Synchronization

/// Stored columns that were read lately, up to a number of bytes; a version never changes, so none is ever stale.
final class ColumnCache: Sendable {
    private struct Key: Hashable {
        let segment: Int64
        let version: Int64
        let slot: Int
    }

    private struct Entry {
        let column: EncodedColumn
        var lastUse: UInt64
    }

    private struct State {
        var entries: [Key: Entry] = [:]
        var byteCount = 0
        var clock: UInt64 = 0
        var byteLimit: Int
    }

    private let state: Mutex<State>

    init(byteLimit: Int) {
        state = Mutex(State(byteLimit: byteLimit))
    }

    /// Gives the cache more room, or less.
    func limit(to byteLimit: Int) {
        state.withLock { state in
            state.byteLimit = byteLimit
            if state.byteCount > byteLimit { ColumnCache.shrink(&state, to: byteLimit / 4 * 3) }
        }
    }

    var byteCount: Int { state.withLock { $0.byteCount } }

    func column(segment: Int64, version: Int64, slot: Int) -> EncodedColumn? {
        state.withLock { state in
            let key = Key(segment: segment, version: version, slot: slot)
            guard let entry = state.entries[key] else { return nil }
            state.clock += 1
            state.entries[key]?.lastUse = state.clock
            return entry.column
        }
    }

    func insert(_ column: EncodedColumn, segment: Int64, version: Int64, slot: Int) {
        state.withLock { state in
            guard column.byteCount <= state.byteLimit else { return }
            let key = Key(segment: segment, version: version, slot: slot)
            guard state.entries[key] == nil else { return }
            state.clock += 1
            state.entries[key] = Entry(column: column, lastUse: state.clock)
            state.byteCount += column.byteCount
            if state.byteCount > state.byteLimit { ColumnCache.shrink(&state, to: state.byteLimit / 4 * 3) }
        }
    }

    /// Lets go of the columns that were not asked for the longest.
    private static func shrink(_ state: inout State, to byteCount: Int) {
        for (key, entry) in state.entries.sorted(by: { $0.value.lastUse < $1.value.lastUse }) {
            guard state.byteCount > byteCount else { return }
            state.entries[key] = nil
            state.byteCount -= entry.column.byteCount
        }
    }
}

extension EncodedColumn {
    /// What it takes in memory, its own strings included.
    var byteCount: Int { body.count + (pool?.byteCount ?? 0) + 128 }
}
