import Foundation

/// What the dashboard's query and a batch cost at one size of the table.
struct GrowthResult {
    let orders: Int
    let unchangedSeconds: [Double]
    let oneChangedSeconds: [Double]
    let batchChangedSeconds: [Double]
    /// Taking in one event, and a batch of them.
    let eventSeconds: [Double]
    let batchSeconds: [Double]
    /// Of the process that does all this, and of the one that took the whole table in.
    let peakBytes: Int
    let intake: MadeFile
    let hasDifference: Bool
}

/// The same work on tables of growing size.
struct GrowthRun {
    let contenders: Contenders
    let sizes: [OrdersFiles]
    let repetitions: Int

    static let eventsPerBatch = 1000

    func results() throws -> [GrowthResult] {
        try sizes.map { files in
            Progress.say("growth: \(grouped(files.orders)) orders")
            let run = ChangesRun(contenders: contenders, files: files, repetitions: repetitions)
            let query = BenchmarkQuery.dashboard
            let one = try run.report(events: 1, queries: [query])
            let batch = try run.report(events: GrowthRun.eventsPerBatch, queries: [query])
            return GrowthResult(
                orders: files.orders, unchangedSeconds: one.report.unchangedSeconds[query] ?? [],
                oneChangedSeconds: one.report.changedSeconds[query] ?? [],
                batchChangedSeconds: batch.report.changedSeconds[query] ?? [],
                eventSeconds: one.report.changeSeconds, batchSeconds: batch.report.changeSeconds,
                peakBytes: max(one.peakBytes, batch.peakBytes), intake: files.made(files.caliber),
                hasDifference: !one.report.differing.isEmpty || !batch.report.differing.isEmpty)
        }
    }
}
