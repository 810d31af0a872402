import CaliberCore
import CaliberTesting
import Testing

@Suite struct TimestampTests {
    @Test(arguments: 0..<200 as Range<UInt64>)
    func `a printed timestamp reads back as itself`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let range = Timestamp.earliest.microseconds...Timestamp.latest.microseconds
        let moment = Timestamp(microseconds: Int64.random(in: range, using: &generator))
        #expect(try TimestampText.parse(moment.description, zone: nil) == moment)
        let offset = Int.random(in: -18 * 60...18 * 60, using: &generator) * 60
        let inner = Timestamp(microseconds: Int64.random(in: 0...4_000_000_000_000_000, using: &generator))
        #expect(try TimestampText.parse(inner.formatted(offsetSeconds: offset), zone: nil) == inner)
    }

    @Test(arguments: [
        ("2017-12-01 12:00:00", "2017-12-01T14:00:00Z"), ("2017-07-01 12:00:00", "2017-07-01T15:00:00Z"),
        ("2017-07-01", "2017-07-01T03:00:00Z"), ("2017-07-01T00:00", "2017-07-01T03:00:00Z"),
        ("2017-07-01T12:00:00.1234567+08:00", "2017-07-01T04:00:00.123456Z"),
    ])
    func `a local time means the declared zone's offset, a named offset wins`(text: String, utc: String) throws {
        let zone = try #require(BusinessZone(identifier: "America/Sao_Paulo"))
        #expect(try TimestampText.parse(text, zone: zone).description == utc)
    }

    @Test func `a text without an offset is refused where no zone is declared`() {
        #expect(throws: TimestampText.Failure.zoneMissing) {
            try TimestampText.parse("2026-03-01T12:00:00", zone: nil)
        }
    }

    @Test(arguments: [
        ("", TimestampText.Failure.malformed), ("2026-3-1", .malformed), ("2026-02-30", .noSuchDay),
        ("2026-01-01T24:00:00Z", .noSuchTime), ("2026-01-01T10:00:00+08", .malformed),
        ("2026-01-01T10:00:00Zx", .malformed),
        ("2026-01-01T10:00:00.Z", .malformed), ("２026-01-01", .malformed), ("2026/01/01", .malformed),
    ])
    func `a malformed time says how it is malformed`(text: String, failure: TimestampText.Failure) {
        #expect(throws: failure) { try TimestampText.parse(text, zone: .utc) }
    }

    @Test(arguments: [
        ("4 hours", 14_400_000_000), ("30min", 1_800_000_000), ("1 day", 86_400_000_000), ("2 w", 1_209_600_000_000),
    ])
    func `a length of time is a number and a unit`(text: String, microseconds: Int64) {
        #expect(DurationText.parse(text) == microseconds)
    }

    @Test(arguments: ["", "hours", "-1 hour", "1.5 hours", "4 fortnights", "99999999999999999 weeks"])
    func `what is no length of time is none`(text: String) {
        #expect(DurationText.parse(text) == nil)
    }
}

@Suite struct NameSuggestionTests {
    @Test func `the nearest names come first, distant ones not at all`() {
        let names = ["douyin", "kuaishou", "tmall", "pinduoduo"]
        #expect(NameSuggestion.nearest(to: "douyn", among: names) == ["douyin"])
        #expect(NameSuggestion.nearest(to: "dyouin", among: names) == ["douyin"])
        #expect(NameSuggestion.nearest(to: "warehouse", among: names).isEmpty)
    }
}

@Suite struct DiagnosticTests {
    @Test func `a diagnostic says where, what and what to do`() {
        let diagnostic = Diagnostic(
            "unknown-column", "There is no column \"payd\".", at: SourceLocation(file: "gmv.yaml", line: 3, column: 9),
            remedy: "Columns are listed by `caliber describe orders`.", suggestions: ["paid"])
        #expect(
            diagnostic.description
                == "gmv.yaml:3:9: error[unknown-column]: There is no column \"payd\". Did you mean \"paid\"? "
                + "Columns are listed by `caliber describe orders`.")
    }

    @Test func `problems stand in the order of their places`() {
        let list = DiagnosticList([
            Diagnostic("b", "", at: SourceLocation(file: "b.yaml", line: 2)),
            Diagnostic("a", "", at: SourceLocation(file: "a.yaml", line: 9)),
            Diagnostic("c", "", at: SourceLocation(file: "b.yaml", line: 1)),
        ])
        #expect(list.diagnostics.map(\.code) == ["a", "c", "b"])
    }
}
