import CaliberCore
import CaliberDictionary

/// Columns that are whole in memory, read as they are: a batch of events, a small table.
package final class ArrayColumnSource: ColumnSource {
    package let rowCount: Int
    private let columns: [LaneColumn]

    /// - Parameters:
    ///   - columns: each with at least `rowCount` lanes; there must be one for each of `inputs`.
    ///   - inputs: the program's, in its order.
    package init(columns: [ColumnReference: LaneColumn], inputs: [ColumnReference], rowCount: Int) {
        self.rowCount = rowCount
        self.columns = inputs.map { input in
            guard let column = columns[input] else {
                preconditionFailure("the source has no column \(input.qualifiedName)")
            }
            precondition(
                column.count >= rowCount, "\(input.qualifiedName) has \(column.count) lanes, not \(rowCount)")
            return column
        }
    }

    package func read(
        _ input: Int, rows: Range<Int>, into lanes: UnsafeMutablePointer<Int64>,
        validity: UnsafeMutablePointer<UInt8>
    ) {
        precondition(rows.lowerBound >= 0 && rows.upperBound <= rowCount, "rows \(rows) of \(rowCount)")
        let column = columns[input]
        lanes.update(from: column.lanes + rows.lowerBound, count: rows.count)
        validity.update(from: column.validity + rows.lowerBound, count: rows.count)
    }

    package func pool(of input: Int) -> StringPool? { columns[input].pool }
}
