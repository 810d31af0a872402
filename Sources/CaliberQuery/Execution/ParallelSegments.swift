import Dispatch
import Synchronization

/// Runs one piece of work for each of many indices on a few threads, and gives the results in the order of the indices.
enum ParallelSegments {
    /// Threads are the system's own, not the cooperative pool's: the work computes and blocks.
    ///
    /// - Throws: what the work at the lowest failing index threw.
    static func map<Result: Sendable>(
        _ count: Int, parallelism: Int, _ work: @escaping @Sendable (Int) throws -> Result
    ) throws -> [Result] {
        let workers = min(max(parallelism, 1), count)
        if workers <= 1 { return try (0..<count).map(work) }
        let results = ResultSlots<Result>(count: count)
        let next = Atomic<Int>(0)
        DispatchQueue.concurrentPerform(iterations: workers) { _ in
            while true {
                let index = next.add(1, ordering: .relaxed).oldValue
                guard index < count else { return }
                results.set(index, Swift.Result { try work(index) })
            }
        }
        return try results.take()
    }
}

/// A place for each result.
private final class ResultSlots<Success: Sendable>: @unchecked Sendable {
    // Safe to share: each index is handed to one worker alone, which writes only its own place, and reading starts
    // after all workers are done.
    private let slots: UnsafeMutablePointer<Result<Success, any Error>?>
    private let count: Int

    init(count: Int) {
        self.count = count
        slots = .allocate(capacity: count)
        slots.initialize(repeating: nil, count: count)
    }

    deinit {
        slots.deinitialize(count: count)
        slots.deallocate()
    }

    func set(_ index: Int, _ result: Result<Success, any Error>) { slots[index] = result }

    func take() throws -> [Success] {
        try (0..<count).map { index in
            guard let result = slots[index] else {
                preconditionFailure("piece \(index) of \(count) was not worked on")
            }
            return try result.get()
        }
    }
}
