import CaliberColumns
import CaliberTables

/// Marks by segment and row while they are made.
final class MarkBytes: @unchecked Sendable {
    // Safe to share while several threads write: each segment's bytes are written by one thread at a time.
    let bytes: [UnsafeMutablePointer<UInt8>]
    private let rowCounts: [Int]

    init(_ reading: RowReading) {
        rowCounts = reading.segments.map(\.rowCount)
        bytes = rowCounts.map { count in
            let pointer = UnsafeMutablePointer<UInt8>.allocate(capacity: (count + 7) / 8 * 8 + 8)
            pointer.initialize(repeating: 0, count: (count + 7) / 8 * 8 + 8)
            return pointer
        }
    }

    deinit {
        for pointer in bytes { pointer.deallocate() }
    }

    /// Marks as a column of 0 and 1.
    func column(of segment: Int) -> EncodedColumn {
        let rowCount = rowCounts[segment]
        return .marks(
            UnsafeRawBufferPointer(start: bytes[segment], count: (rowCount + 7) / 8 * 8), rowCount: rowCount)
    }
}

extension EncodedColumn {
    /// A column of whole numbers, one for each row.
    static func numbers(_ numbers: ArraySlice<UInt32>) -> EncodedColumn {
        let lanes = ScratchBuffer<Int64>(count: numbers.count, repeating: 0)
        let validity = ScratchBuffer<UInt8>(count: numbers.count, repeating: 1)
        for (row, number) in numbers.enumerated() { lanes[row] = Int64(number) }
        return EncodedColumn(
            lanes: lanes.pointer, validity: validity.pointer, rowCount: numbers.count, isFloat: false, pool: nil)
    }
}
