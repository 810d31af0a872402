/// A length of time that is counted on the calendar, not by the clock: `7 days`, `1 month`.
public struct CalendarSpan: Hashable, Sendable {
    public enum Unit: String, Sendable, CaseIterable { case day, week, month, quarter, year }

    /// From 1 to `greatestCount`.
    public let count: Int
    public let unit: Unit

    /// More days than a century has; far below what would overflow a date.
    public static let greatestCount = 40_000

    /// - Returns: nil when the count is out of range.
    public init?(_ count: Int, _ unit: Unit) {
        guard (1...CalendarSpan.greatestCount).contains(count) else { return nil }
        self.count = count
        self.unit = unit
    }

    /// Reads a whole number and a unit: `7 days`, `1 month`, `4w`, `7d`.
    public init?(text: String) {
        let trimmed = text.split(separator: " ").joined(separator: "")
        let digits = trimmed.prefix { $0.isASCII && $0.isNumber }
        guard let count = Int(digits), let unit = Unit(word: String(trimmed.dropFirst(digits.count))) else {
            return nil
        }
        self.init(count, unit)
    }

    /// Whole months, for units that are months; else nil.
    public var months: Int? {
        switch unit {
        case .day, .week: nil
        case .month: count
        case .quarter: count * 3
        case .year: count * 12
        }
    }

    /// The day so long before another. The day of a shorter month is its last: a month before 31 March is the last of
    /// February.
    public func day(before date: CivilDate) -> CivilDate {
        if let months { return date.adding(months: -months) }
        return CivilDate(dayNumber: date.dayNumber - Int32(count * (unit == .week ? 7 : 1)))
    }
}

extension CalendarSpan: CustomStringConvertible {
    /// `7 days`, `1 month`.
    public var description: String { "\(count) \(unit.rawValue)\(count == 1 ? "" : "s")" }
}

extension CalendarSpan.Unit {
    fileprivate init?(word: String) {
        switch word {
        case "d", "day", "days": self = .day
        case "w", "week", "weeks": self = .week
        case "mo", "month", "months": self = .month
        case "q", "quarter", "quarters": self = .quarter
        case "y", "year", "years": self = .year
        default: return nil
        }
    }
}
