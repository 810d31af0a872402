import CaliberColumns
import Synchronization

/// The strings of one column of a whole table, read from the file when first asked for.
///
/// The fold alone adds strings. Queries on other threads get frozen pools, which hold all strings of the rows they see.
final class TablePool: Sendable {
    private struct Loaded {
        let pool: StringPool
        /// As of the loading; made before any fold adds to the pool, so handing it out races with nothing.
        let frozen: StringPool
    }

    private let loaded: Mutex<Loaded?>
    private let load: @Sendable () throws -> StringPool

    init(load: @escaping @Sendable () throws -> StringPool) {
        self.load = load
        loaded = Mutex(nil)
    }

    /// The pool itself, for the one thread that folds.
    func writable() throws -> StringPool { try current().pool }

    /// The pool if it was read already, for the one thread that folds.
    var writableIfLoaded: StringPool? { loaded.withLock { $0?.pool } }

    /// The strings as of the loading, for any thread.
    func frozenAtLoading() throws -> StringPool { try current().frozen }

    private func current() throws -> Loaded {
        try loaded.withLock { slot in
            if let known = slot { return known }
            let pool = try load()
            let new = Loaded(pool: pool, frozen: pool.frozen())
            slot = new
            return new
        }
    }
}
