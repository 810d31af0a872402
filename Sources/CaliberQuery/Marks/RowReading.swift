import CaliberColumns
import CaliberCore
import CaliberDictionary
import CaliberTables

/// Rows of one table with expressions over them, read segment by segment by whoever looks at rows one by one.
struct RowReading: Sendable {
    let program: ScanProgram
    /// Those that can hold rows with a moment, in the order of their moments where rows are stored so.
    let segments: [SegmentSnapshot]
    /// The number of the first row of each segment, and past the last.
    let starts: [Int]
    let timeRange: PlannedTimeRange
    private let joins: JoinedTables

    init(
        _ rows: PlannedScan, zone: BusinessZone, timeRange: PlannedTimeRange = PlannedTimeRange(from: nil, until: nil),
        snapshots: (String) throws -> TableSnapshot
    ) throws {
        let snapshot = try snapshots(rows.table.name)
        program = ScanProgram(rows, zone: zone)
        joins = try JoinedTables(rows, scannedRowCount: snapshot.rowCount, snapshot: snapshots)
        self.timeRange = timeRange
        segments = RowReading.segments(of: snapshot, for: rows, timeRange)
        var starts = [0]
        for segment in segments { starts.append(starts[starts.count - 1] + segment.rowCount) }
        self.starts = starts
    }

    /// The segments that can hold rows with a moment in the time range.
    ///
    /// Chosen by the time alone: two readings of one table at one moment number rows alike, whatever their filters.
    static func segments(
        of snapshot: TableSnapshot, for rows: PlannedScan, _ timeRange: PlannedTimeRange
    ) -> [SegmentSnapshot] {
        snapshot.segments.filter { segment in
            guard segment.rowCount > 0 else { return false }
            guard rows.isSortedByAnchor else { return true }
            guard let anchors = segment.anchors else { return false }
            return (timeRange.from.map { anchors.upperBound >= $0 } ?? true)
                && (timeRange.until.map { anchors.lowerBound < $0 } ?? true)
        }
    }

    var rowCount: Int { starts[starts.count - 1] }

    /// The segment that holds a row, and its place there.
    func place(of row: Int) -> (segment: Int, row: Int) {
        let segment = firstIndex(in: 0..<segments.count) { starts[$0 + 1] > row }
        return (segment, row - starts[segment])
    }

    /// A chunk of one segment's rows; valid until the next.
    struct Chunk {
        /// The number of its first row in the segment.
        let start: Int
        let count: Int
        /// 1 for rows that have a moment, lie in the time range and pass the filter.
        let selected: UnsafePointer<UInt8>
        /// Of the anchor; nil without one.
        let moments: UnsafePointer<Int64>?
        /// Of each dimension.
        let values: [ValueChunk]
    }

    /// Calls `body` for the rows of one segment, a chunk at a time. May be called for several segments at once.
    ///
    /// - Parameter part: the rows that are read; all where there is none.
    func forEachChunk(of segment: Int, rows part: Range<Int>? = nil, _ body: (Chunk) throws -> Void) throws {
        let expressions = SegmentExpressions(segments[segment], program, joins)
        let filter =
            try program.filter.map { try SegmentPredicate($0) { try expressions.storedColumn($0) } } ?? .always
        let needed = filter.expressions + [program.anchor].compactMap { $0 } + program.dimensions.map(\.expression)
        for expression in needed { try expressions.open(expression) }
        let predicates = PredicateEvaluation(expressions)
        let selected = ScratchBuffer<UInt8>(count: VectorProgram.chunkRowCount, repeating: 1)
        let part = part ?? 0..<segments[segment].rowCount
        for start in stride(from: part.lowerBound, to: part.upperBound, by: VectorProgram.chunkRowCount) {
            let rows = start..<min(start + VectorProgram.chunkRowCount, part.upperBound)
            predicates.evaluate(filter, rows: rows, into: selected.pointer)
            let moments = program.anchor.map { expressions.values(of: $0, rows: rows) }
            if let moments { select(moments, count: rows.count, into: selected.pointer) }
            let values = program.dimensions.map { expressions.values(of: $0.expression, rows: rows) }
            try body(
                Chunk(
                    start: start, count: rows.count, selected: UnsafePointer(selected.pointer),
                    moments: moments?.lanes, values: values))
        }
    }

    /// Rows of a segment among which all are that count at a moment; only those, where rows stand in the order of their
    /// moments.
    func rows(at moment: Int64, in segment: Int) throws -> Range<Int> {
        let all = 0..<segments[segment].rowCount
        guard program.scan.isSortedByAnchor, let anchor = program.anchor else { return all }
        let expressions = SegmentExpressions(segments[segment], program, joins)
        try expressions.open(anchor)
        guard let column = expressions.storedColumn(of: anchor), column.nullCount == 0 else { return all }
        let start = firstIndex(in: all) { column.lane(at: $0) >= moment }
        return start..<firstIndex(in: start..<all.upperBound) { column.lane(at: $0) > moment }
    }

    /// Whether each segment begins where the one before it ends, or later.
    var standsInOrder: Bool {
        var end = Int64.min
        for segment in segments {
            guard let anchors = segment.anchors, anchors.lowerBound >= end else { return false }
            end = anchors.upperBound
        }
        return true
    }

    /// The stored column that the first dimension is; nil where it is computed or joined.
    func valueColumn(of segment: Int) throws -> EncodedColumn? {
        guard let name = program.scan.valueColumnName else { return nil }
        return try segments[segment].column(name)
    }

    private func select(_ moments: ValueChunk, count: Int, into selected: UnsafeMutablePointer<UInt8>) {
        let from = timeRange.from ?? Int64.min
        let last = timeRange.until.map { $0 - 1 } ?? Int64.max
        for row in 0..<count {
            let moment = moments.lanes[row]
            selected[row] &= moments.validity[row] & (moment >= from ? 1 : 0) & (moment <= last ? 1 : 0)
        }
    }
}

extension PlannedScan {
    /// Of the first dimension, where it is a column of the table's own.
    var valueColumnName: String? {
        guard case .column(let reference)? = dimensions.first?.expression.node, reference.path.isEmpty else {
            return nil
        }
        return reference.name
    }
}

/// Rows of one table by their keys: what decides between two of the same moment.
///
/// Keys are read when they are first asked for, which is seldom. One thread's own.
final class RowKeyOrder {
    private let segments: [SegmentSnapshot]
    private let names: [String]
    private var columns: [Int: [EncodedColumn]] = [:]
    private let lane = ScratchBuffer<Int64>(count: 1, repeating: 0)
    private let validity = ScratchBuffer<UInt8>(count: 1, repeating: 0)

    init(_ reading: RowReading) {
        segments = reading.segments
        names = reading.program.scan.table.key.map(\.name)
    }

    /// Whether one row's key comes before another's: part by part, strings by bytes. No two rows have one key.
    func precedes(_ left: (segment: Int, row: Int), _ right: (segment: Int, row: Int)) throws -> Bool {
        let leftKey = try key(of: left.segment)
        let rightKey = try key(of: right.segment)
        for (one, other) in zip(leftKey, rightKey) {
            let (first, second) = (value(one, left.row), value(other, right.row))
            if let firstPool = one.pool, let secondPool = other.pool {
                let texts = (
                    firstPool[UInt32(truncatingIfNeeded: first)], secondPool[UInt32(truncatingIfNeeded: second)]
                )
                if StringPool.precedes(texts.0, texts.1) { return true }
                if StringPool.precedes(texts.1, texts.0) { return false }
            } else if first != second {
                return first < second
            }
        }
        return left < right
    }

    private func value(_ column: EncodedColumn, _ row: Int) -> Int64 {
        column.read(rows: row..<row + 1, into: lane.pointer, validity: validity.pointer)
        return lane[0]
    }

    private func key(of segment: Int) throws -> [EncodedColumn] {
        if let known = columns[segment] { return known }
        let read = try names.map { try segments[segment].column($0) }
        columns[segment] = read
        return read
    }
}
