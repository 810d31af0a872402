import CaliberCore
import CaliberEngine
import CaliberEventLog
import CaliberScoring
import CoreMetrics
import Foundation
import Logging
import Synchronization

/// The one thread that writes: takes the requests that wait, makes their events durable together, answers, scores.
///
/// Where writing fails the events of those requests are not acknowledged, the right to write is given back, and taken
/// again when the next request comes or the time for it has come: what was cut off is as after a crash.
final class IntakeWriter: @unchecked Sendable {
    // Safe to share: what the thread works with is its own from `start` on; others reach the queue, the budget and the
    // state, each of which locks for itself.
    enum State: Sendable, Equatable {
        case ready
        /// Writing failed; why, in words.
        case failing(String)
        case closed
    }

    let queue = WriterQueue()
    let budget: IntakeBudget
    private let engine: Engine
    private let configuration: ServiceConfiguration
    private let measures: ServiceMeasures
    private let logger: Logger
    private let follower: (any CommitFollower)?
    private let published: PublishedTables
    private let publicState = Mutex(State.ready)
    private let ended = DispatchSemaphore(value: 0)

    // Of the thread alone.
    private var intake: IntakeSession?
    private var scores: ChampionScores?
    private var unscoredSince: ContinuousClock.Instant?
    private var unscoredCount: Int64 = 0
    private var lastWrite = ContinuousClock.now
    private var lastTry = ContinuousClock.now
    private var lookedForModels = ContinuousClock.now

    /// Requests are made durable together up to so many bytes; well below what intake cuts inputs into.
    static let groupByteCount = 4 << 20
    /// So many events are not kept waiting for scores: the next commit waits for the pass over them.
    static let scoredTogether: Int64 = 65_536
    /// Clients that send one request after the other have sent the next by then.
    static let quietSeconds = 0.005
    /// Well below the length of the lease.
    static let heartbeat = Duration.seconds(8)
    /// After writing failed, how long requests are refused before the next try.
    static let retryPause = Duration.seconds(1)

    /// How often it is looked whether another model decides.
    static let modelInterval = Duration.seconds(2)

    /// After a model failed, how long its scores are left for later.
    static let scoringPause = Duration.seconds(60)

    /// Takes the right to write.
    ///
    /// - Throws: `StoreProblem.leaseHeld` beside another writer.
    init(
        _ engine: Engine, configuration: ServiceConfiguration, measures: ServiceMeasures, logger: Logger,
        follower: (any CommitFollower)?
    ) throws {
        self.engine = engine
        self.configuration = configuration
        self.measures = measures
        self.logger = logger
        self.follower = follower
        budget = IntakeBudget(
            byteLimit: configuration.queueByteLimit, requestLimit: configuration.queueRequestLimit)
        published = PublishedTables()
        try open()
    }

    var state: State { publicState.withLock { $0 } }

    /// Lets the thread begin.
    func start() {
        let thread = Thread { [self] in run() }
        thread.name = "caliber-writer"
        thread.stackSize = 8 << 20
        thread.start()
    }

    /// Takes nothing more, and returns when everything that waits is durable, scored and put away.
    func finish() async {
        queue.close()
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async { [ended] in
                ended.wait()
                continuation.resume()
            }
        }
    }

    /// The tables with every event that was acknowledged before this call.
    func tables() async throws -> FrozenTables {
        if let tables = published.current() { return tables }
        return try await withCheckedContinuation { queue.add(WaitingReader(answer: $0)) }.get()
    }

    // MARK: - The thread

    private func run() {
        while true {
            let work = queue.take(byteLimit: IntakeWriter.groupByteCount, waitSeconds: patienceSeconds)
            if !work.intakes.isEmpty { take(work.intakes) }
            for reader in work.readers { reader.answer.resume(returning: Result { try freeze() }) }
            scoreIfDue(isBusy: !work.intakes.isEmpty)
            if work.intakes.isEmpty {
                if work.isClosing { break }
                rest()
            }
        }
        close()
        let rest = queue.end()
        for intake in rest.intakes { intake.answer.resume(returning: .closing) }
        for reader in rest.readers { reader.answer.resume(returning: .failure(CancellationError())) }
        publicState.withLock { $0 = .closed }
        ended.signal()
    }

    /// How long to wait for requests: while scores are due, only for those that come at once.
    private var patienceSeconds: Double { unscoredSince == nil ? 1 : IntakeWriter.quietSeconds }

    private func take(_ intakes: [WaitingIntake]) {
        guard let session = openedAgain() else {
            let state = state
            for intake in intakes { intake.answer.resume(returning: .failed(WriterProblem.notWriting(state))) }
            return
        }
        let start = ContinuousClock.now
        do {
            let outcome = try session.ingest([group(intakes)])
            guard let report = outcome.inputs.first?.report, report.sections.count == intakes.count else {
                throw WriterProblem.accountMissing
            }
            lastWrite = .now
            measures.note(report, seconds: start.duration(to: lastWrite) / .seconds(1), requests: intakes.count)
            published.moved(to: try published.isWanted ? session.freeze() : nil)
            for (intake, section) in zip(intakes, report.sections) {
                intake.answer.resume(returning: .taken(section, report.position))
            }
            if report.account.accepted > 0 {
                unscoredSince = unscoredSince ?? .now
                unscoredCount += report.account.accepted
            }
        } catch {
            fail(error)
            for intake in intakes { intake.answer.resume(returning: .failed(error)) }
        }
    }

    private func group(_ intakes: [WaitingIntake]) -> EventInput {
        var sections: [InputSection] = []
        var lineCount: Int64 = 0
        var bytes: [UInt8] = []
        if intakes.count == 1 {
            bytes = intakes[0].lines.bytes
        } else {
            bytes.reserveCapacity(intakes.reduce(0) { $0 + $1.lines.bytes.count })
            for intake in intakes { bytes.append(contentsOf: intake.lines.bytes) }
        }
        for intake in intakes {
            sections.append(InputSection(origin: intake.origin, linesBefore: lineCount))
            lineCount += intake.lines.lineCount
        }
        return .lines(bytes, origin: "http", sections: sections)
    }

    private func freeze() throws -> FrozenTables {
        guard let session = openedAgain() else { throw WriterProblem.notWriting(state) }
        let tables = try session.freeze()
        published.moved(to: tables)
        return tables
    }

    /// Scores as soon as nothing comes for a moment, and under load when the oldest has waited for long enough: a pass over
    /// many events costs little more than one over few.
    private func scoreIfDue(isBusy: Bool) {
        guard let since = unscoredSince, let intake else { return }
        let waited = ContinuousClock.now - since
        guard
            !isBusy || waited >= .milliseconds(configuration.scores.lagMilliseconds)
                || unscoredCount >= IntakeWriter.scoredTogether
        else { return }
        if let scores {
            scores.advance()
            published.moved(to: published.isWanted ? try? intake.freeze() : nil)
        }
        measures.scoreLagSeconds.record(since.duration(to: .now) / .seconds(1))
        (unscoredSince, unscoredCount) = (nil, 0)
        lastWrite = .now
        takeVerdicts(intake)
        follow { try $0.followed(intake, upTo: try self.engine.position) }
        tendScores(intake)
    }

    /// What is done while nothing comes in.
    private func rest() {
        if intake == nil { _ = openedAgain() }
        guard let intake else { return }
        takeVerdicts(intake)
        follow { try $0.passed(intake) }
        tendScores(intake)
        guard ContinuousClock.now - lastWrite > IntakeWriter.heartbeat else { return }
        do {
            try intake.prolong()
            lastWrite = .now
        } catch {
            fail(error)
        }
    }

    /// What has its time whether events come in or not: a service that is never idle must not wait for that.
    private func tendScores(_ intake: IntakeSession) {
        scores?.putAwayIfDue(minutes: configuration.scores.putAwayMinutes)
        if let failed = scores?.failedAt, ContinuousClock.now - failed > IntakeWriter.scoringPause {
            openScores(intake)
        }
        followPromotion(intake)
    }

    /// A model that was promoted, or rolled back, decides from now on.
    private func followPromotion(_ intake: IntakeSession) {
        guard configuration.scores.isEnabled, ContinuousClock.now - lookedForModels > IntakeWriter.modelInterval,
            unscoredSince == nil
        else { return }
        lookedForModels = .now
        guard let current = scores, current.isOutdated else { return }
        current.putAway()
        openScores(intake)
        logger.notice("models changed", metadata: ["deciding": "\(scores?.models ?? [])"])
    }

    /// What reviewers have said becomes events as any other.
    private func takeVerdicts(_ intake: IntakeSession) {
        do {
            let count = try intake.takeVerdicts()
            guard count > 0 else { return }
            published.moved(to: published.isWanted ? try intake.freeze() : nil)
            unscoredSince = unscoredSince ?? .now
        } catch {
            measures.followerFailures.increment()
            tell("verdicts could not be taken in", error)
        }
    }

    private func follow(_ body: (any CommitFollower) throws -> Void) {
        guard let follower else { return }
        do {
            try body(follower)
        } catch {
            measures.followerFailures.increment()
            tell("what follows commits failed", error)
        }
    }

    // MARK: - The right to write

    private func open() throws {
        let session = try engine.openIntake()
        intake = session
        openScores(session)
        lastWrite = .now
        publicState.withLock { $0 = .ready }
        measures.isWriting.record(1)
        follow { try $0.began(session) }
    }

    private func openScores(_ session: IntakeSession) {
        guard configuration.scores.isEnabled else { return }
        scores = ChampionScores(
            session, dictionary: engine.dictionary,
            registry: ModelRegistry(folder: URL(fileURLWithPath: configuration.modelsFolder)), measures: measures,
            tell: { [measures, logger] model, error in
                measures.scoringFailures.increment()
                IntakeWriter.tell(logger, "no scores by \(model)", error)
            })
        // What a crash, or a time without scores, has left over.
        unscoredSince = .now
    }

    private func openedAgain() -> IntakeSession? {
        if let intake { return intake }
        guard ContinuousClock.now - lastTry >= IntakeWriter.retryPause else { return nil }
        lastTry = .now
        do {
            try open()
            logger.notice("writing again")
        } catch {
            publicState.withLock { $0 = .failing(IntakeWriter.words(error)) }
        }
        return intake
    }

    private func fail(_ error: any Error) {
        tell("writing failed", error)
        measures.writeFailures.increment()
        measures.isWriting.record(0)
        published.moved(to: nil)
        // Nobody may hold on to the session: it holds the lock that the next one needs.
        if let intake { follow { try $0.ends(intake) } }
        (scores, intake) = (nil, nil)
        lastTry = .now
        publicState.withLock { $0 = .failing(IntakeWriter.words(error)) }
    }

    private func close() {
        guard let intake else { return }
        if unscoredSince != nil { scores?.advance() }
        scores?.putAway()
        follow { try $0.followed(intake, upTo: try self.engine.position) }
        follow { try $0.ends(intake) }
        do {
            try intake.checkpoint()
        } catch {
            // The log has everything; the next opening folds what the file lacks.
            tell("the last checkpoint failed", error)
        }
        published.moved(to: nil)
        (self.scores, self.intake) = (nil, nil)
    }

    private static func words(_ error: any Error) -> String {
        Diagnostic.describing(error).map(\.message).joined(separator: " ")
    }

    private func tell(_ what: String, _ error: any Error) { IntakeWriter.tell(logger, what, error) }

    private static func tell(_ logger: Logger, _ what: String, _ error: any Error) {
        for diagnostic in Diagnostic.describing(error) {
            logger.error("\(what)", metadata: ["code": "\(diagnostic.code)", "reason": "\(diagnostic.message)"])
        }
    }
}

/// Why the writer did not do what it was asked.
enum WriterProblem: Error {
    case notWriting(IntakeWriter.State)
    case accountMissing

    var diagnostic: Diagnostic {
        switch self {
        case .notWriting(.failing(let reason)):
            Diagnostic("not-writing", "Nothing can be written now: \(reason)", remedy: "Send the events again later.")
        case .notWriting, .accountMissing:
            Diagnostic("not-writing", "Nothing can be written now.", remedy: "Send the events again later.")
        }
    }
}

/// The tables as queries see them: with every event that was acknowledged.
final class PublishedTables: Sendable {
    private struct State {
        var tables: FrozenTables?
        var wantedAt: ContinuousClock.Instant?
    }

    private let state = Mutex(State())
    /// After a query, tables are frozen with every commit for so long, so that the next one does not wait for that.
    private static let interest = Duration.seconds(2)

    /// nil when the tables have moved on.
    func current() -> FrozenTables? {
        state.withLock { state in
            state.wantedAt = .now
            return state.tables
        }
    }

    var isWanted: Bool {
        state.withLock { state in state.wantedAt.map { ContinuousClock.now - $0 < PublishedTables.interest } ?? false }
    }

    /// - Parameter tables: nil when nobody froze them.
    func moved(to tables: FrozenTables?) {
        // What is let go of may hold the file's state: not under the lock.
        let old = state.withLock { state in
            defer { state.tables = tables }
            return state.tables
        }
        withExtendedLifetime(old) {}
    }
}
