import CaliberCore

/// A calendar that the business keeps: fiscal years by a rule or by dates, or promotion seasons.
public struct CalendarDefinition: Hashable, Sendable {
    public let calendar: PeriodCalendar
    public let label: String
    public let labelZH: String?
    public let description: String?
    public let owner: String
    public let content: Content
    public let location: SourceLocation

    public enum Content: Hashable, Sendable {
        case rule(FiscalRule)
        /// Years whose dates are given.
        case years
        /// The seasons' other names, in the order of `PeriodCalendar.seasonNames`; nil where there is none.
        case seasons(labels: [String?])
    }

    public init(
        calendar: PeriodCalendar, label: String, labelZH: String?, description: String?, owner: String,
        content: Content, location: SourceLocation
    ) {
        self.calendar = calendar
        self.label = label
        self.labelZH = labelZH
        self.description = description
        self.owner = owner
        self.content = content
        self.location = location
    }

    public var name: String { calendar.name }
    public var version: Int { calendar.version }

    /// In words: `weeks 4-5-4, the year ends on the Saturday nearest to the end of January`.
    public var rule: String {
        switch content {
        case .rule(let rule): return rule.description
        case .years: return "dates of \(calendar.periods(of: .year).count) years"
        case .seasons(let labels): return "dates of \(labels.count) season\(labels.count == 1 ? "" : "s")"
        }
    }
}

extension FiscalRule: CustomStringConvertible {
    static let weekdays = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
    static let months = [
        "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
        "december",
    ]

    public var description: String {
        let month = FiscalRule.months[(endMonth - 1) % 12].capitalizingFirst
        let naming = "named by the year it \(isNamedByStart ? "begins" : "ends") in"
        guard let weeksOfPeriods else { return "months, the year ends with \(month), \(naming)" }
        let weekday = FiscalRule.weekdays[(endWeekday - 1) % 7].capitalizingFirst
        let place = choice == .nearest ? "nearest to the end of \(month)" : "that is the last of \(month)"
        let weeks = weeksOfPeriods.map(String.init).joined(separator: "-")
        return "weeks \(weeks), the year ends on the \(weekday) \(place), \(naming)"
    }
}
