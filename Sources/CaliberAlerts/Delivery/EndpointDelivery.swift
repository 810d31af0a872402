import CaliberCore
import CaliberSinks
import CaliberStore
import GRDB

/// Sends messages: rendering, signing and one try are the sender's.
public protocol AlertSending: Sendable {
    /// How many messages of the receiver's kind this one becomes, where its length is limited; counts on its budget.
    func partCount(of message: AlertMessage) -> Int
    /// Tries once. Returns within a bounded time, whatever the receiver does.
    func send(_ message: AlertMessage, at moment: Timestamp) -> SendOutcome
}

/// Where a worker is in what it does; tests stop it at each of these.
public enum DeliveryStep: Sendable, Hashable {
    public enum Write: String, Sendable, CaseIterable {
        case recovery, clock, look, begin, ending, retirement
    }

    case beforeWrite(Write)
    /// All of it is written, nothing of it committed.
    case insideWrite(Write)
    case afterWrite(Write)
    case beforeSending
    case afterSending
}

/// What workers share: the file, the rules, the world around them.
struct DeliverySettings: Sendable {
    let store: CaliberStore
    let lease: WriterLease
    let outbox: AlertOutbox
    let policy: DeliveryPolicy
    let sender: any AlertSending
    let clock: @Sendable () -> Timestamp
    let makeMessageID: @Sendable () -> String
    /// Called at each step; what it throws ends the worker there.
    let atStep: @Sendable (DeliveryStep) throws -> Void

    func write<Value>(_ name: DeliveryStep.Write, _ body: (Database) throws -> Value) throws -> Value {
        try atStep(.beforeWrite(name))
        let value = try store.write(lease) { database in
            let value = try body(database)
            try atStep(.insideWrite(name))
            return value
        }
        try atStep(.afterWrite(name))
        return value
    }
}

/// One endpoint's worker: each turn does the next thing there is to do, and has it recorded.
///
/// A try stands in the file before it is made, and so does the id of its message: after a crash the same message goes out
/// under the same id.
struct EndpointDelivery {
    enum Turn: Equatable {
        case worked
        /// Nothing to do before this moment, or, without one, before something happens.
        case idle(until: Timestamp?)
    }

    let settings: DeliverySettings
    let endpoint: AlertEndpoint
    /// Whether the configuration does not have the endpoint any more, so that all it has becomes dead letters now.
    var isRemoved = false
    /// A try that was made and could not be recorded yet: it is not made again before that.
    private var unrecorded: (attempt: TryRecord, outcome: SendOutcome)?

    init(_ endpoint: AlertEndpoint, settings: DeliverySettings, isRemoved: Bool = false) {
        self.endpoint = endpoint
        self.settings = settings
        self.isRemoved = isRemoved
    }

    private var ending: TryEnding {
        TryEnding(outbox: settings.outbox, endpoint: endpoint.name, policy: settings.policy)
    }

    /// Does the next thing.
    ///
    /// - Throws: what the database says. Nothing is lost by it: the same turn can be taken again.
    mutating func takeTurn() throws -> Turn {
        if let unrecorded { try record(unrecorded.outcome, of: unrecorded.attempt) }
        let now = settings.clock()
        let (isSetBack, decision) = try settings.store.read {
            (try ClockRow.isSetBack(now, in: $0), try decide(at: now, in: $0))
        }
        if isSetBack {
            _ = try settings.write(.clock) { try ClockRow.follow(now, in: $0) }
            return .worked
        }
        switch decision {
        case .wait(let moment): return .idle(until: moment)
        case .look(let group): try look(at: group, now)
        case .retire(let messages, let groups): try retire(messages, groups, at: now)
        case .form, .send: try send(at: now)
        }
        return .worked
    }

    private func decide(at now: Timestamp, in database: Database) throws -> DeliveryDecision {
        let horizon = isRemoved ? Timestamp(microseconds: .max - 1) : now
        var queue = try EndpointQueue(
            of: endpoint, at: now, horizon: horizon, settings.policy, in: database)
        if isRemoved { _ = queue.health.disable("it is not declared any more", at: now) }
        return DeliveryDecision(
            queue, budget: endpoint.budget, at: now, digestGroupLimit: settings.policy.digestGroupLimit)
    }

    private func look(at group: Int64, _ now: Timestamp) throws {
        try settings.write(.look) { database in
            try GroupLook.take(
                group, endpoint: endpoint.name, muting: try muting(at: now, in: database),
                limit: settings.policy.wordLimit, at: now, in: database)
            try ClockRow.advance(to: now, in: database)
        }
    }

    /// Decides again in the transaction that acts, so that nothing that happened in between is overlooked; then tries.
    private mutating func send(at now: Timestamp) throws {
        let attempt = try settings.write(.begin) { database in
            try ClockRow.advance(to: now, in: database)
            switch try decide(at: now, in: database) {
            case .send(let messageID):
                return try TryRecord.begin(messageID, at: now, ending: ending, in: database)
            case .form(let groups):
                guard let messageID = try formation(at: now, in: database).form(groups, in: database),
                    try fits(messageID, at: now, in: database)
                else { return nil }
                return try TryRecord.begin(messageID, at: now, ending: ending, in: database)
            default: return nil
            }
        }
        guard let attempt else { return }
        try settings.atStep(.beforeSending)
        let outcome = settings.sender.send(attempt.message, at: now)
        unrecorded = (attempt, outcome)
        try settings.atStep(.afterSending)
        try record(outcome, of: attempt)
    }

    private mutating func record(_ outcome: SendOutcome, of attempt: TryRecord) throws {
        let now = settings.clock()
        try settings.write(.ending) { try ending.record(outcome, of: attempt, at: now, in: $0) }
        unrecorded = nil
    }

    /// Whether the budget has room for a message that was just made, and may have become longer than one part.
    private func fits(_ messageID: String, at now: Timestamp, in database: Database) throws -> Bool {
        let partCount = try Int.fetchOne(
            database, sql: "SELECT partCount FROM alertMessage WHERE messageID = ?", arguments: [messageID])
        let queue = try EndpointQueue(of: endpoint, at: now, horizon: now, settings.policy, in: database)
        return endpoint.budget.opening(for: partCount ?? 1, after: queue.spendings, at: now) <= now
    }

    /// Makes dead letters of what can't be sent any more; in messages, so that it can be replayed.
    private func retire(_ messages: [String], _ groups: [Int64], at now: Timestamp) throws {
        try settings.write(.retirement) { database in
            let reason =
                isRemoved
                ? "The endpoint is not declared any more."
                : "The endpoint was turned off: "
                    + (try EndpointHealth.read(endpoint.name, in: database).disabledReason ?? "")
            for messageID in messages {
                try ending.finish(messageID, as: .dead, answer: reason, at: now, in: database)
            }
            for group in groups {
                guard let messageID = try formation(at: now, in: database).form([group], in: database) else { continue }
                try ending.finish(messageID, as: .dead, answer: reason, at: now, in: database)
            }
            try ClockRow.advance(to: now, in: database)
        }
    }

    private func muting(at now: Timestamp, in database: Database) throws -> Muting {
        try Muting(rules: settings.outbox.routing.inhibitions, at: now, in: database)
    }

    private func formation(at now: Timestamp, in database: Database) throws -> MessageFormation {
        MessageFormation(
            endpoint: endpoint, policy: settings.policy, muting: try muting(at: now, in: database),
            partCount: settings.sender.partCount(of:), makeMessageID: settings.makeMessageID, now: now)
    }
}
