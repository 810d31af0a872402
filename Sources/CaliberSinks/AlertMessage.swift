import CaliberCore

/// What one endpoint is told at once: a group of alerts, or the digest of what its budget held back.
public struct AlertMessage: Sendable, Codable, Equatable {
    public enum Kind: String, Sendable, Codable {
        /// Alerts of one group.
        case alerts
        /// Alerts of several groups that waited for the endpoint's budget.
        case digest
        /// Someone tries whether messages arrive.
        case test
        /// Caliber speaks of itself: an endpoint was turned off, a queue is full.
        case notice
    }

    /// The same at every try, so that a receiver can tell a repeat; letters, digits, `-` and `_` only.
    public let id: String
    public let kind: Kind
    /// The endpoint's name.
    public let endpoint: String
    /// Says which group of alerts this is: the same for each message about it.
    public let groupKey: String
    /// The labels that all alerts of the group share because they were grouped by them.
    public let groupLabels: [String: String]
    /// Worst first, at least one.
    public let alerts: [Alert]
    /// How many more alerts belong here than are listed.
    public let omittedCount: Int
    public let createdAt: Timestamp

    public init(
        id: String, kind: Kind, endpoint: String, groupKey: String, groupLabels: [String: String], alerts: [Alert],
        omittedCount: Int = 0, createdAt: Timestamp
    ) {
        self.id = id
        self.kind = kind
        self.endpoint = endpoint
        self.groupKey = groupKey
        self.groupLabels = groupLabels
        self.alerts = alerts
        self.omittedCount = omittedCount
        self.createdAt = createdAt
    }
}
