import Synchronization

/// What requests may hold in memory together before their events are durable.
final class IntakeBudget: Sendable {
    private struct Held {
        var bytes = 0
        var requests = 0
        var refused = 0
    }

    private let held = Mutex(Held())
    private let byteLimit: Int
    private let requestLimit: Int

    init(byteLimit: Int, requestLimit: Int) {
        self.byteLimit = byteLimit
        self.requestLimit = requestLimit
    }

    var byteCount: Int { held.withLock { $0.bytes } }
    var requestCount: Int { held.withLock { $0.requests } }
    /// Whether a small request would find room.
    var hasRoom: Bool { held.withLock { $0.bytes < byteLimit && $0.requests < requestLimit } }

    /// - Returns: nil when there are too many requests already.
    func admit() -> Share? {
        held.withLock { held in
            guard held.requests < requestLimit, held.bytes < byteLimit else { return nil }
            held.requests += 1
            return Share(budget: self)
        }
    }

    /// What one request holds; given back when nobody has it any more.
    final class Share: Sendable {
        private let budget: IntakeBudget
        private let bytes = Mutex(0)

        fileprivate init(budget: IntakeBudget) {
            self.budget = budget
        }

        /// - Returns: false when there is no room.
        func reserve(_ byteCount: Int) -> Bool {
            let isGranted = budget.held.withLock { held in
                guard held.bytes + byteCount <= budget.byteLimit else { return false }
                held.bytes += byteCount
                return true
            }
            if isGranted { bytes.withLock { $0 += byteCount } }
            return isGranted
        }

        deinit {
            let byteCount = bytes.withLock { $0 }
            budget.held.withLock { held in
                held.bytes -= byteCount
                held.requests -= 1
            }
        }
    }
}
