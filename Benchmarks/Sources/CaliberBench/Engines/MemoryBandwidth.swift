import ArgumentParser
import Foundation
import Synchronization

/// What the machine's memory gives a plain sum: the bound of every scan, measured in the same run as the scans.
struct BandwidthJob: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bandwidth-job", abstract: "Measure a plain sum over 800 MB.", shouldDisplay: false)

    private static let wordCount = 100_000_000
    private static let repetitions = 7

    func run() throws {
        let words = [Int64](unsafeUninitializedCapacity: BandwidthJob.wordCount) { buffer, count in
            for index in buffer.indices { buffer.initializeElement(at: index, to: Int64(index)) }
            count = buffer.count
        }
        try printReport(
            BandwidthReport(
                oneThreadBytesPerSecond: bytesPerSecond(words, threads: 1),
                twoThreadsBytesPerSecond: bytesPerSecond(words, threads: 2)))
    }

    private func bytesPerSecond(_ words: [Int64], threads: Int) -> Double {
        let clock = ContinuousClock()
        let share = words.count / threads
        let seconds = (0..<BandwidthJob.repetitions).map { _ in
            let total = Atomic<Int64>(0)
            let time = clock.measure {
                DispatchQueue.concurrentPerform(iterations: threads) { thread in
                    total.wrappingAdd(sum(words, thread * share..<(thread + 1) * share), ordering: .relaxed)
                }
            }
            // Reading the total keeps the sums from being optimised away.
            precondition(total.load(ordering: .relaxed) != 0, "the sum of positive words is positive")
            return time / .seconds(1)
        }
        return Double(words.count * 8) / median(seconds)
    }
}

private func sum(_ words: [Int64], _ range: Range<Int>) -> Int64 {
    words.withUnsafeBufferPointer { buffer in
        var total: Int64 = 0
        for index in range { total &+= buffer[index] }
        return total
    }
}
