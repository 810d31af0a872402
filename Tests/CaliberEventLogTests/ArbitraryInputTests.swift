import CaliberCore
import CaliberDictionary
import CaliberEventLog
import CaliberTesting
import Testing

/// Bytes that nobody meant: nothing crashes, and the account adds up.
@Suite struct ArbitraryInputTests {
    private typealias Make = IntakeFixture

    private static let seeds = [
        Make.event("1", #"{"order_id":"A","amount":19.9,"channel":"card","x":{"y":[1,"\u00e9",null,true]}}"#),
        Make.event("2", #"{"order_id":"B","amount":"1e2","z":{"a":1},"channel":null}"#),
        Make.event("3", type: "other"), "bad",
    ]

    @Test(arguments: 0..<40 as Range<UInt64>)
    func `mutated events are accepted or refused, and never lost`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let dropping = Make.contract("payment.callback", Make.payment.fields, undeclared: .drop)
        let fixture = try IntakeFixture([seed % 2 == 0 ? Make.payment : dropping])
        var bytes: [UInt8] = []
        for _ in 0..<200 {
            var line = Array(ArbitraryInputTests.seeds.randomElement(using: &generator)!.utf8)
            for _ in 0..<Int.random(in: 0...3, using: &generator) {
                let place = Int.random(in: 0..<line.count, using: &generator)
                switch Int.random(in: 0..<4, using: &generator) {
                case 0: line[place] = UInt8.random(in: 0...255, using: &generator)
                case 1: line.remove(at: place)
                case 2: line.insert(Array("\"\\{}[],:0-.\n\r\t ".utf8).randomElement(using: &generator)!, at: place)
                default: line.insert(contentsOf: line[place..<min(line.count, place + 20)], at: place)
                }
                if line.isEmpty { line = [0x20] }
            }
            bytes += line + [0x0A]
        }
        let rehearsal = try fixture.ingest(.bytes(bytes, origin: "noise"), isDryRun: true)
        let report = try fixture.ingest(.bytes(bytes, origin: "noise"))
        #expect(report.account.isBalanced)
        #expect(report.account == rehearsal.account)
        #expect(try fixture.log.account() == fixture.log.recountedAccount())
        #expect(try fixture.replayed() == fixture.seen)
        #expect(try fixture.ingest(.bytes(bytes, origin: "noise")).account.accepted == 0)
    }

    @Test(arguments: 0..<40 as Range<UInt64>)
    func `mutated tables are read to their end`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let source = SourceDefinition(
            name: "noise", description: nil, format: .init(),
            columns: [SourceColumn(name: "id"), SourceColumn(name: "a")],
            events: [
                SourceEvent(
                    contract: "row", id: TextTemplate(parts: [.column(0)]), time: TextTemplate(parts: [.column(1)]),
                    timeZone: .utc, condition: nil,
                    data: [.init(field: "a", value: TextTemplate(parts: [.column(1)]))], location: Make.here)
            ], location: Make.here)
        let fixture = try IntakeFixture([Make.contract("row", [Make.field("a", .integer)])])
        let alphabet = Array("\"\",,\n\r;ab1\u{0}\\ ".utf8) + [0xFF, 0xE4]
        let noise = (0..<3000).map { _ in alphabet.randomElement(using: &generator)! }
        let report = try fixture.ingest(
            .bytes(Array("id,a\n".utf8) + noise + Array("\nlast,\n".utf8), origin: "n.csv", format: .rows(source)))
        #expect(report.account.isBalanced)
        #expect(report.account.received > 0)
        #expect(try fixture.log.account() == fixture.log.recountedAccount())
    }
}
