import CaliberCore
import CaliberDictionary
import CaliberEventLog
import CaliberTables

extension Engine {
    /// Takes in inputs one after the other and folds what was accepted into the wide tables.
    ///
    /// What was counted by a progress call is durable. After an error or a crash, the same inputs can be taken in again:
    /// what is there already counts as duplicate.
    ///
    /// - Parameters:
    ///   - eventsPerCommit: makes events durable and folds them as soon as so many are there, for inputs that come live;
    ///     nil takes them in larger steps.
    ///   - progress: called after each durable step.
    public func ingest(
        _ inputs: [EventInput], eventsPerCommit: Int? = nil,
        progress: (EventInput, IntakeProgress) -> Void = { _, _ in }
    ) throws -> IngestOutcome {
        let intake = try openIntake()
        let outcome = try intake.ingest(inputs, eventsPerCommit: eventsPerCommit, progress: progress)
        // Processes to come then find the tables as they are, and replay nothing.
        try intake.checkpoint()
        return outcome
    }

    /// Says what would become of inputs, and writes nothing.
    ///
    /// Each input is looked at alone: an event that is in two of them counts as new in both.
    public func rehearse(
        _ inputs: [EventInput], progress: (EventInput, IntakeProgress) -> Void = { _, _ in }
    ) throws -> IngestOutcome {
        var outcome = IngestOutcome(isDryRun: true)
        for input in inputs {
            let report = try log.rehearse(input, now: now, progress: { progress(input, $0) })
            outcome.inputs.append(IngestOutcome.Input(origin: input.origin, report: report))
        }
        return outcome
    }
}

/// What became of everything that was taken in.
public struct IngestOutcome: Sendable {
    public struct Input: Sendable {
        public let origin: String
        public let report: IntakeReport
    }

    public let isDryRun: Bool
    public internal(set) var inputs: [Input] = []
    /// Tables that were folded anew because their definition changed or their stored rows were damaged.
    public internal(set) var rebuiltTables: [String] = []
    public internal(set) var tableRowCounts: [(table: String, rowCount: Int)] = []
    var folds = FoldAccount()

    /// Accepted events that lack the key of a table they fold into.
    public var keyMissingCount: Int { folds.keyMissing }

    init(isDryRun: Bool) {
        self.isDryRun = isDryRun
    }

    /// The account of all inputs together.
    public var account: IntakeAccount {
        var total = IntakeAccount()
        for input in inputs { total += input.report.account }
        return total
    }

    public var byteCount: Int64 { inputs.reduce(0) { $0 + $1.report.byteCount } }

    /// What was refused, most frequent first.
    public var violations: [(kind: ViolationKind, count: Int64, firstLocation: SourceLocation)] {
        var counts: [ViolationKind: (count: Int64, firstLocation: SourceLocation)] = [:]
        for input in inputs {
            for (kind, violation) in input.report.violations {
                counts[kind, default: (0, violation.firstLocation)].count += violation.count
            }
        }
        return counts.map { ($0.key, $0.value.count, $0.value.firstLocation) }
            .sorted { ($1.count, $0.kind) < ($0.count, $1.kind) }
    }

    /// Types that no contract declares, most frequent first.
    public var parkedTypes: [(type: String, count: Int64)] {
        var counts: [String: Int64] = [:]
        for input in inputs { counts.merge(input.report.parkedByType, uniquingKeysWith: +) }
        return counts.map { ($0.key, $0.value) }.sorted { ($1.count, $0.type) < ($0.count, $1.type) }
    }
}
