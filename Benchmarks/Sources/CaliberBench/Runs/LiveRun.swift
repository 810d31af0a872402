import Foundation

/// One engine's intake of live batches, each durable before the next.
struct LiveResult {
    let name: String
    let batchSeconds: [Double]
    let rowsPerBatch: Int
    let peakBytes: Int
    /// What the table holds afterwards otherwise than it should; nil when all is equal.
    let difference: String?

    var rowsPerSecond: Double { Double(rowsPerBatch * batchSeconds.count) / batchSeconds.reduce(0, +) }
}

/// What a live job says about itself.
struct LiveJobReport: Codable {
    let batchSeconds: [Double]
    let totals: [String: Int64]
}

/// Batches of whole orders, new ones and such as are there already, on top of a table of some size.
struct LiveRun {
    let contenders: Contenders
    let files: OrdersFiles
    let batchCount: Int

    static let rowsPerBatch = 1000

    private struct Expected: Codable {
        let totals: [String: Int64]
    }

    func results() throws -> [LiveResult] {
        let (rows, events) = (contenders.database("live.parquet"), contenders.database("live.ndjson"))
        let count = String(batchCount * LiveRun.rowsPerBatch)
        let expected = try contenders.peer("live_upserts", ["make", files.parquet, rows, events, "--rows", count])
            .report(Expected.self).totals
        let size = ["--rows-per-batch", String(LiveRun.rowsPerBatch)]

        Progress.say("live batches: Caliber")
        let copy = try contenders.copy(ofCaliber: files.caliber)
        defer { contenders.remove(copy) }
        let caliber = try contenders.own(
            "live-job",
            ["--database", copy, "--dictionary", contenders.ordersDictionary, "--events", events] + size)
        var results = [try result("Caliber: log and table", caliber, expected)]
        for (name, engine) in [("SQLite", "sqlite"), ("DuckDB", "duckdb")] {
            Progress.say("live batches: \(name)")
            let database = contenders.database("live.\(engine)")
            defer { contenders.remove(database) }
            let process = try contenders.peer("live_upserts", [engine, files.parquet, rows, database] + size)
            results.append(try result("\(name): table", process, expected))
        }
        return results
    }

    private func result(
        _ name: String, _ process: MeasuredProcess, _ expected: [String: Int64]
    ) throws -> LiveResult {
        let report = try process.report(LiveJobReport.self)
        let difference = report.totals == expected ? nil : "\(report.totals) and should be \(expected)"
        return LiveResult(
            name: name, batchSeconds: report.batchSeconds, rowsPerBatch: LiveRun.rowsPerBatch,
            peakBytes: process.peakBytes, difference: difference)
    }
}
