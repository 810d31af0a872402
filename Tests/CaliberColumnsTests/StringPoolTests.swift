import CaliberColumns
import CaliberTesting
import Testing

@Suite struct StringPoolTests {
    @Test(arguments: 0..<20 as Range<UInt64>)
    func `interning gives equal strings one code, and each code its string`(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let pool = StringPool(byteCapacity: 1, countCapacity: 1)
        var codes: [String: UInt32] = [:]
        for _ in 0..<3000 {
            let text =
                String(repeating: "订é", count: Int.random(in: 0...2, using: &generator))
                + "\(Int.random(in: 0..<900, using: &generator))"
            let code = pool.intern(text)
            #expect(codes[text, default: code] == code)
            codes[text] = code
        }
        #expect(pool.count == codes.count)
        #expect(pool.isInterned)
        for (text, code) in codes {
            #expect(pool.string(code) == text)
            #expect(pool.code(of: text) == code)
        }
        #expect(pool.code(of: "absent") == nil)
        #expect(Set(codes.values) == Set(0..<UInt32(codes.count)))
    }

    @Test func `appending gives each string its own code`() {
        let pool = StringPool(byteCapacity: 1, countCapacity: 1)
        let texts = ["a", "", "a", "订单", ""]
        let codes = texts.map { text in Array(text.utf8).withUnsafeBytes { pool.append($0) } }
        #expect(codes == [0, 1, 2, 3, 4])
        #expect(codes.map { pool.string($0) } == texts)
        #expect(!pool.isInterned)
        #expect(pool.byteCount == 8)
    }

    @Test func `strings sort by their bytes, a beginning before what it begins`() {
        let pool = StringPool()
        let sorted = ["", "B", "a", "ab", "b", "é", "订", "订单"].map { pool.intern($0) }
        for (position, left) in sorted.enumerated() {
            for (otherPosition, right) in sorted.enumerated() {
                #expect(pool.precedes(left, right) == (position < otherPosition))
            }
        }
    }

    @Test func `forgetting all strings makes room for the same codes again`() {
        let pool = StringPool()
        for number in 0..<100 { _ = pool.intern("\(number)") }
        pool.removeAll()
        #expect(pool.count == 0)
        #expect(pool.code(of: "7") == nil)
        #expect(pool.intern("7") == 0)
        #expect(pool.string(0) == "7")
    }
}

@Suite struct LaneColumnTests {
    @Test(arguments: 0..<20 as Range<UInt64>)
    func `a column holds what was appended, nulls counted, past any number of growths`(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let column = LaneColumn(capacity: 1)
        var expected: [Int64?] = []
        for _ in 0..<1000 {
            switch Int.random(in: 0..<10, using: &generator) {
            case 0...5:
                let lane = Int64.random(in: .min ... .max, using: &generator)
                column.append(lane)
                expected.append(lane)
            case 6...8:
                column.appendNull()
                expected.append(nil)
            default:
                let count = Int.random(in: 0...expected.count, using: &generator)
                guard count > expected.count - 10 else { continue }
                column.truncate(to: count)
                expected.removeLast(expected.count - count)
            }
        }
        #expect(column.count == expected.count)
        #expect(column.nullCount == expected.count { $0 == nil })
        for (row, lane) in expected.enumerated() {
            #expect(column.isNull(row) == (lane == nil))
            #expect(column.lanes[row] == lane ?? 0)
        }
    }

    @Test func `a float is kept as its bits`() {
        let column = LaneColumn()
        column.append(-0.1)
        #expect(Double(bitPattern: UInt64(bitPattern: column.lanes[0])) == -0.1)
    }
}
