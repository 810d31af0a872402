import CaliberCore

/// A watch: what somebody wants to be told of, as soon as it is so.
public struct WatchDefinition: Hashable, Sendable {
    public let name: String
    public let description: String?
    public let owner: String
    public let table: String
    public let severity: Severity
    /// What is watched for: over stored columns, and `now`.
    public let condition: TypedExpression
    /// When it is over; nil where it is as soon as the condition does not hold.
    public let end: TypedExpression?
    /// nil: each row by itself.
    public let streak: Streak?
    public let schedule: Schedule
    /// After an end, nothing new of the same row or group for so long, microseconds.
    public let coolDown: Int64
    /// Columns whose values go with the finding: what routes, groups and silences go by.
    public let labels: [String]
    /// Columns that show that it is so.
    public let facts: [String]
    public let title: FilledText
    public let summary: FilledText?
    public let advice: [String]
    /// In order: the first that holds is the finding's cause.
    public let causes: [Cause]
    /// Whether each finding opens a ticket for a person to decide.
    public let opensTicket: Bool
    /// What others act on while it fires: `pause_channel`.
    public let signal: String?
    public let location: SourceLocation

    public enum Severity: String, Hashable, Sendable, CaseIterable {
        case info
        case warning
        case critical
    }

    /// When it is looked.
    public enum Schedule: Hashable, Sendable {
        /// Whenever rows have changed.
        case onChange
        /// Every so many microseconds.
        case every(Int64)
    }

    /// So many rows in a row, in the order of a timestamp.
    public struct Streak: Hashable, Sendable {
        public let length: Int
        /// The column whose values have a streak each; nil: one of all rows.
        public let group: String?
        public let order: String
        /// So many rows in a row for which it is over end it.
        public let endLength: Int

        public init(length: Int, group: String?, order: String, endLength: Int) {
            self.length = length
            self.group = group
            self.order = order
            self.endLength = endLength
        }
    }

    /// Why it may be so.
    public struct Cause: Hashable, Sendable {
        public let name: String
        public let condition: TypedExpression
        public let facts: [String]
        public let advice: [String]

        public init(name: String, condition: TypedExpression, facts: [String], advice: [String]) {
            self.name = name
            self.condition = condition
            self.facts = facts
            self.advice = advice
        }
    }

    public init(
        name: String, description: String?, owner: String, table: String, severity: Severity,
        condition: TypedExpression, end: TypedExpression?, streak: Streak?, schedule: Schedule, coolDown: Int64,
        labels: [String], facts: [String], title: FilledText, summary: FilledText?, advice: [String],
        causes: [Cause], opensTicket: Bool, signal: String?, location: SourceLocation
    ) {
        self.name = name
        self.description = description
        self.owner = owner
        self.table = table
        self.severity = severity
        self.condition = condition
        self.end = end
        self.streak = streak
        self.schedule = schedule
        self.coolDown = coolDown
        self.labels = labels
        self.facts = facts
        self.title = title
        self.summary = summary
        self.advice = advice
        self.causes = causes
        self.opensTicket = opensTicket
        self.signal = signal
        self.location = location
    }

    /// Whether the passing of time alone can change what it says.
    public var dependsOnNow: Bool {
        ([condition, end].compactMap { $0 } + causes.map(\.condition)).contains { expression in
            expression.references.contains(WatchDefinition.now)
        }
    }

    /// The moment of the look, among the columns.
    public static let now = ColumnReference(name: "now")
}

/// A text with columns in braces: `Order {order_id} waits`.
public struct FilledText: Hashable, Sendable {
    public enum Part: Hashable, Sendable {
        case text(String)
        case column(String)
    }

    public let parts: [Part]

    public init(parts: [Part]) {
        self.parts = parts
    }

    public var columns: [String] {
        parts.compactMap { part in
            guard case .column(let name) = part else { return nil }
            return name
        }
    }

    /// - Parameter value: of a column, ready to be read.
    public func text(_ value: (String) -> String) -> String {
        parts.map { part in
            switch part {
            case .text(let text): text
            case .column(let name): value(name)
            }
        }.joined()
    }
}
