import CaliberEngine
import CaliberEventLog

/// What else is to be done after events have become durable and were scored: watches, alerts.
///
/// Everything is called on the writer's thread, under the right to write, and holds up the next commit. What it throws is
/// logged and counted, and keeps nothing else from going on.
public protocol CommitFollower: AnyObject {
    /// The right to write was taken: at the start, and again after it had to be given up.
    func began(_ intake: IntakeSession) throws

    /// The log has new events; scores of them, where there is a model, are in it as well.
    ///
    /// - Parameter position: the log's end.
    func followed(_ intake: IntakeSession, upTo position: LogPosition) throws

    /// Nothing happened for about a second: for what hangs on the clock.
    func passed(_ intake: IntakeSession) throws

    /// The right to write will be given back now, or is lost: the session is not to be held on to.
    func ends(_ intake: IntakeSession) throws
}

extension CommitFollower {
    public func began(_ intake: IntakeSession) throws {}
    public func passed(_ intake: IntakeSession) throws {}
    public func ends(_ intake: IntakeSession) throws {}
}
