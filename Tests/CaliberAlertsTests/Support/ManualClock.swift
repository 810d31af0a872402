import CaliberCore
import Synchronization

/// Time that passes when a test says so.
final class ManualClock: Sendable {
    private let microseconds: Mutex<Int64>

    /// 2026-03-01T00:00:00Z.
    init(_ microseconds: Int64 = 1_772_323_200_000_000) {
        self.microseconds = Mutex(microseconds)
    }

    var now: Timestamp { Timestamp(microseconds: microseconds.withLock { $0 }) }

    func advance(seconds: Double) {
        microseconds.withLock { $0 += Int64(seconds * 1_000_000) }
    }

    func set(_ moment: Timestamp) {
        microseconds.withLock { $0 = moment.microseconds }
    }
}

extension Timestamp {
    func after(seconds: Double) -> Timestamp {
        Timestamp(microseconds: microseconds + Int64(seconds * 1_000_000))
    }
}
