import CaliberCore
import CaliberDictionary
import Foundation

/// Makes lines of events from the rows of a foreign export, as its source definition says. The lines then go through
/// the same intake as any other.
final class EventTableReader: LineBlockReader {
    private let rows: TableRowReader
    private let mapping: RowMapping
    private let headerCount: Int
    private let chunkByteCount: Int
    private let lineLimit: Int

    /// Reads the header.
    ///
    /// - Throws: `InputProblem` when a column that the source reads is not there, before anything is taken in.
    init(
        _ input: any ByteSource, origin: String, definition: SourceDefinition,
        contract: (String) -> ContractDefinition?, chunkByteCount: Int = EventLogLimits.chunkByteCount,
        lineLimit: Int? = nil
    ) throws {
        self.chunkByteCount = chunkByteCount
        self.lineLimit = lineLimit ?? .max
        rows = try TableRowReader(input, delimiter: definition.format.delimiter.asciiValue ?? UInt8(ascii: ","))
        guard case .fields = try rows.next() else {
            throw InputProblem.emptyTable(file: origin, source: definition.name)
        }
        let rows = rows
        let header = (0..<rows.fieldCount).map { index in
            rows.withField(index) { String(decoding: $0, as: UTF8.self).trimmingCharacters(in: .whitespaces) }
        }
        headerCount = header.count
        mapping = try RowMapping(definition, header: header, origin: origin, contract: contract)
    }

    var totalByteCount: Int64? { rows.totalByteCount }

    func next() throws -> LineBlock? {
        let block = LineBlock(capacity: chunkByteCount + chunkByteCount / 8)
        var isAtEnd = false
        while block.byteCount < chunkByteCount, block.rows.count < chunkByteCount, block.refusals.count < 4096,
            block.lineCount < lineLimit
        {
            guard let row = try rows.next() else {
                isAtEnd = true
                break
            }
            switch row {
            case .fields where rows.fieldCount == headerCount: render(into: block)
            case .fields: refuse(.raggedRow(count: rows.fieldCount, expected: headerCount), into: block)
            case .refused(let problem): refuse(problem, into: block)
            }
        }
        block.consumedByteCount = rows.consumedByteCount
        block.isLast = isAtEnd
        return isAtEnd && block.lineCount == 0 && block.refusals.isEmpty ? nil : block
    }

    private func render(into block: LineBlock) {
        let rowStart = block.rows.count
        let lineCount = block.lineCount
        rows.withRaw { block.rows.append(contentsOf: $0) }
        let range = Int32(rowStart)..<Int32(block.rows.count)
        mapping.render(rows) { event in
            let start = block.byteCount
            guard event.write(into: block) else { return }
            block.append(
                LineBlock.Line(start: Int32(start), end: Int32(block.byteCount), number: rows.number, row: range))
            // Lines that are all accepted are compressed as one stretch, so they are joined as the log joins them.
            block.append(UInt8(ascii: "\n"))
        }
        if block.lineCount == lineCount { block.rows.removeLast(block.rows.count - rowStart) }
    }

    private func refuse(_ problem: IntakeProblem, into block: LineBlock) {
        block.refusals.append(
            LineBlock.Refusal(problem: problem, number: rows.number, body: rows.withRaw { Data(buffer: $0) }))
    }
}
