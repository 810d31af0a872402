import CaliberCore
import GRDB

/// What became of every word that was ever owed: delivered, merged into a message that says something newer, silenced,
/// inhibited, a dead letter, or still waiting. For each endpoint these add up to what was owed.
public struct AlertAccount: Sendable, Equatable {
    public struct Line: Sendable, Equatable {
        public internal(set) var owed = 0
        public internal(set) var delivered = 0
        public internal(set) var merged = 0
        public internal(set) var silenced = 0
        public internal(set) var inhibited = 0
        public internal(set) var dead = 0
        public internal(set) var waiting = 0

        package init(
            owed: Int = 0, delivered: Int = 0, merged: Int = 0, silenced: Int = 0, inhibited: Int = 0, dead: Int = 0,
            waiting: Int = 0
        ) {
            self.owed = owed
            self.delivered = delivered
            self.merged = merged
            self.silenced = silenced
            self.inhibited = inhibited
            self.dead = dead
            self.waiting = waiting
        }

        /// Owed, and nowhere to be found: zero unless something is wrong.
        public var missing: Int { owed - delivered - merged - silenced - inhibited - dead - waiting }
    }

    /// By endpoint's name, in alphabetical order.
    public let lines: [(endpoint: String, line: Line)]
    /// Things there were to say that no route leads anywhere.
    public let unroutedCount: Int

    public var total: Line {
        lines.reduce(into: Line()) { total, entry in
            total.owed += entry.line.owed
            total.delivered += entry.line.delivered
            total.merged += entry.line.merged
            total.silenced += entry.line.silenced
            total.inhibited += entry.line.inhibited
            total.dead += entry.line.dead
            total.waiting += entry.line.waiting
        }
    }

    public static func == (left: AlertAccount, right: AlertAccount) -> Bool {
        left.unroutedCount == right.unroutedCount && left.lines.elementsEqual(right.lines) { $0 == $1 }
    }

    /// The account as it was kept, move by move.
    package static func read(in database: Database) throws -> AlertAccount {
        let rows = try Row.fetchAll(database, sql: "SELECT * FROM alertTotal ORDER BY endpoint")
        let unrouted = try Int.fetchOne(database, sql: "SELECT count(*) FROM alertEvent WHERE owedCount = 0")
        return AlertAccount(
            lines: rows.map { row in
                let line = Line(
                    owed: row["owed"], delivered: row["delivered"], merged: row["merged"], silenced: row["silenced"],
                    inhibited: row["inhibited"], dead: row["dead"], waiting: row["waiting"])
                return (row["endpoint"], line)
            }, unroutedCount: unrouted ?? 0)
    }
}

extension AlertAccount {
    /// The account as a table for people.
    public var table: String {
        let heads = ["endpoint", "owed", "delivered", "merged", "silenced", "inhibited", "dead", "waiting", ""]
        var rows = lines.map { AlertAccount.cells($0.endpoint, $0.line) }
        rows.append(AlertAccount.cells("all", total))
        let widths = heads.indices.map { column in ([heads] + rows).map { AlertAccount.width($0[column]) }.max() ?? 0 }
        var text = ""
        for row in [heads] + rows {
            let cells = row.indices.map { column in
                let padding = String(repeating: " ", count: widths[column] - AlertAccount.width(row[column]))
                return column == 0 || column == heads.count - 1 ? row[column] + padding : padding + row[column]
            }
            text += AlertAccount.trimmed(cells.joined(separator: "  ")) + "\n"
        }
        if unroutedCount > 0 {
            text += "\(unroutedCount) further changes of alerts were for nobody: no route has an endpoint for them.\n"
        }
        return text
    }

    private static func cells(_ name: String, _ line: Line) -> [String] {
        let counts = [
            line.owed, line.delivered, line.merged, line.silenced, line.inhibited, line.dead, line.waiting,
        ]
        return [name] + counts.map(String.init) + [line.missing == 0 ? "adds up" : "\(line.missing) missing"]
    }

    /// Columns that a text takes on a terminal: letters of East Asia take two.
    private static func width(_ text: String) -> Int {
        text.reduce(0) { width, character in
            switch character.unicodeScalars.first?.value ?? 0 {
            case 0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60,
                0x1F300...0x1FAFF, 0x20000...0x3FFFD:
                width + 2
            default: width + 1
            }
        }
    }

    private static func trimmed(_ line: String) -> String {
        String(line.reversed().drop { $0 == " " }.reversed())
    }
}
