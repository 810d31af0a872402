import CaliberColumns
import CaliberCore
import CaliberDictionary

/// A source definition made ready for one file: columns are positions, texts are bytes.
final class RowMapping {
    private let source: String
    private let events: [MappedEvent]
    private let cells: RowCells

    init(
        _ definition: SourceDefinition, header: [String], origin: String, contract: (String) -> ContractDefinition?
    ) throws {
        source = definition.name
        let positions = try RowMapping.positions(definition, header, origin)
        cells = RowCells(definition.format, positions: positions)
        events = try definition.events.map { event in
            guard let contract = contract(event.contract) else {
                throw InputProblem.undeclaredContract(source: definition.name, contract: event.contract)
            }
            return MappedEvent(event, source: definition, contract: contract)
        }
    }

    private static func positions(
        _ definition: SourceDefinition, _ header: [String], _ origin: String
    ) throws -> [Int] {
        try definition.columns.map { column in
            let found = header.indices.filter { header[$0] == column.name }
            guard let first = found.first else {
                throw InputProblem.missingColumn(
                    file: origin, source: definition.name, column: column.name,
                    nearest: NameSuggestion.nearest(to: column.name, among: header))
            }
            guard found.count == 1 else { throw InputProblem.repeatedColumn(file: origin, column: column.name) }
            return first
        }
    }

    /// Calls `body` once for each event that the row may give rise to.
    func render(_ rows: TableRowReader, _ body: (RowEvent) -> Void) {
        cells.load(rows)
        for event in events { body(RowEvent(mapped: event, cells: cells)) }
    }
}

/// One event of one row, not written yet.
struct RowEvent {
    let mapped: MappedEvent
    let cells: RowCells

    /// Writes the event's line; false when the row gives rise to no such event.
    func write(into block: LineBlock) -> Bool {
        guard mapped.applies(to: cells) else { return false }
        mapped.write(cells, into: block)
        return true
    }
}

/// The declared columns of the current row, trimmed, with null texts made empty.
final class RowCells {
    private let positions: [Int]
    private let nulls: [[UInt8]]
    private let trims: Bool
    private var bytes: [UInt8] = []
    private var ends: [Int] = []

    init(_ format: SourceDefinition.Format, positions: [Int]) {
        self.positions = positions
        nulls = format.nulls.map { Array($0.utf8) }
        trims = format.trims
    }

    func load(_ rows: TableRowReader) {
        bytes.removeAll(keepingCapacity: true)
        ends.removeAll(keepingCapacity: true)
        for position in positions {
            rows.withField(position) { field in
                let text = trims ? trimmed(field) : field
                if !nulls.contains(where: { $0.elementsEqual(text) }) { bytes.append(contentsOf: text) }
            }
            ends.append(bytes.count)
        }
    }

    private func trimmed(_ field: UnsafeBufferPointer<UInt8>) -> UnsafeBufferPointer<UInt8> {
        var start = 0
        var end = field.count
        while start < end, field[start] == 0x20 || field[start] == 0x09 { start += 1 }
        while end > start, field[end - 1] == 0x20 || field[end - 1] == 0x09 { end -= 1 }
        return UnsafeBufferPointer(rebasing: field[start..<end])
    }

    /// The text of a column, by its place in the source; empty when it is null.
    func range(_ column: Int) -> Range<Int> { (column == 0 ? 0 : ends[column - 1])..<ends[column] }

    func withBytes<Value>(_ column: Int, _ body: (UnsafeBufferPointer<UInt8>) -> Value) -> Value {
        let range = range(column)
        return bytes.withUnsafeBufferPointer { body(UnsafeBufferPointer(rebasing: $0[range])) }
    }
}
