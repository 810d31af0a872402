/// A calendar day, as the number of days since 1970-01-01.
///
/// Source of the conversions: Howard Hinnant, chrono-Compatible Low-Level Date Algorithms.
public struct CivilDate: Hashable, Comparable, Sendable {
    public let dayNumber: Int32

    public init(dayNumber: Int32) {
        self.dayNumber = dayNumber
    }

    /// The day a year, month (1...12) and day (1...31) name; days past the month's end run into the next month.
    public init(year: Int, month: Int, day: Int) {
        let shiftedYear = month <= 2 ? year - 1 : year
        let era = shiftedYear.flooredQuotient(by: 400)
        let yearOfEra = shiftedYear - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        dayNumber = Int32(era * 146_097 + dayOfEra - 719_468)
    }

    public var components: (year: Int, month: Int, day: Int) {
        let shifted = Int(dayNumber) + 719_468
        let era = shifted.flooredQuotient(by: 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth + (shiftedMonth < 10 ? 3 : -9)
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }

    /// 1 for Monday to 7 for Sunday (ISO 8601).
    public var isoWeekday: Int {
        let shifted = Int(dayNumber) + 3
        return shifted - shifted.flooredQuotient(by: 7) * 7 + 1
    }

    /// 1 for the first of January.
    public var dayOfYear: Int {
        Int(dayNumber - CivilDate(year: components.year, month: 1, day: 1).dayNumber) + 1
    }

    /// ISO 8601 week: weeks begin on Monday, week 1 holds the year's first Thursday.
    public var isoWeek: (year: Int, week: Int) {
        let thursday = CivilDate(dayNumber: dayNumber - Int32(isoWeekday) + 4)
        let year = thursday.components.year
        return (year, (thursday.dayOfYear - 1) / 7 + 1)
    }

    /// The number of days in a month of the proleptic Gregorian calendar.
    public static func dayCount(year: Int, month: Int) -> Int {
        switch month {
        case 4, 6, 9, 11: 30
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        default: 31
        }
    }

    /// The date, or nil where no such day exists (2026-02-30).
    public static func validated(year: Int, month: Int, day: Int) -> CivilDate? {
        guard (1...9999).contains(year), (1...12).contains(month), day >= 1,
            day <= dayCount(year: year, month: month)
        else { return nil }
        return CivilDate(year: year, month: month, day: day)
    }

    /// The same day of the month `months` later, or that month's last day where it is shorter.
    public func adding(months: Int) -> CivilDate {
        let (year, month, day) = components
        let index = year * 12 + month - 1 + months
        let newYear = index.flooredQuotient(by: 12)
        let newMonth = index - newYear * 12 + 1
        return CivilDate(
            year: newYear, month: newMonth, day: min(day, CivilDate.dayCount(year: newYear, month: newMonth)))
    }

    public static func < (left: CivilDate, right: CivilDate) -> Bool { left.dayNumber < right.dayNumber }
}

extension CivilDate: CustomStringConvertible {
    /// ISO 8601: `2026-03-01`.
    public var description: String {
        let (year, month, day) = components
        let digits = String(year)
        let padding = String(repeating: "0", count: max(0, 4 - digits.count))
        return padding + digits + "-" + twoDigits(month) + "-" + twoDigits(day)
    }
}
