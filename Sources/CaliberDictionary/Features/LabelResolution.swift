import CaliberCore

/// Labels from their YAML.
struct LabelResolution {
    private(set) var labels: [LabelDefinition] = []
    private let tables: TableScopes
    private let log: ProblemLog
    private var names = NameRegister(of: "a label")

    init(_ values: [YAMLValue], tables: TableScopes, _ log: ProblemLog) {
        self.tables = tables
        self.log = log
        for value in values { resolve(value) }
    }

    private mutating func resolve(_ value: YAMLValue) {
        guard let nameValue = value["name"], let name = nameValue.text,
            DefinitionNames.check(name, of: "a label", at: nameValue.textLocation, log),
            names.register(name, at: nameValue.location, log), let owner = value["owner"]?.text,
            let table = FeatureSetResolution.table(value["table"], tables, log), let text = value["expr"],
            let expression = expression(text, table),
            let since = column(value["since"], of: table, isTimestamp: true),
            let maturity = maturity(value["matures_after"])
        else { return }
        var verdict: LabelDefinition.Verdict?
        if let verdictValue = value["verdict"] {
            guard let column = column(verdictValue["column"], of: table, isTimestamp: false) else { return }
            verdict = LabelDefinition.Verdict(
                column: column, bad: (verdictValue["bad"]?.list ?? []).compactMap(\.text),
                good: (verdictValue["good"]?.list ?? []).compactMap(\.text))
        }
        var meaning = tables.columnMeanings.meaning(of: expression, over: table.name).text
        if let verdict {
            meaning += " unless \(tables.columnMeanings.meaning(of: verdict.column, of: table.name).text)"
            meaning += " in (\(verdict.bad.joined(separator: ", ")) | \(verdict.good.joined(separator: ", ")))"
        }
        labels.append(
            LabelDefinition(
                name: name, description: value["description"]?.text, owner: owner, table: table.name,
                expression: expression, since: since, maturity: maturity, meaning: meaning, verdict: verdict,
                location: value.location))
    }

    /// Over stored columns alone.
    private func expression(_ text: YAMLValue, _ table: TableDefinition) -> TypedExpression? {
        let scope = RowScope(
            table: table, settings: tables.settings, brokenNames: tables.brokenNames(of: table.name), log: log)
        return tables.compile(text, over: table.name, expecting: .condition, log).flatMap {
            scope.writtenOut($0, path: [], use: "a label", allowsSets: true, at: text.textLocation)
        }
    }

    private func column(_ value: YAMLValue?, of table: TableDefinition, isTimestamp: Bool) -> String? {
        guard let value, let name = value.text else { return nil }
        guard let column = table.column(named: name) else {
            if !tables.isBroken(name, in: table.name) {
                log.report(
                    .name(
                        .unknown(
                            .column, name: name, within: "table \(quoted(table.name))",
                            suggestions: NameSuggestion.nearest(to: name, among: table.columns.map(\.name)),
                            at: value.textLocation)))
            }
            return nil
        }
        if isTimestamp, column.type != .timestamp {
            log.report(
                .table(
                    .notATimestamp(
                        column: name, type: column.type.name, use: "what maturity counts from",
                        at: value.textLocation)))
            return nil
        }
        return name
    }

    private func maturity(_ value: YAMLValue?) -> Int64? {
        guard let value, let text = value.text else { return nil }
        guard let window = FeatureWindow.microseconds(text), let length = window else {
            log.report(.feature(.badWindow(text: text, at: value.textLocation)))
            return nil
        }
        return length
    }
}
