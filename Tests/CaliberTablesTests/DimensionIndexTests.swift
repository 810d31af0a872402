import CaliberColumns
import CaliberCore
import CaliberDictionary
import CaliberEventLog
import CaliberTables
import CaliberTesting
import Testing

@Suite struct DimensionIndexTests {
    private func find(
        _ index: DimensionIndex, _ columns: [LaneColumn], times: LaneColumn? = nil
    ) -> [Int32] {
        var rows = [Int32](repeating: 7, count: columns[0].count)
        rows.withUnsafeMutableBufferPointer { target in
            guard let start = target.baseAddress else { return }
            index.rows(
                forKeys: columns.map { KeyPart($0) }, times: times.map { KeyPart($0) }, count: columns[0].count,
                into: start)
        }
        return rows
    }

    private func text(_ values: [String?]) -> LaneColumn {
        let column = LaneColumn(pool: StringPool())
        for value in values {
            if let value { column.append(Int64(column.pool?.intern(value) ?? 0)) } else { column.appendNull() }
        }
        return column
    }

    private func integers(_ values: [Int64?]) -> LaneColumn {
        let column = LaneColumn()
        for value in values { if let value { column.append(value) } else { column.appendNull() } }
        return column
    }

    /// The cell of a global row, for comparing.
    private func cell(_ index: DimensionIndex, _ row: Int32, _ name: String) throws -> String? {
        guard row >= 0 else { return nil }
        let place = index.locate(Int(row))
        let column = try index.snapshot.segments[place.segment].column(name)
        var lane: Int64 = 0
        var validity: UInt8 = 0
        column.read(rows: place.row..<place.row + 1, into: &lane, validity: &validity)
        return validity == 0 ? nil : column.pool.map { $0.string(UInt32(lane)) } ?? String(lane)
    }

    @Test func `every key finds its own row over all segments, others find none`() throws {
        let world = try TestWorld.orders()
        let set = try world.open()
        try world.feed(
            (0..<100).map {
                world.event("order.created", time: 1, ["order_id": .text("o\($0)"), "status": .text("x")])
            },
            to: set)
        let index = try DimensionIndex(
            snapshot: set.snapshot(of: "orders"), keyColumns: ["order_id"], validity: nil)
        #expect(index.problems.isEmpty)
        let wanted: [String?] = (0..<120).map { "o\($0)" } + [nil, "o5", "o5"]
        let rows = find(index, [text(wanted)])
        for (name, row) in zip(wanted, rows) {
            let number = name.flatMap { Int($0.dropFirst()) }
            #expect(try cell(index, row, "order_id") == (number.map { $0 < 100 } == true ? name : nil))
        }
        // A pool much larger than the rows asked for is not walked.
        let few = LaneColumn(pool: StringPool())
        for number in 0..<50 { _ = few.pool?.intern("o\(number)") }
        few.append(Int64(9))
        #expect(try cell(index, find(index, [few])[0], "order_id") == "o9")
    }

    @Test func `a join that could fan out is reported`() throws {
        let world = try TestWorld.orders()
        let dictionary = world.dictionary
        world.dictionary.tables = [
            dictionary.table(
                "items",
                key: [KeyColumn(name: "order_id", type: .identifier), KeyColumn(name: "line", type: .integer)],
                anchor: nil, columns: [dictionary.fold("status", .category, .last, "order.created", "status")])
        ]
        let set = try world.open()
        try world.feed(
            (0..<6).map {
                world.event(
                    "order.created", time: 1,
                    ["order_id": .text("o\($0 / 3)"), "line": .integer(Int64($0 % 3)), "status": .text("s\($0)")])
            }, to: set)
        let snapshot = try set.snapshot(of: "items")
        let partial = try DimensionIndex(snapshot: snapshot, keyColumns: ["order_id"], validity: nil)
        #expect(partial.problems == [.duplicateKey(table: "items", rowCount: 4)])
        let whole = try DimensionIndex(snapshot: snapshot, keyColumns: ["order_id", "line"], validity: nil)
        #expect(whole.problems.isEmpty)
        let rows = find(whole, [text(["o1", "o0", "o1", nil]), integers([2, 0, 3, 1])])
        #expect(try rows.map { try cell(whole, $0, "status") } == ["s5", "s0", nil, nil])
    }

    /// Prices by product, each from a moment until one.
    private func prices(_ spans: [(String, Int64, Int64?)], to: String?) throws -> DimensionIndex {
        let world = try TestWorld.orders()
        let dictionary = world.dictionary
        let validity = ValidityDefinition(entity: ["order_id"], from: "at", to: to)
        world.dictionary.tables = [
            dictionary.table(
                "prices",
                key: [KeyColumn(name: "order_id", type: .identifier), KeyColumn(name: "at", type: .timestamp)],
                anchor: nil,
                columns: [
                    dictionary.fold("until", .duration, .last, "order.created", "wait"),
                    dictionary.fold("price", .money(.cny), .last, "order.created", "amount"),
                ], validity: validity)
        ]
        let set = try world.open()
        try world.feed(
            spans.enumerated().map { number, span in
                var values: [String: TestEvent.Value] = [
                    "order_id": .text(span.0), "at": .integer(span.1), "amount": .integer(Int64(number)),
                    "status": .text("x"),
                ]
                if let end = span.2 { values["wait"] = .integer(end) }
                return world.event("order.created", time: 1, values)
            }, to: set)
        return try DimensionIndex(
            snapshot: set.snapshot(of: "prices"), keyColumns: ["order_id"], validity: validity)
    }

    @Test func `a moment picks the row that holds then, from inclusive, to exclusive`() throws {
        let index = try prices([("a", 30, nil), ("a", 10, 20), ("b", 5, 15)], to: "until")
        #expect(index.problems.isEmpty)
        let times: [Int64?] = [9, 10, 19, 20, 29, 30, 1000, nil]
        let rows = find(index, [text(times.map { _ in "a" })], times: integers(times))
        #expect(try rows.map { try cell(index, $0, "price") } == [nil, "1", "1", nil, nil, "0", "0", nil])
        let others = find(index, [text(["b", "c"])], times: integers([14, 14]))
        #expect(try others.map { try cell(index, $0, "price") } == ["2", nil])
    }

    @Test func `without an end each row holds until the next begins`() throws {
        let index = try prices([("a", 30, nil), ("a", 10, 20)], to: nil)
        #expect(index.problems.isEmpty)
        let rows = find(index, [text(["a", "a", "a"])], times: integers([9, 25, 30]))
        #expect(try rows.map { try cell(index, $0, "price") } == [nil, "1", "0"])
    }

    @Test(arguments: 0..<30 as Range<UInt64>)
    func `overlapping ranges are reported, and the one that began last is taken`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var spans: [(String, Int64, Int64?)] = []
        for from in Set((0..<12).map { _ in Int64.random(in: 0...40, using: &generator) }).sorted() {
            for entity in ["a", "b"] where Bool.random(using: &generator) {
                spans.append(
                    (
                        entity, from,
                        Bool.random(using: &generator) ? from + Int64.random(in: 1...25, using: &generator) : nil
                    ))
            }
        }
        let index = try prices(spans, to: "until")
        func holding(_ entity: String, _ time: Int64) -> [Int] {
            spans.indices.filter { spans[$0].0 == entity && spans[$0].1 <= time && time < spans[$0].2 ?? .max }
        }
        var ambiguous: Set<String> = []
        for entity in ["a", "b"] {
            let times = Array(Int64(-1)...70)
            let rows = find(index, [text(times.map { _ in entity })], times: integers(times))
            for (time, row) in zip(times, rows) {
                let candidates = holding(entity, time)
                if candidates.count > 1 { ambiguous.insert(entity) }
                let best = candidates.max { spans[$0].1 < spans[$1].1 }
                #expect(try cell(index, row, "price") == best.map(String.init))
            }
        }
        #expect(
            index.problems
                == (ambiguous.isEmpty ? [] : [.overlappingValidity(table: "prices", entityCount: ambiguous.count)]))
    }
}
