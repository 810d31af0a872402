import CaliberCore
import CaliberSinks
import CaliberStore
import Foundation
import GRDB
import Synchronization

/// Delivers what is owed, each endpoint on a thread of its own: one that hangs keeps nobody else waiting.
///
/// All that it knows stands in the database, so it can be stopped at any moment and started again.
public final class AlertDispatcher: Sendable {
    let settings: DeliverySettings
    private let report: @Sendable (Diagnostic) -> Void
    private let state = Mutex(State())
    /// Guards nothing but sleep: threads look at the database when they wake up.
    private let signal = NSCondition()

    private struct State {
        var isStopping = false
        var runningCount = 0
        var wakeCount = 0
    }

    /// How long a worker sleeps at most: the clock may be set meanwhile.
    private static let longestSleepSeconds = 1.0
    /// How long a worker waits after the database refused something.
    private static let pauseSeconds = 1.0

    /// - Parameters:
    ///   - makeMessageID: a new id of letters, digits, `-` and `_` each time, never one that was used in this database or
    ///     a copy of it.
    ///   - report: is told what keeps workers from working.
    ///   - atStep: for tests: called at each step of each worker; what it throws ends that worker.
    package init(
        store: CaliberStore, lease: WriterLease, routing: AlertRouting, sender: any AlertSending,
        policy: DeliveryPolicy = DeliveryPolicy(), clock: @escaping @Sendable () -> Timestamp,
        makeMessageID: @escaping @Sendable () -> String = { "msg_" + UUID().uuidString },
        report: @escaping @Sendable (Diagnostic) -> Void = { _ in },
        atStep: @escaping @Sendable (DeliveryStep) throws -> Void = { _ in }
    ) {
        settings = DeliverySettings(
            store: store, lease: lease, outbox: AlertOutbox(routing: routing), policy: policy, sender: sender,
            clock: clock, makeMessageID: makeMessageID, atStep: atStep)
        self.report = report
    }

    /// Makes up for what the last process did not live to record, and begins to deliver.
    ///
    /// - Throws: what the database says.
    package func start() throws {
        try recover()
        state.withLock { $0.runningCount = settings.outbox.routing.endpoints.count }
        for endpoint in settings.outbox.routing.endpoints {
            let thread = Thread { [self] in work(for: endpoint) }
            thread.name = "alerts \(endpoint.name)"
            thread.start()
        }
    }

    /// Has the workers look: to be called after each transaction in which something was raised, resolved or replayed.
    package func wake() {
        signal.lock()
        state.withLock { $0.wakeCount += 1 }
        signal.broadcast()
        signal.unlock()
    }

    /// Lets each worker finish what it is at, for at most so long.
    ///
    /// - Returns: whether all did. What one still tries will be tried again by the next process, under the same id.
    @discardableResult
    package func stop(waitingSeconds: Double) -> Bool {
        signal.lock()
        defer { signal.unlock() }
        state.withLock { $0.isStopping = true }
        signal.broadcast()
        let deadline = Date(timeIntervalSinceNow: waitingSeconds)
        while state.withLock({ $0.runningCount > 0 }) {
            guard signal.wait(until: deadline) else { return state.withLock { $0.runningCount == 0 } }
        }
        return true
    }

    /// How many workers are at work; less than there are endpoints after one has had to give up.
    public var workerCount: Int { state.withLock { $0.runningCount } }

    private func work(for endpoint: AlertEndpoint) {
        var delivery = EndpointDelivery(endpoint, settings: settings)
        while !state.withLock({ $0.isStopping }) {
            let wakeCount = state.withLock { $0.wakeCount }
            do {
                guard case .idle(let moment) = try delivery.takeTurn() else { continue }
                sleep(until: moment, unlessWokenSince: wakeCount)
            } catch let problem as StoreProblem {
                // Someone else has the right to write now, and delivers.
                report(problem.diagnostic)
                break
            } catch let error as DatabaseError {
                report(StoreProblem.failed(path: settings.store.path, message: "\(error)").diagnostic)
                sleep(seconds: AlertDispatcher.pauseSeconds, unlessWokenSince: nil)
            } catch {
                report(
                    Diagnostic("alert-worker-stopped", "Nothing more is sent to \(endpoint.name): \(error)."))
                break
            }
        }
        signal.lock()
        state.withLock { $0.runningCount -= 1 }
        signal.broadcast()
        signal.unlock()
    }

    private func sleep(until moment: Timestamp?, unlessWokenSince wakeCount: Int) {
        let now = settings.clock()
        let distance = moment.map { Double($0.microseconds - now.microseconds) / 1_000_000 }
        sleep(
            seconds: min(max(distance ?? .infinity, 0.001), AlertDispatcher.longestSleepSeconds),
            unlessWokenSince: wakeCount)
    }

    private func sleep(seconds: Double, unlessWokenSince wakeCount: Int?) {
        let deadline = Date(timeIntervalSinceNow: seconds)
        signal.lock()
        defer { signal.unlock() }
        while state.withLock({ !$0.isStopping && (wakeCount == nil || $0.wakeCount == wakeCount) }) {
            guard signal.wait(until: deadline) else { return }
        }
    }
}
