import CaliberColumns
import CaliberCore
import CaliberEventLog

extension BatchFold {
    /// A field's codes as codes of the table's pool: each distinct string is looked up once a batch.
    func translation(
        of field: LaneColumn, to slot: Int, accepts: UnsafePointer<UInt8>
    ) throws -> Scratch<Int64> {
        if let known = translations[slot] { return known }
        let result = Scratch<Int64>(batch.count, repeating: 0)
        translations[slot] = result
        guard let strings = field.pool, let pool = try table.pools[slot]?.writable() else { return result }
        let codes = Scratch<Int64>(strings.count, repeating: -1)
        var wanted: [UInt32] = []
        for event in 0..<batch.count where accepts[event] & field.validity[event] != 0 {
            let code = Int(field.lanes[event])
            guard codes.start[code] < 0 else { continue }
            codes.start[code] = 0
            wanted.append(UInt32(truncatingIfNeeded: code))
        }
        if let unions = table.setUnions[slot] {
            for code in wanted { codes.start[Int(code)] = Int64(unions.normalized(strings[code], in: pool)) }
        } else {
            wanted.withUnsafeBufferPointer { pool.intern($0, of: strings, into: codes.start) }
        }
        for event in 0..<batch.count where accepts[event] & field.validity[event] != 0 {
            result.start[event] = codes.start[Int(field.lanes[event])]
        }
        return result
    }

    @inline(__always)
    static func precedes(_ left: Int64, _ right: Int64, in pool: StringPool) -> Bool {
        pool.precedes(UInt32(truncatingIfNeeded: left), UInt32(truncatingIfNeeded: right))
    }

    func hasAny(_ run: FoldRun, _ accepts: UnsafePointer<UInt8>) -> Bool {
        for index in 0..<run.count where accepts[Int(run.events[index])] != 0 { return true }
        return false
    }
}
