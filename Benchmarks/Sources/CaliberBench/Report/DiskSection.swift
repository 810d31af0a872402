/// What the table weighs on disk, and what making it took.
struct DiskSection: ReportSection {
    let files: OrdersFiles
    let parts: CaliberFileParts

    let hasDifferences = false

    var markdown: String {
        let caliber = files.made(files.caliber)
        let duckDB = files.made(files.duckDB)
        let both = files.made(files.duckDBWithEvents)
        let clickHouse = files.made(files.clickHouse)
        func row(_ name: String, _ bytes: Int, _ made: MadeFile?) -> [String] {
            [
                name, size(bytes), shareText(Double(bytes) / Double(duckDB.databaseBytes)),
                made.map { secondsText([$0.seconds]) } ?? "", made.map { size($0.peakBytes) } ?? "",
            ]
        }
        return "**On disk**, \(grouped(files.orders)) orders of 40 columns, and what making the file took\n\n"
            + markdownTable(
                ["file", "size", "÷ DuckDB's table", "seconds", "peak memory"],
                [
                    row("Caliber: log, keys, wide table", caliber.databaseBytes, caliber),
                    row("— its wide table", parts.tableBytes, nil),
                    row("— log, keys and the rest", parts.logBytes, nil),
                    row("DuckDB: table", duckDB.databaseBytes, duckDB),
                    row("DuckDB: table and events", both.databaseBytes, both),
                    row("ClickHouse MergeTree: table", clickHouse.databaseBytes, clickHouse),
                ])
    }
}
