import CaliberEventLog

extension EventLog: EventReplaying {
    package func replayEvents(after position: LogPosition, _ body: ([EventBatch], LogPosition) throws -> Void) throws {
        _ = try replay(after: position, body)
    }
}
