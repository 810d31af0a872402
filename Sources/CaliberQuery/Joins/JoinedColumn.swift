import CaliberColumns
import CaliberTables

/// A column of a whole table, all segments in their order, so that a row number finds its value.
final class JoinedColumn: Sendable {
    let values: LaneColumn
    /// Of the lanes that are not null; nil when all are.
    let bounds: ClosedRange<Int64>?

    init(_ values: LaneColumn) {
        self.values = values
        var low = Int64.max
        var high = Int64.min
        for row in 0..<values.count where values.validity[row] != 0 {
            low = min(low, values.lanes[row])
            high = max(high, values.lanes[row])
        }
        bounds = low <= high ? low...high : nil
    }

    /// Gathers a stored column. Codes of several pools become codes of one.
    convenience init(_ name: String, of snapshot: TableSnapshot) throws {
        let columns = try snapshot.segments.map { try $0.column(name) }
        let isText = columns.contains { $0.pool != nil }
        let shared = columns.first?.pool
        let isShared = isText && columns.allSatisfy { $0.pool === shared }
        let pool = isShared ? shared : isText ? StringPool() : nil
        let values = LaneColumn(capacity: max(snapshot.rowCount, 1), pool: pool)
        let largest = columns.map(\.rowCount).max() ?? 0
        let lanes = ScratchBuffer<Int64>(count: largest, repeating: 0)
        let validity = ScratchBuffer<UInt8>(count: largest, repeating: 0)
        for column in columns {
            column.read(rows: 0..<column.rowCount, into: lanes.pointer, validity: validity.pointer)
            for row in 0..<column.rowCount {
                if validity[row] == 0 {
                    values.appendNull()
                } else if !isShared, let pool, let own = column.pool {
                    values.append(Int64(pool.intern(own[UInt32(truncatingIfNeeded: lanes[row])])))
                } else {
                    values.append(lanes[row])
                }
            }
        }
        self.init(values)
    }

    /// The same column seen from the rows of a nearer table.
    convenience init(_ column: JoinedColumn, through rows: [Int32]) {
        let values = LaneColumn(capacity: max(rows.count, 1), pool: column.values.pool)
        for row in rows {
            if row < 0 || column.values.isNull(Int(row)) {
                values.appendNull()
            } else {
                values.append(column.values.lanes[Int(row)])
            }
        }
        self.init(values)
    }
}
