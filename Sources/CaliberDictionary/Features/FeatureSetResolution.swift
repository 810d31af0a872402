import CaliberCore

/// Feature sets from their YAML.
struct FeatureSetResolution {
    private(set) var sets: [FeatureSetDefinition] = []
    private let contracts: [String: ContractDefinition]
    private let tables: TableScopes
    private let settings: DictionarySettings
    private let log: ProblemLog
    private var names = NameRegister(of: "a feature set")

    init(
        _ values: [YAMLValue], contracts: [ContractDefinition], tables: TableScopes, settings: DictionarySettings,
        _ log: ProblemLog
    ) {
        self.contracts = Dictionary(contracts.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        self.tables = tables
        self.settings = settings
        self.log = log
        for value in values { resolve(value) }
    }

    private mutating func resolve(_ value: YAMLValue) {
        guard let nameValue = value["name"], let name = nameValue.text,
            DefinitionNames.check(name, of: "a feature set", at: nameValue.textLocation, log),
            names.register(name, at: nameValue.location, log), let owner = value["owner"]?.text,
            let table = FeatureSetResolution.table(value["table"], tables, log)
        else { return }
        guard table.key.count == 1, table.key[0].type.isString else {
            log.report(.feature(.keyNotText(table: table.name, at: value["table"]?.textLocation ?? value.location)))
            return
        }
        let scope = RowScope(
            table: table, settings: settings, brokenNames: tables.brokenNames(of: table.name), log: log)
        let moments = (value["moments"]?.list ?? []).compactMap { moment($0, scope) }
        if !(value["moments"]?.list ?? []).contains(where: { $0["trains"]?.boolean == true }) {
            log.report(.feature(.noTrainingMoment(set: name, at: value["moments"]?.location ?? value.location)))
        }
        let closed = value["closed"].flatMap { closed in
            scope.compiler(scope.own).compile(closed, expecting: .condition)
                .flatMap { scope.writtenOut($0, path: [], use: "closed", at: closed.textLocation) }
        }
        let entities = (value["entities"]?.entries ?? []).compactMap { entity($0, table) }
        let facts = (value["facts"]?.entries ?? []).compactMap { fact($0, scope) }
        var reading = FeatureReading(
            set: "feature set \(quoted(name))", scope: scope, entities: entities, facts: facts,
            meanings: tables.columnMeanings, log: log)
        for feature in value["features"]?.list ?? [] { reading.read(feature) }
        if reading.features.count > DictionaryLimits.featuresPerSet {
            log.report(
                .feature(
                    .tooMany(
                        count: reading.features.count, limit: DictionaryLimits.featuresPerSet, at: value.location)))
        }
        sets.append(
            FeatureSetDefinition(
                name: name, description: value["description"]?.text, owner: owner, table: table.name,
                moments: moments, closed: closed, entities: entities, facts: facts, features: reading.features,
                location: value.location))
    }

    /// A table by its name; nil after a fault.
    static func table(_ value: YAMLValue?, _ tables: TableScopes, _ log: ProblemLog) -> TableDefinition? {
        guard let value, let name = value.text else { return nil }
        guard let table = tables.tables[name] else {
            if !tables.names.contains(name) {
                log.report(
                    .name(
                        .unknown(
                            .table, name: name, within: nil,
                            suggestions: NameSuggestion.nearest(to: name, among: tables.names),
                            at: value.textLocation)))
            }
            return nil
        }
        return table
    }

    private func contract(_ value: YAMLValue?, of table: TableDefinition) -> ContractDefinition? {
        guard let value, let name = value.text else { return nil }
        guard let contract = contracts[name], table.contracts.contains(name) else {
            log.report(
                .name(
                    .unknown(
                        .contract, name: name, within: "the folds of table \(quoted(table.name))",
                        suggestions: NameSuggestion.nearest(to: name, among: table.contracts), at: value.textLocation)))
            return nil
        }
        return contract
    }

    private func moment(_ value: YAMLValue, _ scope: RowScope) -> ScoringMoment? {
        guard let nameValue = value["name"], let name = nameValue.text,
            DefinitionNames.check(name, of: "a moment", at: nameValue.textLocation, log),
            let contract = contract(value["event"], of: scope.table)
        else { return nil }
        guard let condition = condition(value["when"], beside: contract, scope) else { return nil }
        return ScoringMoment(
            name: name, contract: contract.name, condition: condition, trains: value["trains"]?.boolean ?? false)
    }

    /// The outer nil is a fault, reported; the inner one no condition.
    private func condition(
        _ value: YAMLValue?, beside contract: ContractDefinition, _ scope: RowScope
    ) -> TypedExpression?? {
        guard let value else { return .some(nil) }
        guard let compiled = expression(value, beside: contract, scope, expecting: .condition) else { return nil }
        return .some(compiled)
    }

    private func expression(
        _ value: YAMLValue, beside contract: ContractDefinition, _ scope: RowScope, expecting: ExpectedType?
    ) -> TypedExpression? {
        scope.compiler(scope.beside(contract)).compile(value, expecting: expecting)
            .flatMap {
                scope.writtenOut($0, path: [scope.table.name], use: "an expression", at: value.textLocation)
            }
    }

    private func entity(_ entry: YAMLValue.Entry, _ table: TableDefinition) -> FeatureEntity? {
        guard DefinitionNames.check(entry.key, of: "an entity", at: entry.keyLocation, log),
            let name = entry.value.text
        else { return nil }
        guard let column = table.column(named: name) else {
            if !tables.isBroken(name, in: table.name) {
                log.report(
                    .name(
                        .unknown(
                            .column, name: name, within: "table \(quoted(table.name))",
                            suggestions: NameSuggestion.nearest(to: name, among: table.columns.map(\.name)),
                            at: entry.value.textLocation)))
            }
            return nil
        }
        guard column.type.isString else {
            log.report(
                .feature(
                    .entityNotText(column: name, type: column.type.name, at: entry.value.textLocation)))
            return nil
        }
        if case .derived = column.content {
            log.report(.table(.derivedNotAllowed(column: name, use: "an entity", at: entry.value.textLocation)))
            return nil
        }
        return FeatureEntity(name: entry.key, column: name)
    }

    private func fact(_ entry: YAMLValue.Entry, _ scope: RowScope) -> FactDefinition? {
        let value = entry.value
        guard DefinitionNames.check(entry.key, of: "a fact", at: entry.keyLocation, log),
            let contract = contract(value["event"], of: scope.table),
            let condition = condition(value["when"], beside: contract, scope),
            let time = time(value["at"], contract)
        else { return nil }
        let values = (value["values"]?.entries ?? []).compactMap { measured -> FactValue? in
            guard DefinitionNames.check(measured.key, of: "a value", at: measured.keyLocation, log),
                let compiled = expression(measured.value, beside: contract, scope, expecting: nil)
            else { return nil }
            return FactValue(name: measured.key, expression: compiled)
        }
        return FactDefinition(
            name: entry.key, contract: contract.name, time: time, condition: condition, values: values)
    }

    private func time(_ value: YAMLValue?, _ contract: ContractDefinition) -> FoldDefinition.Field? {
        guard let value, let name = value.text else { return .eventTime }
        guard let index = contract.fieldIndex(named: name), contract.fields[index].type == .timestamp else {
            let names = contract.fields.filter { $0.type == .timestamp }.map(\.name)
            log.report(
                .name(
                    .unknown(
                        .field, name: name, within: "the timestamps of contract \(quoted(contract.name))",
                        suggestions: NameSuggestion.nearest(to: name, among: names), at: value.textLocation)))
            return nil
        }
        return .data(index)
    }
}
