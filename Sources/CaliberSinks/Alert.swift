import CaliberCore

/// How bad it is, mildest first.
public enum AlertSeverity: String, Sendable, Codable, CaseIterable, Comparable {
    case info
    case warning
    case critical

    public static func < (left: AlertSeverity, right: AlertSeverity) -> Bool {
        allCases.firstIndex(of: left)! < allCases.firstIndex(of: right)!
    }
}

/// Whether what an alert speaks of still holds.
public enum AlertStatus: String, Sendable, Codable {
    case firing
    case resolved
}

/// One thing that a watch found, for people: what, how bad, since when, why, and what to do.
public struct Alert: Sendable, Codable, Equatable {
    /// A value that shows that it is so, ready to be read: `("health", "41.20")`.
    public struct Fact: Sendable, Codable, Equatable {
        public let name: String
        public let value: String

        public init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    /// The same for every word ever said about this alert, its end included; letters, digits, `-` and `_` only.
    public let id: String
    /// The watch that found it.
    public let watch: String
    public let severity: AlertSeverity
    public let status: AlertStatus
    /// One line.
    public let title: String
    /// A sentence or two.
    public let summary: String
    /// The named cause that explains it, where one does.
    public let cause: String?
    /// What to do, most useful first.
    public let advice: [String]
    /// What routes, groups, silences and inhibitions go by: `channel`, `order_id`, ….
    public let labels: [String: String]
    public let facts: [Fact]
    public let startsAt: Timestamp
    /// When it was over; nil while it fires.
    public let endsAt: Timestamp?
    /// A page about it.
    public let link: String?

    public init(
        id: String, watch: String, severity: AlertSeverity, status: AlertStatus = .firing, title: String,
        summary: String, cause: String? = nil, advice: [String] = [], labels: [String: String] = [:],
        facts: [Fact] = [], startsAt: Timestamp, endsAt: Timestamp? = nil, link: String? = nil
    ) {
        self.id = id
        self.watch = watch
        self.severity = severity
        self.status = status
        self.title = title
        self.summary = summary
        self.cause = cause
        self.advice = advice
        self.labels = labels
        self.facts = facts
        self.startsAt = startsAt
        self.endsAt = endsAt
        self.link = link
    }
}
