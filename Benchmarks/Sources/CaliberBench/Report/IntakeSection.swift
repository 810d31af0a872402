/// Intake of the simulated streams.
struct IntakeSection: ReportSection {
    /// Caliber first.
    let results: [IntakeResult]
    /// Caliber alone, of a longer stream.
    let longer: IntakeResult?

    var hasDifferences: Bool { (results + [longer].compactMap { $0 }).contains { $0.difference != nil } }

    var markdown: String {
        let header = [
            "engine", "orders", "events", "runs", "seconds", "events/s", "Caliber's ÷ its events/s", "peak memory",
            "file",
        ]
        var text = "**Intake**\n\n" + markdownTable(header, (results + [longer].compactMap { $0 }).map(row))
        if let longer, let first = results.first, longer.difference == nil, first.difference == nil {
            let times = Double(longer.stream.lineCount) / Double(first.stream.lineCount)
            text += """


                \(ratioText(times)) the events take \(ratioText(median(longer.seconds) / median(first.seconds))) the time \
                and \(ratioText(Double(longer.peakBytes) / Double(first.peakBytes))) the memory.
                """
        }
        return text
    }

    private func row(_ result: IntakeResult) -> [String] {
        let name = [result.engine.rawValue, grouped(result.stream.orders), grouped(result.stream.lineCount)]
        if let difference = result.difference {
            return name + [String(result.seconds.count), "error: \(difference)", "", "", "", ""]
        }
        let ratio = results.first.flatMap {
            $0.difference == nil ? ratioText($0.eventsPerSecond / result.eventsPerSecond) : nil
        }
        return name + [
            String(result.seconds.count), secondsText(result.seconds), grouped(Int(result.eventsPerSecond)),
            ratio ?? "–", size(result.peakBytes), size(result.databaseBytes),
        ]
    }
}
