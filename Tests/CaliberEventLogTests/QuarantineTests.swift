import CaliberCore
import CaliberDictionary
import CaliberEventLog
import CaliberTesting
import Testing

@Suite struct QuarantineTests {
    private typealias Make = IntakeFixture

    private let lenient = Make.contract(
        "payment.callback",
        [Make.field("order_id", .identifier, required: true), Make.field("channel", .category)])
    private let shipment = Make.contract("shipment.sent", [Make.field("order_id", .identifier, required: true)])

    private let unknownChannel = Make.event("1", #"{"order_id":"A","channel":"douyin"}"#)

    @Test func `running a file again doubles nothing, refused lines included`() throws {
        let fixture = try IntakeFixture()
        let file = [Make.event("0"), unknownChannel, "bad", Make.event("2", type: "later")].joined(separator: "\n")
        #expect(try fixture.ingest(file).account == account(4, 1, 0, 2, 1))
        #expect(try fixture.ingest(file).account == account(4, 0, 4, 0, 0))
        #expect(try fixture.log.account() == account(8, 1, 4, 2, 1))
        #expect(try fixture.log.recountedAccount() == account(8, 1, 4, 2, 1))
    }

    @Test func `a fixed contract takes the refused event in, once`() throws {
        let fixture = try IntakeFixture()
        try fixture.ingest(unknownChannel + "\nbad")
        try fixture.reopen([lenient])
        let report = try replay(fixture)
        #expect(report.account == account(2, 1, 0, 1, 0))
        #expect(fixture.seen == ["payment.callback 1 2026-02-01T00:00:00Z order_id=A channel=douyin"])
        #expect(try fixture.replayed() == fixture.seen)
        #expect(try fixture.log.account() == account(2, 1, 0, 1, 0))
        #expect(try fixture.log.quarantined().map(\.kind.code) == ["malformed-json"])
        #expect(try fixture.log.quarantined(QuarantineFilter(state: .replayed)).count == 1)
        #expect(try replay(fixture).account == account(1, 0, 0, 1, 0))
        #expect(try fixture.ingest(unknownChannel).account == account(1, 0, 1, 0, 0))
        #expect(try fixture.log.account() == fixture.log.recountedAccount())
    }

    @Test func `an event that was sent corrected meanwhile is a duplicate when replayed`() throws {
        let fixture = try IntakeFixture()
        try fixture.ingest(unknownChannel)
        try fixture.ingest(Make.event("1", #"{"order_id":"A","channel":"card"}"#))
        try fixture.reopen([lenient])
        #expect(try replay(fixture).account == account(1, 0, 1, 0, 0))
        #expect(fixture.seen.count == 1)
        #expect(try fixture.log.account() == account(2, 1, 1, 0, 0))
        #expect(try fixture.log.recountedAccount() == account(2, 1, 1, 0, 0))
    }

    @Test func `what still breaks a rule stays, under the rule it breaks now`() throws {
        let fixture = try IntakeFixture()
        try fixture.ingest(unknownChannel)
        let stricter = Make.contract(
            "payment.callback",
            [
                Make.field("order_id", .identifier, required: true), Make.field("channel", .category),
                Make.field("amount", .money(.cny), required: true),
            ])
        try fixture.reopen([stricter])
        try replay(fixture)
        #expect(try fixture.log.quarantined().map(\.kind.code) == ["missing-field"])
        #expect(try fixture.log.account() == account(1, 0, 0, 1, 0))
    }

    @Test func `dismissed events stay out and stay accounted for`() throws {
        let fixture = try IntakeFixture()
        try fixture.ingest(unknownChannel + "\nbad")
        #expect(
            try fixture.log.dismissQuarantined(QuarantineFilter(code: "malformed-json"), lease: fixture.lease) == 1)
        #expect(try fixture.log.quarantined().map(\.kind.code) == ["not-allowed"])
        #expect(try fixture.ingest("bad").account == account(1, 0, 1, 0, 0))
        #expect(try fixture.log.account() == fixture.log.recountedAccount())
    }

    @Test func `only the events that a filter names are replayed`() throws {
        let fixture = try IntakeFixture()
        try fixture.ingest(
            (1...4).map { Make.event("\($0)", #"{"order_id":"A","channel":"x"}"#) }.joined(separator: "\n"))
        try fixture.reopen([lenient])
        let ids = try fixture.log.quarantined().map(\.id)
        let report = try replay(fixture, QuarantineFilter(ids: [ids[1], ids[3]]))
        #expect(report.account == account(2, 2, 0, 0, 0))
        #expect(try fixture.log.quarantined().map(\.eventID) == ["1", "3"])
        #expect(try fixture.log.quarantinedEvent(ids[1])?.state == .replayed)
    }

    @Test func `parked events come in when a contract declares their type`() throws {
        let fixture = try IntakeFixture()
        let first = try fixture.ingest(
            [
                Make.event("1", type: "shipment.sent"), Make.event("1", type: "shipment.sent"),
                Make.event("2", type: "shipment.sent", #"{"other":1}"#), Make.event("3", type: "other"),
                Make.event("4", type: "shipment.sent"),
            ].joined(separator: "\n"))
        #expect(first.account == account(5, 0, 1, 0, 4))
        #expect(first.parkedByType == ["shipment.sent": 3, "other": 1])
        try fixture.reopen([Make.payment, shipment])
        // Sent again before the parked ones were taken in: accepted, and the parked one becomes the repeat.
        #expect(try fixture.ingest(Make.event("4", type: "shipment.sent")).account == account(1, 1, 0, 0, 0))
        let report = try fixture.log.unpark(lease: fixture.lease, now: { Make.now }) { try fixture.see($0, $1) }
        #expect(report.account == account(3, 1, 1, 1, 0))
        #expect(fixture.seen.map { $0.split(separator: " ")[1] } == ["4", "1"])
        #expect(try fixture.log.parkedCounts() == ["other": 1])
        #expect(try fixture.log.quarantined().map(\.kind.code) == ["missing-field"])
        #expect(try fixture.log.account() == account(6, 2, 2, 1, 1))
        #expect(try fixture.log.account() == fixture.log.recountedAccount())
        #expect(try Set(fixture.replayed()) == Set(fixture.seen))
    }

    @Test func `offending text and long bodies are cut, the body is whole`() throws {
        let fixture = try IntakeFixture()
        let long = String(repeating: "长", count: 5000)
        try fixture.ingest(Make.event("1", #"{"order_id":"A","channel":"\#(long)"}"#))
        let event = try #require(try fixture.log.quarantined().first)
        #expect(event.offendingText?.count == EventLogLimits.offendingTextScalarCount + 1)
        #expect(event.body.contains(long))
    }

    @discardableResult
    private func replay(
        _ fixture: IntakeFixture, _ filter: QuarantineFilter = QuarantineFilter()
    ) throws -> IntakeReport {
        try fixture.log.replayQuarantine(filter, lease: fixture.lease, now: { Make.now }) { try fixture.see($0, $1) }
    }
}
