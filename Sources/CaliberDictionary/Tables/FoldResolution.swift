import CaliberCore

/// Fold columns: `from`, `fold` and `when` of one column, and the type that comes of them.
struct FoldResolution {
    let contracts: [String: ContractDefinition]
    let brokenFields: [String: Set<String>]
    let compilers: [String: ScopedCompiler]
    let settings: DictionarySettings
    let log: ProblemLog

    init(_ contracts: ContractResolution, settings: DictionarySettings, _ log: ProblemLog) {
        self.contracts = Dictionary(
            contracts.contracts.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        brokenFields = contracts.brokenFields
        self.settings = settings
        self.log = log
        let broken = contracts.brokenFields
        compilers = self.contracts.mapValues { contract in
            ScopedCompiler(
                scope: ContractScope.scope(name: contract.name, fields: contract.fields, settings),
                brokenNames: broken[contract.name] ?? [], log: log)
        }
    }

    /// - Returns: nil after a fault was reported, here or where the field is declared.
    func resolve(_ name: String, _ value: YAMLValue) -> (fold: FoldDefinition, type: LogicalType)? {
        guard let from = value["from"], let text = from.text else { return nil }
        guard let foldText = value["fold"]?.text else {
            if value["fold"] == nil { log.report(.table(.foldMissing(column: name, at: value.location))) }
            return nil
        }
        guard let kind = FoldDefinition.Kind(rawValue: foldText),
            let (contract, fieldText) = origin(text, at: from.textLocation)
        else { return nil }
        guard let (field, fieldType) = field(fieldText, of: contract, kind, at: from.textLocation) else { return nil }
        guard let type = type(of: kind, fieldType, text, at: value["fold"]?.textLocation ?? value.location) else {
            return nil
        }
        var condition: TypedExpression?
        if let when = value["when"] {
            guard let compiled = compilers[contract.name]?.compile(when, expecting: .condition) else { return nil }
            condition = compiled
        }
        return (FoldDefinition(kind: kind, contract: contract.name, field: field, condition: condition), type)
    }

    /// The contract is the longest name of one that the text begins with; names and fields both hold dots.
    private func origin(
        _ text: String, at location: SourceLocation
    ) -> (contract: ContractDefinition, field: String?)? {
        var parts = text.split(separator: ".", omittingEmptySubsequences: false)
        while !parts.isEmpty {
            let name = parts.joined(separator: ".")
            if let contract = contracts[name] {
                let rest = text.dropFirst(name.count + 1)
                return (contract, name.count == text.count ? nil : String(rest))
            }
            parts.removeLast()
        }
        let guess = text.split(separator: ".").dropLast().joined(separator: ".")
        let near =
            NameSuggestion.nearest(to: guess, among: contracts.keys)
            + NameSuggestion.nearest(to: text, among: contracts.keys)
        log.report(
            .name(
                .unknown(
                    .contract, name: guess.isEmpty ? text : guess, within: nil,
                    suggestions: Array(near.uniqued().prefix(2)), at: location)))
        return nil
    }

    private func field(
        _ text: String?, of contract: ContractDefinition, _ kind: FoldDefinition.Kind, at location: SourceLocation
    ) -> (FoldDefinition.Field?, LogicalType?)? {
        if kind == .count {
            guard let text else { return (nil, nil) }
            log.report(.table(.countOfField(text: text, contract: contract.name, at: location)))
            return nil
        }
        switch text {
        case nil:
            log.report(.table(.foldFieldMissing(fold: kind.rawValue, contract: contract.name, at: location)))
            return nil
        case "$time"?: return (.eventTime, .timestamp)
        case "$id"?: return (.eventID, .identifier)
        case let text?:
            if let index = contract.fieldIndex(named: text) { return (.data(index), contract.fields[index].type) }
            if brokenFields[contract.name]?.contains(text) != true {
                let names = contract.fields.map(\.name) + ["$time", "$id"]
                log.report(
                    .name(
                        .unknown(
                            .field, name: text, within: "contract \(quoted(contract.name))",
                            suggestions: NameSuggestion.nearest(to: text, among: names), at: location)))
            }
            return nil
        }
    }

    /// What a fold of a field's type gives.
    private func type(
        of kind: FoldDefinition.Kind, _ field: LogicalType?, _ text: String, at location: SourceLocation
    ) -> LogicalType? {
        guard let field else { return .integer }
        let wanted: String
        switch kind {
        case .first, .last: return field
        case .count: return .integer
        case .sum:
            if field == .number {
                log.report(.table(.sumOfNumbers(field: text, at: location)))
                return nil
            }
            if field.isNumeric { return field }
            wanted = "integer, money or duration"
        case .min, .max:
            if field.isNumeric || field == .timestamp || field == .date { return field }
            wanted = "integer, number, money, duration, timestamp or date"
        case .any:
            if field == .boolean { return field }
            wanted = "boolean; a condition goes into `when` of a count"
        case .set:
            if field.isString || field == .set { return .set }
            wanted = "category, identifier, text or set"
        }
        log.report(
            .table(
                .foldTypeMismatch(fold: kind.rawValue, field: text, type: field.name, wanted: wanted, at: location)))
        return nil
    }
}

extension Array where Element: Hashable {
    /// Without repeats, in the order of first appearance.
    func uniqued() -> [Element] {
        var seen: Set<Element> = []
        return filter { seen.insert($0).inserted }
    }
}
