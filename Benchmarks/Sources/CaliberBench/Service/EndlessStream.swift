import CaliberCore
import CaliberSimulator
import Foundation

/// A simulated stream in batches of lines, made while it is used, by a thread of its own that is a little ahead.
final class EndlessStream: @unchecked Sendable {
    // Safe to share: what changes is touched only while the condition's lock is held.
    private struct Ended: Error {}

    private let condition = NSCondition()
    private var batches: [[UInt8]] = []
    private var isEnding = false
    private static let batchesAhead = 2_000

    /// - Parameter linesPerBatch: events in each.
    init(orders: Int, days: Int, seed: UInt64, linesPerBatch: Int) {
        var settings = SimulationSettings(seed: seed, orderCount: orders, dayCount: days)
        settings.startDay = CivilDate(year: 2025, month: 1, day: 1)
        let simulation = Simulation(settings)
        Thread { [self] in
            var batch: [UInt8] = []
            var lineCount = 0
            _ = try? simulation.write { (bytes: UnsafeRawBufferPointer) throws(Ended) in
                for byte in bytes {
                    batch.append(byte)
                    guard byte == UInt8(ascii: "\n") else { continue }
                    lineCount += 1
                    guard lineCount == linesPerBatch else { continue }
                    try add(batch)
                    batch.removeAll(keepingCapacity: true)
                    lineCount = 0
                }
            }
            condition.withLock {
                isEnding = true
                condition.broadcast()
            }
        }.start()
    }

    private func add(_ batch: [UInt8]) throws(Ended) {
        condition.lock()
        defer { condition.unlock() }
        while batches.count >= EndlessStream.batchesAhead, !isEnding { condition.wait() }
        guard !isEnding else { throw Ended() }
        batches.append(batch)
        condition.broadcast()
    }

    /// The next batch; nil when there is none any more.
    func next() -> [UInt8]? {
        condition.lock()
        defer { condition.unlock() }
        while batches.isEmpty, !isEnding { condition.wait() }
        guard !batches.isEmpty else { return nil }
        defer { condition.broadcast() }
        return batches.removeFirst()
    }

    func end() {
        condition.withLock {
            isEnding = true
            condition.broadcast()
        }
    }
}
