import CaliberCore
import Testing

@Suite struct TimestampTests {
    @Test func `a printed timestamp reads back as itself`() throws {
        let moment = Timestamp(CivilDate(year: 2026, month: 3, day: 1), TimeOfDay(hour: 16, minute: 0))
        #expect(try TimestampText.parse(moment.description, zone: nil) == moment)
    }

    @Test func `a local time means the business zone's offset`() throws {
        let zone = try #require(BusinessZone(identifier: "America/Sao_Paulo"))
        let summer = try TimestampText.parse("2017-12-01 12:00:00", zone: zone)
        #expect(summer.description == "2017-12-01T14:00:00Z")
        #expect(try TimestampText.parse("2017-07-01 12:00:00", zone: zone).description == "2017-07-01T15:00:00Z")
    }
}
