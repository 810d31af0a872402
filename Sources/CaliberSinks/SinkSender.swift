import CaliberCore
import Synchronization

/// Sends messages to one receiver.
///
/// A try blocks the thread that asks for it until the receiver answered or the time is over: call it on a thread of your
/// own, never on one that Swift's concurrency runs tasks on. One try is made at a time; a second caller waits for the
/// first. The connection is kept between tries.
///
/// The receiver may get a part twice: when its answer is lost, and when a kept connection breaks before any answer, upon
/// which libcurl asks anew once. It knows repeats by the message's id.
public final class SinkSender: Sendable {
    public let definition: SinkDefinition
    private let policy: AddressPolicy
    private let medium: Medium
    private let connection: Mutex<Connection?>
    private let unfinished = Mutex(UnfinishedMessages())
    private let isStopped = Atomic(false)

    /// - Throws: everything that is wrong with the definition.
    public init(_ definition: SinkDefinition, policy: AddressPolicy = .publicOnly) throws(DiagnosticList) {
        let problems = definition.problems
        guard problems.isEmpty else { throw DiagnosticList(problems.map(\.diagnostic)) }
        self.definition = definition
        self.policy = policy
        medium = Medium(definition)
        connection = Mutex(nil)
    }

    /// How many requests it takes to send a message whole, each of which counts against a robot's budget.
    public func partCount(of message: AlertMessage) -> Int { parts(of: message).count }

    /// What would be sent, part by part, for people who want to see it; signatures, which are made when a try is, aside.
    public func parts(of message: AlertMessage) -> [String] { medium.parts(of: message) }

    /// Tries once to send a message. Of one whose last try got part of the way, as far as this sender remembers, the
    /// rest; else all of it.
    /// - Parameter moment: now; signatures carry it.
    public func send(_ message: AlertMessage, at moment: Timestamp) -> SendOutcome {
        let parts = parts(of: message)
        let progress = unfinished.withLock { $0.progress(of: message.id, parts: parts) }
        let result = send(parts, of: message, at: moment, resuming: progress, partLimit: .max)
        unfinished.withLock { $0.note(result.progress, of: message.id, parts: parts) }
        return result.outcome
    }

    /// Tries once to send what is left of a message, as the caller kept it.
    ///
    /// - Parameters:
    ///   - moment: now; signatures carry it.
    ///   - progress: what the last try left behind. Where the message is split otherwise now, because the definition
    ///     was changed, it is sent whole.
    ///   - partLimit: how many parts may be sent, at least one.
    public func send(
        _ message: AlertMessage, at moment: Timestamp, resuming progress: SendProgress?, partLimit: Int = .max
    ) -> SendResult {
        send(parts(of: message), of: message, at: moment, resuming: progress, partLimit: partLimit)
    }

    private func send(
        _ parts: [String], of message: AlertMessage, at moment: Timestamp, resuming progress: SendProgress?,
        partLimit: Int
    ) -> SendResult {
        var deliveredCount = 0
        if let progress, progress.partCount == parts.count {
            deliveredCount = min(max(0, progress.deliveredPartCount), parts.count)
        }
        var outcome = SendOutcome.delivered(answer: "it was already there")
        var requestCount = 0
        while deliveredCount < parts.count, requestCount < max(1, partLimit) {
            outcome = attempt(parts[deliveredCount], of: message, at: moment)
            requestCount += 1
            guard case .delivered = outcome else { break }
            deliveredCount += 1
        }
        return SendResult(
            outcome: outcome, progress: SendProgress(deliveredPartCount: deliveredCount, partCount: parts.count),
            requestCount: requestCount)
    }

    /// Calls off the try under way, within about a second, and lets none begin: for a process that is to end.
    public func stop() { isStopped.store(true, ordering: .relaxed) }

    private func attempt(_ part: String, of message: AlertMessage, at moment: Timestamp) -> SendOutcome {
        guard message.hasUsableID else {
            return .refused(reason: "the message's id has other signs than letters, digits, - and _")
        }
        return connection.withLock { kept in
            guard !isStopped.load(ordering: .relaxed) else { return .failed(reason: "the try was called off") }
            guard let connection = kept ?? Connection() else { return .failed(reason: "there is no memory to connect") }
            kept = connection
            let limits = Connection.Limits(
                timeoutSeconds: definition.timeoutSeconds,
                certificateAuthorityFile: definition.certificateAuthorityFile, policy: policy,
                shouldStop: { self.isStopped.load(ordering: .relaxed) })
            return medium.attempt(part, of: message, at: moment, over: connection, limits: limits)
        }
    }
}

/// HTTP or mail.
private struct Medium: Sendable {
    private enum Kind {
        case http(any Receiver, WebAddress)
        case mail(MailMessage)
    }

    private let kind: Kind
    private let redaction: Redaction

    /// - Parameter definition: one without problems.
    init(_ definition: SinkDefinition) {
        let wording = Wording(language: definition.language, zone: definition.zone)
        let receiver: any Receiver
        let url: SecretText
        switch definition.kind {
        case .webhook(let settings): (receiver, url) = (StandardWebhook(settings), settings.url)
        case .alertmanager(let settings): (receiver, url) = (AlertmanagerWebhook(settings: settings), settings.url)
        case .weCom(let settings): (receiver, url) = (WeComRobot(settings: settings, wording: wording), settings.url)
        case .dingTalk(let settings):
            (receiver, url) = (DingTalkRobot(settings: settings, wording: wording), settings.url)
        case .feishu(let settings): (receiver, url) = (FeishuRobot(settings: settings, wording: wording), settings.url)
        case .slack(let settings): (receiver, url) = (SlackRobot(settings: settings, wording: wording), settings.url)
        case .mail(let settings):
            kind = .mail(MailMessage(settings: settings, wording: wording))
            redaction = Redaction(settings.login.map { [$0.password.value] } ?? [])
            return
        }
        guard let address = try? WebAddress(url.value) else {
            preconditionFailure("sink \(definition.name) was checked, and its url can't be understood")
        }
        kind = .http(receiver, address)
        redaction = Redaction([url.value] + address.secretParts + receiver.secrets)
    }

    func parts(of message: AlertMessage) -> [String] {
        switch kind {
        case .http(let receiver, _): receiver.parts(of: message)
        case .mail(let mail): [mail.text(of: message)]
        }
    }

    func attempt(
        _ part: String, of message: AlertMessage, at moment: Timestamp, over connection: Connection,
        limits: Connection.Limits
    ) -> SendOutcome {
        let outcome: SendOutcome
        switch kind {
        case .http(let receiver, let address):
            let request = receiver.request(part, of: message, at: moment)
            outcome = connection.post(request, host: address.host, limits: limits)
                .outcome { receiver.outcome(of: $0, at: moment) }
        case .mail(let mail):
            outcome = connection.deliver(mail.transfer(of: part), limits: limits).outcome(\.outcome)
        }
        return outcome.mapped { redaction($0) }
    }
}

extension Result where Failure == TransferFailure {
    fileprivate func outcome(_ ofAnswer: (Success) -> SendOutcome) -> SendOutcome {
        switch self {
        case .success(let answer): ofAnswer(answer)
        case .failure(.failed(let reason)): .failed(reason: reason)
        case .failure(.addressRefused(let host, let address, let kind)):
            .refused(
                reason: SinkProblem.addressRefused(host: host, address: address, kind: kind).diagnostic.description)
        }
    }
}

extension SendOutcome {
    fileprivate func mapped(_ change: (String) -> String) -> SendOutcome {
        switch self {
        case .delivered(let answer): .delivered(answer: change(answer))
        case .failed(let reason): .failed(reason: change(reason))
        case .throttled(let reason, let seconds): .throttled(reason: change(reason), retryAfterSeconds: seconds)
        case .refused(let reason): .refused(reason: change(reason))
        case .gone(let reason): .gone(reason: change(reason))
        }
    }
}

extension AlertMessage {
    /// The id stands in headers and is signed between dots.
    fileprivate var hasUsableID: Bool {
        !id.isEmpty && id.utf8.count <= 200 && id.utf8.allSatisfy { $0.isASCIILetterOrDigit || "-_".utf8.contains($0) }
    }
}
