import CaliberColumns
import CaliberCore
import CaliberDictionary
import CaliberTables

/// The rows of one wide table as text: for the dictionary's tests and for comparing tables, not for large answers.
package struct TableRows: Sendable {
    /// Stored columns, keys first, then in the order of their declaration.
    package let columns: [ColumnDefinition]
    /// One text a column, nil where the row has no value.
    package let rows: [[String?]]

    /// - Parameter zone: times are printed at this zone's offset.
    package init(_ snapshot: TableSnapshot, zone: BusinessZone) throws {
        let stored = snapshot.definition.columns.filter { column in
            if case .derived = column.content { false } else { true }
        }
        columns = stored
        rows = try snapshot.segments.flatMap { try TableRows.read($0, stored, zone) }
    }

    private static func read(
        _ segment: SegmentSnapshot, _ columns: [ColumnDefinition], _ zone: BusinessZone
    ) throws -> [[String?]] {
        var rows = [[String?]](repeating: [], count: segment.rowCount)
        let lanes = UnsafeMutablePointer<Int64>.allocate(capacity: max(1, segment.rowCount))
        let validity = UnsafeMutablePointer<UInt8>.allocate(capacity: max(1, segment.rowCount))
        defer {
            lanes.deallocate()
            validity.deallocate()
        }
        for column in columns {
            let encoded = try segment.column(column.name)
            encoded.read(rows: 0..<segment.rowCount, into: lanes, validity: validity)
            for row in 0..<segment.rowCount {
                rows[row].append(
                    validity[row] == 0
                        ? nil : LaneText.format(lanes[row], type: column.type, pool: encoded.pool, zone: zone))
            }
        }
        return rows
    }

    /// Every row on a line of its own, sorted: two tables hold the same rows when their texts are equal.
    package var sortedText: String {
        let header = columns.map(\.name).joined(separator: "\t")
        let lines = rows.map { row in row.map { $0 ?? "∅" }.joined(separator: "\t") }.sorted()
        return ([header] + lines).joined(separator: "\n")
    }
}
