import CaliberCore

/// The inputs of a ratio or a derived metric, and the formula over them.
struct MetricInputReading {
    enum Found {
        case found(MetricDefinition, tables: [String], TimeTraits)
        /// It is there, with a fault of its own.
        case faulty
        case unknown(suggestions: [String])
        case unknownVersion(known: [Int])
    }

    let node: MetricResolution.Node
    let type: MetricTypeName
    let tables: TableScopes
    /// What each of the references was found to be.
    let found: [Reference: Found]
    /// What filters may ask the values of.
    let metrics: MetricScope?
    let log: ProblemLog

    struct Reference: Hashable {
        let name: String
        let version: Int?
    }

    struct Resolved {
        let input: MetricInput
        let definition: MetricDefinition
        let tables: [String]
        let traits: TimeTraits
    }

    /// The metrics that a definition names, before they are looked up.
    static func references(_ value: YAMLValue) -> [Reference] {
        inputReferences(value) + filterReferences(value)
    }

    /// The metrics that its filters ask the values of.
    static func filterReferences(_ value: YAMLValue) -> [Reference] {
        ([value] + inputValues(value)).compactMap { $0["filter"]?.text }.flatMap(MetricTerm.mentions).map { mention in
            let (name, version) = MetricTerm.reference(mention)
            return Reference(name: name, version: version)
        }
    }

    private static func inputReferences(_ value: YAMLValue) -> [Reference] {
        inputValues(value).compactMap { value in
            let version = value["version"]?.wholeNumber.flatMap { Int(exactly: $0) }
            return (value.text ?? value["name"]?.text).map { Reference(name: $0, version: version) }
        }
    }

    /// Where a definition names the metrics that it is built from.
    static func inputValues(_ value: YAMLValue) -> [YAMLValue] {
        ["numerator", "denominator", "base_metric", "conversion_metric", "input_metric"].compactMap { value[$0] }
            + (value["input_metrics"]?.list ?? [])
    }

    func read() -> (MetricDefinition.Content, LogicalType, tables: [String])? {
        switch type {
        case .simple: return nil
        case .ratio: return ratio()
        case .derived: return derived()
        case .conversion: return conversion()
        case .cumulative: return cumulative()
        }
    }

    private func ratio() -> (MetricDefinition.Content, LogicalType, [String])? {
        guard let numeratorValue = node.value["numerator"], let denominatorValue = node.value["denominator"] else {
            return nil
        }
        let numerator = input(numeratorValue, defaultAlias: "numerator")
        let denominator = input(denominatorValue, defaultAlias: "denominator")
        for value in [numeratorValue, denominatorValue] {
            guard let alias = value["alias"], let text = alias.text else { continue }
            log.report(.metric(.unusedAlias(alias: text, at: alias.location)))
        }
        guard let numerator, let denominator else { return nil }
        let formula = YAMLValue(.scalar("numerator / denominator", .plain), at: node.value.location)
        let scope = scope([
            "numerator": numerator.definition.type, "denominator": denominator.definition.type,
        ])
        let compiler = ScopedCompiler(scope: scope, brokenNames: [], log: log)
        guard let quotient = compiler.compile(formula, expecting: .numeric) else { return nil }
        let leaves = (numerator.tables + denominator.tables).uniqued()
        return (.ratio(numerator: numerator.input, denominator: denominator.input), quotient.type, leaves)
    }

    private func derived() -> (MetricDefinition.Content, LogicalType, [String])? {
        guard let expressionValue = node.value["expr"], let list = node.value["input_metrics"] else { return nil }
        let values = list.list ?? []
        if values.isEmpty, list.list != nil {
            log.report(.shape(.emptyList(what: "the list input_metrics", at: list.location)))
        }
        var aliases: Set<String> = []
        var isComplete = true
        var resolved: [Resolved] = []
        for value in values {
            guard let input = input(value, defaultAlias: nil) else {
                isComplete = false
                continue
            }
            guard aliases.insert(input.input.alias).inserted else {
                log.report(.metric(.duplicateAlias(alias: input.input.alias, at: value.location)))
                isComplete = false
                continue
            }
            resolved.append(input)
        }
        if reportUnused(resolved, in: expressionValue) { isComplete = false }
        guard isComplete, !resolved.isEmpty else { return nil }
        let types = Dictionary(
            resolved.map { ($0.input.alias, $0.definition.type) }, uniquingKeysWith: { first, _ in first })
        let compiler = ScopedCompiler(scope: scope(types), brokenNames: [], log: log)
        guard let expression = compiler.compile(expressionValue, expecting: nil) else { return nil }
        let leaves = resolved.flatMap(\.tables).uniqued()
        return (.derived(expression: expression, inputs: resolved.map(\.input)), expression.type, leaves)
    }

    /// - Returns: whether there was one. An alias that is misspelt in expr is told there, too.
    private func reportUnused(_ inputs: [Resolved], in expression: YAMLValue) -> Bool {
        guard let text = expression.text else { return false }
        let mentioned = ExpressionMentions.names(in: text)
        let unused = inputs.filter { !mentioned.contains($0.input.alias) }
        for input in unused {
            log.report(.metric(.unusedInput(alias: input.input.alias, at: input.input.location)))
        }
        return !unused.isEmpty
    }

    private func scope(_ types: [String: LogicalType]) -> ExpressionScope {
        ExpressionScope(
            description: "metric \(node.name)",
            columns: Dictionary(uniqueKeysWithValues: types.map { (ColumnReference(name: $0.key), $0.value) }),
            currency: tables.settings.currency, zone: tables.settings.timeZone)
    }

    // MARK: One input

    /// - Returns: nil after a fault was reported, here or at the input's own definition.
    func input(_ value: YAMLValue, defaultAlias: String?) -> Resolved? {
        let nameValue = value["name"] ?? value
        guard let name = nameValue.text else { return nil }
        let version = value["version"]?.wholeNumber.flatMap { Int(exactly: $0) }
        var alias = defaultAlias ?? name
        if defaultAlias == nil, let aliasValue = value["alias"], let text = aliasValue.text {
            guard DefinitionNames.check(text, of: "an alias", at: aliasValue.textLocation, log) else { return nil }
            alias = text
        }
        guard let (definition, tables, traits) = look(up: name, version, nameValue, value),
            let offset = TimeReading(calendars: self.tables.calendars, log: log).offset(of: value)
        else { return nil }
        if offset != nil, let name = traits.withoutTime {
            log.report(.metric(.inputWithoutTime(metric: name, use: "taken at an earlier time", at: value.location)))
            return nil
        }
        var filter: TypedExpression?
        if let filterValue = value["filter"] {
            guard let compiled = self.filter(filterValue, over: tables) else { return nil }
            filter = compiled
        }
        let input = MetricInput(
            metric: name, version: version, alias: alias, filter: filter, offset: offset, location: value.location)
        return Resolved(input: input, definition: definition, tables: tables, traits: traits)
    }

    private func look(
        up name: String, _ version: Int?, _ nameValue: YAMLValue, _ value: YAMLValue
    ) -> (MetricDefinition, [String], TimeTraits)? {
        switch found[Reference(name: name, version: version)] {
        case .found(let definition, let tables, let traits): return (definition, tables, traits)
        case .faulty, nil: return nil
        case .unknown(let suggestions):
            log.report(
                .name(
                    .unknown(
                        .metric, name: name, within: nil, suggestions: suggestions, at: nameValue.textLocation)))
        case .unknownVersion(let known):
            log.report(
                .name(
                    .unknownVersion(
                        metric: name, version: Int64(version ?? 0), known: known,
                        at: value["version"]?.location ?? value.location)))
        }
        return nil
    }

    /// A filter reaches every simple metric below the input, so it must mean the same over each of their tables.
    private func filter(_ value: YAMLValue, over tableNames: [String]) -> TypedExpression? {
        var compiled: [TypedExpression] = []
        for table in tableNames {
            guard
                let expression = tables.compile(value, over: table, expecting: .condition, metrics: metrics, log)
            else { return nil }
            compiled.append(expression)
        }
        guard let first = compiled.first else { return nil }
        guard compiled.allSatisfy({ $0 == first }) else {
            log.report(.metric(.filterDiffers(tables: tableNames, at: value.textLocation)))
            return nil
        }
        return first
    }
}
