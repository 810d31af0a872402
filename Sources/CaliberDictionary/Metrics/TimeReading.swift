import CaliberCore

/// What a metric brings along when it is taken over a longer time or at an earlier one.
struct TimeTraits {
    /// A simple metric below that has no time.
    var withoutTime: String?
    /// A cumulative metric below, or itself.
    var cumulative: String?

    mutating func merge(_ other: TimeTraits) {
        withoutTime = withoutTime ?? other.withoutTime
        cumulative = cumulative ?? other.cumulative
    }
}

/// The keys of metrics along time: windows, grains to date, offsets.
struct TimeReading {
    let calendars: [PeriodCalendar]
    let log: ProblemLog

    /// Grains that hold whole days and have a start to count from.
    static let longGrains: [TimeGrain] = [.week, .month, .quarter, .year]

    /// The outer nil is a fault, reported.
    func window(of metric: YAMLValue) -> CumulativeMetric.Window? {
        switch (metric["window"], metric["grain_to_date"]) {
        case (nil, nil): return .allTime
        case (let span?, nil):
            guard let text = span.text else { return nil }
            guard let days = CalendarSpan(text: text) else {
                log.report(.shape(.badCalendarSpan(text: text, at: span.location)))
                return nil
            }
            return .trailing(days)
        case (nil, let grain?): return self.grain(grain, of: "\"grain_to_date\" of a metric").map { .toDate($0) }
        case (_?, let grain?):
            log.report(.metric(.twoWindows(first: "window", second: "grain_to_date", at: grain.location)))
            return nil
        }
    }

    func periodAggregation(of metric: YAMLValue) -> CumulativeMetric.PeriodAggregation? {
        guard let value = metric["period_agg"] else { return .first }
        return value.text.flatMap { CumulativeMetric.PeriodAggregation(rawValue: $0) }
    }

    /// The outer nil is a fault, reported; the inner one no offset.
    func offset(of input: YAMLValue) -> TimeOffset?? {
        switch (input["offset_window"], input["offset_to_grain"]) {
        case (nil, nil): return .some(nil)
        case (let span?, nil):
            guard let text = span.text else { return nil }
            if let back = CalendarSpan(text: text) { return .some(.back(back)) }
            if let earlier = TimeOffset(text: text, calendars: calendars) { return .some(earlier) }
            log.report(.shape(.badCalendarSpan(text: text, at: span.textLocation)))
            return nil
        case (nil, let grain?):
            guard let grain = self.grain(grain, of: "\"offset_to_grain\" of a metric") else { return nil }
            return .some(.toStart(of: grain))
        case (_?, let grain?):
            log.report(.metric(.twoWindows(first: "offset_window", second: "offset_to_grain", at: grain.location)))
            return nil
        }
    }

    /// - Parameter what: the value's place, for the message.
    func grain(_ value: YAMLValue, of what: String) -> PeriodGrain? {
        guard let text = value.text else { return nil }
        if let grain = TimeReading.longGrains.first(where: { $0.rawValue == text }) { return .common(grain) }
        let custom = calendars.flatMap(\.grains)
        if let grain = custom.first(where: { $0.name == text }) { return .custom(grain) }
        let names = TimeReading.longGrains.map(\.rawValue) + custom.map(\.name)
        log.report(
            .shape(
                .unknownValue(
                    text: text, of: what, choices: names,
                    suggestions: NameSuggestion.nearest(to: text, among: names), at: value.textLocation)))
        return nil
    }
}

extension TimeOffset {
    /// Reads a number of a calendar's periods: `1 fiscal_year`.
    package init?(text: String, calendars: [PeriodCalendar]) {
        let words = text.split(separator: " ")
        guard words.count == 2, let count = Int(words[0]), (1...CalendarSpan.greatestCount).contains(count),
            let grain = calendars.flatMap(\.grains).first(where: { $0.name == words[1] })
        else { return nil }
        self = .earlier(count, grain)
    }
}

extension MetricInputReading {
    func cumulative() -> (MetricDefinition.Content, LogicalType, [String])? {
        guard let inputValue = node.value["input_metric"] else { return nil }
        let reading = TimeReading(calendars: tables.calendars, log: log)
        // All are read before any is given up on, so that all of their faults are told.
        let input = input(inputValue, defaultAlias: "input")
        let window = reading.window(of: node.value)
        for key in ["alias", "offset_window", "offset_to_grain"] {
            guard let entry = inputValue.entries?.first(where: { $0.key == key }) else { continue }
            log.report(
                .shape(
                    .keyDoesNotFit(
                        key: key, of: "the input of a cumulative metric", reason: "it belongs to inputs of a formula",
                        at: entry.keyLocation)))
        }
        guard let input, let window, let aggregation = reading.periodAggregation(of: node.value) else { return nil }
        if let name = input.traits.withoutTime {
            log.report(.metric(.inputWithoutTime(metric: name, use: "taken over a window", at: inputValue.location)))
        }
        if let name = input.traits.cumulative {
            log.report(.metric(.windowWithinWindow(metric: name, at: inputValue.location)))
        }
        guard let type = valueType(input.definition, aggregation) else { return nil }
        let content = CumulativeMetric(input: input.input, window: window, periodAggregation: aggregation)
        return (.cumulative(content), type, input.tables)
    }

    /// The values' type whatever the query's grain: averages of days are fractional, so all of such a metric's values are.
    private func valueType(
        _ input: MetricDefinition, _ aggregation: CumulativeMetric.PeriodAggregation
    ) -> LogicalType? {
        guard aggregation == .average else { return input.type }
        guard case .simple = input.content, input.type.isNumeric else {
            log.report(
                .metric(
                    .cannotAverage(
                        input: input.name, type: input.type.name,
                        at: node.value["period_agg"]?.location ?? node.value.location)))
            return nil
        }
        return Aggregation.average.resultType(of: input.type)
    }
}
