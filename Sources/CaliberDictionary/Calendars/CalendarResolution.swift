import CaliberCore

/// Calendars from their YAML.
struct CalendarResolution {
    private(set) var calendars: [CalendarDefinition] = []
    let log: ProblemLog
    private var names = NameRegister(of: "a calendar")
    private var grains = NameRegister(of: "a grain of a calendar")

    init(_ values: [YAMLValue], _ log: ProblemLog) {
        self.log = log
        for value in values { resolve(value) }
    }

    private mutating func resolve(_ value: YAMLValue) {
        guard let nameValue = value["name"], let name = nameValue.text,
            DefinitionNames.check(name, of: "a calendar", at: nameValue.textLocation, log),
            names.register(name, at: nameValue.location, log)
        else { return }
        let kinds = ["fiscal", "years", "seasons"].filter { value[$0] != nil }
        guard kinds.count == 1 else {
            log.report(.calendar(.kindUnclear(calendar: name, kinds: kinds, at: value.location)))
            return
        }
        guard let content = self.content(of: value), let owner = value["owner"]?.text else { return }
        let calendar = PeriodCalendar(
            name: name, version: Int(value["version"]?.wholeNumber ?? 1), periods: content.periods,
            seasonNames: content.seasonNames)
        for grain in calendar.grains where !grains.register(grain.name, at: nameValue.location, log) { return }
        calendars.append(
            CalendarDefinition(
                calendar: calendar, label: value["label"]?.text ?? name, labelZH: value["label_zh"]?.text,
                description: value["description"]?.text, owner: owner, content: content.content,
                location: value.location))
    }

    struct Content {
        let content: CalendarDefinition.Content
        let periods: [PeriodCalendar.Unit: [CalendarPeriod]]
        var seasonNames: [String] = []
    }

    /// - Returns: nil after a fault was reported.
    private func content(of value: YAMLValue) -> Content? {
        if let fiscal = value["fiscal"] {
            return rule(fiscal).map { Content(content: .rule($0), periods: $0.periods) }
        }
        if let years = value["years"] { return fiscalYears(years) }
        return value["seasons"].flatMap { SeasonReading(log: log).seasons($0) }
    }

    // MARK: Fiscal years

    private func rule(_ value: YAMLValue) -> FiscalRule? {
        guard let patternText = value["periods"]?.text, let pattern = DictionaryKeys.fiscalPatterns[patternText],
            let end = value["year_ends"],
            let month = end["month"]?.text.flatMap({ FiscalRule.months.firstIndex(of: $0) })
        else { return nil }
        if pattern == nil {
            for key in ["weekday", "choose"] {
                guard let entry = end.entries?.first(where: { $0.key == key }) else { continue }
                log.report(
                    .shape(
                        .keyDoesNotFit(
                            key: key, of: "the end of a year of months", reason: "such a year ends with its month",
                            at: entry.keyLocation)))
            }
        } else if end["weekday"] == nil {
            log.report(
                .shape(
                    .missingKey(
                        key: "weekday", of: "the end of a year of weeks",
                        meaning: "The weekday that the year and its weeks end on: saturday.", at: end.location)))
            return nil
        }
        guard let weekday = FiscalRule.weekdays.firstIndex(of: end["weekday"]?.text ?? FiscalRule.weekdays[6]),
            let choice = FiscalRule.Choice(rawValue: end["choose"]?.text ?? FiscalRule.Choice.nearest.rawValue)
        else { return nil }
        return FiscalRule(
            weeksOfPeriods: pattern, endMonth: month + 1, endWeekday: weekday + 1, choice: choice,
            isNamedByStart: value["year_name"]?.text == "start")
    }

    private func fiscalYears(_ value: YAMLValue) -> Content? {
        let values = (value.list ?? []).filter { $0.entries != nil }
        if values.isEmpty {
            log.report(.shape(.emptyList(what: "the list years", at: value.location)))
            return nil
        }
        let read = values.map(fiscalYear)
        let years = read.compactMap { $0 }
        guard years.count == read.count, follow(years, values) else { return nil }
        return Content(
            content: .years, periods: FiscalYear.periods(of: years, hasWeeks: years.allSatisfy(\.isOfWeeks)))
    }

    private func fiscalYear(_ value: YAMLValue) -> FiscalYear? {
        guard let year = value["year"]?.wholeNumber, let starts = value["periods"]?.list,
            let endValue = value["ends"]
        else { return nil }
        guard !starts.isEmpty else {
            log.report(.shape(.emptyList(what: "the list periods", at: value["periods"]?.location ?? value.location)))
            return nil
        }
        let dates = DateReading(log: log)
        let read = starts.map(dates.date)
        let end = dates.date(endValue)
        let days = read.compactMap { $0 }
        guard let end, days.count == starts.count else { return nil }
        var isAscending = true
        for (position, pair) in zip(days, days.dropFirst()).enumerated() where pair.1 <= pair.0 {
            isAscending = false
            log.report(
                .calendar(
                    .periodsNotAscending(
                        previous: "\(pair.0)", text: "\(pair.1)", at: starts[position + 1].location)))
        }
        guard isAscending else { return nil }
        guard end >= days[days.count - 1] else {
            log.report(
                .calendar(
                    .datesReversed(
                        what: "the last period of year \(year)", first: "\(days[days.count - 1])", last: "\(end)",
                        at: endValue.location)))
            return nil
        }
        return FiscalYear(year: Int(year), starts: days, past: CivilDate(dayNumber: end.dayNumber + 1))
    }

    /// Whether each year begins where the one before it ends, and has a name of its own; faults are reported.
    private func follow(_ years: [FiscalYear], _ values: [YAMLValue]) -> Bool {
        var names = NameRegister(of: "a year of the calendar")
        var isRight = true
        for (year, value) in zip(years, values) {
            let isNew = names.register("\(year.year)", at: value["year"]?.location ?? value.location, log)
            isRight = isRight && isNew
        }
        for (position, pair) in zip(years, years.dropFirst()).enumerated() where pair.0.past != pair.1.starts[0] {
            isRight = false
            let value = values[position + 1]
            log.report(
                .calendar(
                    .yearsApart(
                        year: pair.1.year, expected: "\(pair.0.past)", found: "\(pair.1.starts[0])",
                        previous: pair.0.year, at: value["periods"]?.list?.first?.location ?? value.location)))
        }
        return isRight
    }
}

/// Days as calendars write them.
struct DateReading {
    let log: ProblemLog

    func date(_ value: YAMLValue) -> CivilDate? {
        guard var text = value.text else { return nil }
        if let date = text.withUTF8({ bytes in try? TimestampText.parseDate(bytes) }) { return date }
        log.report(.calendar(.badDate(text: text, at: value.textLocation)))
        return nil
    }
}
