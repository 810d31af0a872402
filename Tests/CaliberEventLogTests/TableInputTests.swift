import CaliberCore
import CaliberDictionary
import CaliberEventLog
import CaliberTesting
import Testing

/// Rows of foreign files. What a row's fields are follows Python's `csv` module; the expected values were written from it.
@Suite struct TableInputTests {
    private typealias Make = IntakeFixture

    /// A source that gives the columns `id`, `a` and `b` back as texts.
    private static func plain(
        delimiter: Character = ",", nulls: [String] = [], trims: Bool = false
    ) -> SourceDefinition {
        SourceDefinition(
            name: "export", description: nil,
            format: .init(delimiter: delimiter, nulls: nulls, trims: trims),
            columns: ["id", "a", "b"].map { SourceColumn(name: $0) },
            events: [
                SourceEvent(
                    contract: "row", id: TextTemplate(parts: [.column(0)]), time: TextTemplate(parts: []),
                    timeZone: nil, condition: nil,
                    data: [
                        .init(field: "a", value: TextTemplate(parts: [.column(1)])),
                        .init(field: "b", value: TextTemplate(parts: [.column(2)])),
                    ], location: Make.here)
            ], location: Make.here)
    }

    private static let row = Make.contract("row", [Make.field("a", .text), Make.field("b", .text)])

    private func rows(
        _ text: String, _ source: SourceDefinition = plain()
    ) throws -> (seen: [String], fixture: IntakeFixture) {
        let fixture = try IntakeFixture([TableInputTests.row])
        let report = try fixture.ingest(
            .bytes(Array(text.utf8), origin: "rows.csv", format: .rows(source)))
        #expect(report.account.isBalanced)
        return (fixture.seen.map { String($0.dropFirst("row ".count)) }, fixture)
    }

    @Test(arguments: [
        ("id,a,b\n1,x,y\n", ["1 - a=x b=y"]), ("id,a,b\r\n1,x,y\r\n", ["1 - a=x b=y"]),
        ("id,a,b\r1,x,y\r2,p,q", ["1 - a=x b=y", "2 - a=p b=q"]), ("\u{FEFF}id,a,b\n1,x,y", ["1 - a=x b=y"]),
        ("\"id\",\"a\",b\n\"1\",\"x\",y", ["1 - a=x b=y"]), ("id,a,b\n1,\"x,y\",\"\"", ["1 - a=x,y"]),
        ("id,a,b\n1,\"say \"\"hi\"\"\",\"\"\"\"", [#"1 - a=say "hi" b=""#]),
        ("id,a,b\n1,\"two\nlines\",\"cr\r\nlf\"\n2,x,y", ["1 - a=two\nlines b=cr\r\nlf", "2 - a=x b=y"]),
        ("id,a,b\n1,in \"the\" middle,y", [#"1 - a=in "the" middle b=y"#]),
        ("id,a,b\n1, \"x\",y", [#"1 - a= "x" b=y"#]), ("id,a,b\n\n1,x,\n\n\n2,,y\n", ["1 - a=x", "2 - b=y"]),
        ("b,id,c,a\ny,1,ignored,x", ["1 - a=x b=y"]),
        ("id,a,b\n1,tab\there,back\\slash", ["1 - a=tab\there b=back\\slash"]),
        ("id,a,b\n1,\u{1},中文", ["1 - a=\u{1} b=中文"]), ("id,a,b\n", []), ("id,a,b", []),
    ])
    func `fields are read as RFC 4180 has them`(text: String, expected: [String]) throws {
        #expect(try rows(text).seen == expected)
    }

    @Test func `delimiters, nulls and trims are the source's`() throws {
        #expect(try rows("id;a;b\n1;x,y;\"z;\"", TableInputTests.plain(delimiter: ";")).seen == ["1 - a=x,y b=z;"])
        #expect(try rows("id\ta\tb\n1\tx\ty", TableInputTests.plain(delimiter: "\t")).seen == ["1 - a=x b=y"])
        #expect(
            try rows("id,a,b\n1,NULL, - \n 2 , x ,y", TableInputTests.plain(nulls: ["NULL", "-"], trims: true)).seen
                == ["1 -", "2 - a=x b=y"])
    }

    @Test func `a bad row goes to quarantine with its first line and harms no other`() throws {
        let (seen, fixture) = try rows(
            "id,a,b\n1,x,y\n2,x\n\"3\n3\",x,y,z\n4,\"x\"y,z\n5,\"l1\nl2\"z,y\n6,x,y\n7,\"open,y\n8,x,y\n9,p,q")
        #expect(seen == ["1 - a=x b=y", "6 - a=x b=y", "8 - a=x b=y", "9 - a=p b=q"])
        let refused = try fixture.log.quarantined().map { "\($0.location) \($0.kind.code) \($0.body)" }
        #expect(
            refused == [
                "rows.csv:3 ragged-row 2,x", "rows.csv:4 ragged-row \"3\n3\",x,y,z",
                "rows.csv:6 text-after-quote 4,\"x\"y,z", "rows.csv:7 text-after-quote 5,\"l1\nl2\"z,y",
                "rows.csv:10 unterminated-quote 7,\"open,y",
            ])
    }

    @Test func `an open quote swallows no more than its line, however long the file`() throws {
        var text = "id,a,b\n0,\"open,y\n"
        for id in 1...60_000 { text += "\(id),some text of a row that fills,the file\n" }
        text += "last,\(String(repeating: "x", count: 3 << 20)),y\nend,x,y\n"
        let (seen, fixture) = try rows(text)
        #expect(seen.count == 60_001)
        #expect(try fixture.log.quarantined().map(\.kind.code) == ["unterminated-quote", "line-too-long"])
        #expect(try fixture.log.quarantined().map { $0.location.line } == [2, 60_003])
    }

    @Test func `a missing column is named before anything is taken in`() throws {
        let fixture = try IntakeFixture([TableInputTests.row])
        #expect(
            throws: InputProblem.missingColumn(file: "rows.csv", source: "export", column: "id", nearest: ["idd"])
        ) {
            try fixture.ingest(
                .bytes(Array("idd,a,b\n1,x,y".utf8), origin: "rows.csv", format: .rows(TableInputTests.plain())))
        }
        #expect(throws: InputProblem.repeatedColumn(file: "rows.csv", column: "a")) {
            try fixture.ingest(
                .bytes(Array("id,a,a,b\n".utf8), origin: "rows.csv", format: .rows(TableInputTests.plain())))
        }
        #expect(throws: InputProblem.emptyTable(file: "rows.csv", source: "export")) {
            try fixture.ingest(.bytes([], origin: "rows.csv", format: .rows(TableInputTests.plain())))
        }
        #expect(try fixture.log.account() == IntakeAccount())
    }

    @Test(arguments: [
        ("18446744073709551615", "number-out-of-range"), ("18446744073709551616", "wrong-type"),
        ("-9223372036854775809", "wrong-type"), ("1e400", "wrong-type"),
        ("32222222222222222222222222222222222222222222222", "wrong-type"),
    ])
    func `a number past all bounds is the fault of its field, not of the line`(text: String, code: String) throws {
        let fixture = try IntakeFixture([Make.contract("row", [Make.field("a", .integer), Make.field("b", .number)])])
        let table = "id,a,b\n1,\(text),\n2,-9223372036854775808,-1.5e-308\n"
        try fixture.ingest(.bytes(Array(table.utf8), origin: "rows.csv", format: .rows(TableInputTests.plain())))
        #expect(try fixture.log.quarantined().map { "\($0.kind.code) \($0.kind.field ?? "")" } == ["\(code) a"])
        #expect(fixture.seen == ["row 2 - a=-9223372036854775808 b=-1.5e-308"])
    }

    @Test func `one row gives rise to several events, each typed by its contract`() throws {
        let contracts = [
            Make.contract(
                "order.created",
                [
                    Make.field("order_id", .identifier, required: true), Make.field("items", .integer),
                    Make.field("weight", .number), Make.field("gift", .boolean), Make.field("tags", .set),
                    Make.field("address.province", .category), Make.field("address.city", .category),
                ]),
            Make.contract(
                "order.paid",
                [Make.field("amount", .money(.cny), required: true), Make.field("status", .category)]),
        ]
        let names = ["order_id", "created", "paid", "amount", "items", "weight", "gift", "tags", "prov", "city", "st"]
        let column = { (name: String) in TextTemplate.Part.column(names.firstIndex(of: name)!) }
        let zone = BusinessZone(identifier: "America/Sao_Paulo")!
        let source = SourceDefinition(
            name: "erp", description: nil, format: .init(), columns: names.map { SourceColumn(name: $0) },
            events: [
                SourceEvent(
                    contract: "order.created", id: TextTemplate(parts: [column("order_id"), .literal("-new")]),
                    time: TextTemplate(parts: [column("created")]), timeZone: zone, condition: nil,
                    data: [
                        ("order_id", "order_id"), ("items", "items"), ("weight", "weight"), ("gift", "gift"),
                        ("tags", "tags"), ("address.province", "prov"), ("address.city", "city"),
                    ].map { .init(field: $0.0, value: TextTemplate(parts: [column($0.1)])) }, location: Make.here),
                SourceEvent(
                    contract: "order.paid", id: TextTemplate(parts: [column("order_id"), .literal("-paid")]),
                    time: TextTemplate(parts: [column("paid")]), timeZone: zone,
                    condition: .init(column: "paid", values: nil),
                    data: [
                        .init(field: "amount", value: TextTemplate(parts: [column("amount")])),
                        .init(field: "status", value: TextTemplate(parts: [column("st")]), map: ["10": "paid"]),
                    ], location: Make.here),
            ], location: Make.here)
        let fixture = try IntakeFixture(contracts)
        let text =
            names.joined(separator: ",") + "\n"
            + "A,2017-12-01 12:00:00,2017-07-01T12:00:00Z,19.9,3,0.5,TRUE,vip,SP,Santos,10\n"
            + "B,2017-07-01 12:00,,1,,,,,,,\n" + "C,,2017-07-01,19.999,x,,,,,Rio,20\n"
        let report = try fixture.ingest(
            .bytes(Array(text.utf8), origin: "erp.csv", format: .rows(source)))
        #expect(report.account == account(5, 3, 0, 2, 0))
        #expect(
            Set(fixture.seen) == [
                "order.created A-new 2017-12-01T14:00:00Z order_id=A items=3 weight=0.5 gift=1 tags=vip "
                    + "address.province=SP address.city=Santos",
                "order.paid A-paid 2017-07-01T12:00:00Z amount=1990 status=paid",
                "order.created B-new 2017-07-01T15:00:00Z order_id=B",
            ])
        let refused = try fixture.log.quarantined()
        #expect(refused.map(\.kind.code) == ["wrong-type", "amount-too-precise"])
        #expect(refused.map(\.location.line) == [4, 4])
        #expect(refused[1].originRow == "C,,2017-07-01,19.999,x,,,,,Rio,20")
        #expect(
            refused[1].body
                == #"{"specversion":"1.0","id":"C-paid","source":"erp","type":"order.paid","#
                + #""time":"2017-07-01T00:00:00-03:00","data":{"amount":"19.999","status":"20"}}"#)
        #expect(
            try fixture.ingest(.bytes(Array(text.utf8), origin: "erp.csv", format: .rows(source))).account
                == account(5, 0, 5, 0, 0))
        #expect(try Set(fixture.replayed()) == Set(fixture.seen))
    }
}
