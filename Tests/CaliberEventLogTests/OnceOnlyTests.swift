import CaliberCore
import CaliberEventLog
import CaliberStore
import CaliberTesting
import GRDB
import Testing

@Suite struct OnceOnlyTests {
    private typealias Make = IntakeFixture

    @Test(arguments: 0..<12 as Range<UInt64>)
    func `any mix of new, repeated, bad and unknown lines is counted once each`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let fixture = try IntakeFixture()
        var accepted: Set<String> = []
        var refused: Set<String> = []
        var parked: Set<String> = []
        var received: Int64 = 0
        for file in 0..<Int.random(in: 3...25, using: &generator) {
            var lines: [String] = []
            for _ in 0..<Int.random(in: 0...60, using: &generator) {
                let id = String(Int.random(in: 0..<200, using: &generator))
                switch Int.random(in: 0..<10, using: &generator) {
                case 0: lines.append(Make.event("p" + id, type: "unknown"))
                case 1: lines.append(Make.event("q" + id, #"{"order_id":"A","channel":"x"}"#))
                case 2: lines.append("bad \(Int(id)! % 7)")
                default: lines.append(Make.event(id))
                }
            }
            received += Int64(lines.count)
            for line in lines {
                if line.contains("unknown") {
                    parked.insert(line)
                } else if line.contains("channel") || line.hasPrefix("bad") {
                    refused.insert(line)
                } else {
                    accepted.insert(line)
                }
            }
            let input = lines.joined(separator: "\n")
            let rehearsal = try fixture.ingest(input, isDryRun: true)
            let report = try fixture.ingest(input)
            #expect(report.account.isBalanced)
            #expect(rehearsal.account == report.account)
            if file % 4 == 3 { try fixture.reopen() }
        }
        let expected = account(
            received, Int64(accepted.count),
            received - Int64(accepted.count + refused.count + parked.count), Int64(refused.count), Int64(parked.count))
        #expect(try fixture.log.account() == expected)
        #expect(try fixture.log.recountedAccount() == expected)
        #expect(fixture.seen.count == accepted.count)
        #expect(try fixture.replayed() == fixture.seen)
    }

    @Test func `key runs merge, and every key stays known`() throws {
        let fixture = try IntakeFixture()
        // Inputs of as many keys as are written at once: 8 · 8 + 3 leave one run of the third level and three fresh ones.
        let size = EventLogLimits.leastWrittenKeyCount
        for file in 0..<67 {
            try fixture.ingest((0..<size).map { Make.event("\(file)-\($0)") }.joined(separator: "\n"))
        }
        #expect(try keyRuns(fixture) == [[2, 64 * size], [0, size], [0, size], [0, size]])
        let pages = try fixture.store.read { try Int.fetchOne($0, sql: "SELECT SUM(LENGTH(keys)) FROM eventKeyPage") }
        #expect(pages == 67 * size * 16)
        for isReopened in [false, true] {
            if isReopened { try fixture.reopen() }
            let everything = (0..<67).flatMap { file in (0..<size).map { Make.event("\(file)-\($0)") } }
            let report = try fixture.ingest(
                everything.joined(separator: "\n") + "\n" + Make.event(isReopened ? "y" : "x"))
            #expect(report.account == account(Int64(67 * size + 1), 1, Int64(67 * size), 0, 0))
        }
    }

    @Test(arguments: [1, 7, 500])
    func `keys that were not written yet are read from the log`(size: Int) throws {
        let fixture = try IntakeFixture()
        let files = (0..<20).map { file in (0..<size).map { Make.event("\(file)-\($0)") } }
        for file in files.prefix(10) { try fixture.ingest(file.joined(separator: "\n")) }
        // A log of its own, as another process has it, adds to the file behind the first one's back.
        try fixture.reopen()
        for file in files.dropFirst(10) { try fixture.ingest(file.joined(separator: "\n")) }
        for _ in 0..<2 {
            let everything = files.flatMap { $0 }.joined(separator: "\n")
            let expected = account(Int64(20 * size), 0, Int64(20 * size), 0, 0)
            #expect(try fixture.ingest(everything).account == expected)
            try fixture.reopen()
        }
        #expect(try fixture.log.account() == fixture.log.recountedAccount())
    }

    @Test func `an intake that was cut short leaves no key unknown`() throws {
        struct Stop: Error {}
        let fixture = try IntakeFixture()
        let note = String(repeating: "x", count: 900)
        let lines = (0..<30_000).map { Make.event("\($0)", #"{"order_id":"A","note":"\#(note)"}"#) }
        fixture.commitError = Stop()
        #expect(throws: Stop.self) { try fixture.ingest(lines.joined(separator: "\n")) }
        fixture.commitError = nil
        #expect(try keyRuns(fixture).isEmpty)
        let durable = try fixture.log.position.sequence
        #expect(durable > 0)
        try fixture.reopen()
        let report = try fixture.ingest(lines.joined(separator: "\n"))
        #expect(report.account == account(30_000, 30_000 - durable, durable, 0, 0))
        #expect(try fixture.replayed().count == 30_000)
        #expect(try keyRuns(fixture) == [[0, 30_000]])
    }

    private func keyRuns(_ fixture: IntakeFixture) throws -> [[Int]] {
        try fixture.store.read {
            try Row.fetchAll($0, sql: "SELECT level, keyCount FROM eventKeyRun ORDER BY keyRunID").map {
                [$0[0] as Int, $0[1] as Int]
            }
        }
    }

    @Test func `runs of many pages are searched page by page`() throws {
        let fixture = try IntakeFixture()
        let ids = 0..<30_000
        try fixture.ingest(ids.map { Make.event("\($0)") }.joined(separator: "\n"))
        try fixture.reopen()
        // Few keys read single pages; many bring the whole run into memory.
        for step in [6000, 700, 1] {
            let some = ids.filter { $0 % step == 0 }
            let report = try fixture.ingest(some.map { Make.event("\($0)") }.joined(separator: "\n"))
            #expect(report.account == account(Int64(some.count), 0, Int64(some.count), 0, 0))
        }
        #expect(
            try fixture.ingest((0..<3000).map { Make.event("n\($0)") }.joined(separator: "\n")).account
                == account(3000, 3000, 0, 0, 0))
    }

    @Test(arguments: [
        "UPDATE eventKeyPage SET pageID = pageID + 100", "DELETE FROM eventKeyPage",
        "UPDATE eventKeyPage SET keys = SUBSTR(keys, 1, 160)", "UPDATE eventKeyRun SET filter = x'00'",
    ])
    func `damaged keys are noticed before anything is counted twice`(damage: String) throws {
        let fixture = try IntakeFixture()
        try fixture.ingest((0..<5000).map { Make.event("\($0)") }.joined(separator: "\n"))
        try fixture.reopen()
        try fixture.store.write(fixture.lease) { try $0.execute(sql: damage) }
        #expect {
            try fixture.ingest(Make.event("1"))
        } throws: { ($0 as? InputProblem)?.diagnostic.code == "keys-damaged" }
        #expect(try fixture.log.account().accepted == 5000)
    }

    @Test func `repeats far apart in one input are found across its chunks`() throws {
        let fixture = try IntakeFixture()
        let note = String(repeating: "x", count: 900)
        let lines = (0..<25_000).map { Make.event("\($0)", #"{"order_id":"A","note":"\#(note)"}"#) }
        let input = (lines + lines.shuffledBySeed(7)).joined(separator: "\n")
        for isDryRun in [true, false] {
            let report = try fixture.ingest(input, isDryRun: isDryRun)
            #expect(report.account == account(50_000, 25_000, 25_000, 0, 0))
        }
        #expect(fixture.positions.count >= 3)
        #expect(try fixture.log.account() == fixture.log.recountedAccount())
        #expect(try fixture.replayed().count == 25_000)
    }

    @Test func `ids of one event type may hold any character`() throws {
        let fixture = try IntakeFixture()
        let ids = [#"a\u0000b"#, #"\""#, "é", #"\u00e9x"#, "订单", #"\ud83d\ude00"#]
        #expect(
            try fixture.ingest(ids.map { Make.event($0) }.joined(separator: "\n")).account == account(6, 6, 0, 0, 0))
        // The same texts, escaped in another way, are the same ids.
        #expect(
            try fixture.ingest([#"\u00e9"#, "éx", "😀"].map { Make.event($0) }.joined(separator: "\n")).account
                == account(3, 0, 3, 0, 0))
    }
}

extension Array {
    func shuffledBySeed(_ seed: UInt64) -> [Element] {
        var generator = SeededGenerator(seed: seed)
        return shuffled(using: &generator)
    }
}
