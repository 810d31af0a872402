import CaliberCore
import Crypto
import Foundation

/// How stubbornly messages are delivered. The defaults are the schedule of the Standard Webhooks specification.
public struct DeliveryPolicy: Sendable, Equatable {
    /// The wait before each try of a message, the first included.
    public var tryDelaysSeconds: [Double] = [
        0, 5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400,
    ]
    /// By how much of itself a wait may be longer or shorter, so that messages which failed together part.
    public var jitter = 0.2
    /// Failures in a row after which an endpoint is left alone for a while.
    public var failuresToRest = 5
    /// The first rest; each next one is twice as long.
    public var restSeconds = 30.0
    public var longestRestSeconds = 900.0
    /// Waits that a receiver asks for are held to these.
    public var leastThrottleSeconds = 1.0
    public var longestThrottleSeconds = 3_600.0
    /// The first wait where it asks for none; doubled each time, up to ten minutes.
    public var throttleSeconds = 5.0
    /// A message that is only ever throttled is given up after so long.
    public var throttledForSeconds = 4 * 86_400.0
    /// An endpoint that only fails for so long is turned off.
    public var disabledAfterSeconds = 5 * 86_400.0
    /// Tries cut short by a crash that are made up for at once; later ones count as failures.
    public var freeInterruptions = 3
    /// Alerts that a message names; of the rest it gives the number.
    public var listedAlertLimit = 50
    /// Words that one message answers for.
    public var wordLimit = 5_000
    /// Groups that one digest is about.
    public var digestGroupLimit = 200

    public init() {}

    /// The wait after the `failureCount`-th failure of a message; nil when that was its last try.
    ///
    /// The jitter depends on the message and the try alone, so that a plan can be computed again.
    func delay(afterFailure failureCount: Int, of messageID: String) -> Int64? {
        guard failureCount < tryDelaysSeconds.count else { return nil }
        let base = tryDelaysSeconds[failureCount]
        return DeliveryPolicy.microseconds(base * (1 + jitter * DeliveryPolicy.unit(messageID, failureCount)))
    }

    /// How long an endpoint rests after so many failures in a row; nil while there were too few.
    func rest(afterFailures count: Int) -> Int64? {
        guard count >= failuresToRest else { return nil }
        let doublings = min(count - failuresToRest, 30)
        return DeliveryPolicy.microseconds(min(longestRestSeconds, restSeconds * Double(1 << doublings)))
    }

    /// How long an endpoint is left alone that was asked to be.
    func throttle(retryAfterSeconds: Double?, throttleCount: Int) -> Int64 {
        let asked =
            retryAfterSeconds.flatMap { $0.isFinite ? $0 : nil }
            ?? min(600, throttleSeconds * Double(1 << min(throttleCount, 30)))
        return DeliveryPolicy.microseconds(min(max(asked, leastThrottleSeconds), longestThrottleSeconds))
    }

    static func microseconds(_ seconds: Double) -> Int64 {
        Int64((seconds * 1_000_000).rounded())
    }

    /// A number from -1 to 1 that a message and one of its tries always have.
    private static func unit(_ messageID: String, _ count: Int) -> Double {
        let digest = SHA256.hash(data: Data("\(messageID)/\(count)".utf8))
        let bits = digest.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return Double(bits >> 11) / Double(UInt64(1) << 52) - 1
    }
}
