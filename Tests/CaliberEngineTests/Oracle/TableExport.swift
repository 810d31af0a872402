import CaliberCore
import CaliberDictionary
import CaliberEngine
import CaliberTesting

extension DuckDBOracle {
    /// Makes a table of the stored columns of a wide table.
    ///
    /// Money, timestamps and durations go as whole numbers of their smallest unit, days as dates, sets as the text of
    /// their members, strings as they are.
    func load(_ rows: TableRows, as table: String) throws {
        let stored = rows.columns.indices.filter { index in
            if case .derived = rows.columns[index].content { false } else { true }
        }
        try load(
            table, columns: stored.map { (rows.columns[$0].name, DuckDBOracle.type(of: rows.columns[$0].type)) },
            rows: rows.rows.map { row in
                try stored.map { try DuckDBOracle.exported(row[$0], rows.columns[$0].type) }
            })
    }

    private static func type(of type: LogicalType) -> String {
        switch type {
        case .boolean: "BOOLEAN"
        case .integer, .money, .timestamp, .duration: "BIGINT"
        case .number, .moneyRate: "DOUBLE"
        case .date: "DATE"
        case .category, .identifier, .text, .set: "VARCHAR"
        }
    }

    private static func exported(_ value: TableRows.Value, _ type: LogicalType) throws -> Value {
        guard let text = value.text else { return .null }
        switch type {
        case .boolean: return .boolean(text == "true")
        case .integer: return .integer(try DecimalText.parse(text, scale: 0))
        case .money(let currency): return .integer(try DecimalText.parse(text, scale: currency.minorDigits))
        case .duration: return .integer(try DecimalText.parse(String(text.dropLast(2)), scale: 6))
        case .timestamp: return .integer(try TimestampText.parse(text, zone: nil).microseconds)
        case .number, .moneyRate: return .number(value.number ?? .nan)
        case .date, .category, .identifier, .text, .set: return .text(text)
        }
    }
}
