import CaliberColumns
import CaliberCore
import CaliberDictionary
import CaliberTesting
import Foundation
import Testing

@Suite struct VectorProgramTests {
    static let zones = ["UTC", "Asia/Shanghai", "America/New_York", "-03:30"].compactMap {
        BusinessZone(identifier: $0)
    }

    @Test(arguments: 0..<600 as Range<UInt64>)
    func `a program gives what walking the tree row by row gives`(seed: UInt64) throws {
        var random = RandomExpressions(seed: seed)
        let expression = random.expression(of: random.type(), depth: Int(seed % 6))
        let rows = RandomColumns(rowCount: 150, generator: &random.generator)
        let zone = Self.zones[Int(seed % 4)]
        let program = VectorProgram(expression, zone: zone)
        #expect(Set(program.inputs) == Set(expression.references))
        #expect(program.type == expression.type)
        let source = ArrayColumnSource(columns: rows.columns, inputs: program.inputs, rowCount: rows.rowCount)
        let run = VectorRun(program, source: source)
        for chunk in Self.chunks(rows.rowCount, &random.generator) {
            let result = run.evaluate(rows: chunk)
            #expect(result.count == chunk.count)
            for (offset, row) in chunk.enumerated() {
                let interpreter = RowInterpreter(zone: zone) { rows.value($0, row: row) }
                let expected = interpreter.value(expression)
                let isNull = result.validity[offset] == 0
                let found = RowValue(
                    lane: result.lanes[offset], isNull: isNull, type: expression.type, pool: result.pool)
                // The first row that differs is enough to know.
                try #require(found == expected, "row \(row) of \(expression.displayText)")
                try #require(!isNull || result.lanes[offset] == 0)
            }
        }
    }

    @Test(arguments: 0..<100 as Range<UInt64>)
    func `a mask holds the rows for which the condition is true, and no others`(seed: UInt64) throws {
        var random = RandomExpressions(seed: seed)
        let expression = random.expression(of: .boolean, depth: 4)
        let rows = RandomColumns(rowCount: 100, generator: &random.generator)
        let program = VectorProgram(expression, zone: .utc)
        let source = ArrayColumnSource(columns: rows.columns, inputs: program.inputs, rowCount: rows.rowCount)
        let run = VectorRun(program, source: source)
        let mask = Array(UnsafeBufferPointer(start: run.evaluateMask(rows: 0..<rows.rowCount), count: rows.rowCount))
        for row in 0..<rows.rowCount {
            let expected = RowInterpreter(zone: .utc) { rows.value($0, row: row) }.value(expression)
            try #require(mask[row] == (expected == .boolean(true) ? 1 : 0), "row \(row) of \(expression.displayText)")
        }
    }

    /// Chunks of uneven length that cover the rows.
    static func chunks(_ rowCount: Int, _ generator: inout SeededGenerator) -> [Range<Int>] {
        var chunks: [Range<Int>] = []
        var start = 0
        while start < rowCount {
            let end = min(rowCount, start + Int.random(in: 1...90, using: &generator))
            chunks.append(start..<end)
            start = end
        }
        return chunks
    }

    static func compile(_ text: String) throws -> TypedExpression {
        try ExpressionCompiler.compile(text, in: RandomExpressions.scope, at: SourceLocation(file: "test")).get()
    }

    /// The values of an expression over given columns, all of one length.
    static func evaluate(
        _ text: String, _ columns: [String: LaneColumn], zone: BusinessZone = .utc
    ) throws -> [RowValue] {
        let expression = try compile(text)
        let program = VectorProgram(expression, zone: zone)
        let named = Dictionary(uniqueKeysWithValues: columns.map { (ColumnReference(name: $0), $1) })
        let rowCount = columns.values.map(\.count).max() ?? 1
        let source = ArrayColumnSource(columns: named, inputs: program.inputs, rowCount: rowCount)
        let run = VectorRun(program, source: source)
        var values: [RowValue] = []
        for start in stride(from: 0, to: rowCount, by: VectorProgram.chunkRowCount) {
            let result = run.evaluate(rows: start..<min(rowCount, start + VectorProgram.chunkRowCount))
            values += (0..<result.count).map {
                RowValue(
                    lane: result.lanes[$0], isNull: result.validity[$0] == 0, type: program.type, pool: result.pool)
            }
        }
        return values
    }

    static func column(_ lanes: [Int64?]) -> LaneColumn {
        let column = LaneColumn()
        for lane in lanes { if let lane { column.append(lane) } else { column.appendNull() } }
        return column
    }

    @Test func `whole chunks and the rest follow one another`() throws {
        let count = VectorProgram.chunkRowCount * 2 + 77
        let column = Self.column((0..<count).map { $0 % 10 == 3 ? nil : Int64($0) })
        let values = try Self.evaluate("items * 2 + 1", ["items": column])
        let expected = (0..<count).map { row -> RowValue in
            row % 10 == 3 ? .null : .integer(Int64(row) * 2 + 1)
        }
        #expect(values == expected)
    }

    @Test func `what overflows or divides by zero is null`() throws {
        let columns = ["items": Self.column([.max, .min, 5]), "grams": Self.column([1, -1, 0])]
        #expect(try Self.evaluate("items + grams", columns) == [.null, .null, .integer(5)])
        #expect(try Self.evaluate("items - grams", columns) == [.integer(.max - 1), .integer(.min + 1), .integer(5)])
        #expect(try Self.evaluate("items * grams", columns) == [.integer(.max), .null, .integer(0)])
        #expect(try Self.evaluate("items % grams", columns) == [.integer(0), .integer(0), .null])
        #expect(try Self.evaluate("-items", columns) == [.integer(-.max), .null, .integer(-5)])
        #expect(try Self.evaluate("items / grams", columns)[2] == .null)
        #expect(try Self.evaluate("round(items * 1e300)", columns) == [.null, .null, .null])
    }

    @Test func `an unknown part leaves a condition unknown only where it matters`() throws {
        let columns = [
            "gift": Self.column([1, 1, 1, 0, 0, 0, nil, nil, nil]),
            "first_order": Self.column([1, 0, nil, 1, 0, nil, 1, 0, nil]),
        ]
        func truths(_ text: String) throws -> String {
            try Self.evaluate(text, columns).map { $0 == .null ? "?" : $0 == .boolean(true) ? "1" : "0" }.joined()
        }
        #expect(try truths("gift and first_order") == "10?000?0?")
        #expect(try truths("gift or first_order") == "11110?1??")
        #expect(try truths("not gift") == "000111???")
        #expect(try truths("gift = first_order") == "10?01????")
        #expect(try truths("gift is null") == "000000111")
    }

    @Test(arguments: ["Asia/Shanghai", "America/New_York", "Europe/Lisbon", "Australia/Lord_Howe"])
    func `parts of a moment are those of the zone's calendar`(identifier: String) throws {
        let zone = try #require(BusinessZone(identifier: identifier))
        var calendar = Calendar(identifier: .iso8601)
        calendar.timeZone = try #require(TimeZone(identifier: identifier))
        var generator = SeededGenerator(seed: 7)
        // 1970 to 2099, and every half hour of the days on which clocks change in 2026.
        var moments = (0..<300).map { _ in Int64.random(in: 0..<4_100_000_000, using: &generator) * 1_000_000 }
        for hour in 0..<24 * 330 where hour % 24 < 18 {
            moments.append((1_767_225_600 + Int64(hour) * 3600) * 1_000_000)
        }
        let column = Self.column(moments.map { $0 })
        let parts: [(String, Calendar.Component)] = [
            ("year", .year), ("month", .month), ("day", .day), ("hour", .hour), ("week", .weekOfYear),
        ]
        for (function, component) in parts {
            let values = try Self.evaluate("\(function)(paid_at)", ["paid_at": column], zone: zone)
            for (moment, value) in zip(moments, values) {
                let date = Date(timeIntervalSince1970: Double(moment / 1_000_000))
                let expected = RowValue.integer(Int64(calendar.component(component, from: date)))
                #expect(value == expected, "\(function) of \(date)")
            }
        }
    }

    @Test func `a pool that grows between chunks is read on`() throws {
        let name = ColumnReference(name: "channel")
        for text in ["channel = 'new'", "contains(channel, 'new')", "upper(channel) = 'NEW'"] {
            let program = VectorProgram(try Self.compile(text), zone: .utc)
            let growing = LaneColumn(pool: StringPool())
            let run = VectorRun(program, source: GrowingSource(column: growing, name: name))
            growing.append(Int64(growing.pool?.intern("old") ?? 0))
            #expect(run.evaluateMask(rows: 0..<1)[0] == 0)
            for number in 0..<100 { growing.append(Int64(growing.pool?.intern("x\(number)") ?? 0)) }
            growing.append(Int64(growing.pool?.intern("new") ?? 0))
            let mask = run.evaluateMask(rows: 1..<102)
            let found = (0..<101).filter { mask[$0] == 1 }
            #expect(found == [100])
        }
    }

    /// A column that is still being written.
    private struct GrowingSource: ColumnSource {
        let column: LaneColumn
        let name: ColumnReference

        var rowCount: Int { column.count }

        func read(
            _ input: Int, rows: Range<Int>, into lanes: UnsafeMutablePointer<Int64>,
            validity: UnsafeMutablePointer<UInt8>
        ) {
            lanes.update(from: column.lanes + rows.lowerBound, count: rows.count)
            validity.update(from: column.validity + rows.lowerBound, count: rows.count)
        }

        func pool(of input: Int) -> StringPool? { column.pool }
    }

    @Test func `equal parts are computed once and registers are used again`() throws {
        let long = Array(repeating: "items * grams", count: 60).joined(separator: " + ")
        let short = VectorProgram(try Self.compile("items * grams + items * grams"), zone: .utc)
        #expect(VectorProgram(try Self.compile(long), zone: .utc).registerCount <= short.registerCount + 1)
    }
}
