import Foundation

/// A whole run, and its form in Markdown.
struct RunReport {
    struct Queries {
        let orders: Int
        let intake: [IntakeResult]
        let results: [QueryResult]
        let coldStart: ColdStartResult
    }

    let machine: MachineDescription
    let bandwidth: BandwidthReport
    let intake: [IntakeResult]
    let queries: Queries

    /// Some engines did not agree: the run failed.
    var hasDifferences: Bool {
        (intake + queries.intake).contains { $0.difference != nil } || queries.results.contains { $0.difference != nil }
    }

    var markdown: String {
        [machineText, intakeText, queryText, coldStartText].joined(separator: "\n\n")
    }

    private var machineText: String {
        """
        \(machine.processor), \(machine.coreCount) cores, \((machine.memoryBytes + (1 << 29)) >> 30) GiB; \(machine.peers). A plain \
        sum over 800 MB in this run: \(rate(bandwidth.oneThreadBytesPerSecond)) on one thread, \
        \(rate(bandwidth.twoThreadsBytesPerSecond)) on two.
        """
    }

    private var intakeText: String {
        var lines = [
            "**Intake**",
            "",
            "| engine | orders | events | runs | seconds | events/s | Caliber's ÷ its events/s | peak memory | file |",
            "|---|---:|---:|---:|---:|---:|---:|---:|---:|",
        ]
        for result in intake { lines.append(intakeRow(result, beside: intake[0])) }
        for result in queries.intake { lines.append(intakeRow(result, beside: queries.intake[0])) }
        return lines.joined(separator: "\n")
    }

    private func intakeRow(_ result: IntakeResult, beside caliber: IntakeResult) -> String {
        let name =
            "| \(result.engine.rawValue) | \(grouped(result.stream.orders)) | \(grouped(result.stream.lineCount)) |"
        if let difference = result.difference {
            return name + " \(result.seconds.count) | error: \(difference) | | | | |"
        }
        let ratio = caliber.difference == nil ? caliber.eventsPerSecond / result.eventsPerSecond : nil
        let cells = [
            String(result.seconds.count), secondsText(result.seconds), grouped(Int(result.eventsPerSecond)),
            ratio.map(ratioText) ?? "–", size(result.peakBytes), size(result.databaseBytes),
        ]
        return name + " " + cells.joined(separator: " | ") + " |"
    }

    private var queryText: String {
        var lines = [
            "**Queries**, over \(grouped(queries.orders)) orders, warm, milliseconds, median (fastest)",
            "",
            "| query | Caliber | DuckDB | SQLite | DuckDB ÷ Caliber | SQLite ÷ Caliber | answers |",
            "|---|---:|---:|---:|---:|---:|---|",
        ]
        for result in queries.results { lines.append(queryRow(result)) }
        return lines.joined(separator: "\n")
    }

    private func queryRow(_ result: QueryResult) -> String {
        let name = "| \(result.query.name) \(result.query.title) |"
        if let difference = result.difference { return name + " | | | | | error: \(difference) |" }
        let caliber = median(result.caliberSeconds)
        let rows = result.rowCount == 1 ? "equal, 1 row" : "equal, \(grouped(result.rowCount)) rows"
        let cells = [
            millisecondsText(result.caliberSeconds), millisecondsText(result.duckDBSeconds),
            millisecondsText(result.sqliteSeconds), ratioText(median(result.duckDBSeconds) / caliber),
            ratioText(median(result.sqliteSeconds) / caliber), rows,
        ]
        return name + " " + cells.joined(separator: " | ") + " |"
    }

    private var coldStartText: String {
        let cold = queries.coldStart
        return """
            **A new process to its first answer** (\(BenchmarkQuery.coldStart), the file in the page cache): \
            `caliber query` \(millisecondsText(cold.caliberSeconds)) ms; Python with DuckDB \
            \(millisecondsText(cold.duckDBSeconds)) ms, of which opening the file and the query \
            \(millisecondsText(cold.duckDBOpenAndQuerySeconds)) ms.
            """
    }
}
