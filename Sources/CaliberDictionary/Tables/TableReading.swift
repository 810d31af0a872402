import CaliberCore

/// The first step of a table: name, key and fold columns, which need nothing but the contracts.
struct TableReading {
    let folds: FoldResolution
    let settings: DictionarySettings
    let log: ProblemLog

    func read(_ value: YAMLValue, _ names: inout NameRegister) -> TableDraft? {
        guard let nameValue = value["name"], let name = nameValue.text,
            DefinitionNames.check(name, of: "a table", at: nameValue.textLocation, log),
            names.register(name, at: nameValue.location, log)
        else { return nil }
        var draft = TableDraft(name: name, value: value)
        var taken = NameRegister(of: "a column or join of table \(quoted(name))")
        readKey(value["key"], into: &draft, &taken)
        readColumns(value["columns"], into: &draft, &taken)
        for join in value["joins"]?.list ?? [] {
            guard let joinName = join["name"], let text = joinName.text else { continue }
            if !DefinitionNames.check(text, of: "a join", at: joinName.textLocation, log)
                || !taken.register(text, at: joinName.location, log)
            {
                draft.markBroken(text)
            }
        }
        checkKeyFields(draft)
        return draft
    }

    private func readKey(_ value: YAMLValue?, into draft: inout TableDraft, _ taken: inout NameRegister) {
        guard let value else { return }
        if let text = value.text {
            addKey(text, at: value.textLocation, nil, into: &draft, &taken)
        } else if let list = value.list {
            for part in list {
                if let text = part.text { addKey(text, at: part.textLocation, nil, into: &draft, &taken) }
            }
        }
        for entry in value.entries ?? [] {
            addKey(entry.key, at: entry.keyLocation, entry.value, into: &draft, &taken)
        }
        if value.list?.isEmpty == true || value.entries?.isEmpty == true {
            log.report(.table(.emptyKey(table: draft.name, at: value.location)))
        }
    }

    private func addKey(
        _ name: String, at location: SourceLocation, _ value: YAMLValue?, into draft: inout TableDraft,
        _ taken: inout NameRegister
    ) {
        guard DefinitionNames.check(name, of: "a key column", at: location, log),
            taken.register(name, at: location, log)
        else { return draft.markBroken(name) }
        let type = LogicalTypeReading(settings: settings, log: log).type(value?["type"], currency: nil) ?? .identifier
        var fields: [String: String] = [:]
        for entry in value?["fields"]?.entries ?? [] {
            if folds.contracts[entry.key] == nil {
                log.report(
                    .name(
                        .unknown(
                            .contract, name: entry.key, within: nil,
                            suggestions: NameSuggestion.nearest(to: entry.key, among: folds.contracts.keys),
                            at: entry.keyLocation)))
            }
            fields[entry.key] = entry.value.text
        }
        draft.key.append(KeyColumn(name: name, type: type, fields: fields))
        draft.append(ColumnDraft(name: name, location: location, value: nil, type: type, content: .key))
    }

    private func readColumns(_ value: YAMLValue?, into draft: inout TableDraft, _ taken: inout NameRegister) {
        var entries = value?.entries ?? []
        if entries.count > DictionaryLimits.columnsPerTable {
            log.report(
                .file(
                    .tooManyDefinitions(
                        kind: "columns in a table", limit: DictionaryLimits.columnsPerTable,
                        at: entries[DictionaryLimits.columnsPerTable].keyLocation)))
            entries.removeSubrange(DictionaryLimits.columnsPerTable...)
        }
        for entry in entries {
            guard DefinitionNames.check(entry.key, of: "a column", at: entry.keyLocation, log),
                taken.register(entry.key, at: entry.keyLocation, log), let column = column(entry)
            else {
                draft.markBroken(entry.key)
                continue
            }
            draft.append(column)
        }
    }

    private func column(_ entry: YAMLValue.Entry) -> ColumnDraft? {
        let value = entry.value
        guard value.entries != nil else { return nil }
        let isFold = value["from"] != nil || value["fold"] != nil || value["when"] != nil
        if let expression = value["expr"] {
            if isFold { log.report(.table(.columnWithBoth(column: entry.key, at: entry.keyLocation))) }
            return isFold
                ? nil
                : ColumnDraft(
                    name: entry.key, location: entry.keyLocation, value: value, type: nil,
                    content: .derived(expression, nil))
        }
        guard value["from"] != nil else {
            log.report(.table(.columnWithoutContent(column: entry.key, at: entry.keyLocation)))
            return nil
        }
        guard let (fold, foldType) = folds.resolve(entry.key, value) else { return nil }
        guard let type = ColumnTypes.agreed(entry.key, value, actual: foldType, settings, log) else { return nil }
        return ColumnDraft(
            name: entry.key, location: entry.keyLocation, value: value, type: type, content: .fold(fold))
    }

    /// Every event that folds into the table must say which row it is about.
    private func checkKeyFields(_ draft: TableDraft) {
        let location = draft.value["key"]?.location ?? draft.value.location
        if draft.contracts.isEmpty, draft.brokenNames.isEmpty, draft.value["columns"]?.entries != nil {
            log.report(.table(.noFolds(table: draft.name, at: draft.value.location)))
        }
        for contract in draft.contracts.compactMap({ folds.contracts[$0] }) {
            for key in draft.key { check(key, in: contract, draft, at: location) }
        }
    }

    private func check(
        _ key: KeyColumn, in contract: ContractDefinition, _ draft: TableDraft, at location: SourceLocation
    ) {
        let fieldName = key.field(in: contract.name)
        if fieldName == "$id" || fieldName == "$time" { return checkEnvelope(fieldName, key, contract, at: location) }
        guard folds.brokenFields[contract.name]?.contains(fieldName) != true else { return }
        guard let index = contract.fieldIndex(named: fieldName) else {
            log.report(
                .table(
                    .keyFieldMissing(
                        contract: contract.name, column: key.name, field: fieldName,
                        suggestions: NameSuggestion.nearest(to: fieldName, among: contract.fields.map(\.name)),
                        at: location)))
            return
        }
        let field = contract.fields[index]
        guard field.type == key.type || field.type.isString && key.type.isString else {
            log.report(
                .table(
                    .keyTypeMismatch(
                        contract: contract.name, field: fieldName, type: field.type.name, keyType: key.type.name,
                        at: location)))
            return
        }
        if !field.required {
            log.report(
                .table(
                    .keyFieldOptional(
                        contract: contract.name, field: fieldName, table: draft.name, at: field.location)))
        }
    }

    /// The envelope's id and time are no fields of the data; a key is carried by the data.
    private func checkEnvelope(
        _ field: String, _ key: KeyColumn, _ contract: ContractDefinition, at location: SourceLocation
    ) {
        log.report(
            .table(
                .keyFieldMissing(
                    contract: contract.name, column: key.name, field: field, suggestions: [], at: location)))
    }
}

enum ColumnTypes {
    /// The declared type of a column where it agrees with what the column holds: string types stand in for each other,
    /// and money that names no currency takes the one it holds.
    static func agreed(
        _ name: String, _ value: YAMLValue, actual: LogicalType, _ settings: DictionarySettings, _ log: ProblemLog
    ) -> LogicalType? {
        guard let declaredName = value["type"]?.text else {
            if let currency = value["currency"], actual.currency == nil {
                log.report(
                    .shape(
                        .keyDoesNotFit(
                            key: "currency", of: "column \(quoted(name)) of type \(actual.name)",
                            reason: "only money has a currency", at: currency.location)))
            }
            return actual
        }
        if declaredName == "money", value["currency"] == nil, case .money = actual { return actual }
        let reading = LogicalTypeReading(settings: settings, log: log)
        guard let declared = reading.type(value["type"], currency: value["currency"]) else { return nil }
        guard declared == actual || declared.isString && actual.isString else {
            log.report(
                .table(
                    .columnTypeMismatch(
                        column: name, declared: declared.name, actual: actual.name,
                        at: value["type"]?.textLocation ?? value.location)))
            return nil
        }
        return declared
    }
}
