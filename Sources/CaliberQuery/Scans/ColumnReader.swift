import CaliberColumns
import CaliberCore
import CaliberDictionary
import CaliberTables

/// One column as the rows of one segment see it: their own, or another table's through a join.
enum ColumnReader {
    case stored(EncodedColumn)
    /// The column of the other table, by row number, and the row number of each row of the segment, -1 for none.
    case joined(JoinedColumn, rows: [Int32])

    var pool: StringPool? {
        switch self {
        case .stored(let column): column.pool
        case .joined(let column, _): column.values.pool
        }
    }

    /// Every lane that is not null lies within; nil when all are null.
    var bounds: ClosedRange<Int64>? {
        switch self {
        case .stored(let column): column.bounds
        case .joined(let column, _): column.bounds
        }
    }

    /// Copies rows out as lanes and validity bytes; nulls are lane 0, validity 0.
    func read(
        rows: Range<Int>, into lanes: UnsafeMutablePointer<Int64>, validity: UnsafeMutablePointer<UInt8>
    ) {
        switch self {
        case .stored(let column):
            column.read(rows: rows, into: lanes, validity: validity)
        case .joined(let column, let numbers):
            let source = column.values
            numbers.withUnsafeBufferPointer { numbers in
                for (index, row) in rows.enumerated() {
                    let number = Int(numbers[row])
                    lanes[index] = number < 0 ? 0 : source.lanes[number]
                    validity[index] = number < 0 ? 0 : source.validity[number]
                }
            }
        }
    }
}

/// The inputs of one expression, over one segment.
struct SegmentSource: ColumnSource {
    let rowCount: Int
    let readers: [ColumnReader]

    func read(
        _ input: Int, rows: Range<Int>, into lanes: UnsafeMutablePointer<Int64>,
        validity: UnsafeMutablePointer<UInt8>
    ) {
        readers[input].read(rows: rows, into: lanes, validity: validity)
    }

    func pool(of input: Int) -> StringPool? { readers[input].pool }
}

extension EncodedColumn {
    /// The lane of one row that has a value.
    @inline(__always)
    func lane(at row: Int) -> Int64 {
        switch width {
        case .constant: base
        case .one: base &+ scale &* Int64(values.assumingMemoryBound(to: UInt8.self)[row])
        case .two: base &+ scale &* Int64(values.assumingMemoryBound(to: UInt16.self)[row])
        case .four: base &+ scale &* Int64(values.assumingMemoryBound(to: UInt32.self)[row])
        case .eight: values.assumingMemoryBound(to: Int64.self)[row]
        }
    }
}
