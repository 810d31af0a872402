import CaliberCore

/// Attributions from their YAML.
struct AttributionResolution {
    private(set) var attributions: [AttributionDefinition] = []
    private let dictionary: MetricDictionary
    private let tables: TableScopes
    private let log: ProblemLog
    /// Every metric's name that was written down, also of metrics with faults.
    private let metricNames: Set<String>
    private var names = NameRegister(of: "an attribution")

    /// The channel of conversions without any touch.
    static let untouched = "No_Touch"
    static let unmatched = "Unmatched_Channel"

    /// - Parameters:
    ///   - dictionary: with its metrics.
    ///   - metrics: as they were written.
    init(
        _ values: [YAMLValue], dictionary: MetricDictionary, metrics: [YAMLValue], tables: TableScopes,
        _ log: ProblemLog
    ) {
        metricNames = Set(metrics.flatMap { [$0["name"]?.text, $0["id"]?.text] }.compactMap { $0 })
        self.dictionary = dictionary
        self.tables = tables
        self.log = log
        for value in values { resolve(value) }
    }

    private mutating func resolve(_ value: YAMLValue) {
        guard let nameValue = value["name"], let name = nameValue.text,
            DefinitionNames.check(name, of: "an attribution", at: nameValue.textLocation, log),
            names.register(name, at: nameValue.location, log), let owner = value["owner"]?.text
        else { return }
        // Each part is read, so that all of its faults are told in one run.
        let touches = rows(value["touches"])
        let conversions = rows(value["conversions"])
        let rules = touches.flatMap { channelRules(value["channels"], $0.scope) }
        let unmatched = unmatched(value["unmatched"])
        let paths = pathRules(value)
        let weights = weights(value)
        guard let touches, let conversions, let rules, let unmatched, let paths, let weights,
            let metric = metric(value["conversions"]?["metric"], conversions.rows, conversions.scope.table)
        else { return }
        let definition = AttributionDefinition(
            name: name, description: value["description"]?.text, owner: owner, touches: touches.rows,
            conversions: conversions.rows, metric: metric, rules: rules, unmatched: unmatched, paths: paths,
            weights: weights, location: value.location)
        let limit = DictionaryLimits.channelsPerAttribution
        guard definition.channels.count <= limit else {
            log.report(
                .attribution(
                    .tooManyChannels(
                        count: definition.channels.count, limit: limit,
                        at: value["channels"]?.location ?? value.location)))
            return
        }
        attributions.append(definition)
    }

    // MARK: Rows

    private func rows(_ value: YAMLValue?) -> (rows: AttributionDefinition.Rows, scope: RowScope)? {
        guard let value, let table = FeatureSetResolution.table(value["table"], tables, log) else { return nil }
        guard table.key.count == 1, table.key[0].type.isString else {
            log.report(.attribution(.keyNotText(table: table.name, at: value["table"]?.textLocation ?? value.location)))
            return nil
        }
        let scope = RowScope(
            table: table, settings: tables.settings, brokenNames: tables.brokenNames(of: table.name), log: log)
        let buyer = buyer(value["buyer"], scope)
        let at = time(value["at"], of: table, in: value)
        let condition = condition(value["when"], scope)
        guard let buyer, let at, let condition else { return nil }
        return (AttributionDefinition.Rows(table: table.name, buyer: buyer, at: at, condition: condition), scope)
    }

    private func buyer(_ value: YAMLValue?, _ scope: RowScope) -> TypedExpression? {
        guard let value, let compiled = scope.compiler(scope.own).compile(value, expecting: nil) else { return nil }
        guard compiled.type.isString else {
            log.report(.attribution(.buyerNotText(type: compiled.type.name, at: value.textLocation)))
            return nil
        }
        return scope.writtenOut(compiled, path: [], use: "a buyer", at: value.textLocation)
    }

    private func time(_ value: YAMLValue?, of table: TableDefinition, in section: YAMLValue) -> String? {
        guard let value, let name = value.text else {
            if let anchor = table.anchor { return anchor }
            log.report(.attribution(.timeMissing(table: table.name, at: section.location)))
            return nil
        }
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
        if case .derived = column.content {
            log.report(.attribution(.derivedTime(column: name, at: value.textLocation)))
            return nil
        }
        guard column.type == .timestamp else {
            log.report(
                .table(
                    .notATimestamp(
                        column: name, type: column.type.name, use: "when something was", at: value.textLocation)))
            return nil
        }
        return name
    }

    /// The outer nil is a fault, reported; the inner one no condition.
    private func condition(_ value: YAMLValue?, _ scope: RowScope) -> TypedExpression?? {
        guard let value else { return .some(nil) }
        return scope.compiler(scope.own).compile(value, expecting: .condition)
            .flatMap { scope.writtenOut($0, path: [], use: "a condition", allowsSets: true, at: value.textLocation) }
            .map { .some($0) }
    }

    private func metric(
        _ value: YAMLValue?, _ conversions: AttributionDefinition.Rows, _ table: TableDefinition
    ) -> String? {
        guard let value, let name = value.text else { return nil }
        guard let metric = dictionary.metric(named: name) else {
            if metricNames.contains(name) { return nil }
            log.report(
                .name(
                    .unknown(
                        .metric, name: name, within: nil,
                        suggestions: NameSuggestion.nearest(to: name, among: dictionary.metrics.map(\.name)),
                        at: value.textLocation)))
            return nil
        }
        do {
            _ = try AttributedMeasure(metric, conversions: conversions, table: table, at: value.textLocation)
            return metric.name
        } catch {
            log.report(.attribution(error))
            return nil
        }
    }

    // MARK: Channels

    private func channelRules(_ value: YAMLValue?, _ scope: RowScope) -> [AttributionDefinition.ChannelRule]? {
        var rules: [AttributionDefinition.ChannelRule] = []
        var isWhole = true
        for entry in value?.list ?? [] {
            guard let name = channel(entry["channel"]), let condition = condition(entry["when"], scope),
                let holds = condition
            else {
                isWhole = false
                continue
            }
            rules.append(
                AttributionDefinition.ChannelRule(
                    channel: name, condition: holds, isDirect: entry["direct"]?.boolean ?? false))
        }
        return isWhole ? rules : nil
    }

    private func unmatched(_ value: YAMLValue?) -> String? {
        value == nil ? AttributionResolution.unmatched : channel(value)
    }

    private func channel(_ value: YAMLValue?) -> String? {
        guard let value, let name = value.text else { return nil }
        let isName =
            !name.isEmpty && name.count <= 60 && name.first != " " && name.last != " "
            && !name.contains { $0.isNewline || $0 == ">" || $0 == "\t" }
        guard isName else {
            log.report(.attribution(.badChannel(name: name, at: value.textLocation)))
            return nil
        }
        guard name != AttributionResolution.untouched else {
            log.report(.attribution(.reservedChannel(name: name, at: value.textLocation)))
            return nil
        }
        return name
    }

    // MARK: Paths and weights

    private func pathRules(_ value: YAMLValue) -> PathRules? {
        guard let lookback = duration(value["lookback"], "lookback") else { return nil }
        return PathRules(
            lookback: lookback, stepLimit: value["step_limit"]?.wholeNumber.flatMap { Int(exactly: $0) },
            transform: value["path"]?.text.flatMap { PathRules.Transform(rawValue: $0) } ?? .exposure,
            direct: value["direct"]?.text.flatMap { PathRules.Direct(rawValue: $0) } ?? .keep,
            repeated: value["repeated"]?.text.flatMap { PathRules.Repeated(rawValue: $0) } ?? .share)
    }

    private func weights(_ value: YAMLValue) -> CreditWeights? {
        var weights = CreditWeights()
        if let position = value["position"] {
            guard let first = position["first"]?.wholeNumber, let last = position["last"]?.wholeNumber,
                (0...100).contains(first), (0...100).contains(last)
            else { return nil }
            guard first + last <= 100 else {
                log.report(.attribution(.weightsAboveWhole(first: first, last: last, at: position.location)))
                return nil
            }
            (weights.firstPercent, weights.lastPercent) = (Int(first), Int(last))
        }
        if let halfLife = value["half_life"] {
            guard let length = duration(halfLife, "half_life") else { return nil }
            weights.halfLife = length
        }
        return weights
    }

    private func duration(_ value: YAMLValue?, _ key: String) -> Int64? {
        guard let value, let text = value.text else { return nil }
        guard let window = FeatureWindow.microseconds(text), let length = window else {
            log.report(.attribution(.badDuration(text: text, key: key, at: value.textLocation)))
            return nil
        }
        return length
    }
}
