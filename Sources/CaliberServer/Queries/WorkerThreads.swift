import Foundation
import Synchronization

/// A fixed number of threads and a bounded line of work before them: for what would block others.
final class WorkerThreads: @unchecked Sendable {
    // Safe to share: everything that changes is touched only while the condition's lock is held.
    enum Failure: Error { case full, closed }

    private struct Job: Sendable {
        let work: @Sendable () -> Void
    }

    /// Whether whoever waits for a job has gone.
    private final class Cancellation: Sendable {
        private let flag = Atomic<Bool>(false)
        var isAsked: Bool { flag.load(ordering: .relaxed) }
        func ask() { flag.store(true, ordering: .relaxed) }
    }

    private let condition = NSCondition()
    private var waiting: [Job] = []
    private var idleCount = 0
    private var isClosed = false
    private let waitingLimit: Int

    init(named name: String, count: Int, waitingLimit: Int) {
        self.waitingLimit = waitingLimit
        for number in 1...max(1, count) {
            let thread = Thread { [weak self] in
                while let job = WorkerThreads.next(self) { job.work() }
            }
            thread.name = "\(name)-\(number)"
            thread.stackSize = 8 << 20
            thread.start()
        }
    }

    var waitingCount: Int { condition.withLock { waiting.count } }
    var hasRoom: Bool { condition.withLock { !isClosed && waiting.count < waitingLimit + idleCount } }

    private static func next(_ pool: WorkerThreads?) -> Job? {
        guard let pool else { return nil }
        return pool.condition.withLock {
            pool.idleCount += 1
            defer { pool.idleCount -= 1 }
            while pool.waiting.isEmpty {
                if pool.isClosed { return nil }
                pool.condition.wait()
            }
            return pool.waiting.removeFirst()
        }
    }

    /// Does what waits and ends the threads.
    func close() {
        condition.withLock {
            isClosed = true
            condition.broadcast()
        }
    }

    /// Runs work on one of the threads.
    ///
    /// Who cancels before it was begun gets `CancellationError`, and the work is not done.
    ///
    /// - Throws: `Failure.full` when too much waits already; what the work throws.
    func run<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
        let cancellation = Cancellation()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let job = Job {
                    guard !cancellation.isAsked else { return continuation.resume(throwing: CancellationError()) }
                    continuation.resume(with: Result { try work() })
                }
                add(job, orFail: { continuation.resume(throwing: $0) })
            }
        } onCancel: {
            cancellation.ask()
        }
    }

    private func add(_ job: Job, orFail fail: (Failure) -> Void) {
        let failure: Failure? = condition.withLock {
            guard !isClosed else { return .closed }
            // An idle thread is one place more.
            guard waiting.count < waitingLimit + idleCount else { return .full }
            waiting.append(job)
            condition.signal()
            return nil
        }
        if let failure { fail(failure) }
    }
}
