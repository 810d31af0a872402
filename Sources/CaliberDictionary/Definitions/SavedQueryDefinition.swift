import CaliberCore

/// A query that people ask again and again, under a name: a report.
public struct SavedQueryDefinition: Hashable, Sendable {
    public let name: String
    public let label: String
    public let description: String?
    public let owner: String
    /// As a query names them: `gmv`, `gmv@1`.
    public let metrics: [String]
    public let groupBy: [String]
    /// Conditions that rows must meet.
    public let filters: [String]
    /// Output names; a minus sign before one sorts downwards.
    public let order: [String]
    public let limit: Int?
    public let range: Range
    /// The zone that its days are days of; nil is the dictionary's.
    public let timeZone: String?
    /// The earlier time that figures are put beside.
    public let comparison: String?
    public let fillsMissingPeriods: Bool
    public let location: SourceLocation

    public enum Range: Hashable, Sendable {
        /// Days or moments as written, both inclusive; nil is open.
        case fixed(start: String?, end: String?)
        /// So long, up to and with today.
        case last(CalendarSpan)
        /// From the start of the period that holds today, up to and with today.
        case toDate(PeriodGrain)

        /// The first and the last day or moment that count, as a query writes them.
        public func texts(today: CivilDate) -> (start: String?, end: String?) {
            switch self {
            case .fixed(let start, let end): return (start, end)
            case .last(let span):
                let tomorrow = CivilDate(dayNumber: today.dayNumber + 1)
                return (span.day(before: tomorrow).description, today.description)
            case .toDate(let grain):
                // Past the years of a calendar there is today alone.
                return ((grain.start(of: today) ?? today).description, today.description)
            }
        }
    }

    public init(
        name: String, label: String, description: String?, owner: String, metrics: [String], groupBy: [String],
        filters: [String], order: [String], limit: Int?, range: Range, timeZone: String?, comparison: String?,
        fillsMissingPeriods: Bool, location: SourceLocation
    ) {
        self.name = name
        self.label = label
        self.description = description
        self.owner = owner
        self.metrics = metrics
        self.groupBy = groupBy
        self.filters = filters
        self.order = order
        self.limit = limit
        self.range = range
        self.timeZone = timeZone
        self.comparison = comparison
        self.fillsMissingPeriods = fillsMissingPeriods
        self.location = location
    }
}
