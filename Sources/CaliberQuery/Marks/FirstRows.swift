import CaliberColumns
import CaliberCore
import CaliberDictionary
import CaliberTables

/// Marks the first of all rows that have a value, for every value: by the moment rows count at, rows of one moment by
/// their keys.
///
/// Where rows are stored in the order of their moments and values are codes of one pool, one bit a value says whether it
/// was met, and stretches of segments are gone through at once; else each value's earliest row is kept.
struct FirstRows {
    private let reading: RowReading
    private let parallelism: Int

    /// - Parameter reading: its first dimension is the value; rows without a moment or a value are nobody's first.
    init(_ reading: RowReading, parallelism: Int) {
        self.reading = reading
        self.parallelism = parallelism
    }

    func marks() throws -> MarkBytes {
        if let pool = try sharedPool() {
            return try FirstRowsByBitmap(reading, valueCount: pool.count, parallelism: parallelism).marks()
        }
        return try byEarliestMoment()
    }

    /// First rows to go on from when rows change; nil where each value's earliest row is to be kept.
    func kept(_ basis: KeptFirstRows.Basis) throws -> KeptFirstRows? {
        guard let pool = try sharedPool(), try canBeKept else { return nil }
        let firsts = try FirstRowsByBitmap(reading, valueCount: pool.count, parallelism: parallelism)
            .firstsBeforeBorders()
        return try KeptFirstRows(firsts, of: reading, pool: pool, basis)
    }

    /// Whether first rows can follow their rows from change to change.
    var canBeKept: Bool {
        get throws { try sharedPool() != nil && ValueOwners.canNumber(segmentCount: reading.segments.count) }
    }

    /// The one pool that all values are codes of, where rows stand in the order of their moments.
    private func sharedPool() throws -> StringPool? {
        guard reading.program.scan.isSortedByAnchor, reading.program.scan.valueColumnName != nil,
            reading.standsInOrder
        else { return nil }
        var shared: StringPool?
        for segment in reading.segments.indices {
            guard let pool = try reading.valueColumn(of: segment)?.pool, pool.isInterned,
                shared == nil || shared === pool
            else { return nil }
            shared = pool
        }
        return shared
    }

    private func byEarliestMoment() throws -> MarkBytes {
        let marks = MarkBytes(reading)
        let order = RowKeyOrder(reading)
        var numbering = EntityNumbering(valueCount: 1, countsNulls: false)
        /// The row and the moment of each value's earliest row so far.
        var rows: [Int] = []
        var moments: [Int64] = []
        let numbers = ScratchBuffer<UInt32>(count: VectorProgram.chunkRowCount, repeating: 0)
        for segment in reading.segments.indices {
            try reading.forEachChunk(of: segment) { chunk in
                guard let chunkMoments = chunk.moments else { return }
                numbering.number(
                    chunk.values, selected: chunk.selected, count: chunk.count, into: numbers.pointer)
                if numbering.count > rows.count {
                    rows += [Int](repeating: -1, count: numbering.count - rows.count)
                    moments += [Int64](repeating: 0, count: numbering.count - moments.count)
                }
                for row in 0..<chunk.count where numbers[row] != EntityNumbering.none {
                    let value = Int(numbers[row])
                    let here = reading.starts[segment] + chunk.start + row
                    if rows[value] >= 0 {
                        guard chunkMoments[row] <= moments[value] else { continue }
                        if chunkMoments[row] == moments[value],
                            try !order.precedes(reading.place(of: here), reading.place(of: rows[value]))
                        {
                            continue
                        }
                    }
                    rows[value] = here
                    moments[value] = chunkMoments[row]
                }
            }
        }
        for row in rows where row >= 0 {
            let place = reading.place(of: row)
            marks.bytes[place.segment][place.row] = 1
        }
        return marks
    }
}
