import CaliberCore

/// Someone who is told: a webhook, a robot of a chat, a mailbox.
public struct AlertEndpoint: Sendable, Equatable {
    /// What routes call it.
    public let name: String
    public let budget: SendingBudget

    public init(name: String, budget: SendingBudget = .unlimited) {
        self.name = name
        self.budget = budget
    }
}

/// How much an endpoint takes: at most so many parts of messages in any stretch of so many seconds.
///
/// The bound holds in *every* stretch, which a bucket of tokens would not give: that lets a full bucket out and what
/// flows in meanwhile on top. What has been spent is read off the recorded tries, so a restart forgets nothing.
public struct SendingBudget: Sendable, Equatable {
    public struct Limit: Sendable, Equatable {
        public let partCount: Int
        public let seconds: Double

        public init(partCount: Int, seconds: Double) {
            self.partCount = partCount
            self.seconds = seconds
        }

        var microseconds: Int64 { Int64(seconds * Double(Timestamp.microsecondsPerSecond)) }
    }

    /// All of them hold.
    public let limits: [Limit]

    public init(_ limits: [Limit]) {
        self.limits = limits
    }

    public static let unlimited = SendingBudget([])
    /// WeCom's and DingTalk's robots.
    public static let twentyAMinute = SendingBudget([Limit(partCount: 20, seconds: 60)])
    /// Feishu's robots.
    public static let fiveASecondHundredAMinute = SendingBudget([
        Limit(partCount: 5, seconds: 1), Limit(partCount: 100, seconds: 60),
    ])
    /// Slack's incoming webhooks.
    public static let oneASecond = SendingBudget([Limit(partCount: 1, seconds: 1)])

    /// What a try cost, and when it was over.
    struct Spending: Sendable, Equatable {
        let at: Timestamp
        let partCount: Int
    }

    /// The most parts that may ever go at once.
    var capacity: Int { limits.map(\.partCount).min() ?? .max }

    /// How far back spendings matter.
    var memoryMicroseconds: Int64 { limits.map(\.microseconds).max() ?? 0 }

    /// How many parts may go now.
    ///
    /// - Parameter spendings: oldest first.
    func room(after spendings: [Spending], at now: Timestamp) -> Int {
        limits.map { limit in
            let spent = spendings.reduce(0) { $0 + ($1.at + limit.microseconds > now ? $1.partCount : 0) }
            return max(0, limit.partCount - spent)
        }.min() ?? .max
    }

    /// The first moment at which so many parts may go. More than `capacity` ask for a stretch without any other.
    func opening(for partCount: Int, after spendings: [Spending], at now: Timestamp) -> Timestamp {
        limits.map { limit in
            var spent = spendings.reduce(0) { $0 + $1.partCount }
            var moment = now
            for spending in spendings where spent > limit.partCount - min(partCount, limit.partCount) {
                spent -= spending.partCount
                moment = max(moment, spending.at + limit.microseconds)
            }
            return moment
        }.max() ?? now
    }
}

extension Timestamp {
    /// The moment so many microseconds later; clamped to what a moment can be.
    static func + (moment: Timestamp, microseconds: Int64) -> Timestamp {
        let (sum, overflow) = moment.microseconds.addingReportingOverflow(microseconds)
        guard overflow else { return Timestamp(microseconds: sum) }
        return Timestamp(microseconds: microseconds < 0 ? .min : .max)
    }
}
