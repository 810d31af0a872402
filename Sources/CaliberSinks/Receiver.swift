import CaliberCore

/// One kind of receiver that is spoken to over HTTP: what it is sent, and what its answers mean.
protocol Receiver: Sendable {
    /// What a message becomes within the receiver's limits: at least one part, the same ones at every call.
    func parts(of message: AlertMessage) -> [String]

    func request(_ part: String, of message: AlertMessage, at moment: Timestamp) -> HTTPRequest

    /// - Parameter moment: when the request was made.
    func outcome(of answer: HTTPAnswer, at moment: Timestamp) -> SendOutcome

    /// Texts that must not stand in outcomes, its URL's parts excepted.
    var secrets: [String] { get }
}
