import CaliberColumns
import CaliberDictionary
import CaliberTables

/// A metric's value for each row, by what columns of the row name; null where the metric has no row of that name.
struct MetricValues {
    private var numbering: EntityNumbering
    /// By the number of what is named.
    private var lanes: [Int64] = []
    private var validity: [UInt8] = []
    private let isFloat: Bool

    /// - Parameters:
    ///   - groups: of an answer by the same columns, in their order.
    ///   - values: of the metric, by group.
    init(groups: GroupRegistry, values: [MetricValue], type: LogicalType, term: MetricTerm) throws {
        isFloat = type.storage == .float
        var numbering = EntityNumbering(valueCount: term.by.count, countsNulls: false)
        let numbers = ScratchBuffer<UInt32>(count: VectorProgram.chunkRowCount, repeating: 0)
        let selected = ScratchBuffer<UInt8>(count: VectorProgram.chunkRowCount, repeating: 1)
        for start in stride(from: 0, to: groups.count, by: VectorProgram.chunkRowCount) {
            let count = min(VectorProgram.chunkRowCount, groups.count - start)
            let parts = term.by.indices.map { dimension in
                let lanes = ScratchBuffer<Int64>(count: count, repeating: 0)
                let validity = ScratchBuffer<UInt8>(count: count, repeating: 0)
                for row in 0..<count where !groups.isNull(start + row, dimension) {
                    lanes[row] = groups.lane(start + row, dimension)
                    validity[row] = 1
                }
                return (lanes: lanes, validity: validity, pool: groups.pools[dimension])
            }
            withExtendedLifetime(parts) {
                let chunks = parts.map {
                    ValueChunk(
                        lanes: UnsafePointer($0.lanes.pointer), validity: UnsafePointer($0.validity.pointer),
                        pool: $0.pool)
                }
                numbering.number(chunks, selected: selected.pointer, count: count, into: numbers.pointer)
            }
            for row in 0..<count where numbers[row] != EntityNumbering.none {
                try MetricValues.put(
                    values[start + row].conforming(to: type), at: Int(numbers[row]), of: term, &lanes, &validity)
            }
        }
        self.numbering = numbering
    }

    private static func put(
        _ value: MetricValue, at number: Int, of term: MetricTerm, _ lanes: inout [Int64], _ validity: inout [UInt8]
    ) throws {
        if number >= lanes.count {
            let added = max(number + 1, lanes.count * 2) - lanes.count
            lanes += [Int64](repeating: 0, count: added)
            validity += [UInt8](repeating: 0, count: added)
        }
        switch value {
        case .null: return
        case .number(let float): lanes[number] = Int64(bitPattern: float.bitPattern)
        case .integer(let integer):
            guard let lane = Int64(exactly: integer) else {
                throw QueryProblem.totalOutOfRange(metric: term.metric).diagnostic
            }
            lanes[number] = lane
        }
        validity[number] = 1
    }

    /// The values of a reading's rows, by segment.
    func columns(_ reading: RowReading) throws -> [EncodedColumn] {
        var numbering = numbering
        let numbers = ScratchBuffer<UInt32>(count: VectorProgram.chunkRowCount, repeating: 0)
        return try reading.segments.indices.map { segment in
            let rowCount = reading.segments[segment].rowCount
            let found = ScratchBuffer<Int64>(count: rowCount, repeating: 0)
            let present = ScratchBuffer<UInt8>(count: rowCount, repeating: 0)
            try reading.forEachChunk(of: segment) { chunk in
                numbering.number(chunk.values, selected: chunk.selected, count: chunk.count, into: numbers.pointer)
                for row in 0..<chunk.count where numbers[row] != EntityNumbering.none {
                    let number = Int(numbers[row])
                    guard number < lanes.count, validity[number] != 0 else { continue }
                    found[chunk.start + row] = lanes[number]
                    present[chunk.start + row] = 1
                }
            }
            return EncodedColumn(
                lanes: found.pointer, validity: present.pointer, rowCount: rowCount, isFloat: isFloat, pool: nil)
        }
    }
}
