import CaliberStore
import Dispatch
import Foundation
import Synchronization

/// One checkpoint of all tables, on whichever thread writes it.
struct CheckpointWriting: Sendable {
    let store: CaliberStore
    let lease: WriterLease
    let lastSegmentID: Int64
    let images: [TableImage]

    struct Outcome: Sendable {
        let report: CheckpointReport
        let identities: [TableIdentity]
    }

    /// Writes the images in one transaction, and encodes on the way.
    func run() throws -> Outcome { try run(encoded: images.map { _ in nil }) }

    /// Encodes first, so that others can write until then.
    func runAside() throws -> Outcome { try run(encoded: images.map { $0.encoded() }) }

    private func run(encoded: [[EncodedJob]?]) throws -> Outcome {
        try store.write(lease) { database in
            var report = CheckpointReport()
            try StoredTable.keepSegmentIDs(upTo: lastSegmentID, in: database)
            let identities = try zip(images, encoded).map { image, encoded in
                try image.write(encoded, to: database, report: &report)
            }
            return Outcome(report: report, identities: identities)
        }
    }
}

/// A checkpoint that a thread of its own writes.
final class CheckpointAside: Sendable {
    /// Without their lanes, which only the writing holds on to.
    let images: [TableImage]
    private let outcome = Outcome()

    private final class Outcome: Sendable {
        let result = Mutex<Result<CheckpointWriting.Outcome, any Error>?>(nil)
        let isThere = DispatchSemaphore(value: 0)
    }

    init(_ writing: CheckpointWriting) {
        images = writing.images.map { $0.withoutSegments() }
        let (outcome, store) = (outcome, writing.store)
        let task = Mutex<CheckpointWriting?>(writing)
        let thread = Thread {
            // Taken out, so that lanes are let go of as soon as they are written.
            let result = task.withLock { $0.take() }.map { writing in Result { try writing.runAside() } }
            outcome.result.withLock { $0 = result }
            outcome.isThere.signal()
            // Moves what was written where it belongs, so that no batch of events has to wait for that.
            if case .success = result { store.foldLongWriteAheadLogAside() }
        }
        thread.name = "checkpoint"
        thread.start()
    }

    /// What became of it; nil while it is underway.
    func result(waits: Bool) -> Result<CheckpointWriting.Outcome, any Error>? {
        if waits {
            outcome.isThere.wait()
            // Whoever asks next needn't wait.
            outcome.isThere.signal()
        }
        return outcome.result.withLock { $0 }
    }
}
