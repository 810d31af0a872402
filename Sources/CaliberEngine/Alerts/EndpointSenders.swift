import CaliberAlerts
import CaliberCore
import CaliberSinks

/// Sends each message by its endpoint's own sender.
public struct EndpointSenders: AlertSending {
    private let senders: [String: SinkSender]

    /// - Throws: everything that is wrong with the endpoints.
    public init(_ setup: AlertSetup) throws(DiagnosticList) {
        var senders: [String: SinkSender] = [:]
        for sink in setup.sinks { senders[sink.name] = try SinkSender(sink, policy: setup.policy) }
        self.senders = senders
    }

    public func partCount(of message: AlertMessage) -> Int { senders[message.endpoint]?.partCount(of: message) ?? 1 }

    public func send(_ message: AlertMessage, at moment: Timestamp) -> SendOutcome {
        guard let sender = senders[message.endpoint] else {
            return .refused(reason: "no endpoint is called \(message.endpoint) any more")
        }
        return sender.send(message, at: moment)
    }

    /// What a message looks like to its receiver, part by part.
    public func parts(of message: AlertMessage) -> [String] { senders[message.endpoint]?.parts(of: message) ?? [] }

    /// Calls off the tries under way: for a process that is to end.
    func stop() {
        for sender in senders.values { sender.stop() }
    }
}
