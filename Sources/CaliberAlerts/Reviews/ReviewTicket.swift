import CaliberCore

/// Why an order is to be looked at: what a watch found.
public struct ReviewFinding: Sendable, Codable, Equatable {
    /// What lowers an order's health, and by how many points.
    public struct Reason: Sendable, Codable, Equatable {
        public let name: String
        public let value: String
        public let points: String

        public init(name: String, value: String, points: String) {
            self.name = name
            self.value = value
            self.points = points
        }
    }

    public let orderID: String
    public let watch: String
    public let channel: String?
    /// Health in hundredths of a point, lower is worse.
    public let healthHundredths: Int
    /// Strongest first.
    public let reasons: [Reason]
    /// What to do, most useful first.
    public let advice: [String]
    /// The score's own words as JSON, which reasons are read from when someone looks.
    public let explanation: String?

    public init(
        orderID: String, watch: String, channel: String? = nil, healthHundredths: Int, reasons: [Reason] = [],
        advice: [String] = [], explanation: String? = nil
    ) {
        self.explanation = explanation
        self.orderID = orderID
        self.watch = watch
        self.channel = channel
        self.healthHundredths = healthHundredths
        self.reasons = reasons
        self.advice = advice
    }
}

/// What a reviewer says of an order.
public enum ReviewVerdict: String, Sendable, Codable, CaseIterable {
    case good
    case bad
    case unclear

    /// - Throws: `AlertProblem.unknownVerdict`.
    public init(parsing text: String) throws(AlertProblem) {
        guard let verdict = ReviewVerdict(rawValue: text.lowercased()) else {
            let names = ReviewVerdict.allCases.map(\.rawValue)
            throw .unknownVerdict(text: text, nearest: NameSuggestion.nearest(to: text, among: names))
        }
        self = verdict
    }
}

/// Someone's task to look at an order.
public struct ReviewTicket: Sendable, Equatable {
    /// One thing that happened to it.
    public struct Step: Sendable, Equatable {
        public enum Kind: String, Sendable {
            case opened
            /// Its health is worse by a point or more than the history says.
            case rescored
            case reopened
            case assigned
            case noted
            case judged
            case closed
        }

        public let number: Int64
        public let at: Timestamp
        public let kind: Kind
        /// Nil for Caliber itself.
        public let who: String?
        public let healthHundredths: Int
        /// The assignee, the note, the verdict and why, the reason it was closed.
        public let text: String?
    }

    public let number: Int64
    /// The latest.
    public package(set) var finding: ReviewFinding
    public let isOpen: Bool
    public let assignee: String?
    /// Of the last judgement; nil while it is open again.
    public let verdict: ReviewVerdict?
    public let openedAt: Timestamp
    public let updatedAt: Timestamp
    public let closedAt: Timestamp?
    /// Oldest first; empty in lists.
    public let history: [Step]
}

/// A verdict as the event log is to have it.
public struct OrderReviewed: Sendable, Codable, Equatable {
    /// What the event is called.
    public static let eventType = "order.reviewed"

    /// The event's id: always the same for a verdict, so that it counts once however often it is taken in.
    public let eventID: String
    /// The step of the ticket's history; what `ReviewTickets.markLogged` wants.
    public let stepNumber: Int64
    public let ticketNumber: Int64
    public let orderID: String
    public let verdict: ReviewVerdict
    public let reviewer: String
    public let note: String?
    /// When the verdict was given, in hundredths of a point.
    public let healthHundredths: Int
    public let reviewedAt: Timestamp
}

/// Which tickets someone wants to see; all that is given holds.
public struct ReviewChoice: Sendable, Equatable {
    public enum Order: String, Sendable, CaseIterable {
        case oldest
        case worst
    }

    /// Nil for open and closed ones.
    public var isOpen: Bool?
    public var assignee: String?
    public var isUnassigned: Bool
    public var channel: String?
    public var orderID: String?
    public var order: Order
    public var limit: Int
    public var offset: Int

    public init(
        isOpen: Bool? = true, assignee: String? = nil, isUnassigned: Bool = false, channel: String? = nil,
        orderID: String? = nil, order: Order = .worst, limit: Int = 100, offset: Int = 0
    ) {
        self.isOpen = isOpen
        self.assignee = assignee
        self.isUnassigned = isUnassigned
        self.channel = channel
        self.orderID = orderID
        self.order = order
        self.limit = limit
        self.offset = offset
    }
}
