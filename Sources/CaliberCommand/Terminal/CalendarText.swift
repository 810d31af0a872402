import CaliberCore
import CaliberDictionary

/// Calendars as people read them.
enum CalendarText {
    /// One row of `caliber list calendars`.
    static func row(_ definition: CalendarDefinition) -> [String] {
        [
            "\(definition.name)@\(definition.version)", definition.labelZH ?? definition.label, definition.owner,
            definition.calendar.grains.map(\.name).joined(separator: " "), definition.rule,
        ]
    }

    /// - Parameter today: in the dictionary's zone; the year that holds it, and those beside it, are shown by their days.
    static func describe(_ definition: CalendarDefinition, today: CivilDate) -> String {
        var facts: [[String]] = []
        if let description = definition.description { facts.append(["what", description]) }
        facts.append(["label", [definition.label, definition.labelZH].compactMap { $0 }.joined(separator: " · ")])
        facts.append(["owner", definition.owner])
        facts.append(["version", String(definition.version)])
        facts.append(["days", definition.rule])
        facts.append(["group by", definition.calendar.grains.map { "metric_time__\($0.name)" }.joined(separator: ", ")])
        var text = definition.name + "\n" + TextColumns.align(facts)
        if case .seasons(let labels) = definition.content {
            return text + "\n\nSeasons\n" + TextColumns.align(seasons(definition.calendar, labels))
        }
        let now = definition.calendar.grains.compactMap { grain in
            grain.period(holding: today).map { dated($0, grain) }
        }
        if !now.isEmpty { text += "\n\nToday, \(today)\n" + TextColumns.align(now) }
        return text + "\n\nPeriods\n" + TextColumns.align(periods(definition.calendar, today: today))
    }

    private static func dated(_ period: CalendarPeriod, _ grain: CalendarGrain) -> [String] {
        ["\(grain.label(of: period))", "\(period.first) to \(period.last)", "\(period.dayCount) days"]
    }

    private static func seasons(_ calendar: PeriodCalendar, _ labels: [String?]) -> [[String]] {
        guard let grain = calendar.yearGrain else { return [] }
        return grain.periods.map { period in
            dated(period, grain) + [labels.indices.contains(period.place) ? labels[period.place] ?? "" : ""]
        }
    }

    /// Those of the year that holds a day and of the years beside it; of the last years where none holds it.
    private static func periods(_ calendar: PeriodCalendar, today: CivilDate) -> [[String]] {
        guard let years = calendar.yearGrain, let grain = calendar.grains.first(where: { $0.unit == .period }) else {
            return []
        }
        let own = years.index(holding: today) ?? years.periods.count - 1
        let shown = years.periods[max(0, own - 1)..<min(years.periods.count, own + 2)]
        guard let first = shown.first?.first, let past = shown.last?.past else { return [] }
        return grain.periods(from: first, until: past).map { dated($0, grain) }
    }
}
