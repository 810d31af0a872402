import CaliberEventLog
import CaliberTesting
import Foundation
import Testing

/// `kill -9` and SIGTERM while events come in: what was acknowledged is there, once.
@Suite(.serialized, .timeLimit(.minutes(20))) struct CrashUnderLoadTests {
    /// Sends batches until the service is gone, and keeps which were acknowledged.
    final class Sender: @unchecked Sendable {
        // Safe to share: everything that changes is touched only while the lock is held.
        private let lock = NSLock()
        private var waiting: [[UInt8]]
        private var acknowledged = 0
        private var isGone = false

        init(_ batches: [[UInt8]]) { waiting = batches.reversed() }

        var acknowledgedCount: Int { lock.withLock { acknowledged } }
        var isDone: Bool { lock.withLock { waiting.isEmpty } }

        /// Has batches sent once more, as clients do that don't know what became of them.
        func repeatAll(_ batches: [[UInt8]]) { lock.withLock { waiting += batches } }

        /// Sends on one connection; a batch without an answer is put back.
        func run(_ service: RunningService) {
            guard let connection = try? service.connect() else { return }
            while let batch = lock.withLock({ waiting.popLast() }) {
                guard let answer = try? connection.events(batch), answer.status == 200 else {
                    lock.withLock { waiting.append(batch) }
                    return
                }
                lock.withLock { acknowledged += (try? answer.number("accepted")) ?? 0 }
            }
        }
    }

    static func batches(orderCount: Int, size: Int) -> [[UInt8]] {
        let lines = SentEvents.simulated(orderCount: orderCount)
        return stride(from: 0, to: lines.count, by: size).map { start in
            Array(lines[start..<min(start + size, lines.count)].joined())
        }
    }

    private func clean(_ batches: [[UInt8]]) throws -> StoredOrders {
        let folder = try TemporaryFolder()
        let service = try RunningService(in: folder)
        let connection = try service.connect()
        for batch in batches { #expect(try connection.events(batch).status == 200) }
        #expect(service.terminate() == 0)
        return try StoredOrders(folder)
    }

    /// The long run: some two hundred kills.
    static let seeds: [UInt64] =
        ProcessInfo.processInfo.environment["CALIBER_LONG_TESTS"] == "1" ? Array(1...40) : [1]

    @Test(arguments: seeds)
    func `killed at random under load and started again, every acknowledged event counts once`(seed: UInt64) throws {
        let batches = CrashUnderLoadTests.batches(orderCount: 2500, size: 150)
        let expected = try clean(batches)
        let folder = try TemporaryFolder()
        let sender = Sender(batches)
        var generator = SeededGenerator(seed: seed)
        var killCount = 0
        while !sender.isDone, killCount < 40 {
            let service = try RunningService(in: folder)
            let group = DispatchGroup()
            for _ in 0..<3 {
                DispatchQueue.global().async(group: group) { sender.run(service) }
            }
            usleep(UInt32.random(in: 5_000...120_000, using: &generator))
            if killCount < 6 {
                service.kill9()
                killCount += 1
                group.wait()
            } else {
                group.wait()
                #expect(service.terminate() == 0)
            }
        }
        #expect(killCount >= 3, "the load was over before it could be cut off")
        let found = try StoredOrders(folder)
        #expect(found.account.accepted == expected.account.accepted)
        #expect(found.account.quarantined == expected.account.quarantined)
        // What was durable and not acknowledged came again as a repeat.
        #expect(Int64(sender.acknowledgedCount) <= found.account.accepted)
        for table in ["orders"] {
            let isEqual = try found.rows(of: table) == expected.rows(of: table)
            #expect(isEqual, "\(table) differs from what a clean run gives")
        }
    }

    @Test func `SIGTERM under load loses nothing that was acknowledged, and the next process finds all put away`()
        throws
    {
        let batches = CrashUnderLoadTests.batches(orderCount: 2500, size: 100)
        let folder = try TemporaryFolder()
        let service = try RunningService(in: folder, settings: ["CALIBER_SCORES_ENABLED": "true"])
        let sender = Sender(batches)
        let group = DispatchGroup()
        for _ in 0..<3 { DispatchQueue.global().async(group: group) { sender.run(service) } }
        while sender.acknowledgedCount < 2000, !sender.isDone { usleep(5000) }
        let start = ContinuousClock.now
        #expect(service.terminate() == 0, "\(service.log)")
        #expect(ContinuousClock.now - start < .seconds(20))
        group.wait()
        #expect(!service.log.contains(#""level":"error""#), "\(service.log)")
        let found = try StoredOrders(folder)
        // Every moment of what was acknowledged has its score: another pass finds nothing to do.
        let again = try service.caliber("score")
        #expect(again.status == 0)
        let after = try StoredOrders(folder)
        #expect(after.account.accepted == found.account.accepted, "scores were left over")
        #expect(found.account.accepted >= Int64(sender.acknowledgedCount))
        #expect(found.account.accepted > 0)
    }
}
