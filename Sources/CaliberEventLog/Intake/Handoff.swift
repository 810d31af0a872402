import Foundation
import Synchronization

/// Passes elements from one thread to another in order, a few at a time, so that a fast stage waits for a slow one.
final class Handoff<Element>: @unchecked Sendable {
    // Safe to share: all state is touched under `condition` alone; elements belong to whoever received them.
    private let condition = NSCondition()
    private var waiting: [Element] = []
    private var isFinished = false
    private var isHungUp = false
    private var failure: (any Error)?
    private let depth: Int

    init(depth: Int) {
        self.depth = depth
    }

    /// Waits for room. False when the receiver wants no more.
    func send(_ element: Element) -> Bool {
        condition.lock()
        defer { condition.unlock() }
        while waiting.count >= depth, !isHungUp { condition.wait() }
        guard !isHungUp else { return false }
        waiting.append(element)
        condition.broadcast()
        return true
    }

    /// Says that nothing more will come; an error reaches the receiver after the last element.
    func finish(_ error: (any Error)? = nil) {
        condition.lock()
        defer { condition.unlock() }
        guard !isFinished else { return }
        isFinished = true
        failure = error
        condition.broadcast()
    }

    /// Waits for the next element; nil after the last, and when nothing more is wanted.
    func receive() throws -> Element? {
        condition.lock()
        defer { condition.unlock() }
        // A sender that was refused goes away without a word, so a receiver must not wait for its end.
        while waiting.isEmpty, !isFinished, !isHungUp { condition.wait() }
        guard !waiting.isEmpty else {
            if let failure { throw failure }
            return nil
        }
        let element = waiting.removeFirst()
        condition.broadcast()
        return element
    }

    /// Says that nothing more is wanted.
    func hangUp() {
        condition.lock()
        defer { condition.unlock() }
        isHungUp = true
        waiting.removeAll()
        condition.broadcast()
    }
}

/// Work on a thread of its own, fed and drained by handoffs. Blocking loops must not sit on the shared pool.
final class Stage: Sendable {
    private let isDone = DispatchSemaphore(value: 0)

    init(named name: String, _ work: @escaping @Sendable () -> Void) {
        let isDone = isDone
        let task = Mutex<(@Sendable () -> Void)?>(work)
        let thread = Thread {
            // Taken out, so that the thread holds nothing of the log any more when `join` returns.
            task.withLock { $0.take() }?()
            isDone.signal()
        }
        thread.name = name
        thread.start()
    }

    /// Waits until the work has returned. To be called once.
    func join() { isDone.wait() }
}
