import CaliberAlerts
import CaliberCore
import GRDB

/// Alerts on their way to their endpoints, each endpoint on a thread of its own, until `stop`.
public final class AlertDelivery: Sendable {
    private let dispatcher: AlertDispatcher
    private let senders: EndpointSenders

    init(_ intake: IntakeSession, report: @escaping @Sendable (Diagnostic) -> Void) throws {
        let setup = intake.engine.settings.alerts
        senders = try EndpointSenders(setup)
        dispatcher = AlertDispatcher(
            store: intake.engine.store, lease: intake.lease, routing: setup.routing, sender: senders,
            clock: intake.engine.now, report: report)
        try dispatcher.start()
    }

    /// Has what was just found told at once; otherwise that is seen within a second.
    public func wake() { dispatcher.wake() }

    /// Endpoints that are worked for; fewer than declared after one had to give up.
    public var workerCount: Int { dispatcher.workerCount }

    /// Ends the tries under way, at most a few seconds later; what did not arrive is tried again by the next process.
    public func stop() {
        if dispatcher.stop(waitingSeconds: AlertDelivery.patienceSeconds) { return }
        senders.stop()
        dispatcher.stop(waitingSeconds: AlertDelivery.calledOffSeconds)
    }

    private static let patienceSeconds = 2.0
    private static let calledOffSeconds = 3.0
}

extension IntakeSession {
    /// Delivers what is owed, under this session's right to write.
    ///
    /// - Parameter report: is told, on any thread, what keeps messages from being sent.
    public func deliverAlerts(report: @escaping @Sendable (Diagnostic) -> Void) throws -> AlertDelivery {
        try AlertDelivery(self, report: report)
    }

    /// Lets go of some alerts that were over long ago; the account goes on counting them.
    ///
    /// - Returns: whether there may be more of them.
    public func forgetOldAlerts() throws -> Bool {
        let before = engine.now().microseconds - engine.settings.alerts.keptMicroseconds
        var forgotten = 0
        try write { database in
            forgotten = try AlertRetention.forget(
                before: Timestamp(microseconds: before), limit: IntakeSession.alertsForgottenTogether, in: database
            ).alertCount
        }
        return forgotten == IntakeSession.alertsForgottenTogether
    }

    /// Few enough not to hold up the writer.
    private static let alertsForgottenTogether = 500
}
