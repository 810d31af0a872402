import CaliberCore
import CaliberTesting
import Foundation
import Testing

@Suite struct CivilDateTests {
    @Test(arguments: 0..<300 as Range<UInt64>)
    func `a day's components name the day again, and agree with Foundation's calendar`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let day = CivilDate(dayNumber: Int32.random(in: -141_000...200_000, using: &generator))
        let (year, month, dayOfMonth) = day.components
        #expect(CivilDate(year: year, month: month, day: dayOfMonth) == day)
        var calendar = Calendar(identifier: .iso8601)
        calendar.timeZone = try #require(TimeZone(secondsFromGMT: 0))
        let date = Date(timeIntervalSince1970: Double(day.dayNumber) * 86_400)
        let parts = calendar.dateComponents(
            [.year, .month, .day, .weekOfYear, .yearForWeekOfYear, .weekday], from: date)
        #expect((parts.year, parts.month, parts.day) == (year, month, dayOfMonth))
        #expect(day.isoWeek == (try #require(parts.yearForWeekOfYear), try #require(parts.weekOfYear)))
        #expect(day.isoWeekday == (try #require(parts.weekday) + 5) % 7 + 1)
    }

    @Test func `adding months keeps the day or takes the month's last`() {
        let end = CivilDate(year: 2026, month: 1, day: 31)
        #expect(end.adding(months: 1).description == "2026-02-28")
        #expect(end.adding(months: -2).description == "2025-11-30")
        #expect(end.adding(months: 25).description == "2028-02-29")
    }

    @Test func `days that do not exist are not dates`() {
        #expect(CivilDate.validated(year: 2026, month: 2, day: 29) == nil)
        #expect(CivilDate.validated(year: 1900, month: 2, day: 29) == nil)
        #expect(CivilDate.validated(year: 2000, month: 2, day: 29)?.dayOfYear == 60)
        #expect(CivilDate.validated(year: 2026, month: 13, day: 1) == nil)
    }
}

@Suite struct TimeGrainTests {
    @Test(arguments: TimeGrain.allCases, 0..<40 as Range<UInt64>)
    func `periods tile the days: each begins where the one before it ends`(grain: TimeGrain, seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let day = CivilDate(dayNumber: Int32.random(in: -50_000...50_000, using: &generator))
        let start = grain.start(of: day)
        let next = grain.next(after: start)
        #expect(start <= day && day < next)
        #expect(grain.start(of: start) == start)
        #expect(grain.start(of: CivilDate(dayNumber: next.dayNumber - 1)) == start)
        #expect(grain.start(of: next) == next)
    }
}
