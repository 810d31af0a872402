/// One part of a run's report.
protocol ReportSection {
    var markdown: String { get }
    /// Some engines did not agree: the run failed.
    var hasDifferences: Bool { get }
}

/// A table in Markdown; the first columns are left aligned, the others right.
func markdownTable(_ header: [String], leftColumns: Int = 1, _ rows: [[String]]) -> String {
    let rule = header.indices.map { $0 < leftColumns ? "---" : "---:" }
    let lines = [header] + [rule] + rows
    return lines.map { "| " + $0.joined(separator: " | ") + " |" }.joined(separator: "\n")
}
