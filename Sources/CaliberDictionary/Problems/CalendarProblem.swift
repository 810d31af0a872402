import CaliberCore

/// What is wrong with a calendar's dates.
package enum CalendarProblem: Hashable, Sendable {
    /// - Parameter kinds: those of `fiscal`, `years` and `seasons` that it has.
    case kindUnclear(calendar: String, kinds: [String], at: SourceLocation)
    case badDate(text: String, at: SourceLocation)
    case badYear(text: String, at: SourceLocation)
    case datesReversed(what: String, first: String, last: String, at: SourceLocation)
    case periodsNotAscending(previous: String, text: String, at: SourceLocation)
    case yearsApart(year: Int, expected: String, found: String, previous: Int, at: SourceLocation)
    case badSpan(count: Int, at: SourceLocation)
    case seasonsOverlap(
        season: String, other: String, from: String, to: String, first: SourceLocation, at: SourceLocation)
    case seasonOutsideYear(season: String, first: String, last: String, at: SourceLocation)
    case badSeasonName(name: String, at: SourceLocation)
    case unknownGrain(text: String, of: String, known: [String], suggestions: [String], at: SourceLocation)
    case changed(calendar: String, version: Int, differences: [MetricMeaning.Difference], at: SourceLocation)
    case versionLowered(calendar: String, version: Int, locked: Int, at: SourceLocation)
    case notLocked(calendar: String, version: Int, at: SourceLocation)
    case extended(calendar: String, periods: [String], at: SourceLocation)
    case removed(calendar: String, at: SourceLocation)

    var diagnostic: Diagnostic {
        switch self {
        case .changed, .versionLowered, .notLocked, .extended, .removed: versionDiagnostic
        case .kindUnclear(let calendar, let kinds, let location):
            Diagnostic(
                "calendar-kind",
                kinds.isEmpty
                    ? "Calendar \(quoted(calendar)) does not say what its periods are."
                    : "Calendar \(quoted(calendar)) says in \(kinds.count) ways what its periods are: \(listed(kinds)).",
                at: location,
                remedy: "Write one of `fiscal` (a rule), `years` (fiscal years by dates) and `seasons`.")
        case .badDate(let text, let location):
            Diagnostic(
                "bad-date", "\(quoted(text)) is no day of the calendar.", at: location,
                remedy: "Write year, month and day: 2026-03-01.")
        case .badYear(let text, let location):
            Diagnostic(
                "bad-year", "\(quoted(text)) is no year.", at: location, remedy: "Write four digits: 2026.")
        case .datesReversed(let what, let first, let last, let location):
            Diagnostic(
                "dates-reversed", "\(what.capitalizingFirst) ends on \(last), before it begins on \(first).",
                at: location, remedy: "Exchange the two days, or correct the year in one of them.")
        case .periodsNotAscending(let previous, let text, let location):
            Diagnostic(
                "periods-not-ascending", "A period begins on \(text), and the one before it on \(previous).",
                at: location, remedy: "Write the first days of a year's periods in the order of time, each once.")
        case .yearsApart(let year, let expected, let found, let previous, let location):
            Diagnostic(
                "years-apart",
                "Year \(year) begins on \(found), but year \(previous) before it ends on the day before \(expected).",
                at: location,
                remedy:
                    "No day may lie in two years or between two: begin it on \(expected), or correct the end before.")
        case .badSpan(let count, let location):
            Diagnostic(
                "bad-span", "A season's dates are two days, not \(count).", at: location,
                remedy: "Write its first and its last day: [2025-10-20, 2025-11-11].")
        case .seasonsOverlap(let season, let other, let from, let to, let first, let location):
            Diagnostic(
                "seasons-overlap",
                "\(quoted(season)) shares days with \(quoted(other)), at \(first): \(from) to \(to).", at: location,
                remedy: "A day belongs to one season; shorten one of them, or put it into a calendar of its own.")
        case .seasonOutsideYear(let season, let first, let last, let location):
            Diagnostic(
                "season-outside-year", "\(quoted(season)) has no end in its year: \(first) to \(last).", at: location,
                remedy: "Correct the year of its dates, or put them under another year.")
        case .badSeasonName(let name, let location):
            Diagnostic(
                "bad-season-name", "\(quoted(name)) is no name for a season.", at: location,
                remedy: "Names have 1 to 100 characters, none of them a control character, and no blank at either end.")
        case .unknownGrain(let text, let owner, let known, let suggestions, let location):
            Diagnostic(
                "unknown-value", "\(owner.capitalizingFirst) can't be \(quoted(text)).", at: location,
                remedy: "It is one of " + known.joined(separator: ", ") + ".", suggestions: suggestions)
        }
    }

    private var versionDiagnostic: Diagnostic {
        switch self {
        case .changed(let calendar, let version, let differences, let location):
            Diagnostic(
                "calendar-changed",
                "Calendar \(quoted(calendar)) no longer cuts days as version \(version) did: "
                    + differences.map(\.inWords).joined(separator: "; ") + ".", at: location,
                remedy:
                    "Raise its version to \(version + 1) if that is meant, and those of the metrics that go by it, then "
                    + "accept it with `caliber dictionary check --accept`.")
        case .versionLowered(let calendar, let version, let locked, let location):
            Diagnostic(
                "version-lowered",
                "Calendar \(quoted(calendar)) has version \(version), but version \(locked) was accepted before.",
                at: location, remedy: "Versions only rise: write \(locked + 1).")
        case .notLocked(let calendar, let version, let location):
            Diagnostic(
                "calendar-not-locked", "Version \(version) of calendar \(quoted(calendar)) is not in versions.lock.",
                at: location, remedy: "Accept it with `caliber dictionary check --accept`.", severity: .warning)
        case .extended(let calendar, let periods, let location):
            Diagnostic(
                "calendar-extended",
                "Calendar \(quoted(calendar)) goes on beyond what was accepted: \(listed(Array(periods.prefix(3))))"
                    + (periods.count > 3 ? " and \(periods.count - 3) more." : "."), at: location,
                remedy: "Accept it with `caliber dictionary check --accept`; no figure of accepted dates changes.",
                severity: .warning)
        case .removed(let calendar, let location):
            Diagnostic(
                "calendar-removed", "Calendar \(quoted(calendar)) is in versions.lock but no longer defined.",
                at: location, remedy: "Accept that with `caliber dictionary check --accept`.", severity: .warning)
        default: preconditionFailure("no problem of a calendar's version: \(self)")
        }
    }
}
