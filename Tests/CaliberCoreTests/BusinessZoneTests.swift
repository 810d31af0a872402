import CaliberCore
import CaliberTesting
import Foundation
import Testing

@Suite struct BusinessZoneTests {
    static let identifiers = ["Asia/Shanghai", "America/Sao_Paulo", "Europe/Berlin", "Australia/Lord_Howe", "+05:30"]

    @Test(arguments: identifiers, 0..<60 as Range<UInt64>)
    func `offsets agree with the system's calendar`(identifier: String, seed: UInt64) throws {
        guard identifier.contains("/") else { return }
        var generator = SeededGenerator(seed: seed)
        let zone = try #require(BusinessZone(identifier: identifier))
        let seconds = Int64.random(in: 0...2_500_000_000, using: &generator)
        let expected = try #require(TimeZone(identifier: identifier))
            .secondsFromGMT(for: Date(timeIntervalSince1970: Double(seconds)))
        #expect(zone.offsetSeconds(at: Timestamp(microseconds: seconds * 1_000_000)) == expected)
    }

    @Test(arguments: identifiers, TimeGrain.allCases)
    func `every moment lies in the period that begins at its start`(identifier: String, grain: TimeGrain) throws {
        let zone = try #require(BusinessZone(identifier: identifier))
        var generator = SeededGenerator(seed: 7)
        for _ in 0..<200 {
            let moment = Timestamp(
                microseconds: Int64.random(in: -1_000_000_000_000_000...2_500_000_000_000_000, using: &generator))
            let start = zone.start(of: grain, holding: moment)
            #expect(start <= moment, "\(grain) of \(moment) in \(identifier)")
            #expect(moment < zone.next(grain, after: start), "\(grain) of \(moment) in \(identifier)")
        }
    }

    @Test func `a skipped local time is read with the offset before the change`() throws {
        let zone = try #require(BusinessZone(identifier: "Europe/Berlin"))
        let skipped = zone.timestamp(CivilDate(year: 2026, month: 3, day: 29), TimeOfDay(hour: 2, minute: 30))
        #expect(skipped.description == "2026-03-29T01:30:00Z")
        let twice = zone.timestamp(CivilDate(year: 2026, month: 10, day: 25), TimeOfDay(hour: 2, minute: 30))
        #expect(twice.description == "2026-10-25T00:30:00Z")
    }

    @Test func `a zone that starts its day at one o'clock still has a first moment of the day`() throws {
        let zone = try #require(BusinessZone(identifier: "America/Sao_Paulo"))
        let noon = try TimestampText.parse("2017-10-15T12:00:00-02:00", zone: nil)
        let start = zone.start(of: .day, holding: noon)
        #expect(start.description == "2017-10-15T03:00:00Z")
    }

    @Test(arguments: ["RMB", "CST", "8", "+8:00", "+25:00", ""])
    func `what is no zone is none`(identifier: String) {
        #expect(BusinessZone(identifier: identifier) == nil)
    }
}
