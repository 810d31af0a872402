import CaliberCore
import CaliberDictionary
import CaliberEventLog
import CaliberTesting
import Testing

/// Each way to break a contract, beside the words that its sender reads.
@Suite struct ViolationTests {
    private typealias Make = IntakeFixture

    private static let order = Make.contract(
        "order.created",
        [
            Make.field("order_id", .identifier, required: true, pattern: "[A-Z]{2}\\d{3}"),
            Make.field("amount", .money(.cny), currencyField: "currency", minimum: 1, maximum: 1_000_000),
            Make.field("currency", .category),
            Make.field("status", .category, allowed: ["created", "paid", "shipped"]),
            Make.field("placed_at", .timestamp), Make.field("shipped_at", .timestamp, timeZone: .utc),
            Make.field("due", .date), Make.field("wait", .duration, maximum: 3_600_000_000),
            Make.field("items", .integer, minimum: 1), Make.field("weight", .number, maximum: 30),
            Make.field("gift", .boolean), Make.field("note", .text, lengths: 2...5),
            Make.field("coupons", .set, allowed: ["NEW10", "VIP"]), Make.field("address.province", .category),
        ], undeclared: .reject,
        checks: [("ships-after-order", "shipped_at >= placed_at", "A parcel leaves after its order.")])

    private static func data(_ members: String) -> String { #"{"order_id":"AB123",\#(members)}"# }

    /// What is sent, in the order of the codes' families.
    private static let lines: [String] =
        [
            "{", "[1]", #"{"id":"1","id":"2"}"#, #"{"specversion":"1.0"}"#,
            #"{"specversion":"1.0","id":7,"source":"/s","type":"order.created"}"#,
            #"{"specversion":"1.0","id":"","source":"/s","type":"order.created"}"#,
            #"{"specversion":"0.3","id":"1","source":"/s","type":"order.created"}"#,
            #"{"specversion":"1.0","id":"1","source":"/s","type":"order.created","datacontenttype":"text/xml"}"#,
            #"{"specversion":"1.0","id":"1","source":"/s","type":"order.created","data":"text"}"#,
            Make.event("1", type: "order.created", time: "2026-02-01T00:00:00"),
            Make.event("1", type: "order.created", time: "yesterday"),
            Make.event("1", type: "order.created", time: "2026-02-30T00:00:00Z"),
            Make.event("1", type: "order.created", time: "2026-02-01T25:00:00Z"),
            Make.event("1", type: "order.created", time: "2026-03-05T00:00:00Z"),
            Make.event("1", type: "order.created", #"{"gift":true}"#),
            Make.event("1", type: "order.created", #"{"order_id":"AB12\u3000"}"#),
            Make.event("1", type: "order.created", #"{"order_id":"\u200bAB１23\u00a0"}"#),
            Make.event("1", type: "order.created", #"{"order_id":12345}"#),
        ]
        + [
            #""amount":"19.9元""#, #""amount":"1,999.00""#, #""amount":"19.999""#, #""amount":19.999"#,
            #""amount":99999999999999999999.5"#, #""amount":18446744073709551615"#, #""amount":{"a":1}"#,
            #""amount":"0.00""#, #""amount":10000.01"#, #""amount":"1.00","currency":"USD""#,
            #""status":"payed""#, #""status":"cancelled""#, #""placed_at":"2026-02-01 10:00:00""#,
            #""placed_at":1760000000"#, #""shipped_at":"01.02.2026""#, #""due":"2026-02-29""#,
            #""wait":"soon""#, #""wait":"2 hours""#, #""wait":7200"#, #""items":1.5"#, #""items":0"#,
            #""items":18446744073709551615"#, #""items":"3""#, #""weight":30.5"#, #""gift":"yes""#,
            #""note":"x""#, #""note":"订单备注很长""#, #""coupons":["VIP","NEW1"]"#, #""coupons":"VIP""#,
            #""coupons":[1]"#, #""address":"Zhejiang""#, #""address":{"provnce":"Zhejiang"}"#, #""amuont":1"#,
            #""due":"2026-02-01","due":"2026-02-02""#, #""x":{"a":[{"b":1,"b":2}]}"#,
            #""placed_at":"2026-02-02T00:00:00Z","shipped_at":"2026-02-01T00:00:00Z""#,
        ].map { Make.event("1", type: "order.created", data($0)) }
        + [
            // Dated as many hours ahead as the business zone is: a local time sent as UTC.
            Make.event(
                "1", type: "order.created", time: "2026-03-01T08:00:10Z",
                data(#""placed_at":"2026-02-02T00:00:00Z","shipped_at":"2026-02-01T00:00:00Z""#))
        ]

    @Test func `every violation says what is wrong, where, and what to write`() throws {
        let fixture = try IntakeFixture([ViolationTests.order])
        let report = try fixture.ingest(ViolationTests.lines.joined(separator: "\n"), origin: "orders.ndjson")
        let count = Int64(ViolationTests.lines.count)
        #expect(report.account == account(count, 0, 0, count, 0))
        let text = try fixture.log.quarantined(limit: 1000).map { event in
            let parts = [
                event.location.description + ": [\(event.kind.code)] \(event.message)", event.hint.map { "    " + $0 },
                event.offendingText.map { "    text: \($0)" },
                "    of \(event.kind.contract ?? "-"), field \(event.kind.field ?? "-")",
            ]
            return parts.compactMap { $0 }.joined(separator: "\n")
        }
        GoldenFile.expect(text.joined(separator: "\n") + "\n", matches: "violations.txt")
    }

    @Test func `an event that keeps every rule is accepted`() throws {
        let fixture = try IntakeFixture([ViolationTests.order])
        try fixture.ingest(
            Make.event(
                "1", type: "order.created", time: nil,
                ViolationTests.data(
                    #"""
                    "amount":9999.99,"currency":"CNY","status":"paid","placed_at":"2026-02-01T08:00:00+08:00",
                    "shipped_at":"2026-02-01 00:00:00.5","due":"2024-02-29","wait":90.5,"items":3.0,"weight":30,
                    "gift":false,"note":"备注","coupons":["VIP","NEW10","VIP"],"address":{"province":"浙江"}
                    """#.split(separator: "\n").joined())))
        #expect(
            fixture.seen == [
                "order.created 1 - order_id=AB123 amount=999999 currency=CNY status=paid "
                    + "placed_at=1769904000000000 shipped_at=1769904000500000 due=19782 wait=90500000 items=3 "
                    + "weight=30.0 gift=0 note=备注 coupons=NEW10\u{1F}VIP address.province=浙江"
            ])
    }

    @Test func `nulls and absent fields are null unless required`() throws {
        let fixture = try IntakeFixture()
        try fixture.ingest(
            Make.event("1", #"{"order_id":"A","amount":null}"#) + "\n" + Make.event("2", #"{"order_id":null}"#) + "\n"
                + Make.event("3", "null"))
        #expect(fixture.seen == ["payment.callback 1 2026-02-01T00:00:00Z order_id=A"])
        let kind = ViolationKind(code: "missing-field", contract: "payment.callback", field: "order_id")
        #expect(try fixture.log.quarantineCounts()[kind]?.count == 2)
    }

    @Test func `dropped fields leave the log, kept ones stay`() throws {
        let fields = [Make.field("a", .integer), Make.field("b.c", .integer)]
        let data = [
            #"{"x":1,"a":1,"b":{"c":2}}"#, #"{"a":1,"x":[1,{"y":"}"}]}"#, #"{"x":1}"#, #"{"x":1,"y":"a,b"}"#,
            #"{ "a" : 1 , "b" : { "x" : 1 , "c" : 2 , "y" : null } , "z" : 0 }"#, #"{"a":1,"x":2,"y":3}"#,
            #"{"b":{"x":{}}}"#,
        ]
        let input = data.enumerated().map { Make.event("\($0)", type: "t", $1) }.joined(separator: "\n")
        let dropping = try IntakeFixture([Make.contract("t", fields, undeclared: .drop)])
        try dropping.ingest(input)
        let everything = Make.contract(
            "t", fields + [Make.field("x", .text), Make.field("y", .text), Make.field("z", .text)],
            undeclared: .reject)
        try dropping.reopen([everything])
        #expect(
            try dropping.replayed().map {
                $0.split(separator: "Z", maxSplits: 1, omittingEmptySubsequences: false).last
            } == [
                " a=1 b.c=2", " a=1", "", "", " a=1 b.c=2", " a=1", "",
            ])
    }

    @Test func `an event that breaks a check gives way to a later one of its id`() throws {
        let contract = Make.contract(
            "t", [Make.field("a", .integer), Make.field("b", .integer)], checks: [("order", "a <= b", nil)])
        let fixture = try IntakeFixture([contract])
        let report = try fixture.ingest(
            [
                Make.event("1", type: "t", #"{"a":3,"b":1}"#), Make.event("2", type: "t", #"{"a":1}"#),
                Make.event("1", type: "t", #"{"a":4,"b":1}"#), Make.event("1", type: "t", #"{"a":1,"b":1}"#),
                Make.event("1", type: "t", #"{"a":1,"b":2}"#), Make.event("3", type: "t", #"{"a":1,"b":2}"#),
            ].joined(separator: "\n"))
        #expect(report.account == account(6, 3, 1, 2, 0))
        #expect(
            Set(fixture.seen) == [
                "t 1 2026-02-01T00:00:00Z a=1 b=1", "t 2 2026-02-01T00:00:00Z a=1", "t 3 2026-02-01T00:00:00Z a=1 b=2",
            ])
        #expect(try Set(fixture.replayed()) == Set(fixture.seen))
    }

    @Test func `a pattern that is none is refused when the log is opened`() {
        #expect(throws: InputProblem.badPattern(contract: "t", field: "a", pattern: "(")) {
            _ = try IntakeFixture([Make.contract("t", [Make.field("a", .text, pattern: "(")])])
        }
    }
}
