import CaliberCore
import CaliberQuery
import CaliberTesting

/// How one column of an answer is held against DuckDB's.
struct ExpectedColumn {
    enum Kind: String {
        /// Whole numbers, in the type's smallest unit.
        case money, integer, timestamp, duration
        /// Floats, equal within a billionth of their size.
        case number
        /// The first day of a period, or a day, as `2026-03-01`.
        case date
        case text, boolean
    }

    let name: String
    let kind: Kind
    /// How far whole numbers may lie apart: 1 where one side rounds what the other keeps as a float.
    var slack: Int64 = 0
}

/// An answer of the engine beside one of DuckDB.
struct AnswerComparison {
    let columns: [ExpectedColumn]
    /// Rows are compared in their order; else as sets.
    let isOrdered: Bool

    /// - Returns: what differs, for people; nil when the two agree.
    func difference(_ answer: QueryAnswer, _ expected: DuckDBOracle.Answer) -> String? {
        let names = columns.map(\.name)
        guard answer.fields.map(\.name) == names, expected.columns == names else {
            return "columns: the engine has \(answer.fields.map(\.name)), DuckDB \(expected.columns), wanted \(names)"
        }
        var actualRows = answer.rows.map { zip($0, columns).map { AnswerComparison.value($0, $1.kind) } }
        var expectedRows = expected.rows.map { zip($0, columns).map { AnswerComparison.value($0, $1.kind) } }
        guard actualRows.count == expectedRows.count else {
            return "\(actualRows.count) rows, DuckDB has \(expectedRows.count)"
                + excess("only the engine", actualRows, expectedRows) + excess("only DuckDB", expectedRows, actualRows)
        }
        if !isOrdered {
            actualRows = sorted(actualRows)
            expectedRows = sorted(expectedRows)
        }
        let differing = zip(actualRows, expectedRows).filter { !agree($0, $1) }
        guard !differing.isEmpty else { return nil }
        return "\(differing.count) of \(actualRows.count) rows differ:"
            + differing.prefix(5).map { "\n  the engine \(shown($0))\n  DuckDB     \(shown($1))" }.joined()
    }

    private func agree(_ actual: [DuckDBOracle.Value], _ expected: [DuckDBOracle.Value]) -> Bool {
        zip(zip(actual, expected), columns).allSatisfy { pair, column in
            switch pair {
            case (.number(let first), .number(let second)):
                first == second || abs(first - second) <= 1e-9 * max(1, abs(first), abs(second))
            case (.integer(let first), .integer(let second)):
                first == second || first.subtractingReportingOverflow(second).partialValue.magnitude <= column.slack
            default: pair.0 == pair.1
            }
        }
    }

    /// Floats and rounded figures come last among what rows are sorted by.
    private func sorted(_ rows: [[DuckDBOracle.Value]]) -> [[DuckDBOracle.Value]] {
        let exact = columns.indices.filter { columns[$0].kind != .number && columns[$0].slack == 0 }
        let rest = columns.indices.filter { !exact.contains($0) }
        let order = exact + rest
        return rows.map { row in (order.map { "\(row[$0])" }, row) }
            .sorted { $0.0.lexicographicallyPrecedes($1.0) }.map(\.1)
    }

    private func excess(_ words: String, _ rows: [[DuckDBOracle.Value]], _ others: [[DuckDBOracle.Value]]) -> String {
        let known = Set(others)
        return rows.filter { !known.contains($0) }.prefix(4).map { "\n  \(words): \(shown($0))" }.joined()
    }

    private func shown(_ row: [DuckDBOracle.Value]) -> String {
        row.map { value in
            switch value {
            case .null: "null"
            case .boolean(let value): "\(value)"
            case .integer(let value): "\(value)"
            case .number(let value): "\(value)"
            case .text(let text): "'\(text)'"
            case .list(let items): "[\(shown(items))]"
            }
        }.joined(separator: ", ")
    }

    private static func value(_ value: AnswerValue, _ kind: ExpectedColumn.Kind) -> DuckDBOracle.Value {
        switch value {
        case .null: .null
        case .boolean(let value): .boolean(value)
        case .text(let text): .text(text)
        case .number(let number): .number(number)
        case .integer(let integer) where kind == .date:
            .text(CivilDate(dayNumber: Int32(clamping: integer)).description)
        case .integer(let integer) where kind == .number: .number(Double(integer))
        case .integer(let integer): Int64(exactly: integer).map(DuckDBOracle.Value.integer) ?? .text("\(integer)")
        }
    }

    private static func value(_ value: DuckDBOracle.Value, _ kind: ExpectedColumn.Kind) -> DuckDBOracle.Value {
        if kind == .number, case .integer(let integer) = value { return .number(Double(integer)) }
        return value
    }
}
