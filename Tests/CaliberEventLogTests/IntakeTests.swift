import CaliberCore
import CaliberDictionary
import CaliberEventLog
import CaliberStore
import CaliberTesting
import Foundation
import GRDB
import Testing

@Suite struct IntakeTests {
    @Test func `an event is decoded into typed columns, logged, and the same when replayed`() throws {
        let fixture = try IntakeFixture()
        let report = try fixture.ingest(
            IntakeFixture.event("p1", #"{"order_id":"A","amount":"19.9","channel":"card","note":"kept"}"#))
        #expect(report.account == account(1, 1, 0, 0, 0))
        #expect(report.position == LogPosition(sequence: 1))
        #expect(report.acceptedByContract == ["payment.callback": 1])
        #expect(
            fixture.seen == ["payment.callback p1 2026-02-01T00:00:00Z order_id=A amount=1990 channel=card"])
        #expect(try fixture.replayed() == fixture.seen)
    }

    @Test func `line ends, blank lines, a byte order mark and a missing last line feed do no harm`() throws {
        let fixture = try IntakeFixture()
        let report = try fixture.ingest(
            "\u{FEFF}" + IntakeFixture.event("1") + "\r\n\r\n  \n" + IntakeFixture.event("2") + "\n\n"
                + IntakeFixture.event("3"))
        #expect(report.account == account(3, 3, 0, 0, 0))
        #expect(try fixture.replayed() == fixture.seen)
    }

    @Test func `an empty input is taken in as nothing`() throws {
        let fixture = try IntakeFixture()
        #expect(try fixture.ingest("").account == IntakeAccount())
        #expect(try fixture.ingest("\n").account == IntakeAccount())
        #expect(fixture.positions.isEmpty)
        #expect(try fixture.log.position == .start)
    }

    @Test func `one source and id counts once, within a file and across files and openings`() throws {
        let fixture = try IntakeFixture()
        let first = try fixture.ingest(
            IntakeFixture.event("1") + "\n" + IntakeFixture.event("1", #"{"order_id":"B"}"#) + "\n"
                + IntakeFixture.event("1", source: "/other") + "\n")
        #expect(first.account == account(3, 2, 1, 0, 0))
        let second = try fixture.ingest(IntakeFixture.event("1") + "\n" + IntakeFixture.event("2"))
        #expect(second.account == account(2, 1, 1, 0, 0))
        try fixture.reopen()
        let third = try fixture.ingest(IntakeFixture.event("2") + "\n" + IntakeFixture.event("3"))
        #expect(third.account == account(2, 1, 1, 0, 0))
        #expect(try fixture.log.account() == account(7, 4, 3, 0, 0))
        #expect(try fixture.log.recountedAccount() == account(7, 4, 3, 0, 0))
        #expect(fixture.seen.count == 4)
    }

    @Test func `a refused event does not use up its id`() throws {
        let fixture = try IntakeFixture()
        let report = try fixture.ingest(
            IntakeFixture.event("1", #"{"amount":"1"}"#) + "\n" + IntakeFixture.event("1") + "\n")
        #expect(report.account == account(2, 1, 0, 1, 0))
    }

    @Test func `the amount of a JSON number is exact`() throws {
        let fixture = try IntakeFixture()
        for (index, amount) in [
            "19.9", "1e2", "0.1", "-3.50", "2.50E1", "10000000000000", "0", "\"7.01\"", "1.10000000000000000000",
        ].enumerated() {
            try fixture.ingest(
                IntakeFixture.event("\(index)", #"{"x":[1,{"y":0.5}],"amount":\#(amount),"order_id":"A"}"#))
        }
        let amounts = fixture.seen.map { $0.split(separator: "amount=")[1] }
        #expect(
            amounts == [
                "1990", "10000", "10", "-350", "2500", "1000000000000000", "0", "701", "110",
            ])
    }

    @Test func `bad lines beside good ones go to quarantine alone`() throws {
        let fixture = try IntakeFixture()
        let good = IntakeFixture.event("good")
        let bad = [
            #"{"specversion":"1.0","id":"open""#, "not json", "[1]", "\"text\"", "{\"a\":\"\\ud800\"}",
            String(repeating: "[", count: 200) + String(repeating: "]", count: 200), "{\"a\":1,}", "{\"a\":01}",
            "{\"a\":1} x", "\u{0}", "{\"a\":NaN}", "{\"a\":123456789012345678901234567890}",
        ]
        var bytes = Array((bad.joined(separator: "\n") + "\n" + good + "\n").utf8)
        bytes += [0x7B, 0x22, 0xFF, 0x22, 0x3A, 0x31, 0x7D, 0x0A]
        bytes += Array(IntakeFixture.event("good2").utf8)
        let report = try fixture.ingest(.bytes(bytes, origin: "mixed.ndjson"))
        #expect(report.account == account(15, 2, 0, 13, 0))
        #expect(
            try fixture.log.quarantined(QuarantineFilter(code: "invalid-utf8")).map(\.message)
                == ["The line is not UTF-8 at byte 3."])
        #expect(
            try fixture.log.quarantined().map { $0.location.line } == Array(1...12) + [14])
    }

    @Test func `a line past the limit is refused and the next one is taken`() throws {
        let fixture = try IntakeFixture()
        let long = IntakeFixture.event(
            "long", #"{"order_id":"A","x":""# + String(repeating: "x", count: 20 << 20) + #""}"#)
        let report = try fixture.ingest(
            IntakeFixture.event("1") + "\n" + long + "\n" + IntakeFixture.event("2") + "\n" + long)
        #expect(report.account == account(4, 2, 1, 1, 0))
        let refused = try fixture.log.quarantined()
        #expect(refused.map(\.kind.code) == ["line-too-long"])
        let long1 = try #require(refused.first)
        #expect(long1.location.line == 2)
        #expect(long1.body.utf8.count == EventLogLimits.lineByteCount)
    }

    @Test(arguments: [1, 2, 3, 1000])
    func `commits of some events each take the same in as one commit of all`(eventsPerCommit: Int) throws {
        let long = IntakeFixture.event(
            "long", #"{"order_id":"A","x":""# + String(repeating: "x", count: 2 << 20) + #""}"#)
        let lines =
            (0..<40).map { IntakeFixture.event("\($0 % 30)") } + ["bad", "", long, "bad"]
            + (40..<45).map {
                IntakeFixture.event("\($0)", #"{"order_id":"é","note":"\#(String(repeating: "n", count: 70_000))"}"#)
            }
        for end in ["", "\n", "\n\n  "] {
            let text = "\u{FEFF}" + lines.joined(separator: "\r\n") + end
            let whole = try IntakeFixture()
            let report = try whole.ingest(text)
            let fixture = try IntakeFixture()
            let parted = try fixture.ingest(
                .bytes(Array(text.utf8), origin: "events.ndjson"), eventsPerCommit: eventsPerCommit)
            #expect(parted.account == report.account)
            #expect(parted.account == account(48, 35, 11, 2, 0))
            #expect(parted.violations == report.violations)
            #expect(fixture.seen == whole.seen)
            #expect(try fixture.replayed() == whole.seen)
            if eventsPerCommit == 1 { #expect(fixture.positions.count == 35) }
        }
    }

    /// Notes what it is told.
    private final class Follower: EventFollower {
        private(set) var told: [String] = []
        var failure: (any Error)?

        func take(_ batches: [EventBatch], upTo position: LogPosition) throws {
            told.append("take \(batches.reduce(0) { $0 + $1.count }) to \(position.sequence)")
            if let failure { throw failure }
        }

        func confirm() throws { told.append("confirm") }

        func disown(_ reason: any Error) { told.append("disown") }
    }

    @Test func `a follower hears of events once, and that they are durable`() throws {
        let fixture = try IntakeFixture()
        let follower = Follower()
        func take(_ ids: Range<Int>, eventsPerCommit: Int? = nil) throws {
            let text = ids.map { IntakeFixture.event("\($0)") }.joined(separator: "\n")
            _ = try fixture.log.ingest(
                .bytes(Array(text.utf8), origin: "live"), lease: fixture.lease, now: { IntakeFixture.now },
                eventsPerCommit: eventsPerCommit, follower: follower)
        }
        try take(0..<3)
        try take(0..<3)
        try take(2..<5)
        try take(5..<9, eventsPerCommit: 2)
        #expect(
            follower.told == [
                "take 3 to 3", "confirm", "take 2 to 5", "confirm", "take 2 to 7", "confirm", "take 2 to 9", "confirm",
            ])
        #expect(try fixture.replayed().count == 9)
    }

    @Test func `a follower is told when events that it has came to nothing, and when it failed itself`() throws {
        struct Stop: Error {}
        let fixture = try IntakeFixture()
        let follower = Follower()
        func take(_ id: String, _ lease: WriterLease) throws {
            _ = try fixture.log.ingest(
                .bytes(Array(IntakeFixture.event(id).utf8), origin: "live"), lease: lease,
                now: { IntakeFixture.now }, follower: follower)
        }
        follower.failure = Stop()
        #expect(throws: Stop.self) { try take("a", fixture.lease) }
        follower.failure = nil
        // Another process has taken over since.
        try fixture.store.write(fixture.lease) {
            try $0.execute(sql: "UPDATE writerLease SET fencingToken = fencingToken + 1")
        }
        #expect(throws: StoreProblem.self) { try take("b", fixture.lease) }
        #expect(follower.told == ["take 1 to 1", "disown", "take 1 to 2", "disown"])
        // The first one is in the log: whoever follows it finds it there.
        #expect(try fixture.replayed().count == 1)
    }

    @Test func `a dry run says what would happen and writes nothing`() throws {
        let fixture = try IntakeFixture()
        try fixture.ingest(IntakeFixture.event("0"))
        let input = [
            IntakeFixture.event("0"), IntakeFixture.event("1"), IntakeFixture.event("1"), "bad", "bad",
            IntakeFixture.event("2", type: "unknown"), IntakeFixture.event("2", type: "unknown"),
        ].joined(separator: "\n")
        let before = try fixture.store.read { try tableSizes(in: $0) }
        let rehearsal = try fixture.ingest(input, isDryRun: true)
        #expect(try fixture.store.read { try tableSizes(in: $0) } == before)
        #expect(fixture.seen.count == 1)
        let performance = try fixture.ingest(input)
        #expect(rehearsal.account == performance.account)
        #expect(rehearsal.account == account(7, 1, 4, 1, 1))
        #expect(rehearsal.violations == performance.violations)
    }

    @Test func `an error while handing on leaves log and keys together`() throws {
        struct Stop: Error {}
        let fixture = try IntakeFixture()
        fixture.commitError = Stop()
        #expect(throws: Stop.self) { try fixture.ingest(IntakeFixture.event("1")) }
        fixture.commitError = nil
        // The event was durable before the error, so it is there, and its repeat is one.
        #expect(try fixture.replayed().count == 1)
        #expect(try fixture.ingest(IntakeFixture.event("1")).account == account(1, 0, 1, 0, 0))
        #expect(try fixture.log.account() == fixture.log.recountedAccount())
    }

    @Test func `a failing write leaves no trace, and the same input goes in afterwards`() throws {
        let fixture = try IntakeFixture()
        try fixture.store.write(fixture.lease) { database in
            try database.execute(
                sql: """
                    CREATE TRIGGER fail BEFORE UPDATE ON intakeTotal BEGIN SELECT RAISE(ABORT, 'disk'); END
                    """)
        }
        #expect(throws: (any Error).self) { try fixture.ingest(IntakeFixture.event("1") + "\nbad") }
        #expect(try fixture.replayed().isEmpty)
        #expect(try fixture.log.account() == IntakeAccount())
        #expect(try fixture.log.quarantined().isEmpty)
        try fixture.store.write(fixture.lease) { try $0.execute(sql: "DROP TRIGGER fail") }
        #expect(try fixture.ingest(IntakeFixture.event("1") + "\nbad").account == account(2, 1, 0, 1, 0))
        #expect(fixture.seen.count == 1)
    }

    @Test func `a replay skips and counts what today's contracts refuse`() throws {
        let fixture = try IntakeFixture()
        try fixture.ingest(
            IntakeFixture.event("1") + "\n" + IntakeFixture.event("2", #"{"order_id":"B","amount":1}"#))
        try fixture.reopen([
            IntakeFixture.contract(
                "payment.callback",
                [
                    IntakeFixture.field("order_id", .identifier, required: true),
                    IntakeFixture.field("amount", .money(.cny), required: true),
                ])
        ])
        var lines: [String] = []
        let report = try fixture.log.replay(after: .start) { batches, _ in
            lines += batches.flatMap(IntakeFixture.lines)
        }
        #expect(lines == ["payment.callback 2 2026-02-01T00:00:00Z order_id=B amount=100"])
        #expect(report.eventCount == 1)
        #expect(report.position == LogPosition(sequence: 2))
        let kind = ViolationKind(code: "missing-field", contract: "payment.callback", field: "amount")
        #expect(report.skipped[kind]?.count == 1)
    }

    @Test func `a replay from within a batch gives the rest of it`() throws {
        let fixture = try IntakeFixture()
        try fixture.ingest((1...5).map { IntakeFixture.event("\($0)") }.joined(separator: "\n"))
        try fixture.ingest((6...7).map { IntakeFixture.event("\($0)") }.joined(separator: "\n"))
        #expect(fixture.positions == [LogPosition(sequence: 5), LogPosition(sequence: 7)])
        for start in 0...7 {
            let rest = try fixture.replayed(after: LogPosition(sequence: Int64(start)))
            #expect(rest == Array(fixture.seen.dropFirst(start)))
        }
    }

    @Test func `a damaged batch is noticed`() throws {
        let fixture = try IntakeFixture()
        try fixture.ingest((1...50).map { IntakeFixture.event("\($0)") }.joined(separator: "\n"))
        try fixture.store.write(fixture.lease) { database in
            var body = try Data.fetchOne(database, sql: "SELECT body FROM eventBatch")!
            body[body.count / 2] ^= 1
            try database.execute(sql: "UPDATE eventBatch SET body = ?", arguments: [body])
        }
        #expect {
            _ = try fixture.replayed()
        } throws: { error in
            (error as? InputProblem)?.diagnostic.code == "log-damaged"
        }
    }

    private func tableSizes(in database: Database) throws -> [String: Int] {
        let tables = try String.fetchAll(database, sql: "SELECT name FROM sqlite_master WHERE type = 'table'")
        return try Dictionary(
            uniqueKeysWithValues: tables.map {
                ($0, try Int.fetchOne(database, sql: "SELECT COUNT(*) FROM \($0)") ?? 0)
            })
    }
}

/// What is left of an intake that can't even begin.
@Suite struct RefusedWriterTests {
    @Test(.timeLimit(.minutes(1)))
    func `an intake whose first write is refused ends, and says why`() throws {
        let fixture = try IntakeFixture()
        let later = try WriterLease.acquire(on: fixture.store, holder: "another", waitSeconds: 0) {
            Timestamp(microseconds: IntakeFixture.now.microseconds + 3_600_000_000)
        }
        // Often: what must not happen depends on which of the intake's threads comes first.
        for _ in 0..<200 { #expect(throws: StoreProblem.self) { try fixture.ingest("{}\n") } }
        withExtendedLifetime(later) {}
    }
}
