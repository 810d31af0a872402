import CaliberCore
import CaliberSinks

/// How an endpoint does, by the tries so far: when to leave it alone, when to give it up.
public struct EndpointHealth: Sendable, Equatable {
    /// Failures since the last sign of life.
    public internal(set) var failureCount = 0
    /// Since when there were only failures.
    public internal(set) var failingSince: Timestamp?
    /// Requests for patience since the last success.
    public internal(set) var throttleCount = 0
    /// Nothing is tried before this moment.
    public internal(set) var restsUntil: Timestamp?
    public internal(set) var disabledAt: Timestamp?
    public internal(set) var disabledReason: String?

    public var isDisabled: Bool { disabledAt != nil }

    /// What a try's outcome means beyond its message.
    enum Change: Equatable {
        case none
        /// It works again after a rest: what failed meanwhile need not wait any longer.
        case recovered
        case disabled(reason: String)
    }

    mutating func take(_ outcome: SendOutcome, at now: Timestamp, _ policy: DeliveryPolicy) -> Change {
        switch outcome {
        case .delivered:
            let rested = policy.rest(afterFailures: failureCount) != nil
            self = EndpointHealth()
            return rested ? .recovered : .none
        case .refused:
            // It answers; what it does not want is the message's trouble.
            let rested = policy.rest(afterFailures: failureCount) != nil
            failureCount = 0
            failingSince = nil
            restsUntil = nil
            return rested ? .recovered : .none
        case .throttled(_, let seconds):
            failingSince = nil
            restsUntil = now + policy.throttle(retryAfterSeconds: seconds, throttleCount: throttleCount)
            throttleCount += 1
            return .none
        case .failed(let reason):
            failureCount += 1
            let since = failingSince ?? now
            failingSince = since
            restsUntil = policy.rest(afterFailures: failureCount).map { now + $0 }
            guard now >= since + DeliveryPolicy.microseconds(policy.disabledAfterSeconds) else { return .none }
            return disable("it has only failed since \(since); last: \(reason)", at: now)
        case .gone(let reason):
            return disable("it is gone for good: \(reason)", at: now)
        }
    }

    mutating func disable(_ reason: String, at now: Timestamp) -> Change {
        disabledAt = now
        disabledReason = reason
        restsUntil = nil
        return .disabled(reason: reason)
    }
}

/// What becomes of a message after a try.
enum MessageFate: Equatable {
    case delivered
    case again(at: Timestamp, failureCount: Int)
    case dead(reason: String)

    /// - Parameters:
    ///   - failureCount: failures before this try.
    ///   - queuedAt: since when it is tried.
    ///   - health: the endpoint's, this try included.
    init(
        _ outcome: SendOutcome, of messageID: String, failureCount: Int, queuedAt: Timestamp,
        health: EndpointHealth, at now: Timestamp, _ policy: DeliveryPolicy
    ) {
        switch outcome {
        case .delivered: self = .delivered
        case .refused(let reason), .gone(let reason): self = .dead(reason: reason)
        case .throttled(let reason, _):
            let end = queuedAt + DeliveryPolicy.microseconds(policy.throttledForSeconds)
            self =
                now >= end
                ? .dead(reason: reason) : .again(at: health.restsUntil ?? now, failureCount: failureCount)
        case .failed(let reason):
            guard let delay = policy.delay(afterFailure: failureCount + 1, of: messageID) else {
                self = .dead(reason: reason)
                return
            }
            self = .again(at: now + delay, failureCount: failureCount + 1)
        }
    }
}
