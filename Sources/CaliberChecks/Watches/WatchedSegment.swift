import CaliberColumns
import CaliberCore
import CaliberDictionary
import CaliberTables
import Foundation

/// A condition over rows, and `now`.
struct RowCondition {
    private let program: VectorProgram

    init(_ expression: TypedExpression, zone: BusinessZone) {
        program = VectorProgram(expression, zone: zone)
    }

    /// For which rows of a segment it is true: 1; false and unknown are 0.
    func mask(of segment: SegmentSnapshot, now: Timestamp) throws -> [UInt8] {
        let run = VectorRun(program, source: try WatchedSegment(program.inputs, of: segment, now: now))
        return [UInt8](unsafeUninitializedCapacity: segment.rowCount) { mask, count in
            for start in stride(from: 0, to: segment.rowCount, by: VectorProgram.chunkRowCount) {
                let rows = start..<min(start + VectorProgram.chunkRowCount, segment.rowCount)
                let result = run.evaluate(rows: rows)
                for index in 0..<rows.count {
                    mask.initializeElement(
                        at: start + index, to: result.validity[index] != 0 && result.lanes[index] != 0 ? 1 : 0)
                }
            }
            count = segment.rowCount
        }
    }
}

/// A segment's columns as a program's inputs, and the moment of the look as another.
private struct WatchedSegment: ColumnSource {
    let rowCount: Int
    /// nil is the moment.
    private let columns: [EncodedColumn?]
    private let now: Int64

    init(_ inputs: [ColumnReference], of segment: SegmentSnapshot, now: Timestamp) throws {
        rowCount = segment.rowCount
        self.now = now.microseconds
        columns = try inputs.map { $0 == WatchDefinition.now ? nil : try segment.column($0.name) }
    }

    func read(
        _ input: Int, rows: Range<Int>, into lanes: UnsafeMutablePointer<Int64>,
        validity: UnsafeMutablePointer<UInt8>
    ) {
        guard let column = columns[input] else {
            lanes.update(repeating: now, count: rows.count)
            validity.update(repeating: 1, count: rows.count)
            return
        }
        column.read(rows: rows, into: lanes, validity: validity)
    }

    func pool(of input: Int) -> StringPool? { columns[input]?.pool }
}

/// Single values of a segment's rows, ready to be read: for the few rows that something is said of. A column is read when
/// it is asked for first.
struct RowTexts {
    let segment: SegmentSnapshot
    let table: TableDefinition
    let zone: BusinessZone
    private var columns: [String: EncodedColumn] = [:]

    init(segment: SegmentSnapshot, table: TableDefinition, zone: BusinessZone) {
        self.segment = segment
        self.table = table
        self.zone = zone
    }

    /// nil for null.
    mutating func text(_ name: String, row: Int) throws -> String? {
        guard let definition = table.column(named: name) else { return nil }
        let column = try columns[name] ?? segment.column(name)
        columns[name] = column
        guard let lane = column.lane(row) else { return nil }
        if definition.type == .timestamp { return zone.clockText(of: Timestamp(microseconds: lane)) }
        if definition.type == .number { return RowTexts.text(Double(bitPattern: UInt64(bitPattern: lane))) }
        return LaneText.format(lane, type: definition.type, pool: column.pool, zone: zone)
    }

    /// A number to be read, not to be computed with: four places are enough.
    private static func text(_ number: Double) -> String {
        guard number.isFinite, number.magnitude < 1e9 else { return "\(number)" }
        var text = String(format: "%.4f", number)[...]
        while text.last == "0" { text.removeLast() }
        if text.last == "." { text.removeLast() }
        return text == "-0" ? "0" : String(text)
    }
}

extension EncodedColumn {
    /// One row's lane; nil for null. For the few rows that something is said of.
    func lane(_ row: Int) -> Int64? {
        var lane: Int64 = 0
        var validity: UInt8 = 0
        read(rows: row..<row + 1, into: &lane, validity: &validity)
        return validity == 0 ? nil : lane
    }
}

/// A segment's strings, for looks that ask row by row.
struct TextColumn {
    private let lanes: [Int64]
    private let validity: [UInt8]
    private let pool: StringPool?

    init(_ column: EncodedColumn, rowCount: Int) {
        var lanes = [Int64](repeating: 0, count: rowCount)
        var validity = [UInt8](repeating: 0, count: rowCount)
        if rowCount > 0 { column.read(rows: 0..<rowCount, into: &lanes, validity: &validity) }
        self.lanes = lanes
        self.validity = validity
        pool = column.pool
    }

    /// Codes are below it.
    var codeCount: Int { pool?.count ?? 0 }

    /// nil for null.
    @inline(__always)
    func code(_ row: Int) -> Int? {
        guard validity[row] != 0, let code = Int(exactly: lanes[row]), code >= 0, code < codeCount else { return nil }
        return code
    }

    /// nil for null.
    @inline(__always)
    func bytes(_ row: Int) -> UnsafeRawBufferPointer? {
        guard let pool, let code = code(row) else { return nil }
        return pool[UInt32(truncatingIfNeeded: code)]
    }

    func text(_ row: Int) -> String? { bytes(row).map { String(decoding: $0, as: UTF8.self) } }
}
