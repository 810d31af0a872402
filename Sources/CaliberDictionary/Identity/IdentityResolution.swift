import CaliberCore

/// Identities from their YAML.
struct IdentityResolution {
    private(set) var identities: [IdentityDefinition] = []
    private let contracts: [String: ContractDefinition]
    private let contractNames: [String]
    private let tables: TableScopes
    private let log: ProblemLog
    private var names = NameRegister(of: "an identity")

    init(_ values: [YAMLValue], contracts: ContractResolution, tables: TableScopes, _ log: ProblemLog) {
        self.contracts = Dictionary(
            contracts.contracts.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        contractNames = Array(contracts.names.names)
        self.tables = tables
        self.log = log
        for value in values { resolve(value) }
    }

    private mutating func resolve(_ value: YAMLValue) {
        guard let nameValue = value["name"], let name = nameValue.text,
            DefinitionNames.check(name, of: "an identity", at: nameValue.textLocation, log),
            names.register(name, at: nameValue.location, log), let owner = value["owner"]?.text,
            let entries = value["identifiers"]?.entries
        else { return }
        guard !entries.isEmpty else {
            log.report(.identity(.noIdentifiers(identity: name, at: value.location)))
            return
        }
        if entries.count > DictionaryLimits.identifiersPerIdentity {
            log.report(
                .file(
                    .tooManyDefinitions(
                        kind: "identifiers in an identity", limit: DictionaryLimits.identifiersPerIdentity,
                        at: entries[DictionaryLimits.identifiersPerIdentity].keyLocation)))
            return
        }
        let common = blocked(value["blocked"], IdentityResolution.nobodys)
        let bridge = weight(value["bridge"], default: 1_000)
        let attach = weight(value["attach"], default: 300)
        var carried: [String: SourceLocation] = [:]
        var identifiers: [(priority: Int64, place: Int, identifier: IdentityDefinition.Identifier)] = []
        var isWhole = common != nil && bridge != nil && attach != nil
        for (place, entry) in entries.enumerated() {
            guard let identifier = identifier(entry, common ?? IdentityResolution.nobodys, &carried) else {
                isWhole = false
                continue
            }
            identifiers.append((entry.value["priority"]?.wholeNumber ?? Int64(place + 1), place, identifier))
        }
        guard isWhole, let bridge, let attach else { return }
        guard identifiers.contains(where: { $0.identifier.role == .account }) else {
            log.report(.identity(.noAccount(identity: name, at: value["identifiers"]?.location ?? value.location)))
            return
        }
        identifiers.sort { ($0.priority, $0.place) < ($1.priority, $1.place) }
        identities.append(
            IdentityDefinition(
                name: name, description: value["description"]?.text, owner: owner, bridgeWeight: bridge,
                attachWeight: min(attach, bridge), identifiers: identifiers.map(\.identifier), location: value.location)
        )
    }

    /// What is blocked everywhere, as the field has learned it: Segment's list.
    private static let nobodys = IdentityDefinition.BlockedValues(
        values: ["-1", "null", "anonymous"], patterns: (try? ValuePattern("^[0-]*$")).map { [$0] } ?? [])

    private func identifier(
        _ entry: YAMLValue.Entry, _ common: IdentityDefinition.BlockedValues, _ carried: inout [String: SourceLocation]
    ) -> IdentityDefinition.Identifier? {
        let value = entry.value
        guard DefinitionNames.check(entry.key, of: "an identifier", at: entry.keyLocation, log),
            let strength = value["strength"]?.text.flatMap({ IdentityDefinition.Strength(rawValue: $0) })
        else { return nil }
        let role = value["role"]?.text.flatMap { IdentityDefinition.Role(rawValue: $0) } ?? .value
        guard role == .value || strength == .strong else {
            log.report(.identity(.weakAccount(identifier: entry.key, at: entry.keyLocation)))
            return nil
        }
        if strength == .strong {
            for key in ["weight", "half_life"] where value[key] != nil {
                log.report(.identity(.keyForWeakOnly(key: key, at: value[key]?.location ?? value.location)))
                return nil
            }
        }
        let most: Int? = role == .account ? 1 : role == .link ? nil : 5
        let sharing: Int? = role == .account ? nil : role == .link ? 1 : strength == .strong ? 20 : 10
        let values = limit(value["values"], "most", default: most)
        let sharedBy = limit(value["shared_by"], "accounts", default: sharing)
        let weight = weight(value["weight"], default: strength == .strong ? 1_000 : 500)
        let halfLife = window(value["half_life"])
        let blocked = blocked(value["blocked"], common)
        let carriers = carriers(value["from"], of: entry, &carried)
        guard let values, let sharedBy, let weight, let halfLife, let blocked, let carriers else { return nil }
        return IdentityDefinition.Identifier(
            name: entry.key, role: role, strength: strength, weight: weight, halfLife: halfLife, values: values,
            sharedBy: sharedBy, blocked: blocked, carriers: carriers, location: entry.keyLocation)
    }

    /// `5`, `unlimited`, or either with a window. The outer nil is a fault, reported; the inner one no limit.
    private func limit(_ value: YAMLValue?, _ key: String, default most: Int?) -> IdentityDefinition.Limit?? {
        guard let value else { return .some(most.map { IdentityDefinition.Limit(most: $0) }) }
        guard let countValue = value.entries == nil ? value : value[key], let text = countValue.text,
            let window = window(value["per"])
        else { return nil }
        if text == "unlimited" { return .some(nil) }
        guard let count = countValue.wholeNumber, (1...10_000).contains(count) else {
            log.report(.identity(.badLimit(text: text, at: countValue.textLocation)))
            return nil
        }
        return .some(IdentityDefinition.Limit(most: Int(count), window: window))
    }

    private func window(_ value: YAMLValue?) -> Int64?? {
        guard let value, let text = value.text else { return .some(nil) }
        switch text {
        case "week": return .some(7 * Timestamp.microsecondsPerDay)
        case "year": return .some(365 * Timestamp.microsecondsPerDay)
        default:
            guard let window = FeatureWindow.microseconds(text) else {
                log.report(.identity(.badWindow(text: text, at: value.textLocation)))
                return nil
            }
            return window
        }
    }

    /// Thousandths.
    private func weight(_ value: YAMLValue?, default standard: Int) -> Int? {
        guard let value, let text = value.text else { return standard }
        guard let number = Double(text), number >= 0.001, number <= 100,
            (number * 1_000).rounded() / 1_000 == number
        else {
            log.report(.identity(.badWeight(text: text, at: value.textLocation)))
            return nil
        }
        return Int((number * 1_000).rounded())
    }

    private func blocked(
        _ value: YAMLValue?, _ common: IdentityDefinition.BlockedValues
    ) -> IdentityDefinition.BlockedValues? {
        var values = common.values
        var patterns = common.patterns
        for entry in value?["values"]?.list ?? [] {
            guard case .scalar(let text, _) = entry.content else { continue }
            values.insert(text)
        }
        for entry in value?["patterns"]?.list ?? [] {
            guard let text = entry.text else { continue }
            do {
                patterns.append(try ValuePattern(text))
            } catch {
                log.report(
                    .identity(.badBlockedPattern(pattern: text, reason: error.reason, at: entry.textLocation)))
                return nil
            }
        }
        return IdentityDefinition.BlockedValues(values: values, patterns: patterns)
    }

    private func carriers(
        _ value: YAMLValue?, of identifier: YAMLValue.Entry, _ carried: inout [String: SourceLocation]
    ) -> [IdentityDefinition.Carrier]? {
        guard let entries = value?.list else { return nil }
        guard !entries.isEmpty else {
            log.report(.identity(.noCarriers(identifier: identifier.key, at: identifier.keyLocation)))
            return nil
        }
        var carriers: [IdentityDefinition.Carrier] = []
        for entry in entries {
            guard let found = carrier(entry) else { return nil }
            if let first = carried[found.words] {
                log.report(.identity(.carrierTwice(what: found.words, first: first, at: entry.location)))
                return nil
            }
            carried[found.words] = entry.location
            carriers.append(found.carrier)
        }
        return carriers
    }

    private func carrier(_ value: YAMLValue) -> (carrier: IdentityDefinition.Carrier, words: String)? {
        let within = value["within"]
        switch (value["event"], value["field"], value["table"], value["column"]) {
        case (let event?, let field?, nil, nil):
            guard let contract = contract(event), let name = self.field(field, of: contract) else { return nil }
            var scope: String?
            if let within {
                guard let name = self.field(within, of: contract) else { return nil }
                scope = name
            }
            let words = "field \(quoted("\(contract.name).\(name)"))"
            return (.field(contract: contract.name, field: name, within: scope), words)
        case (nil, nil, let tableValue?, let column?):
            guard let table = FeatureSetResolution.table(tableValue, tables, log),
                let name = self.column(column, of: table)
            else { return nil }
            var scope: String?
            if let within {
                guard let name = self.column(within, of: table) else { return nil }
                scope = name
            }
            let words = "column \(quoted("\(table.name).\(name)"))"
            return (.column(table: table.name, column: name, within: scope), words)
        default:
            log.report(.identity(.carrierUnclear(at: value.location)))
            return nil
        }
    }

    private func contract(_ value: YAMLValue) -> ContractDefinition? {
        guard let name = value.text else { return nil }
        if let contract = contracts[name] { return contract }
        if !contractNames.contains(name) {
            log.report(
                .name(
                    .unknown(
                        .contract, name: name, within: nil,
                        suggestions: NameSuggestion.nearest(to: name, among: contractNames), at: value.textLocation)))
        }
        return nil
    }

    private func field(_ value: YAMLValue, of contract: ContractDefinition) -> String? {
        guard let name = value.text else { return nil }
        guard let index = contract.fieldIndex(named: name) else {
            log.report(
                .name(
                    .unknown(
                        .field, name: name, within: "contract \(quoted(contract.name))",
                        suggestions: NameSuggestion.nearest(to: name, among: contract.fields.map(\.name)),
                        at: value.textLocation)))
            return nil
        }
        return isText(contract.fields[index].type, "field \(quoted("\(contract.name).\(name)"))", value) ? name : nil
    }

    private func column(_ value: YAMLValue, of table: TableDefinition) -> String? {
        guard let name = value.text else { return nil }
        guard let column = table.column(named: name), case .fold = column.content else {
            let stored = table.columns.filter { if case .fold = $0.content { true } else { false } }.map(\.name)
            if !tables.isBroken(name, in: table.name) {
                log.report(
                    .name(
                        .unknown(
                            .column, name: name, within: "the stored columns of table \(quoted(table.name))",
                            suggestions: NameSuggestion.nearest(to: name, among: stored), at: value.textLocation)))
            }
            return nil
        }
        return isText(column.type, "column \(quoted("\(table.name).\(name)"))", value) ? name : nil
    }

    private func isText(_ type: LogicalType, _ what: String, _ value: YAMLValue) -> Bool {
        if type.isString { return true }
        log.report(.identity(.carrierNotText(what: what, type: type.name, at: value.textLocation)))
        return false
    }
}
