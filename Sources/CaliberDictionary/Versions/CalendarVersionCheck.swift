import CaliberCore

/// Holds the dictionary's calendars against the lock: accepted dates stay as they are, later ones may be added.
struct CalendarVersionCheck {
    let lock: VersionLock
    let log: ProblemLog

    func check(_ calendars: [CalendarDefinition]) {
        // What is to be accepted is of interest once there is nothing to correct.
        let tellsNews = !log.hasErrors
        for calendar in calendars { check(calendar, tellsNews: tellsNews) }
        guard tellsNews else { return }
        let names = Set(calendars.map(\.name))
        for locked in lock.calendars where !names.contains(locked.name) {
            let place = SourceLocation(file: DictionarySections.lockPath, line: nil, column: nil)
            log.report(.calendar(.removed(calendar: locked.name, at: place)))
        }
    }

    private func check(_ calendar: CalendarDefinition, tellsNews: Bool) {
        guard let locked = lock.calendars.first(where: { $0.name == calendar.name }) else {
            if tellsNews {
                log.report(
                    .calendar(
                        .notLocked(calendar: calendar.name, version: calendar.version, at: calendar.location)))
            }
            return
        }
        if calendar.version < locked.version {
            log.report(
                .calendar(
                    .versionLowered(
                        calendar: calendar.name, version: calendar.version, locked: locked.version,
                        at: calendar.location)))
            return
        }
        if calendar.version > locked.version {
            if tellsNews {
                log.report(
                    .calendar(
                        .notLocked(calendar: calendar.name, version: calendar.version, at: calendar.location)))
            }
            return
        }
        let added = calendar.periodsAdded(to: locked.meaning)
        guard let added else {
            let differences = calendar.meaning.differences(from: MetricMeaning(parts: locked.meaning))
            log.report(
                .calendar(
                    .changed(
                        calendar: calendar.name, version: calendar.version, differences: differences,
                        at: calendar.location)))
            return
        }
        if tellsNews, !added.isEmpty {
            log.report(.calendar(.extended(calendar: calendar.name, periods: added, at: calendar.location)))
        }
    }
}

extension CalendarDefinition {
    /// How it cuts days: its rule, or the dates of each year or season.
    public var meaning: MetricMeaning {
        if case .rule(let rule) = content {
            return MetricMeaning(parts: [MetricMeaning.Part(label: "rule", text: rule.description)])
        }
        return MetricMeaning(
            parts: datedPeriods.map { grain, period in
                let starts = calendar.periods(of: .period).filter { $0.first >= period.first && $0.past <= period.past }
                let days = starts.isEmpty ? [period.first] : starts.map(\.first)
                return MetricMeaning.Part(
                    label: grain.label(of: period),
                    text: days.map(\.description).joined(separator: ", ") + " to \(period.last)")
            })
    }

    private var datedPeriods: [(CalendarGrain, CalendarPeriod)] {
        guard let grain = calendar.yearGrain else { return [] }
        return grain.periods.map { (grain, $0) }
    }

    /// What was added after the last of accepted dates, by label.
    ///
    /// - Returns: nil where accepted dates have changed, or something was added between or before them.
    func periodsAdded(to accepted: [MetricMeaning.Part]) -> [String]? {
        let parts = meaning.parts
        let known = Dictionary(parts.map { ($0.label, $0.text) }, uniquingKeysWith: { first, _ in first })
        guard accepted.allSatisfy({ known[$0.label] == $0.text }) else { return nil }
        let labels = Set(accepted.map(\.label))
        let added = datedPeriods.filter { !labels.contains($0.0.label(of: $0.1)) }
        let lastAccepted = datedPeriods.last { labels.contains($0.0.label(of: $0.1)) }?.1
        guard case .rule = content else {
            guard added.allSatisfy({ $0.1.first >= lastAccepted?.past ?? $0.1.first }) else { return nil }
            return added.map { $0.0.label(of: $0.1) }
        }
        return accepted.count == parts.count ? [] : nil
    }
}
