/// The service under full load for long, against the first minute of it.
struct SoakSection: ReportSection {
    let minutes: [SoakMinute]

    let hasDifferences = false

    private static let throughputBar = 0.95
    private static let memoryBar = 1.1

    var markdown: String {
        guard let first = minutes.first, minutes.count > 1 else { return "**Long run**: one minute says nothing." }
        let rest = minutes.dropFirst()
        let mean = Double(rest.reduce(0) { $0 + $1.eventCount }) / Double(rest.count)
        let least = rest.map(\.eventCount).min() ?? 0
        let most = rest.map(\.residentBytes).max() ?? 0
        func rate(_ count: Double) -> String { grouped(Int(count / 60)) }
        return [
            "**The service under full load for \(minutes.count) minutes**: \(ServiceSoak.description)",
            markdownTable(
                ["", "first minute", "the others", "÷ first", "bar", "worst minute"],
                [
                    [
                        "events/s, scored", rate(Double(first.eventCount)), rate(mean),
                        shareText(mean / Double(first.eventCount)), "≥ \(SoakSection.throughputBar)",
                        rate(Double(least)),
                    ],
                    [
                        "resident memory", size(first.residentBytes), size(minutes[minutes.count - 1].residentBytes),
                        shareText(Double(most) / Double(first.residentBytes)), "≤ \(SoakSection.memoryBar)", size(most),
                    ],
                ]),
        ].joined(separator: "\n\n")
    }
}
