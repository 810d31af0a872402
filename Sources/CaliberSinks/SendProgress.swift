/// How far a message got, of the parts that its receiver's limits split it into. Kept by who tries again later, so that
/// no part is sent twice because a later one failed.
public struct SendProgress: Sendable, Codable, Equatable {
    /// How many of the first parts the receiver has.
    public let deliveredPartCount: Int
    public let partCount: Int

    public init(deliveredPartCount: Int, partCount: Int) {
        self.deliveredPartCount = deliveredPartCount
        self.partCount = partCount
    }

    public var isComplete: Bool { deliveredPartCount >= partCount }
    public var remainingPartCount: Int { max(0, partCount - deliveredPartCount) }
}

/// How one try ended, and how far the message is now.
public struct SendResult: Sendable, Equatable {
    /// Of the last part that was tried. `delivered` while `progress` is not complete: parts wait because the try was
    /// allowed no more of them.
    public let outcome: SendOutcome
    public let progress: SendProgress
    /// How many requests the try cost, the one that failed included: what a robot's budget is charged.
    public let requestCount: Int

    public init(outcome: SendOutcome, progress: SendProgress, requestCount: Int) {
        self.outcome = outcome
        self.progress = progress
        self.requestCount = requestCount
    }
}
