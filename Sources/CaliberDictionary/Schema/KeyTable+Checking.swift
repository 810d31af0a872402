import CaliberCore

extension KeyTable {
    /// Checks a value against the table, all the way down; every fault is reported.
    package func check(_ value: YAMLValue, in what: String? = nil, _ report: (DictionaryProblem) -> Void) {
        let what = what ?? name
        guard let entries = value.entries else {
            report(.shape(.wrongKind(what: what, expected: "a mapping", found: value.kindInWords, at: value.location)))
            return
        }
        for entry in entries {
            guard let key = key(named: entry.key) else {
                report(unknownKey(entry, in: what))
                continue
            }
            key.kind.check(entry.value, as: "\(quoted(key.name)) of \(what)", report)
        }
        let present = Set(entries.map(\.key))
        for key in keys where !present.contains(key.name) {
            switch key.presence {
            case .required:
                report(
                    .shape(.missingKey(key: key.name, of: what, meaning: key.description, at: value.location)))
            case .owner: report(.shape(.missingOwner(of: what, at: value.location)))
            case .optional: break
            }
        }
    }

    private func unknownKey(_ entry: YAMLValue.Entry, in what: String) -> DictionaryProblem {
        return .shape(
            .unknownKey(
                key: entry.key, of: what, suggestions: NameSuggestion.nearest(to: entry.key, among: keys.map(\.name)),
                at: entry.keyLocation))
    }
}

extension ValueKind {
    func check(_ value: YAMLValue, as what: String, _ report: (DictionaryProblem) -> Void) {
        switch self {
        case .anything: break
        case .list(let element):
            guard let values = value.list else { return wrong(value, what, report) }
            for value in values { element.check(value, as: "an entry of \(what)", report) }
        case .section(let table):
            table.check(value, report)
        case .named(let kind, _):
            guard let entries = value.entries else { return wrong(value, what, report) }
            for entry in entries { kind.check(entry.value, as: quoted(entry.key), report) }
        case .oneOf(let kinds):
            guard let kind = kinds.first(where: { $0.hasShape(of: value) }) else { return wrong(value, what, report) }
            kind.check(value, as: what, report)
        case .choice(let choices):
            guard let text = value.text else { return wrong(value, what, report) }
            guard !choices.contains(text) else { return }
            let suggestions = NameSuggestion.nearest(to: text, among: choices)
            report(
                .shape(
                    .unknownValue(
                        text: text, of: what, choices: choices, suggestions: suggestions, at: value.location)))
        case .duration:
            guard let text = value.text else { return wrong(value, what, report) }
            if DurationText.parse(text) == nil {
                report(.shape(.badDuration(text: text, at: value.location)))
            }
        case .calendarSpan:
            guard let text = value.text else { return wrong(value, what, report) }
            if CalendarSpan(text: text) == nil {
                report(.shape(.badCalendarSpan(text: text, at: value.location)))
            }
        case .text, .expression, .wholeNumber, .decimal, .boolean, .scalar:
            if !admits(value) { wrong(value, what, report) }
        }
    }

    private func admits(_ value: YAMLValue) -> Bool {
        switch self {
        case .text, .expression: value.text.map { !$0.isEmpty } ?? false
        case .wholeNumber(let range): value.wholeNumber.map(range.contains) ?? false
        case .decimal: value.decimalText != nil
        case .boolean: value.boolean != nil
        case .scalar: value.scalar != nil
        default: true
        }
    }

    private func hasShape(of value: YAMLValue) -> Bool {
        switch self {
        case .list: value.list != nil
        case .section, .named: value.entries != nil
        case .oneOf(let kinds): kinds.contains { $0.hasShape(of: value) }
        case .anything: true
        default: value.scalar != nil
        }
    }

    private func wrong(_ value: YAMLValue, _ what: String, _ report: (DictionaryProblem) -> Void) {
        report(.shape(.wrongKind(what: what, expected: inWords, found: value.kindInWords, at: value.location)))
    }

    /// With an article: `a list of texts`.
    var inWords: String {
        switch self {
        case .text: "a text"
        case .expression: "an expression"
        case .wholeNumber(let range):
            range.lowerBound == .min || range.upperBound == .max
                ? "a whole number" : "a whole number from \(range.lowerBound) to \(range.upperBound)"
        case .decimal: "a number"
        case .boolean: "true or false"
        case .choice(let choices): "one of " + choices.joined(separator: ", ")
        case .duration, .calendarSpan: "a length of time"
        case .list: "a list"
        case .section, .named: "a mapping"
        case .oneOf(let kinds): kinds.map(\.inWords).joined(separator: " or ")
        case .scalar: "a single value"
        case .anything: "anything"
        }
    }
}

extension YAMLValue {
    /// The text of a number, quoted or not.
    var decimalText: String? {
        guard case .scalar(let text, _) = content else { return nil }
        let plain = YAMLValue(.scalar(text, .plain), at: location)
        guard case .number? = plain.scalar else { return nil }
        return text
    }
}
