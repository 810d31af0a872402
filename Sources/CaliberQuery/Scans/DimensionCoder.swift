import CKernels
import CaliberColumns
import CaliberCore
import CaliberTables

/// Turns one dimension's values in one segment into dense codes; 0 is null.
struct DimensionCoder {
    private enum Coding {
        /// Rows stand in the order of their moments, so codes come in runs.
        case runs([PeriodRun], PeriodTable)
        case periods(PeriodTable)
        /// Code = lane − base + 1.
        case offset(base: Int64)
        /// The same, at the column's stored width: code = stored value + 1.
        case stored(EncodedColumn)
        case hashed(LaneHash)
    }

    private var coding: Coding
    /// Where lanes come from; unused for runs.
    let expression: Int
    let grain: TimeGrain?
    private let type: LogicalTypeKind
    private let zone: BusinessZone
    private var nextRun = 0
    private var firstRow = 0
    /// Codes are below this.
    let cardinality: Int

    enum LogicalTypeKind { case timestamp, date, other }

    /// Spans of values up to this are coded by their offset.
    static let widestOffset = 1 << 16

    /// Periods of rows that are stored in the order of their moments.
    init(
        runsOver rows: Range<Int>, table: PeriodTable, expression: Int, grain: TimeGrain, zone: BusinessZone,
        moment: (Int) -> Int64
    ) {
        coding = .runs(table.runs(over: rows, moment: moment), table)
        firstRow = rows.lowerBound
        cardinality = table.keys.count + 1
        self.expression = expression
        self.grain = grain
        self.zone = zone
        type = .timestamp
    }

    /// - Parameters:
    ///   - column: where lanes stand in a column as they are.
    ///   - bounds: of the lanes, where known.
    ///   - table: the periods of all lanes, for a timestamp cut by a grain; nil when they are too many to table.
    init(
        column: EncodedColumn?, bounds: ClosedRange<Int64>?, table: PeriodTable?, expression: Int, grain: TimeGrain?,
        zone: BusinessZone, type: LogicalTypeKind, rowCount: Int
    ) {
        if let table {
            coding = .periods(table)
            cardinality = table.keys.count + 1
        } else if let bounds, bounds.upperBound.subtractingReportingOverflow(bounds.lowerBound).overflow == false,
            bounds.upperBound - bounds.lowerBound < Int64(DimensionCoder.widestOffset)
        {
            let isStored = column.map { $0.scale == 1 && $0.base == bounds.lowerBound } ?? false
            coding = column.flatMap { isStored ? .stored($0) : nil } ?? .offset(base: bounds.lowerBound)
            cardinality = Int(bounds.upperBound - bounds.lowerBound) + 2
        } else {
            coding = .hashed(LaneHash())
            cardinality = rowCount + 1
        }
        self.expression = expression
        self.grain = grain
        self.zone = zone
        self.type = type
    }

    var readsLanes: Bool {
        switch coding {
        case .runs, .stored: false
        case .periods, .offset, .hashed: true
        }
    }

    /// Runs so long that chunks are better cut where they end, each then being of one code.
    var cutsChunks: Bool {
        guard case .runs(let runs, _) = coding, let last = runs.last else { return false }
        return (last.end - firstRow) / runs.count >= DimensionCoder.shortestCut
    }

    private static let shortestCut = 512

    /// The code of a row within a run, and where the run ends. Rows are asked for in ascending order.
    mutating func run(at row: Int) -> (code: UInt32, end: Int) {
        guard case .runs(let runs, _) = coding else { return (0, row + 1) }
        while nextRun + 1 < runs.count, runs[nextRun].end <= row { nextRun += 1 }
        return (runs[nextRun].code &+ 1, runs[nextRun].end)
    }

    /// - Parameter chunk: the values of `rows`; nil where `readsLanes` is false.
    mutating func code(
        rows: Range<Int>, _ chunk: ValueChunk?, validity: UnsafeMutablePointer<UInt8>,
        into codes: UnsafeMutablePointer<UInt32>
    ) {
        switch coding {
        case .runs(let runs, _):
            fill(rows: rows, runs, into: codes)
        case .stored(let column):
            StoredValues(column: column, rows: rows).codes(offset: 1, into: codes)
            if column.nullCount > 0 {
                column.readValidity(rows: rows, into: validity)
                kernels_clear_codes(codes, validity, rows.count)
            }
        case .periods(let table):
            guard let chunk else { return }
            for row in 0..<rows.count {
                codes[row] = chunk.validity[row] == 0 ? 0 : table.code(of: chunk.lanes[row]) &+ 1
            }
        case .offset(let base):
            guard let chunk else { return }
            for row in 0..<rows.count {
                let code = UInt32(truncatingIfNeeded: chunk.lanes[row] &- base &+ 1)
                codes[row] = code & (0 &- UInt32(chunk.validity[row]))
            }
        case .hashed(var hash):
            guard let chunk else { return }
            coding = .runs([], .empty)
            for row in 0..<rows.count {
                codes[row] = chunk.validity[row] == 0 ? 0 : hash.number(of: chunk.lanes[row]) &+ 1
            }
            coding = .hashed(hash)
        }
    }

    private mutating func fill(rows: Range<Int>, _ runs: [PeriodRun], into codes: UnsafeMutablePointer<UInt32>) {
        while nextRun > 0, runs[nextRun - 1].end > rows.lowerBound { nextRun -= 1 }
        while nextRun < runs.count, runs[nextRun].end <= rows.lowerBound { nextRun += 1 }
        var row = rows.lowerBound
        while row < rows.upperBound, nextRun < runs.count {
            let end = min(runs[nextRun].end, rows.upperBound)
            (codes + (row - rows.lowerBound)).update(repeating: runs[nextRun].code &+ 1, count: end - row)
            row = end
            if end < rows.upperBound { nextRun += 1 }
        }
    }

    /// The value that a code stands for: a period's key, or the lane itself; nil for null.
    func key(of code: UInt32) -> Int64? {
        guard code > 0 else { return nil }
        switch coding {
        case .runs(_, let table), .periods(let table): return table.keys[Int(code) - 1]
        case .offset(let base): return periodKey(base &+ Int64(code) &- 1)
        case .stored(let column): return periodKey(column.base &+ Int64(code) &- 1)
        case .hashed(let hash): return periodKey(hash.lanes[Int(code) - 1])
        }
    }

    private func periodKey(_ lane: Int64) -> Int64 {
        guard let grain else { return lane }
        switch type {
        case .date: return Int64(grain.start(of: CivilDate(dayNumber: Int32(clamping: lane))).dayNumber)
        case .timestamp:
            let moment = min(max(lane, Timestamp.earliest.microseconds), Timestamp.latest.microseconds)
            return PeriodTable.period(of: grain, holding: moment, zone: zone).key
        case .other: return lane
        }
    }
}
