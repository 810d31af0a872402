import CaliberCore

/// Saved queries from their YAML. Whether they can be answered is the query planner's to say.
struct SavedQueryResolution {
    private(set) var queries: [SavedQueryDefinition] = []
    private let dictionary: MetricDictionary
    private let log: ProblemLog
    private var names = NameRegister(of: "a saved query")

    init(_ values: [YAMLValue], dictionary: MetricDictionary, _ log: ProblemLog) {
        self.dictionary = dictionary
        self.log = log
        for value in values { resolve(value) }
    }

    private mutating func resolve(_ value: YAMLValue) {
        guard let nameValue = value["name"], let name = nameValue.text,
            DefinitionNames.check(name, of: "a saved query", at: nameValue.textLocation, log),
            names.register(name, at: nameValue.location, log)
        else { return }
        let metrics = value["metrics"]?.list ?? []
        if metrics.isEmpty, let list = value["metrics"], list.list != nil {
            log.report(.shape(.emptyList(what: "the list metrics", at: list.location)))
        }
        let check = MetricReferenceCheck(dictionary: dictionary, log: log)
        metrics.forEach(check.check)
        guard let range = range(of: value), let owner = value["owner"]?.text else { return }
        queries.append(
            SavedQueryDefinition(
                name: name, label: value["label"]?.text ?? name, description: value["description"]?.text,
                owner: owner, metrics: metrics.compactMap(\.text), groupBy: texts(value["group_by"]),
                filters: value["where"].map { $0.list ?? [$0] }?.compactMap(\.text) ?? [],
                order: texts(value["order"]), limit: value["limit"]?.wholeNumber.flatMap { Int(exactly: $0) },
                range: range, timeZone: value["time_zone"]?.text, comparison: value["compare"]?.text,
                fillsMissingPeriods: value["fill_missing"]?.boolean ?? false, location: value.location))
    }

    private func texts(_ value: YAMLValue?) -> [String] { (value?.list ?? []).compactMap(\.text) }

    /// - Returns: nil after a fault was reported.
    private func range(of value: YAMLValue) -> SavedQueryDefinition.Range? {
        let said = (value.entries ?? []).filter { ["start_time", "end_time", "last", "to_date"].contains($0.key) }
        if let first = said.first(where: { $0.key == "last" || $0.key == "to_date" }),
            let second = said.first(where: { $0.key != first.key })
        {
            log.report(.metric(.twoWindows(first: first.key, second: second.key, at: second.keyLocation)))
            return nil
        }
        if let span = value["last"] { return span.text.flatMap { CalendarSpan(text: $0) }.map { .last($0) } }
        if let grain = value["to_date"] {
            // Between seasons there is nothing that today could be in.
            let calendars = dictionary.calendars.map(\.calendar).filter { !$0.grains.contains(where: \.hasGaps) }
            return TimeReading(calendars: calendars, log: log).grain(grain, of: "\"to_date\" of a saved query")
                .map { .toDate($0) }
        }
        return .fixed(start: value["start_time"]?.text, end: value["end_time"]?.text)
    }
}
