import CaliberDictionary
import CaliberEngine

/// Old against new, for whoever has to accept the change.
enum ComparisonText {
    static func describe(_ comparison: MetricComparison, limit: Int) -> String {
        var text = "\(comparison.metric): version \(comparison.oldVersion) → \(comparison.newVersion)\n"
        for difference in comparison.differences {
            text += "  \(difference.label)\n"
            if let old = difference.old { text += "    - \(old)\n" }
            if let new = difference.new { text += "    + \(new)\n" }
        }
        if let reason = comparison.unreachableReason {
            return text + "  The old figures can't be computed: \(reason)\n"
                + "  Compare with a copy of the old dictionary: caliber dictionary diff --against FOLDER\n"
        }
        guard !comparison.changedRows.isEmpty else {
            return text + "  The same figures in all \(Output.grouped(comparison.rowCount)) groups.\n"
        }
        let header = comparison.dimensions + ["old", "new", "difference"]
        let rows = comparison.changedRows.prefix(limit).map { row in
            row.group.map { $0 ?? "–" } + [row.old ?? "–", row.new ?? "–", row.difference ?? ""]
        }
        text += TextColumns.align([header] + rows) + "\n"
        if comparison.changedRows.count > limit {
            text += "  … and \(Output.grouped(comparison.changedRows.count - limit)) more\n"
        }
        return text
            + "  \(Output.grouped(comparison.changedRows.count)) of \(Output.grouped(comparison.rowCount)) groups differ.\n"
    }
}
