import CaliberCore

extension MetricDictionary {
    /// What is stored for a table, as text: its key and every folded column with the fold it is.
    ///
    /// Two dictionaries that agree in this text keep the same rows, whatever else they say; where they differ, rows
    /// have to be folded anew from the log.
    public func schemaText(of table: TableDefinition) -> String {
        let meanings = ColumnMeanings(
            settings: settings, tables: [table.name: table],
            contracts: Dictionary(contracts.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first }))
        var lines = ["table \(table.name)", "key \(meanings.keyText(of: table.name, in: table.contracts.sorted()))"]
        lines += table.key.map { "key column \($0.name) as \($0.type.name)" }
        lines.append("anchor \(table.anchor ?? "none")")
        for column in table.columns {
            guard case .fold = column.content else { continue }
            let meaning = meanings.meaning(of: column.name, of: table.name)
            lines.append("column \(column.name) (\(column.type.name)): \(meaning.text)")
        }
        return lines.joined(separator: "\n") + "\n"
    }
}

extension LoadedDictionary {
    /// `sha256:` and 64 digits over every meaning: of tables as they are stored, of derived columns and joins, and of
    /// all metrics by id and version. Labels, owners and the order of files have no part in it.
    public var contentHash: String {
        let meanings = ColumnMeanings(
            settings: dictionary.settings,
            tables: Dictionary(dictionary.tables.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first }),
            contracts: Dictionary(dictionary.contracts.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first }))
        var text = "zone \(dictionary.settings.timeZone.identifier)\n"
        for table in dictionary.tables.sorted(by: { $0.name < $1.name }) {
            text += dictionary.schemaText(of: table)
            for column in table.columns.sorted(by: { $0.name < $1.name }) {
                guard case .derived = column.content else { continue }
                text += "derived \(column.name): \(meanings.meaning(of: column.name, of: table.name).text)\n"
            }
            for join in table.joins.sorted(by: { $0.name < $1.name }) {
                let on = join.on.joined(separator: ", ")
                text += "join \(join.name) to \(join.table) on \(on) valid at \(join.validAt ?? "any time")\n"
            }
        }
        for metric in dictionary.metrics.sorted(by: { $0.id < $1.id }) {
            text += "metric \(metric.id)@\(metric.version): \(self.meanings[metric.id]?.hash ?? "")\n"
        }
        for calendar in dictionary.calendars.sorted(by: { $0.name < $1.name }) {
            text += "calendar \(calendar.name)@\(calendar.version): \(calendar.meaning.hash)\n"
        }
        return ContentHash.of(text)
    }
}
