import CaliberAlerts
import CaliberCore
import CaliberSinks
import CaliberStore
import Foundation
import GRDB

/// What people see of alerts and do about them, whether a service runs or not: it takes up within a second what is
/// changed here.
public struct AlertDesk: Sendable {
    private let store: CaliberStore
    private let setup: AlertSetup
    private let now: @Sendable () -> Timestamp

    init(_ engine: Engine) {
        store = engine.store
        setup = engine.settings.alerts
        now = engine.now
    }

    private var outbox: AlertOutbox { AlertOutbox(routing: setup.routing) }

    // MARK: - Alerts and their words

    /// Alerts, worst first, then those that changed last.
    ///
    /// - Parameter status: nil for both.
    public func alerts(status: AlertStatus? = .firing, limit: Int = 100) throws -> [AlertRecord] {
        try store.read { try AlertListing.alerts(status: status, limit: limit, in: $0) }
    }

    /// One alert with every word about it.
    ///
    /// - Throws: `AlertProblem.unknownAlert`.
    public func alert(_ id: String) throws -> AlertRecord {
        guard let alert = try store.read({ try AlertListing.alert(id, in: $0) }) else {
            throw AlertProblem.unknownAlert(id: id)
        }
        return alert
    }

    /// One message with its tries.
    ///
    /// - Throws: `AlertProblem.unknownMessage`.
    public func message(_ id: String) throws -> MessageRecord {
        try store.read { try AlertMessages.message(id, in: $0) }
    }

    public func account() throws -> AlertAccount { try store.read { try AlertAccount.read(in: $0) } }

    /// What does not add up, one sentence each.
    public func accountProblems() throws -> [String] { try store.read { try AlertAccount.verify(in: $0) } }

    /// Dead letters, oldest first, without their tries.
    public func deadLetters(_ choice: DeadLetterChoice = DeadLetterChoice()) throws -> [MessageRecord] {
        try store.read { try AlertMessages.deadLetters(choice, in: $0) }
    }

    /// Has dead letters tried again from the beginning, under their own ids.
    ///
    /// - Returns: how many.
    /// - Throws: `AlertProblem` for a message that is no dead letter, or whose endpoint is not known or turned off.
    public func replay(_ choice: DeadLetterChoice) throws -> Int {
        try store.writeBeside { try outbox.replay(choice, at: now(), in: $0) }
    }

    // MARK: - Silences

    /// Newest first.
    public func silences(isOverToo: Bool = false) throws -> [AlertSilence] {
        try store.read { try AlertSilences.list(endingAfter: isOverToo ? nil : now(), in: $0) }
    }

    /// - Parameters:
    ///   - from: nil for now.
    ///   - forMicroseconds: how long from then on.
    /// - Returns: its number.
    /// - Throws: `AlertProblem` when it has no conditions or no author, or no length.
    public func silence(
        _ matchers: [LabelMatcher], from: Timestamp? = nil, forMicroseconds: Int64, author: String, comment: String
    ) throws -> Int64 {
        let now = now()
        let from = from ?? now
        let (end, isTooLate) = from.microseconds.addingReportingOverflow(forMicroseconds)
        return try store.writeBeside {
            try AlertSilences.add(
                matchers, from: from, until: Timestamp(microseconds: isTooLate ? .max : end), author: author,
                comment: comment, at: now, in: $0)
        }
    }

    /// Ends a silence now.
    ///
    /// - Returns: whether it had not ended yet.
    /// - Throws: `AlertProblem.unknownSilence`.
    public func endSilence(_ number: Int64) throws -> Bool {
        try store.writeBeside { try AlertSilences.end(number, at: now(), in: $0) }
    }

    // MARK: - Endpoints

    public struct Endpoint: Sendable {
        public let name: String
        /// `webhook`, `mail`, ….
        public let kind: String
        /// Why it was turned off; nil while it is on.
        public let disabledReason: String?
        /// Until when it is left alone after failures or because it asked for that; nil when it is not.
        public let restsUntil: Timestamp?
        /// Failures in a row.
        public let failureCount: Int
        public let account: AlertAccount.Line
    }

    /// Those that the alerts file declares, in its order.
    public func endpoints() throws -> [Endpoint] {
        let now = now()
        return try store.read { database in
            let account = try AlertAccount.read(in: database)
            return try setup.sinks.map { sink in
                let health = try outbox.health(of: sink.name, in: database)
                return Endpoint(
                    name: sink.name, kind: sink.kind.name, disabledReason: health.disabledReason,
                    restsUntil: health.restsUntil.flatMap { $0 > now ? $0 : nil }, failureCount: health.failureCount,
                    account: account.lines.first { $0.endpoint == sink.name }?.line ?? AlertAccount.Line())
            }
        }
    }

    /// Turns an endpoint off by hand. What is owed to it becomes dead letters.
    ///
    /// - Throws: `AlertProblem.unknownEndpoint`.
    public func disable(_ endpoint: String, because reason: String) throws {
        try store.writeBeside { try outbox.disable(endpoint, because: reason, at: now(), in: $0) }
    }

    /// Turns an endpoint on again. Its dead letters wait for their replay.
    ///
    /// - Throws: `AlertProblem.unknownEndpoint`.
    public func enable(_ endpoint: String) throws {
        try store.writeBeside { try outbox.enable(endpoint, at: now(), in: $0) }
    }

    /// What a test says to an endpoint, as it is sent, part by part.
    public struct TestSend: Sendable {
        public let parts: [String]
        public let outcome: SendOutcome
    }

    /// Sends a test at once, past queue and budget, and waits for the answer.
    ///
    /// - Throws: `AlertProblem.unknownEndpoint`; `DiagnosticList` when the endpoint can't be used.
    public func test(_ endpoint: String, by author: String) throws -> TestSend {
        try outbox.requireDeclared(endpoint)
        let senders = try EndpointSenders(setup)
        let now = now()
        let message = AlertMessages.testMessage(
            to: endpoint, id: "test_" + UUID().uuidString, by: author, at: now)
        return TestSend(parts: senders.parts(of: message), outcome: senders.send(message, at: now))
    }
}

extension Engine {
    public var alertDesk: AlertDesk { AlertDesk(self) }
}

extension SinkDefinition.Kind {
    /// As an alerts file calls it.
    fileprivate var name: String {
        switch self {
        case .webhook: "webhook"
        case .alertmanager: "alertmanager"
        case .weCom: "wecom"
        case .dingTalk: "dingtalk"
        case .feishu: "feishu"
        case .slack: "slack"
        case .mail: "mail"
        }
    }
}
