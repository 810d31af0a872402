/// A chunk that is durable.
struct CommittedChunk {
    let chunk: DecodedChunk
    let result: IntakeCommit.Result
    /// The log's end after it.
    let end: LogPosition
}

/// Commits chunks on a thread of its own, so that the next one is on its way to the disk while the caller folds the last.
final class CommitStage {
    private let committed = Handoff<CommittedChunk>(depth: EventLogLimits.handoffDepth)
    private let pipeline: IntakePipeline
    private let stage: Stage

    /// - Parameter commit: makes a chunk durable.
    init(_ pipeline: IntakePipeline, commit: @escaping @Sendable (DecodedChunk) throws -> CommittedChunk) {
        self.pipeline = pipeline
        let committed = committed
        stage = Stage(named: "intake-commit") {
            do {
                while let chunk = try pipeline.next() {
                    guard committed.send(try commit(chunk)) else { return }
                }
                committed.finish()
            } catch {
                committed.finish(error)
            }
        }
    }

    /// The next chunk in the input's order; nil after the last.
    func next() throws -> CommittedChunk? { try committed.receive() }

    /// Ends the thread after the commit that is underway. To be called once.
    func stop() {
        pipeline.hangUp()
        committed.hangUp()
        stage.join()
    }
}
