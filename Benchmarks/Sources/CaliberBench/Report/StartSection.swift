/// The first answer of a new process.
struct StartSection: ReportSection {
    let orders: Int
    let results: [StartResult]

    let hasDifferences = false

    var markdown: String {
        let text = """
            **A new process to its first answer** (\(BenchmarkQuery.dashboard), \(grouped(orders)) orders on disk), \
            milliseconds, median of \(results.first?.wholeSeconds.count ?? 0). The peers' processes are Python's; beside \
            them, what opening the file and the query take of it.
            """
        let header = [
            "engine", "whole process", "open and query", "file not in memory: whole process", "open and query",
        ]
        return text + "\n\n" + markdownTable(header, results.map(row))
    }

    private func row(_ result: StartResult) -> [String] {
        [
            result.name, millisecondsText(result.wholeSeconds), result.openAndQuerySeconds.map(millisecondsText) ?? "–",
            millisecondsText(result.droppedSeconds), result.droppedOpenAndQuerySeconds.map(millisecondsText) ?? "–",
        ]
    }
}
