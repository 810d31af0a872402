import CaliberColumns
import CaliberCore
import CaliberDictionary
import CaliberTables

/// A segment's stored columns as a program's inputs.
struct RowSource: ColumnSource {
    let rowCount: Int
    private let columns: [EncodedColumn]

    init(_ inputs: [ColumnReference], of segment: SegmentSnapshot) throws {
        rowCount = segment.rowCount
        columns = try inputs.map { try segment.column($0.name) }
    }

    func read(
        _ input: Int, rows: Range<Int>, into lanes: UnsafeMutablePointer<Int64>,
        validity: UnsafeMutablePointer<UInt8>
    ) {
        columns[input].read(rows: rows, into: lanes, validity: validity)
    }

    func pool(of input: Int) -> StringPool? { columns[input].pool }
}

/// An expression over a segment, evaluated chunk by chunk.
struct RowProgram: Sendable {
    private let program: VectorProgram

    init(_ expression: TypedExpression, zone: BusinessZone) {
        program = VectorProgram(expression, zone: zone)
    }

    /// - Parameter take: the first row of a chunk, and its values.
    func run(over segment: SegmentSnapshot, _ take: (Int, VectorResult) -> Void) throws {
        let run = VectorRun(program, source: try RowSource(program.inputs, of: segment))
        for start in stride(from: 0, to: segment.rowCount, by: VectorProgram.chunkRowCount) {
            take(start, run.evaluate(rows: start..<min(start + VectorProgram.chunkRowCount, segment.rowCount)))
        }
    }

    /// A byte a row: 1 where the condition is true.
    func mask(of segment: SegmentSnapshot) throws -> [UInt8] {
        var mask = [UInt8](repeating: 0, count: segment.rowCount)
        try run(over: segment) { start, result in
            for index in 0..<result.count where result.validity[index] != 0 && result.lanes[index] != 0 {
                mask[start + index] = 1
            }
        }
        return mask
    }

    /// A lane and a validity byte a row.
    func lanes(of segment: SegmentSnapshot) throws -> (lanes: [Int64], validity: [UInt8]) {
        var lanes = [Int64](repeating: 0, count: segment.rowCount)
        var validity = [UInt8](repeating: 0, count: segment.rowCount)
        try run(over: segment) { start, result in
            for index in 0..<result.count {
                lanes[start + index] = result.lanes[index]
                validity[start + index] = result.validity[index]
            }
        }
        return (lanes, validity)
    }
}
