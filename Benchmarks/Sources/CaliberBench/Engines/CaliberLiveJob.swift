import ArgumentParser
import Foundation

/// Caliber takes in batches in process, each durable before the next.
struct CaliberLiveJob: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "live-job", abstract: "Time Caliber's intake of live batches.", shouldDisplay: false)

    @OptionGroup var options: JobOptions
    @Option(help: "Events, one a line.") var events: String
    @Option var rowsPerBatch = 1000

    func run() throws {
        let caliber = try options.open()
        let lines = try Data(contentsOf: URL(filePath: events)).split(separator: UInt8(ascii: "\n"))
        let clock = ContinuousClock()
        let seconds = try stride(from: 0, to: lines.count, by: rowsPerBatch).map { first in
            let batch = lines[first..<min(first + rowsPerBatch, lines.count)].reduce(into: [UInt8]()) {
                $0 += $1
                $0.append(UInt8(ascii: "\n"))
            }
            return try clock.measure { try caliber.take(batch) } / .seconds(1)
        }
        let counted = try options.open()
        var totals: [String: Int64] = [:]
        for (name, metric) in [
            ("paidOrders", "orders"), ("paidMinor", "gmv"), ("refundedMinor", "refunded_amount"),
        ] {
            totals[name] = try counted.total(of: metric)
        }
        try printReport(LiveJobReport(batchSeconds: seconds, totals: totals))
    }
}
