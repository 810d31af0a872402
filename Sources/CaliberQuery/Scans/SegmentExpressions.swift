import CaliberColumns
import CaliberCore
import CaliberDictionary
import CaliberTables

/// The expressions of a scan over one segment: each is evaluated once per chunk of rows, whoever asks.
///
/// One thread's own.
final class SegmentExpressions {
    private let segment: SegmentSnapshot
    private let program: ScanProgram
    private let joins: JoinedTables
    private var readers: [ColumnReference: ColumnReader] = [:]
    private var rowNumbers: [String: [Int32]] = [:]
    private var evaluations: [Evaluation?]
    /// For which rows each expression's last chunk was evaluated.
    private var evaluatedRows: [Range<Int>?]
    private var chunks: [ValueChunk?]
    private var computes = false

    private enum Evaluation {
        case column(ColumnReader, lanes: ScratchBuffer<Int64>, validity: ScratchBuffer<UInt8>)
        case run(VectorRun)
    }

    init(_ segment: SegmentSnapshot, _ program: ScanProgram, _ joins: JoinedTables) {
        self.segment = segment
        self.program = program
        self.joins = joins
        evaluations = .init(repeating: nil, count: program.expressions.count)
        evaluatedRows = .init(repeating: nil, count: program.expressions.count)
        chunks = .init(repeating: nil, count: program.expressions.count)
    }

    /// Loads what an expression reads and makes it ready to run.
    func open(_ position: Int) throws {
        guard evaluations[position] == nil else { return }
        switch program.expressions[position] {
        case .column(let reference, _):
            evaluations[position] = .column(
                try reader(of: reference),
                lanes: ScratchBuffer(count: SegmentScan.longestChunk, repeating: 0),
                validity: ScratchBuffer(count: SegmentScan.longestChunk, repeating: 0))
        case .program(let vector, _):
            let readers = try vector.inputs.map { try reader(of: $0) }
            evaluations[position] = .run(
                VectorRun(vector, source: SegmentSource(rowCount: segment.rowCount, readers: readers)))
            computes = true
        }
    }

    /// Rows that may be asked for at once.
    var longestChunk: Int { computes ? VectorProgram.chunkRowCount : SegmentScan.longestChunk }

    /// A column of the segment's own.
    func storedColumn(_ reference: ColumnReference) throws -> EncodedColumn {
        if case .stored(let column) = try reader(of: reference) { return column }
        throw QueryProblem.unknownTable(name: reference.qualifiedName, nearest: []).diagnostic
    }

    /// The segment's own column that an opened expression is, when it is no more than that.
    func storedColumn(of expression: Int) -> EncodedColumn? {
        if case .column(.stored(let column), _, _) = evaluations[expression] { column } else { nil }
    }

    /// Every value of an opened expression lies within; nil where that is not known.
    func bounds(of expression: Int) -> ClosedRange<Int64>? {
        if case .column(let reader, _, _) = evaluations[expression] { reader.bounds } else { nil }
    }

    /// What the codes of an opened expression stand for.
    func pool(of expression: Int, at row: Int) -> StringPool? {
        if case .column(let reader, _, _) = evaluations[expression] { return reader.pool }
        return values(of: expression, rows: row..<row + 1).pool
    }

    /// The values of up to a chunk of rows; valid until the same expression is asked for other rows.
    func values(of expression: Int, rows: Range<Int>) -> ValueChunk {
        if evaluatedRows[expression] == rows, let chunk = chunks[expression] { return chunk }
        let chunk: ValueChunk
        switch evaluations[expression] {
        case .column(let reader, let lanes, let validity):
            reader.read(rows: rows, into: lanes.pointer, validity: validity.pointer)
            chunk = ValueChunk(
                lanes: UnsafePointer(lanes.pointer), validity: UnsafePointer(validity.pointer), pool: reader.pool)
        case .run(let run):
            let result = run.evaluate(rows: rows)
            chunk = ValueChunk(lanes: result.lanes, validity: result.validity, pool: result.pool)
        case nil:
            preconditionFailure("expression \(expression) is asked for before open()")
        }
        evaluatedRows[expression] = rows
        chunks[expression] = chunk
        return chunk
    }

    private func reader(of reference: ColumnReference) throws -> ColumnReader {
        if let known = readers[reference] { return known }
        let reader: ColumnReader
        if let first = reference.path.first {
            let column = try joins.column(reference)
            reader = .joined(column, rows: try rowNumbers(through: first))
        } else {
            reader = .stored(try segment.column(reference.name))
        }
        readers[reference] = reader
        return reader
    }

    private func rowNumbers(through join: String) throws -> [Int32] {
        if let known = rowNumbers[join] { return known }
        let numbers = try joins.rowNumbers(of: segment, through: join)
        rowNumbers[join] = numbers
        return numbers
    }
}
