import CaliberColumns
import CaliberCore
import CaliberDictionary
import CaliberTables

/// The rows of one wide table as text: for the dictionary's tests and for comparing tables, not for large answers.
///
/// Derived columns are computed where they need no join; those that do are left out.
package struct TableRows: Sendable {
    package struct Value: Sendable, Equatable {
        /// Exact; nil for null.
        package let text: String?
        /// Set for binary floats.
        package let number: Double?
    }

    package let columns: [ColumnDefinition]
    /// One value a column.
    package let rows: [[Value]]

    /// - Parameter zone: times are printed at this zone's offset, and days are days of it.
    package init(_ snapshot: TableSnapshot, zone: BusinessZone) throws {
        let reading = SegmentReading(definition: snapshot.definition, zone: zone)
        columns = reading.columns
        rows = try snapshot.segments.flatMap { try reading.rows(of: $0) }
    }

    package func index(of column: String) -> Int? { columns.firstIndex { $0.name == column } }

    /// Every row on a line of its own, sorted: two tables hold the same rows when their texts are equal.
    package var sortedText: String {
        let header = columns.map(\.name).joined(separator: "\t")
        let lines = rows.map { row in row.map { $0.text ?? "∅" }.joined(separator: "\t") }.sorted()
        return ([header] + lines).joined(separator: "\n")
    }
}

/// Reads one segment after the other, derived columns among the stored ones.
private struct SegmentReading {
    let columns: [ColumnDefinition]
    private let zone: BusinessZone
    private let programs: [VectorProgram]

    init(definition: TableDefinition, zone: BusinessZone) {
        self.zone = zone
        var columns: [ColumnDefinition] = []
        var programs: [VectorProgram] = []
        for column in definition.columns {
            guard let expression = SegmentReading.expression(of: column, in: definition) else { continue }
            columns.append(column)
            programs.append(VectorProgram(expression, zone: zone))
        }
        self.columns = columns
        self.programs = programs
    }

    /// The column over stored columns alone; nil where it needs a join.
    private static func expression(of column: ColumnDefinition, in table: TableDefinition) -> TypedExpression? {
        guard case .derived(let expression) = column.content else {
            return TypedExpression(.column(ColumnReference(name: column.name)), column.type)
        }
        guard expression.references.allSatisfy(\.path.isEmpty) else { return nil }
        var joins = false
        let inlined = expression.replacing { reference -> TypedExpression? in
            guard let other = table.column(named: reference.name) else { return nil }
            guard let replacement = self.expression(of: other, in: table) else {
                joins = true
                return nil
            }
            return replacement
        }
        return joins ? nil : inlined
    }

    func rows(of segment: SegmentSnapshot) throws -> [[TableRows.Value]] {
        var rows = [[TableRows.Value]](repeating: [], count: segment.rowCount)
        for (column, program) in zip(columns, programs) {
            let source = SegmentSource(
                columns: try program.inputs.map { try segment.column($0.name) }, rowCount: segment.rowCount)
            let run = VectorRun(program, source: source)
            var start = 0
            while start < segment.rowCount {
                let end = min(start + VectorProgram.chunkRowCount, segment.rowCount)
                let result = run.evaluate(rows: start..<end)
                for index in 0..<end - start { rows[start + index].append(value(result, index, column.type)) }
                start = end
            }
        }
        return rows
    }

    private func value(_ result: VectorResult, _ index: Int, _ type: LogicalType) -> TableRows.Value {
        guard result.validity[index] != 0 else { return TableRows.Value(text: nil, number: nil) }
        let lane = result.lanes[index]
        return TableRows.Value(
            text: LaneText.format(lane, type: type, pool: result.pool, zone: zone),
            number: type.storage == .float ? Double(bitPattern: UInt64(bitPattern: lane)) : nil)
    }
}
