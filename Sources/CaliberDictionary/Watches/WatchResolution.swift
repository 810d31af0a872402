import CaliberCore

/// Watches from their YAML.
struct WatchResolution {
    private(set) var watches: [WatchDefinition] = []
    private let tables: TableScopes
    private let log: ProblemLog
    private var names = NameRegister(of: "a watch")

    init(_ values: [YAMLValue], tables: TableScopes, _ log: ProblemLog) {
        self.tables = tables
        self.log = log
        for value in values { resolve(value) }
    }

    private mutating func resolve(_ value: YAMLValue) {
        guard let nameValue = value["name"], let name = nameValue.text,
            DefinitionNames.check(name, of: "a watch", at: nameValue.textLocation, log),
            names.register(name, at: nameValue.location, log), let owner = value["owner"]?.text,
            let table = FeatureSetResolution.table(value["table"], tables, log)
        else { return }
        guard table.key.count == 1, table.key[0].type.isString else {
            log.report(.watch(.keyNotText(table: table.name, at: value["table"]?.textLocation ?? value.location)))
            return
        }
        let reading = WatchReading(
            scope: RowScope(
                table: table, settings: tables.settings, brokenNames: tables.brokenNames(of: table.name), log: log))
        guard let condition = reading.condition(value["when"]), let until = reading.optionalCondition(value["until"]),
            let streak = reading.streak(value["streak"]), let every = reading.duration(value["every"]),
            let coolDown = reading.duration(value["cool_down"]), let labels = reading.columns(value["labels"]),
            let facts = reading.columns(value["facts"]), let title = reading.text(value["title"], streak: streak),
            let causes = reading.causes(value["causes"])
        else { return }
        let summary = value["summary"].map { reading.text($0, streak: streak) }
        if case .some(nil) = summary { return }
        watches.append(
            WatchDefinition(
                name: name, description: value["description"]?.text, owner: owner, table: table.name,
                severity: value["severity"]?.text.flatMap { WatchDefinition.Severity(rawValue: $0) } ?? .warning,
                condition: condition, end: until, streak: streak, schedule: every.map { .every($0) } ?? .onChange,
                coolDown: coolDown ?? 0, labels: labels, facts: facts, title: title, summary: summary ?? nil,
                advice: WatchReading.texts(value["advice"]), causes: causes,
                opensTicket: value["ticket"]?.boolean ?? false, signal: value["signal"]?.text,
                location: value.location))
    }
}

/// The parts of one watch. A nil is a fault, reported; an inner one what was left out.
private struct WatchReading {
    let scope: RowScope

    func condition(_ value: YAMLValue?) -> TypedExpression? {
        guard let value else { return nil }
        return scope.compiler(scope.own).compile(value, expecting: .condition)
            .flatMap { scope.writtenOut($0, path: [], use: "a watch", allowsSets: true, at: value.textLocation) }
    }

    func optionalCondition(_ value: YAMLValue?) -> TypedExpression?? {
        guard let value else { return .some(nil) }
        return condition(value).map { .some($0) }
    }

    func duration(_ value: YAMLValue?) -> Int64?? {
        guard let value, let text = value.text else { return .some(nil) }
        guard let window = FeatureWindow.microseconds(text), let length = window else {
            scope.log.report(.watch(.badDuration(text: text, at: value.textLocation)))
            return nil
        }
        return .some(length)
    }

    func columns(_ value: YAMLValue?) -> [String]? {
        var names: [String] = []
        for entry in value?.list ?? [] {
            guard let name = column(entry) else { return nil }
            names.append(name)
        }
        return names
    }

    private func column(_ value: YAMLValue?) -> String? {
        guard let value, let name = value.text else { return nil }
        return column(name, at: value.textLocation)?.name
    }

    /// A stored column.
    private func column(_ name: String, at location: SourceLocation) -> ColumnDefinition? {
        guard let column = scope.table.column(named: name) else {
            if !scope.brokenNames.contains(name) {
                scope.log.report(
                    .name(
                        .unknown(
                            .column, name: name, within: "table \(quoted(scope.table.name))",
                            suggestions: NameSuggestion.nearest(
                                to: name, among: scope.table.columns.map(\.name)), at: location)))
            }
            return nil
        }
        if case .derived = column.content {
            scope.log.report(.watch(.derivedColumn(name: name, at: location)))
            return nil
        }
        return column
    }

    func streak(_ value: YAMLValue?) -> WatchDefinition.Streak?? {
        guard let value else { return .some(nil) }
        guard let length = value["of"]?.wholeNumber.flatMap({ Int(exactly: $0) }), let orderValue = value["order"],
            let order = orderValue.text,
            let orderColumn = column(order, at: orderValue.textLocation)
        else { return nil }
        guard orderColumn.type == .timestamp else {
            scope.log.report(
                .table(
                    .notATimestamp(
                        column: order, type: orderColumn.type.name, use: "what a streak goes by",
                        at: orderValue.textLocation)))
            return nil
        }
        var group: String?
        if let by = value["by"] {
            guard let name = by.text, let column = column(name, at: by.textLocation) else { return nil }
            guard column.type.isString, column.type != .set else {
                scope.log.report(
                    .watch(.groupNotText(column: name, type: column.type.name, at: by.textLocation)))
                return nil
            }
            group = name
        }
        return .some(
            WatchDefinition.Streak(
                length: length, group: group, order: order,
                endLength: value["ends_after"]?.wholeNumber.flatMap { Int(exactly: $0) } ?? 1))
    }

    func causes(_ value: YAMLValue?) -> [WatchDefinition.Cause]? {
        var causes: [WatchDefinition.Cause] = []
        var names = NameRegister(of: "a cause")
        for entry in value?.list ?? [] {
            guard let nameValue = entry["name"], let name = nameValue.text,
                DefinitionNames.check(name, of: "a cause", at: nameValue.textLocation, scope.log),
                names.register(name, at: nameValue.location, scope.log), let condition = condition(entry["when"]),
                let facts = columns(entry["facts"])
            else { return nil }
            causes.append(
                WatchDefinition.Cause(
                    name: name, condition: condition, facts: facts, advice: WatchReading.texts(entry["advice"])))
        }
        return causes
    }

    static func texts(_ value: YAMLValue?) -> [String] {
        guard let value else { return [] }
        return value.list?.compactMap(\.text) ?? value.text.map { [$0] } ?? []
    }

    /// A text whose braces name columns; of a streak also its length and its group alone.
    func text(_ value: YAMLValue?, streak: WatchDefinition.Streak?) -> FilledText? {
        guard let value, let template = value.text else { return nil }
        var parts: [FilledText.Part] = []
        var rest = Substring(template)
        while let open = rest.firstIndex(of: "{") {
            guard let close = rest[open...].firstIndex(of: "}") else { break }
            let name = String(rest[rest.index(after: open)..<close])
            if let streak {
                guard name == streak.group || name == "streak" else {
                    scope.log.report(
                        .watch(
                            .notOfTheStreak(
                                name: name, known: [streak.group, "streak"].compactMap { $0 },
                                at: value.textLocation)))
                    return nil
                }
            } else if column(name, at: value.textLocation) == nil {
                return nil
            }
            if open > rest.startIndex { parts.append(.text(String(rest[..<open]))) }
            parts.append(.column(name))
            rest = rest[rest.index(after: close)...]
        }
        if !rest.isEmpty { parts.append(.text(String(rest))) }
        return FilledText(parts: parts)
    }
}
