import CaliberEventLog

/// A log that gives its accepted events again, in its own order.
package protocol EventReplaying {
    /// Hands all events after a position to `body`, some batches at a time, each time with the position they end at.
    func replayEvents(after position: LogPosition, _ body: ([EventBatch], LogPosition) throws -> Void) throws
}
