import CaliberCore
import CaliberSinks

/// What one endpoint has before it, as far as it is due; and when more will be.
struct EndpointQueue: Sendable, Equatable {
    struct Group: Sendable, Equatable {
        let id: Int64
        let severity: AlertSeverity
        let dueAt: Timestamp
    }

    struct Message: Sendable, Equatable {
        let id: String
        let severity: AlertSeverity
        let partCount: Int
        let dueAt: Timestamp
    }

    var health = EndpointHealth()
    /// Groups with words that no message has yet, longest due first.
    var groups: [Group] = []
    /// Messages that are to be tried, longest due first.
    var messages: [Message] = []
    /// A group whose alerts are to be looked at again.
    var groupToLookAt: Int64?
    /// When the next of these is due.
    var nextDueAt: Timestamp?
    /// What the budget remembers, oldest first.
    var spendings: [SendingBudget.Spending] = []
}

/// What an endpoint's worker does next.
enum DeliveryDecision: Sendable, Equatable {
    /// Nothing before this moment, or, without one, before something happens.
    case wait(until: Timestamp?)
    case look(group: Int64)
    /// One message about these groups, and its first try.
    case form(groups: [Int64])
    case send(message: String)
    /// Nothing is sent there any more: what is due becomes dead letters.
    case retire(messages: [String], groups: [Int64])

    /// Decides from the state of the queue and the moment alone.
    ///
    /// While the budget has room for all that is due, everything goes as a message of its own, worst first. The last
    /// part of the room is kept: what would not fit beside it goes out together, as a digest.
    init(_ queue: EndpointQueue, budget: SendingBudget, at now: Timestamp, digestGroupLimit: Int) {
        if queue.health.isDisabled {
            self.init(retiring: queue)
        } else if let group = queue.groupToLookAt {
            self = .look(group: group)
        } else if queue.groups.isEmpty && queue.messages.isEmpty {
            self = .wait(until: queue.nextDueAt)
        } else if let restsUntil = queue.health.restsUntil, restsUntil > now {
            self = .wait(until: restsUntil)
        } else {
            self.init(sending: queue, budget: budget, at: now, digestGroupLimit: digestGroupLimit)
        }
    }

    private init(retiring queue: EndpointQueue) {
        let isIdle = queue.groups.isEmpty && queue.messages.isEmpty
        self =
            isIdle
            ? .wait(until: queue.nextDueAt)
            : .retire(messages: queue.messages.map(\.id), groups: queue.groups.map(\.id))
    }

    private init(sending queue: EndpointQueue, budget: SendingBudget, at now: Timestamp, digestGroupLimit: Int) {
        let room = budget.room(after: queue.spendings, at: now)
        guard room > 0 else {
            self = .wait(until: budget.opening(for: 1, after: queue.spendings, at: now))
            return
        }
        let needed = queue.groups.count + queue.messages.reduce(0) { $0 + $1.partCount }
        let isTight = needed > room
        let takesDigest = isTight && room == 1 && queue.groups.count > 1
        let message = isTight && room == 1 ? queue.messages.first : queue.messages.max(by: DeliveryDecision.isLess)
        let group = isTight && room == 1 ? queue.groups.first : queue.groups.max(by: DeliveryDecision.isLess)
        if let message, group.map({ DeliveryDecision.goes(message, before: $0, isTight: isTight && room == 1) }) ?? true
        {
            let opening = budget.opening(for: message.partCount, after: queue.spendings, at: now)
            self = opening > now ? .wait(until: opening) : .send(message: message.id)
        } else if let group {
            self = .form(groups: takesDigest ? queue.groups.prefix(digestGroupLimit).map(\.id) : [group.id])
        } else {
            self = .wait(until: queue.nextDueAt)
        }
    }

    /// What has waited longest goes first among what is as bad.
    private static func isLess(_ left: EndpointQueue.Message, _ right: EndpointQueue.Message) -> Bool {
        (left.severity, right.dueAt) < (right.severity, left.dueAt)
    }

    private static func isLess(_ left: EndpointQueue.Group, _ right: EndpointQueue.Group) -> Bool {
        (left.severity, right.dueAt) < (right.severity, left.dueAt)
    }

    /// With the last of the room, by time alone, so that a stream of bad news does not keep old messages waiting.
    private static func goes(
        _ message: EndpointQueue.Message, before group: EndpointQueue.Group, isTight: Bool
    ) -> Bool {
        guard !isTight else { return message.dueAt <= group.dueAt }
        return (message.severity, group.dueAt) >= (group.severity, message.dueAt)
    }
}
