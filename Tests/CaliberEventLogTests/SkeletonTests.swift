import CaliberCore
import CaliberDictionary
import CaliberEventLog
import CaliberStore
import CaliberTesting
import Foundation
import GRDB
import Testing

/// A line read by its skeleton is read as the parser would have read it.
@Suite struct SkeletonTests {
    private typealias Make = IntakeFixture

    /// Fields of every type, with rules of every kind.
    private static func contracts(_ undeclared: ContractDefinition.UndeclaredFields) -> [ContractDefinition] {
        let fields = [
            Make.field("order_id", .identifier, required: true, pattern: "[A-Z]{1,3}[0-9]*"),
            Make.field("channel", .category, allowed: ["wechat", "alipay", "card", "微信"]),
            Make.field("note", .text, lengths: 0...12), Make.field("paid", .money(.cny), minimum: 0),
            Make.field("foreign", .money(.cny), currencyField: "currency"),
            Make.field("quantity", .integer, minimum: -5, maximum: 1_000_000_000_000_000_000),
            Make.field("rate", .number), Make.field("gift", .boolean),
            Make.field("at", .timestamp, timeZone: BusinessZone(identifier: "Asia/Shanghai")),
            Make.field("day", .date), Make.field("took", .duration), Make.field("tags", .set),
            Make.field("ship.carrier", .category), Make.field("ship.to.city", .text),
        ]
        return [
            Make.contract(
                "order.paid", fields, undeclared: undeclared,
                checks: [(name: "few", text: "quantity is null or quantity < 900", hint: nil)]),
            Make.contract("order.kept", [Make.field("order_id", .identifier)], undeclared: undeclared),
        ]
    }

    private static let members: [[String]] = [
        [#""order_id":"A7""#, #""order_id":"BC20260301000077""#, #""order_id":"bad""#, #""order_id": "Q1""#],
        [
            #""channel":"card""#, #""channel":"微信""#, #""channel":"cash""#, #""channel":null"#,
            #""channel":"c\u0061rd""#,
        ],
        [#""note":"""#, #""note":"送到 7 楼""#, #""note":"far too long a note""#, #""note":"tab\t""#],
        [
            #""paid":"19.90""#, #""paid":"272.1""#, #""paid":19.9"#, #""paid":-0.01"#, #""paid":1e2"#,
            #""paid":"007.50""#,
        ],
        [#""foreign":"1.00","currency":"CNY""#, #""foreign":"1.00","currency":"USD""#, #""foreign":5"#],
        [
            #""quantity":1"#, #""quantity":-0"#, #""quantity":899"#, #""quantity":901"#, #""quantity":3.0"#,
            #""quantity":999999999999999999"#, #""quantity":1000000000000000001"#, #""quantity":18446744073709551615"#,
            #""quantity":1e3"#,
        ],
        [#""rate":0.1"#, #""rate":-0.0"#, #""rate":123456789.123456"#, #""rate":0.1234567890123456789"#, #""rate":7"#],
        [#""gift":true"#, #""gift":false"#, #""gift":null"#, #""gift":"true""#],
        [
            #""at":"2026-02-03 04:05:06""#, #""at":"2026-02-03T04:05:06.789+08:00""#, #""at":"2026-02-03T04:05:06.1Z""#,
            #""at":"2026-02-30T00:00:00Z""#,
        ],
        [#""day":"2026-02-28""#, #""day":"2026-02-29""#],
        [#""took":90"#, #""took":"1h30m""#, #""took":1.5"#, #""took":"?""#],
        [#""tags":["a","b"]"#, #""tags":[]"#],
        [#""ship":{"carrier":"yto","to":{"city":"上海"}}"#, #""ship":{"carrier":"yto"}"#, #""ship":null"#, #""ship":7"#],
        [#""extra":"x""#, #""extra":{"deep":1}"#, #""a.b":1"#],
    ]

    /// A line that is well-formed, though perhaps not to the contract's taste.
    private static func line(_ number: Int, _ generator: inout SeededGenerator) -> [UInt8] {
        // Odd values are rare, so that some lines are accepted.
        func pick(_ forms: [String]) -> String {
            Int.random(in: 0..<4, using: &generator) > 0 ? forms[0] : forms.randomElement(using: &generator)!
        }
        let chosen = members.indices.filter { _ in Int.random(in: 0..<3, using: &generator) == 0 }
        var data = chosen.map { pick(members[$0]) }
        if !chosen.contains(0) { data.insert(members[0][0], at: 0) }
        let type = pick(["order.paid", "order.kept", "order.unknown"])
        let time = pick([
            #""time":"2026-02-01T00:00:00.000+08:00","#, #""time":"2026-02-01T01:02:03Z","#, "", #""time":null,"#,
            #""time":"2026-02-01T01:02:03.123456Z","#, #""time":"2036-02-01T01:02:03Z","#, #""time":"soon","#,
        ])
        let id = pick(["e\(number)", "e\(number)", "e\(number / 2)", "订单\(number)", ""])
        let text =
            #"{"specversion":"1.0","id":"\#(id)","source":"\#(pick(["/a", "/b", ""]))","type":"\#(type)",\#(time)"data":{"#
            + data.joined(separator: ",") + "}" + pick(["", #","subject":"s""#]) + "}"
        return Array(text.utf8)
    }

    private static func mutated(_ line: [UInt8], _ generator: inout SeededGenerator) -> [UInt8] {
        var line = line
        let place = Int.random(in: 0..<line.count, using: &generator)
        switch Int.random(in: 0..<5, using: &generator) {
        case 0: line[place] = UInt8.random(in: 0...255, using: &generator)
        case 1: line.remove(at: place)
        case 2: line.insert(Array("\"\\{}[],:0-.eE\r\t ".utf8).randomElement(using: &generator)!, at: place)
        case 3: line.insert(contentsOf: line[place..<min(line.count, place + 30)], at: place)
        default: line.removeSubrange(place...)
        }
        return line
    }

    /// Takes the same bytes in with skeletons and without, and holds all that can be seen of it together.
    private func compare(_ lines: [[UInt8]], _ undeclared: ContractDefinition.UndeclaredFields) throws -> IntakeReport {
        let bytes = Array(lines.joined(separator: [0x0A]))
        let contracts = SkeletonTests.contracts(undeclared)
        let learning = try IntakeFixture(contracts)
        let parsing = try IntakeFixture(contracts, learnsSkeletons: false)
        let report = try learning.ingest(.bytes(bytes, origin: "x"), eventsPerCommit: nil)
        let expected = try parsing.ingest(.bytes(bytes, origin: "x"), eventsPerCommit: nil)
        #expect(report.account == expected.account)
        #expect(report.violations == expected.violations)
        #expect(report.parkedByType == expected.parkedByType)
        #expect(learning.seen == parsing.seen)
        let all = QuarantineFilter()
        #expect(
            try learning.log.quarantined(all, limit: 100_000).map { "\($0)" }
                == parsing.log.quarantined(all, limit: 100_000).map { "\($0)" })
        #expect(try learning.loggedLines() == parsing.loggedLines())
        // A line whose id a refused one had is decoded after the others, and logged in its place.
        let seen = learning.seen.sorted()
        #expect(try learning.replayed().sorted() == seen)
        #expect(try parsing.replayed().sorted() == seen)
        return report
    }

    @Test(arguments: 0..<30 as Range<UInt64>)
    func `random lines are read alike with skeletons and without`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var lines: [[UInt8]] = []
        for number in 0..<1500 {
            let line = SkeletonTests.line(number, &generator)
            let isMutated = Int.random(in: 0..<5, using: &generator) == 0
            lines.append(isMutated ? SkeletonTests.mutated(line, &generator) : line)
        }
        let report = try compare(lines, [.keep, .drop, .reject][Int(seed % 3)])
        #expect(report.account.accepted > 100)
        #expect(report.account.quarantined > 100)
    }

    @Test(arguments: [ContractDefinition.UndeclaredFields.keep, .drop, .reject])
    func `a change of any byte is seen alike with skeletons and without`(
        undeclared: ContractDefinition.UndeclaredFields
    ) throws {
        let tail =
            #"","source":"/a","type":"order.paid","time":"2026-02-01T00:00:00Z","data":{"order_id":"A7","channel":"微信","#
            + #""paid":"1.50","quantity":10,"rate":0.25,"gift":true,"ship":{"carrier":"yto"}}}"#
        let changes =
            Array("\"\\{}[],:0-.+eE \t\r\n\u{0}\u{1F}atfn".utf8) + [0x7F, 0x80, 0xBF, 0xC0, 0xE4, 0xED, 0xF4, 0xFF]
        var lines: [[UInt8]] = []
        func next() -> [UInt8] { Array((#"{"specversion":"1.0","id":""# + "e\(lines.count)" + tail).utf8) }
        for place in 0..<next().count {
            for change in changes {
                var changed = next()
                changed[min(place, changed.count - 1)] = change
                lines.append(changed)
            }
            var shortened = next()
            shortened.remove(at: min(place, shortened.count - 1))
            lines.append(shortened)
        }
        _ = try compare(lines, undeclared)
    }

    @Test func `what an input ends with is no part of its last line`() throws {
        // Blocks are used again: behind a cut line stand the bytes of an earlier one.
        let fixture = try IntakeFixture()
        let line = Make.event("a", #"{"order_id":"A","amount":"19.90"}"#)
        for count in 0..<line.utf8.count {
            let text = Make.event("b\(count)", #"{"order_id":"A","amount":"19.90"}"#)
            let cut = String(decoding: text.utf8.dropLast(count), as: UTF8.self)
            let report = try fixture.ingest(text.replacingOccurrences(of: "\"b", with: "\"c") + "\n" + cut)
            #expect(report.account.accepted == (count == 0 ? 2 : 1))
        }
    }

    @Test func `more shapes than are remembered are read all the same`() throws {
        let fixture = try IntakeFixture()
        let lines = (0..<3000).map { Make.event("\($0)", #"{"order_id":"A","x\#($0 % 1500)":1}"#) }
        for _ in 0..<3 { try fixture.ingest(lines.joined(separator: "\n"), origin: "x") }
        #expect(try fixture.log.account() == account(9000, 3000, 6000, 0, 0))
        #expect(try fixture.loggedLines() == lines.map { Array($0.utf8) })
    }

    @Test func `lines alike take little room in the log`() throws {
        let fixture = try IntakeFixture()
        var generator = SeededGenerator(seed: 7)
        let lines = (0..<5000).map { number in
            let cents = Int.random(in: 10...99, using: &generator)
            return Make.event(
                "2026030100\(100_000 + number)-01",
                time: "2026-02-01T00:\(10 + number / 100):00.\(100 + number % 900)Z",
                #"{"order_id":"2026030100\#(100_000 + number)","amount":"19.\#(cents)","channel":"card"}"#)
        }
        try fixture.ingest(lines.joined(separator: "\n"))
        let (logged, stored) = try fixture.store.read {
            try (
                Int.fetchOne($0, sql: "SELECT SUM(byteCount) FROM eventBatch")!,
                Int.fetchOne($0, sql: "SELECT SUM(LENGTH(body)) FROM eventBatch")!
            )
        }
        #expect(logged == lines.reduce(-1) { $0 + $1.utf8.count + 1 })
        #expect(stored < 5000 * 8)
        #expect(try fixture.loggedLines() == lines.map { Array($0.utf8) })
    }

    @Test func `a damaged packing is noticed`() throws {
        let fixture = try IntakeFixture()
        try fixture.ingest((1...500).map { Make.event("\($0)") }.joined(separator: "\n"))
        let body = try fixture.store.read { try Data.fetchOne($0, sql: "SELECT body FROM eventBatch")! }
        let expected = try fixture.loggedLines()
        var unnoticed = 0
        for place in 0..<body.count {
            var damaged = body
            damaged[place] ^= 1
            try fixture.store.write(fixture.lease) {
                try $0.execute(sql: "UPDATE eventBatch SET body = ?", arguments: [damaged])
            }
            // A bit of the frame's head means nothing to zstd.
            let lines = Result { try fixture.loggedLines() }
            switch lines {
            case .success(let lines): #expect(lines == expected)
            case .failure(let error): #expect((error as? InputProblem)?.diagnostic.code == "log-damaged")
            }
            unnoticed += (try? lines.get()) == nil ? 0 : 1
        }
        #expect(unnoticed <= 2)
    }
}
