import Dispatch
import Synchronization

/// Rows cut into pieces that hang on how many rows there are, never on how many threads work: results of pieces that
/// are put together in order have the same bits whoever made them.
struct Chunks {
    let rowCount: Int
    let chunkRowCount: Int

    /// - Parameters:
    ///   - limit: how many chunks there are at most, at least 1.
    ///   - least: rows that a chunk has at least; every chunk but the last has a multiple of `multiple`.
    init(rowCount: Int, limit: Int, least: Int, multiple: Int) {
        self.rowCount = rowCount
        let rows = max(least, (rowCount + limit - 1) / limit)
        chunkRowCount = max(1, (rows + multiple - 1) / multiple * multiple)
    }

    var count: Int { (rowCount + chunkRowCount - 1) / chunkRowCount }

    func rows(of chunk: Int) -> Range<Int> {
        let start = chunk * chunkRowCount
        return start..<min(rowCount, start + chunkRowCount)
    }

    /// Does the work of every chunk, on some threads of the system's own; they take the chunks as they come.
    func forEach(threads: Int, _ work: (Int) -> Void) {
        let workers = min(max(threads, 1), count)
        guard workers > 1 else { return (0..<count).forEach(work) }
        let next = Atomic<Int>(0)
        // Safe: each chunk is handed to one thread alone, its work writes only its own places, and this call returns after
        // all of them.
        nonisolated(unsafe) let work = work
        DispatchQueue.concurrentPerform(iterations: workers) { _ in
            while true {
                let chunk = next.add(1, ordering: .relaxed).oldValue
                guard chunk < count else { return }
                work(chunk)
            }
        }
    }
}
