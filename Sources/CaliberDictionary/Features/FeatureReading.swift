import CaliberCore

/// The features of one set, templates filled in.
struct FeatureReading {
    let set: String
    let scope: RowScope
    let entities: [FeatureEntity]
    let facts: [FactDefinition]
    let meanings: ColumnMeanings
    let log: ProblemLog
    private(set) var features: [FeatureDefinition] = []
    private var names = NameRegister(of: "a feature")

    init(
        set: String, scope: RowScope, entities: [FeatureEntity], facts: [FactDefinition], meanings: ColumnMeanings,
        log: ProblemLog
    ) {
        self.set = set
        self.scope = scope
        self.entities = entities
        self.facts = facts
        self.meanings = meanings
        self.log = log
    }

    mutating func read(_ value: YAMLValue) {
        let template = FeatureTemplate(value: value, log: log)
        for words in template.expansions() ?? [] {
            // One fault of a template is told once, not for each of its features.
            guard let feature = feature(value, template, words) else { return }
            guard features.count <= DictionaryLimits.featuresPerSet else { return }
            features.append(feature)
        }
    }

    private mutating func feature(
        _ value: YAMLValue, _ template: FeatureTemplate, _ words: FeatureTemplate.Words
    ) -> FeatureDefinition? {
        guard let nameValue = value["name"], let name = template.filled(nameValue, words),
            DefinitionNames.check(name, of: "a feature", at: nameValue.textLocation, log),
            names.register(name, at: nameValue.location, log),
            let (content, meaning) = content(of: name, value, template, words)
        else { return nil }
        guard let minimum = number(value["minimum"]), let maximum = number(value["maximum"]) else { return nil }
        let scale = value["scale"]?.text.flatMap { FeatureDefinition.Scale(rawValue: $0) } ?? .linear
        var texts: [String?] = []
        for key in ["description", "advice", "advice_zh", "group"] {
            guard let text = value[key] else {
                texts.append(nil)
                continue
            }
            guard let filled = template.filled(text, words) else { return nil }
            texts.append(filled)
        }
        return FeatureDefinition(
            name: name, content: content, scale: scale, description: texts[0], advice: texts[1], adviceZh: texts[2],
            group: texts[3],
            isActionable: value["actionable"]?.boolean ?? false,
            better: value["better"]?.text.flatMap { FeatureDefinition.Direction(rawValue: $0) }, minimum: minimum,
            maximum: maximum,
            meaning: scale == .linear ? meaning : "\(scale.rawValue) of \(meaning)", location: value.location)
    }

    /// The outer nil is a fault, reported.
    private func number(_ value: YAMLValue?) -> Double?? {
        guard let value, let text = value.text else { return .some(nil) }
        guard let number = Double(text), number.isFinite else {
            log.report(.feature(.badNumber(text: text, at: value.textLocation)))
            return nil
        }
        return .some(number)
    }

    private func content(
        of name: String, _ value: YAMLValue, _ template: FeatureTemplate, _ words: FeatureTemplate.Words
    ) -> (FeatureDefinition.Content, meaning: String)? {
        if let expression = value["expr"] {
            let others = ["statistic", "entity", "fact", "value", "per", "window", "baseline", "own"]
            if let other = others.first(where: { value[$0] != nil }) {
                log.report(.feature(.contentTwice(feature: name, key: other, at: expression.location)))
                return nil
            }
            guard let text = template.filledValue(expression, words), let own = own(text, use: "a feature") else {
                return nil
            }
            return (.expression(own), meanings.meaning(of: own, over: scope.table.name).text)
        }
        guard value["statistic"] != nil, let statistic = words["statistic"] else {
            log.report(.feature(.contentMissing(feature: name, at: value.location)))
            return nil
        }
        guard let known = HistoryFeature.Statistic(rawValue: statistic) else {
            unknown("statistic", value["statistic"], statistic, HistoryFeature.Statistic.allCases.map(\.rawValue))
            return nil
        }
        return history(known, value, template, words)
    }

    /// An expression over the row that gives a number.
    private func own(_ text: YAMLValue, use: String) -> TypedExpression? {
        guard
            let compiled = scope.compiler(scope.own).compile(text, expecting: nil),
            let written = scope.writtenOut(compiled, path: [], use: use, at: text.textLocation)
        else { return nil }
        guard written.type == .boolean || written.type.isNumeric else {
            log.report(.feature(.notAFeature(type: written.type.name, at: text.textLocation)))
            return nil
        }
        return written
    }

    private func history(
        _ statistic: HistoryFeature.Statistic, _ value: YAMLValue, _ template: FeatureTemplate,
        _ words: FeatureTemplate.Words
    ) -> (FeatureDefinition.Content, meaning: String)? {
        guard checkKeys(statistic, value) else { return nil }
        guard let entity = position(of: "entity", value, words, among: entities.map(\.name)),
            let fact = position(of: "fact", value, words, among: facts.map(\.name))
        else { return nil }
        var measured: Int?
        if statistic.takesValue {
            measured = position(of: "value", value, words, among: facts[fact].values.map(\.name))
            guard let measured, isMeasurable(facts[fact].values[measured], statistic, value["value"]) else {
                return nil
            }
        }
        var per: Int?
        if let perValue = value["per"], let name = template.filled(perValue, words) {
            per = facts.firstIndex { $0.name == name }
            if per == nil { unknown("fact", perValue, name, facts.map(\.name)) }
        }
        if statistic == .rate, per == nil { return nil }
        guard let window = window(value["window"], words["window"]),
            let baseline = baseline(value["baseline"], template, words)
        else { return nil }
        if statistic == .zscore || statistic == .surge, let baseline, (window ?? .max) >= baseline {
            log.report(.feature(.windowBeyondBaseline(at: value["baseline"]?.textLocation ?? value.location)))
            return nil
        }
        var own: TypedExpression?
        if let ownValue = value["own"] {
            own = template.filledValue(ownValue, words).flatMap { self.own($0, use: "own") }
            if own == nil { return nil }
        }
        let feature = HistoryFeature(
            entity: entity, fact: fact, statistic: statistic, value: measured, per: per, window: window,
            baseline: baseline, own: own)
        return (.history(feature), meaning(of: feature))
    }

    private func checkKeys(_ statistic: HistoryFeature.Statistic, _ value: YAMLValue) -> Bool {
        var isRight = true
        for key in statistic.requiredKeys where value[key] == nil {
            log.report(.feature(.keyMissing(key: key, statistic: statistic.rawValue, at: value.location)))
            isRight = false
        }
        for key in ["value", "per", "window", "baseline", "own"] {
            guard let found = value[key], !statistic.possibleKeys.contains(key), value["statistic"]?.list == nil else {
                continue
            }
            log.report(.feature(.keyUnused(key: key, statistic: statistic.rawValue, at: found.location)))
            isRight = false
        }
        return isRight
    }

    private func position(
        of kind: String, _ value: YAMLValue, _ words: FeatureTemplate.Words, among names: [String]
    ) -> Int? {
        guard let name = words[kind] else { return nil }
        if let position = names.firstIndex(of: name) { return position }
        unknown(kind, value[kind], name, names)
        return nil
    }

    private func unknown(_ kind: String, _ value: YAMLValue?, _ name: String, _ names: [String]) {
        let place = value?.list?.first { $0.text == name } ?? value
        log.report(
            .feature(
                .unknownPart(
                    kind: kind, name: name, set: set, suggestions: NameSuggestion.nearest(to: name, among: names),
                    at: place?.textLocation ?? scope.table.location)))
    }

    private func isMeasurable(
        _ measured: FactValue, _ statistic: HistoryFeature.Statistic, _ value: YAMLValue?
    ) -> Bool {
        let type = measured.expression.type
        let fits =
            statistic == .distinct
            ? type.isString || type.storage == .integer : type == .boolean || type.isNumeric
        if !fits {
            log.report(
                .feature(
                    .notMeasurable(
                        value: measured.name, type: type.name, statistic: statistic.rawValue,
                        at: value?.location ?? scope.table.location)))
        }
        if fits, type.isString, case .column = measured.expression.node { return true }
        if fits, type.isString {
            log.report(
                .feature(.computedText(value: measured.name, at: value?.location ?? scope.table.location)))
            return false
        }
        return fits
    }

    private func baseline(_ value: YAMLValue?, _ template: FeatureTemplate, _ words: FeatureTemplate.Words) -> Int64?? {
        guard let value else { return .some(nil) }
        guard let text = template.filled(value, words) else { return nil }
        return window(value, text)
    }

    /// The outer nil is a fault, reported; the inner one ever.
    private func window(_ value: YAMLValue?, _ text: String?) -> Int64?? {
        guard let text else { return .some(nil) }
        if let window = FeatureWindow.microseconds(text) { return window }
        let place = value?.list?.first { $0.text == text } ?? value
        log.report(.feature(.badWindow(text: text, at: place?.textLocation ?? scope.table.location)))
        return nil
    }

    private func meaning(of feature: HistoryFeature) -> String {
        var text = feature.statistic.rawValue
        if let value = feature.value {
            text += " of \(rowMeaning(facts[feature.fact].values[value].expression, feature.fact))"
        }
        text += " over \(meaning(ofFact: feature.fact))"
        if let per = feature.per { text += " per \(meaning(ofFact: per))" }
        let column = entities[feature.entity].column
        text += " by \(meanings.meaning(of: column, of: scope.table.name).text)"
        text += " within \(feature.window.map { "\($0) µs" } ?? FeatureWindow.everText)"
        if feature.statistic == .zscore || feature.statistic == .surge {
            text += " beside \(feature.baseline.map { "\($0) µs" } ?? FeatureWindow.everText)"
        }
        if let own = feature.own { text += " of \(meanings.meaning(of: own, over: scope.table.name).text)" }
        return text
    }

    private func meaning(ofFact index: Int) -> String {
        let fact = facts[index]
        var text = fact.contract
        if case .data(let field) = fact.time { text += " at field \(field)" }
        if let condition = fact.condition { text += " when \(rowMeaning(condition, index))" }
        return text
    }

    /// An expression beside an event, with the row's columns written out.
    private func rowMeaning(_ expression: TypedExpression, _ fact: Int) -> String {
        expression.replacing { reference in
            guard !reference.path.isEmpty, let column = scope.table.column(named: reference.name) else { return nil }
            let meaning = meanings.meaning(of: column.name, of: scope.table.name).text
            return TypedExpression(.column(ColumnReference(name: meaning)), column.type)
        }.canonicalText
    }
}

extension HistoryFeature.Statistic {
    /// Whether it is of a value of the facts.
    var takesValue: Bool {
        switch self {
        case .sum, .mean, .max, .distinct, .zscore, .deviation: true
        case .count, .rate, .since, .age, .surge: false
        }
    }

    var requiredKeys: [String] {
        switch self {
        case .count, .since, .age: ["entity", "fact"]
        case .rate: ["entity", "fact", "per"]
        case .sum, .mean, .max, .distinct: ["entity", "fact", "value"]
        case .zscore: ["entity", "fact", "value", "window"]
        case .surge: ["entity", "fact", "window"]
        case .deviation: ["entity", "fact", "value", "own"]
        }
    }

    var possibleKeys: [String] {
        switch self {
        case .since, .age: requiredKeys
        case .zscore, .surge: requiredKeys + ["baseline"]
        default: requiredKeys + ["window"]
        }
    }
}
