import CaliberCore

/// The dictionary's own tests from their YAML.
struct TestResolution {
    let dictionary: MetricDictionary
    let log: ProblemLog
    private(set) var tests: [DictionaryTest] = []
    private var names = NameRegister(of: "a test")

    init(_ values: [YAMLValue], dictionary: MetricDictionary, _ log: ProblemLog) {
        self.dictionary = dictionary
        self.log = log
        for value in values { resolve(value) }
    }

    private mutating func resolve(_ value: YAMLValue) {
        guard let nameValue = value["name"], let name = nameValue.text,
            names.register(name, at: nameValue.location, log)
        else { return }
        let rows = (value["rows"]?.entries ?? []).compactMap(expectedRows)
        let queries = (value["queries"]?.list ?? []).compactMap(query)
        let quarantined = value["quarantined"]?.list?.compactMap(\.text) ?? []
        if value["rows"] == nil, value["queries"] == nil, value["quarantined"] == nil {
            log.report(.source(.emptyTest(name: name, at: value.location)))
        }
        tests.append(
            DictionaryTest(
                name: name, events: (value["events"]?.list ?? []).map(event), rows: rows, queries: queries,
                quarantined: quarantined, location: value.location))
    }

    /// The event as CloudEvents JSON. An unknown contract is let through: to refuse it may be what is tested.
    private func event(_ value: YAMLValue) -> String {
        var members: [JSONValue.Member] = [
            JSONValue.Member(key: "specversion", value: .string("1.0")),
            JSONValue.Member(key: "source", value: .string(value["source"]?.text ?? "test")),
        ]
        for key in ["type", "id", "time"] {
            if let text = value[key]?.text { members.append(JSONValue.Member(key: key, value: .string(text))) }
        }
        members.append(JSONValue.Member(key: "data", value: value["data"]?.json ?? .object([])))
        return JSONValue.object(members).text
    }

    private func expectedRows(_ entry: YAMLValue.Entry) -> DictionaryTest.ExpectedRows? {
        guard let table = dictionary.table(named: entry.key) else {
            log.report(
                .name(
                    .unknown(
                        .table, name: entry.key, within: nil,
                        suggestions: NameSuggestion.nearest(to: entry.key, among: dictionary.tables.map(\.name)),
                        at: entry.keyLocation)))
            return nil
        }
        let rows = (entry.value.list ?? []).map { row($0) }
        for row in rows {
            for value in row.values where table.column(named: value.column) == nil {
                log.report(
                    .source(
                        .unknownTestColumn(
                            name: value.column, table: table.name,
                            suggestions: NameSuggestion.nearest(to: value.column, among: table.columns.map(\.name)),
                            at: value.location)))
            }
            for key in table.key where row.value(of: key.name) == nil {
                log.report(.source(.keyMissingInRow(column: key.name, table: table.name, at: row.location)))
            }
        }
        return DictionaryTest.ExpectedRows(table: table.name, rows: rows)
    }

    private func row(_ value: YAMLValue) -> DictionaryTest.ExpectedRow {
        DictionaryTest.ExpectedRow(
            values: (value.entries ?? []).map { entry in
                DictionaryTest.ExpectedRow.Value(
                    column: entry.key, value: expectedValue(entry.value), location: entry.keyLocation)
            }, location: value.location)
    }

    private func expectedValue(_ value: YAMLValue) -> DictionaryTest.ExpectedValue {
        if let list = value.list { return .list(list.map(\.rawText)) }
        switch value.scalar {
        case .boolean(let boolean): return .boolean(boolean)
        case .number(let text): return .number(text)
        case .text(let text): return .text(text)
        case .null, nil: return .null
        }
    }

    private func query(_ value: YAMLValue) -> DictionaryTest.ExpectedQuery? {
        let metrics = value["metrics"]?.list ?? []
        metrics.forEach(MetricReferenceCheck(dictionary: dictionary, log: log).check)
        let filters = value["where"].map { $0.list ?? [$0] } ?? []
        return DictionaryTest.ExpectedQuery(
            metrics: metrics.compactMap(\.text), groupBy: value["group_by"]?.list?.compactMap(\.text) ?? [],
            filters: filters.compactMap(\.text), order: value["order"]?.list?.compactMap(\.text) ?? [],
            limit: value["limit"]?.wholeNumber.flatMap { Int(exactly: $0) }, startTime: value["start_time"]?.text,
            endTime: value["end_time"]?.text, comparison: value["compare"]?.text,
            rows: (value["rows"]?.list ?? []).map { row($0) },
            location: value.location)
    }
}
