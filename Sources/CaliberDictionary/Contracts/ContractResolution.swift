import CaliberCore

/// Contracts from their YAML.
struct ContractResolution {
    let settings: DictionarySettings
    let log: ProblemLog
    private(set) var contracts: [ContractDefinition] = []
    /// Every contract name that was written down, also of contracts with faults: a reference to one is not unknown.
    private(set) var names = NameRegister(of: "a contract")
    /// Fields that were written down but whose type could not be read, by contract.
    private(set) var brokenFields: [String: Set<String>] = [:]

    init(_ values: [YAMLValue], settings: DictionarySettings, _ log: ProblemLog) {
        self.settings = settings
        self.log = log
        for value in values { resolve(value) }
    }

    private mutating func resolve(_ value: YAMLValue) {
        guard let nameValue = value["name"], let name = nameValue.text,
            DefinitionNames.checkDotted(name, of: "a contract", at: nameValue.textLocation, log),
            names.register(name, at: nameValue.location, log)
        else { return }
        let fields = fields(value["fields"], of: name)
        contracts.append(
            ContractDefinition(
                name: name, version: Int(value["version"]?.wholeNumber ?? 1), owner: value["owner"]?.text,
                description: value["description"]?.text, fields: fields,
                undeclaredFields: value["undeclared_fields"]?.text.flatMap(
                    ContractDefinition.UndeclaredFields.init(rawValue:)) ?? .reject,
                checks: checks(value["checks"], of: name, fields), location: value.location))
    }

    private mutating func fields(_ value: YAMLValue?, of contract: String) -> [FieldDefinition] {
        var entries = value?.entries ?? []
        if let value, value.entries?.isEmpty == true {
            log.report(
                .shape(.emptyList(what: "the mapping fields of contract \(quoted(contract))", at: value.location)))
        }
        if entries.count > DictionaryLimits.fieldsPerContract {
            log.report(
                .file(
                    .tooManyDefinitions(
                        kind: "fields in a contract", limit: DictionaryLimits.fieldsPerContract,
                        at: entries[DictionaryLimits.fieldsPerContract].keyLocation)))
            entries.removeSubrange(DictionaryLimits.fieldsPerContract...)
        }
        var fields: [FieldDefinition] = []
        for entry in entries {
            guard DefinitionNames.checkDotted(entry.key, of: "a field", at: entry.keyLocation, log),
                let field = FieldResolution(settings: settings, log: log).resolve(entry)
            else {
                brokenFields[contract, default: []].insert(entry.key)
                continue
            }
            fields.append(field)
        }
        checkNesting(fields)
        checkCurrencyFields(fields, entries, of: contract)
        return fields
    }

    /// `address` can't be a text and an object at once.
    private func checkNesting(_ fields: [FieldDefinition]) {
        let names = Set(fields.map(\.name))
        for field in fields {
            var parts = field.name.split(separator: ".")
            parts.removeLast()
            while !parts.isEmpty {
                let parent = parts.joined(separator: ".")
                if names.contains(parent) {
                    log.report(.type(.fieldWithinField(field: field.name, parent: parent, at: field.location)))
                }
                parts.removeLast()
            }
        }
    }

    private func checkCurrencyFields(
        _ fields: [FieldDefinition], _ entries: [YAMLValue.Entry], of contract: String
    ) {
        let broken = brokenFields[contract] ?? []
        for entry in entries {
            guard let value = entry.value["currency_field"], let name = value.text, !broken.contains(name) else {
                continue
            }
            guard let field = fields.first(where: { $0.name == name }) else {
                log.report(
                    .name(
                        .unknown(
                            .field, name: name, within: "contract \(quoted(contract))",
                            suggestions: NameSuggestion.nearest(to: name, among: fields.map(\.name)),
                            at: value.textLocation)))
                continue
            }
            if !field.type.isString {
                log.report(
                    .type(.currencyFieldType(field: name, type: field.type.name, at: value.textLocation)))
            }
        }
    }

    private func checks(
        _ value: YAMLValue?, of contract: String, _ fields: [FieldDefinition]
    ) -> [ContractCheck] {
        var names = NameRegister(of: "a check of contract \(quoted(contract))")
        let compiler = ScopedCompiler(
            scope: ContractScope.scope(name: contract, fields: fields, settings),
            brokenNames: brokenFields[contract] ?? [], log: log)
        var checks: [ContractCheck] = []
        for value in value?.list ?? [] {
            guard let nameValue = value["name"], let name = nameValue.text else { continue }
            guard ContractScope.isCheckName(name) else {
                log.report(.type(.badCheckName(name: name, at: nameValue.textLocation)))
                continue
            }
            guard names.register(name, at: nameValue.location, log),
                let expression = value["expr"].flatMap({ compiler.compile($0, expecting: .condition) })
            else { continue }
            checks.append(
                ContractCheck(
                    name: name, expression: expression, hint: value["hint"]?.text, location: value.location))
        }
        return checks
    }
}

enum ContractScope {
    /// A contract's fields as names of expressions.
    static func scope(
        name: String, fields: [FieldDefinition], _ settings: DictionarySettings
    ) -> ExpressionScope {
        ExpressionScope(
            description: "contract \(name)",
            columns: Dictionary(
                fields.map { (ColumnReference(name: $0.name), $0.type) }, uniquingKeysWith: { first, _ in first }),
            currency: settings.currency, zone: settings.timeZone)
    }

    /// Lower-case words joined by hyphens: the name becomes a diagnostic code.
    static func isCheckName(_ text: String) -> Bool {
        DefinitionNames.isName(text.replacing("-", with: "_")) && !text.contains("_")
    }
}
