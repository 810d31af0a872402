/// Live batches.
struct LiveSection: ReportSection {
    let orders: Int
    /// Caliber first.
    let results: [LiveResult]

    var hasDifferences: Bool { results.contains { $0.difference != nil } }

    var markdown: String {
        let text = """
            **Live batches** of \(grouped(LiveRun.rowsPerBatch)) whole orders, each durable before the next, onto a table \
            of \(grouped(orders)): half of them new, half recent ones that are there already
            """
        let header = [
            "engine", "batches", "rows/s", "Caliber's ÷ its rows/s", "a batch, ms", "slowest, ms", "peak memory",
        ]
        return text + "\n\n" + markdownTable(header, results.map(row))
    }

    private func row(_ result: LiveResult) -> [String] {
        let count = String(result.batchSeconds.count)
        if let difference = result.difference { return [result.name, count, "error: \(difference)", "", "", "", ""] }
        let ratio = results.first.flatMap {
            $0.difference == nil ? ratioText($0.rowsPerSecond / result.rowsPerSecond) : nil
        }
        return [
            result.name, count, grouped(Int(result.rowsPerSecond)), ratio ?? "–", millisecondsText(result.batchSeconds),
            millisecondsText([result.batchSeconds.max() ?? 0]), size(result.peakBytes),
        ]
    }
}
