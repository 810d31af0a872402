import CaliberCore
import CaliberEngine
import CaliberEventLog

/// The account of an intake, for people: it adds up, and what was refused says why.
enum IntakeText {
    static let violationsShown = 15

    static func describe(_ outcome: IngestOutcome, seconds: Double) -> String {
        var text = outcome.isDryRun ? "Dry run: nothing was written. It would be:\n" : ""
        text += account(outcome.account)
        text += "\n  " + rate(outcome, seconds)
        if !outcome.violations.isEmpty {
            text += "\n\nRefused, and why:\n" + violations(outcome.violations)
        }
        if !outcome.parkedTypes.isEmpty {
            let types = outcome.parkedTypes.map { "\($0.type) (\(Output.grouped($0.count)))" }
            text += "\n\nParked until a contract declares them: " + types.joined(separator: ", ")
        }
        if !outcome.rebuiltTables.isEmpty {
            text += "\n\nFolded anew from the log, since their definition changed: "
            text += outcome.rebuiltTables.joined(separator: ", ")
        }
        if outcome.keyMissingCount > 0 {
            text += "\n\n\(Output.grouped(outcome.keyMissingCount)) events have no key of a table they fold into."
        }
        return text
    }

    static func account(_ account: IntakeAccount) -> String {
        let rows: [(String, Int64, String)] = [
            ("received", account.received, ""),
            ("accepted", account.accepted, "new, durable, folded into the tables"),
            ("duplicate", account.duplicate, "source and id were there already"),
            ("quarantined", account.quarantined, "broke a contract; kept whole"),
            ("parked", account.parked, "of a type without a contract; kept whole"),
        ]
        let width = rows.map { Output.grouped($0.1).count }.max() ?? 0
        return rows.enumerated().map { index, row in
            let number = TextColumns.padStart(Output.grouped(row.1), to: width)
            let sign = index == 0 ? " " : index == 1 ? "=" : "+"
            return "  \(sign) " + TextColumns.pad(row.0, to: 12) + number + (row.2.isEmpty ? "" : "   " + row.2)
        }.joined(separator: "\n")
    }

    private static func rate(_ outcome: IngestOutcome, _ seconds: Double) -> String {
        let perSecond = seconds > 0 ? Int64(Double(outcome.account.received) / seconds) : 0
        let tables = outcome.tableRowCounts.map { "\($0.table) \(Output.grouped($0.rowCount))" }
        let size = "\(Output.size(outcome.byteCount)) in \(decimals(seconds)) s, \(Output.grouped(perSecond)) events/s"
        return tables.isEmpty ? size : size + "; rows: " + tables.joined(separator: ", ")
    }

    private static func decimals(_ seconds: Double) -> String {
        DecimalText.format(Int64((seconds * 100).rounded()), scale: 2)
    }

    static func violations(_ all: [(kind: ViolationKind, count: Int64, firstLocation: SourceLocation)]) -> String {
        var rows = all.prefix(violationsShown).map { violation in
            let place = [violation.kind.contract, violation.kind.field].compactMap { $0 }.joined(separator: ".")
            return [
                Output.grouped(violation.count), violation.kind.code, place.isEmpty ? "–" : place,
                "first at \(violation.firstLocation)",
            ]
        }
        let width = rows.map { $0[0].count }.max() ?? 0
        rows = rows.map { [TextColumns.padStart($0[0], to: width)] + $0.dropFirst() }
        var text = TextColumns.align(rows)
        if all.count > violationsShown { text += "\n  … and \(all.count - violationsShown) more kinds" }
        return text
    }
}
