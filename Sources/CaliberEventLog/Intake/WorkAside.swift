import Dispatch

/// One piece of work on another thread, while the caller does something else.
final class WorkAside<Value>: @unchecked Sendable {
    // Safe to share: the other thread sets the result once, and the caller looks at it after the signal.
    private var result: Result<Value, any Error>?
    private let isDone = DispatchSemaphore(value: 0)

    init(on queue: DispatchQueue, _ work: @escaping @Sendable () throws -> Value) {
        queue.async { [self] in
            result = Result { try work() }
            isDone.signal()
        }
    }

    /// Waits for it. To be called once.
    func value() throws -> Value {
        isDone.wait()
        guard let result else { preconditionFailure("work aside has ended without a result") }
        self.result = nil
        return try result.get()
    }
}
