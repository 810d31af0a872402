import CaliberAlerts
import CaliberCore
import CaliberEventLog

/// What someone who keeps Caliber running wants to know at a glance. Read from the file, so that it can also be had when
/// the service does not answer; the service says the same, and how it is itself.
public struct OperatingStatus: Sendable {
    public let at: Timestamp
    public let files: Files
    /// nil in a database that nobody ever wrote to.
    public let writer: Writer?
    /// Events in the log, scores included.
    public let position: LogPosition
    /// When the log's last event came; nil of an empty log.
    public let lastReceivedAt: Timestamp?
    public let account: IntakeAccount
    public let quarantine: Quarantine
    public let tables: [Table]
    public let scoring: Scoring
    public let watches: [Watch]
    /// Review tickets that are open.
    public let openReviewCount: Int
    public let alerts: AlertAccount
    /// Endpoints that rest, are turned off, or failed when they were last tried.
    public let endpoints: [Endpoint]
    /// How the service is that was asked; nil when the file was read.
    public var service: Service?

    public struct Files: Sendable {
        public let databasePath: String
        public let databaseByteCount: Int64
        public let writeAheadLogByteCount: Int64
        /// What is free where the database is; nil where the system doesn't say.
        public let freeByteCount: Int64?
    }

    public struct Writer: Sendable {
        /// Whether a living process has the right to write now; else the rest is about the last one that had it.
        public let isWriting: Bool
        public let holder: String
        public let fencingToken: Int64
        /// nil where an earlier version let it in.
        public let since: Timestamp?
        /// When it last wrote, or said that it lives.
        public let confirmedAt: Timestamp
    }

    public struct Quarantine: Sendable {
        public let openCount: Int64
        public let dismissedCount: Int64
        public let parkedCount: Int64
    }

    /// A wide table as the last checkpoint left it. What came since is in the log, and folded again at the next opening.
    public struct Table: Sendable {
        public let name: String
        public let rowCount: Int64
        public let segmentCount: Int64
        public let position: LogPosition
        public let behindCount: Int64
        /// When the last event came that the checkpoint stands for; nil before the first.
        public let storedUpTo: Timestamp?
    }

    public struct Scoring: Sendable {
        /// Where the last score stands in the log; nil where there is none, or none among the last runs of intake.
        public let lastPosition: LogPosition?
        public let lastScoredAt: Timestamp?
        /// Events after it: what is not scored yet, and what has no moment to be scored.
        public let eventsSinceCount: Int64?
        /// Features put away, by model.
        public let models: [Model]
    }

    public struct Model: Sendable {
        public let name: String
        public let putAwayPosition: LogPosition
        /// Events that a restart goes through again.
        public let eventsSinceCount: Int64
    }

    public struct Watch: Sendable {
        public let name: String
        public let openCount: Int64
        public let lastLookAt: Timestamp?
    }

    public struct Endpoint: Sendable {
        public let name: String
        public let failureCount: Int
        public let failingSince: Timestamp?
        public let restsUntil: Timestamp?
        public let disabledAt: Timestamp?
        public let disabledReason: String?
    }

    public struct Service: Sendable {
        /// Why events would not be taken now; empty when they would.
        public let reasons: [String]
        public let uptimeSeconds: Int64
        public let queueByteCount: Int64
        public let queueRequestCount: Int64
        public let waitingQueryCount: Int64

        public init(
            reasons: [String], uptimeSeconds: Int64, queueByteCount: Int64, queueRequestCount: Int64,
            waitingQueryCount: Int64
        ) {
            self.reasons = reasons
            self.uptimeSeconds = uptimeSeconds
            self.queueByteCount = queueByteCount
            self.queueRequestCount = queueRequestCount
            self.waitingQueryCount = waitingQueryCount
        }
    }
}
