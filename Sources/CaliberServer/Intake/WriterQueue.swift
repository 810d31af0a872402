import CaliberEngine
import CaliberEventLog
import Foundation

/// Events of one request that wait to become durable.
struct WaitingIntake: Sendable {
    let lines: EventLines
    /// As quarantine names the sender.
    let origin: String
    /// Held until the events are durable.
    let share: IntakeBudget.Share
    let arrived = ContinuousClock.now
    let answer: CheckedContinuation<IntakeAnswer, Never>
}

/// What became of one request's events.
enum IntakeAnswer: Sendable {
    case taken(SectionReport, LogPosition)
    case failed(any Error)
    /// The service ends, and takes nothing more.
    case closing
}

/// Someone who wants the tables as they are now.
struct WaitingReader: Sendable {
    let answer: CheckedContinuation<Result<FrozenTables, any Error>, Never>
}

/// What the writer's thread is asked to do. Many threads put in, the writer takes out.
final class WriterQueue: @unchecked Sendable {
    // Safe to share: everything that changes is touched only while the condition's lock is held.
    struct Work {
        var intakes: [WaitingIntake] = []
        var readers: [WaitingReader] = []
        var isClosing = false
    }

    private let condition = NSCondition()
    private var intakes: [WaitingIntake] = []
    private var readers: [WaitingReader] = []
    private var isClosing = false
    private var isClosed = false

    func add(_ intake: WaitingIntake) {
        let isRefused = condition.withLock {
            guard !isClosing else { return true }
            intakes.append(intake)
            condition.signal()
            return false
        }
        if isRefused { intake.answer.resume(returning: .closing) }
    }

    func add(_ reader: WaitingReader) {
        let isRefused = condition.withLock {
            guard !isClosed else { return true }
            readers.append(reader)
            condition.signal()
            return false
        }
        if isRefused { reader.answer.resume(returning: .failure(CancellationError())) }
    }

    /// Takes nothing more; what waits is still done.
    func close() {
        condition.withLock {
            isClosing = true
            condition.signal()
        }
    }

    /// Says that nobody takes anything out any more; gives what was left.
    func end() -> Work {
        condition.withLock {
            (isClosing, isClosed) = (true, true)
            let rest = Work(intakes: intakes, readers: readers, isClosing: true)
            (intakes, readers) = ([], [])
            return rest
        }
    }

    /// The requests that have waited longest, of so many bytes together, or one that is larger.
    ///
    /// - Parameter waitSeconds: how long to wait for something to do.
    func take(byteLimit: Int, waitSeconds: Double) -> Work {
        condition.withLock {
            if intakes.isEmpty, readers.isEmpty, !isClosing, waitSeconds > 0 {
                _ = condition.wait(until: Date(timeIntervalSinceNow: waitSeconds))
            }
            var work = Work(readers: readers, isClosing: isClosing)
            readers = []
            var (byteCount, count) = (0, 0)
            while count < intakes.count {
                byteCount += intakes[count].lines.bytes.count
                if byteCount > byteLimit, count > 0 { break }
                count += 1
            }
            work.intakes = Array(intakes[..<count])
            intakes.removeFirst(count)
            return work
        }
    }
}
