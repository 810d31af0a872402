import CaliberChecks
import CaliberCore
import CaliberDictionary

/// What a watch found, ready to be read.
public struct WatchFinding: Sendable, Codable, Equatable {
    public struct Fact: Sendable, Codable, Equatable {
        public let name: String
        public let value: String
    }

    public let watch: String
    public let severity: String
    /// The row's key; of a streak the value of its group, empty where it has none.
    public let subject: String
    public let openedAt: Timestamp
    /// nil while it is so.
    public internal(set) var closedAt: Timestamp?
    public let title: String
    public let summary: String?
    public let cause: String?
    public let advice: [String]
    public let labels: [String: String]
    public let facts: [Fact]
    /// What others act on while it fires.
    public let signal: String?

    init(_ finding: Finding) {
        watch = finding.watch.name
        severity = finding.watch.severity.rawValue
        subject = finding.subject
        openedAt = finding.openedAt
        closedAt = finding.closedAt
        title = finding.title
        summary = finding.summary
        cause = finding.cause
        advice = finding.advice
        labels = finding.labels
        facts = finding.facts.map { Fact(name: $0.name, value: $0.value) }
        signal = finding.watch.signal
    }
}
