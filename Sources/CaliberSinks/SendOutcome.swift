/// How one try to send a message ended, as the queue that holds it needs to know.
public enum SendOutcome: Sendable, Equatable {
    /// The receiver has it. What it said, for the record.
    case delivered(answer: String)
    /// Not now: the try failed (no connection, timeout, 5xx). A later one may succeed.
    case failed(reason: String)
    /// Not now: the receiver asks for fewer messages; where it says so, how many seconds to wait.
    case throttled(reason: String, retryAfterSeconds: Double?)
    /// The receiver, or the guard of addresses, will never take this message; trying again changes nothing.
    case refused(reason: String)
    /// The receiver is gone for good (410): nothing more is to be sent there.
    case gone(reason: String)
}
