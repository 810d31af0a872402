import CaliberCore

/// Seasons by name and year.
struct SeasonReading {
    let log: ProblemLog

    private struct Span {
        let period: CalendarPeriod
        let name: String
        let location: SourceLocation

        var label: String { "\(name) \(period.year)" }
    }

    func seasons(_ value: YAMLValue) -> CalendarResolution.Content? {
        var names = NameRegister(of: "a season")
        var seasonNames: [String] = []
        var labels: [String?] = []
        var spans: [Span] = []
        var isRight = true
        for season in (value.list ?? []).filter({ $0.entries != nil }) {
            guard let nameValue = season["name"], let name = nameValue.text, let dates = season["dates"]?.entries,
                check(name, at: nameValue.textLocation), names.register(name, at: nameValue.location, log)
            else {
                isRight = false
                continue
            }
            let read = dates.map { span($0, name, seasonNames.count) }
            isRight = isRight && !read.contains { $0 == nil }
            spans += read.compactMap { $0 }
            seasonNames.append(name)
            labels.append(season["label"]?.text)
        }
        if value.list?.isEmpty == true {
            log.report(.shape(.emptyList(what: "the list seasons", at: value.location)))
            return nil
        }
        spans.sort { ($0.period.first, $0.period.past, $0.label) < ($1.period.first, $1.period.past, $1.label) }
        guard areApart(spans), isRight else { return nil }
        return CalendarResolution.Content(
            content: .seasons(labels: labels), periods: [.season: spans.map(\.period)], seasonNames: seasonNames)
    }

    private func check(_ name: String, at location: SourceLocation) -> Bool {
        let isName =
            (1...DictionaryLimits.nameLength).contains(name.count) && name.first?.isWhitespace == false
            && name.last?.isWhitespace == false
            && !name.unicodeScalars.contains { $0.properties.generalCategory == .control }
        if !isName { log.report(.calendar(.badSeasonName(name: name, at: location))) }
        return isName
    }

    private func span(_ entry: YAMLValue.Entry, _ name: String, _ place: Int) -> Span? {
        guard let days = entry.value.list else { return nil }
        let dates = DateReading(log: log)
        let read = days.map(dates.date)
        guard entry.key.utf8.count == 4, let year = Int(entry.key), year > 0 else {
            log.report(.calendar(.badYear(text: entry.key, at: entry.keyLocation)))
            return nil
        }
        guard days.count == 2 else {
            log.report(.calendar(.badSpan(count: days.count, at: entry.value.location)))
            return nil
        }
        guard let first = read[0], let last = read[1] else { return nil }
        let label = "\(name) \(year)"
        guard last >= first else {
            log.report(
                .calendar(
                    .datesReversed(what: label, first: "\(first)", last: "\(last)", at: entry.value.location)))
            return nil
        }
        guard first.components.year == year || last.components.year == year else {
            log.report(
                .calendar(
                    .seasonOutsideYear(season: label, first: "\(first)", last: "\(last)", at: entry.value.location)))
            return nil
        }
        let past = CivilDate(dayNumber: last.dayNumber + 1)
        return Span(
            period: CalendarPeriod(first: first, past: past, year: year, place: place), name: name,
            location: entry.value.location)
    }

    /// Whether no day is in two spans; each that shares days with one before it is reported, with the one that reaches
    /// furthest.
    private func areApart(_ spans: [Span]) -> Bool {
        guard var furthest = spans.first else { return true }
        var areApart = true
        for span in spans.dropFirst() {
            if span.period.first < furthest.period.past {
                areApart = false
                let past = min(span.period.past, furthest.period.past)
                log.report(
                    .calendar(
                        .seasonsOverlap(
                            season: span.label, other: furthest.label, from: "\(span.period.first)",
                            to: "\(CivilDate(dayNumber: past.dayNumber - 1))", first: furthest.location,
                            at: span.location)))
            }
            if span.period.past > furthest.period.past { furthest = span }
        }
        return areApart
    }
}
