/// Rows of numbers as a model takes them: row-major, `columnCount` values a row, on memory that is aligned for the
/// widest registers.
public final class DesignMatrix {
    public let rowCount: Int
    public let columnCount: Int
    /// `rowCount · columnCount` values, row by row. A missing value is NaN until the matrix is prepared.
    public let values: UnsafeMutableBufferPointer<Double>

    private let memory: Memory

    /// Rows of several matrices may lie in one piece of memory; freed with the last of them.
    private final class Memory {
        let start: UnsafeMutablePointer<Double>

        init(count: Int) {
            let memory = UnsafeMutableRawPointer.allocate(
                byteCount: max(1, count) * MemoryLayout<Double>.stride, alignment: Memory.alignmentBytes)
            start = memory.bindMemory(to: Double.self, capacity: max(1, count))
            start.initialize(repeating: 0, count: max(1, count))
        }

        deinit { UnsafeMutableRawPointer(start).deallocate() }

        private static let alignmentBytes = 64
    }

    /// Filled with zeros.
    public init(rowCount: Int, columnCount: Int) {
        let (count, overflows) = rowCount.multipliedReportingOverflow(by: columnCount)
        precondition(
            rowCount >= 0 && columnCount >= 0 && !overflows, "a matrix of \(rowCount) × \(columnCount) can exist")
        self.rowCount = rowCount
        self.columnCount = columnCount
        memory = Memory(count: count)
        values = UnsafeMutableBufferPointer(start: memory.start, count: count)
    }

    private init(_ whole: DesignMatrix, rows: Range<Int>) {
        rowCount = rows.count
        columnCount = whole.columnCount
        memory = whole.memory
        values = UnsafeMutableBufferPointer(
            rebasing: whole.values[rows.lowerBound * columnCount..<rows.upperBound * columnCount])
    }

    /// Some of the rows, in the same memory: a change of one is a change of the other.
    public func rows(_ range: Range<Int>) -> DesignMatrix {
        precondition(range.lowerBound >= 0 && range.upperBound <= rowCount, "rows \(range) of \(rowCount)")
        return DesignMatrix(self, rows: range)
    }

    public func row(_ index: Int) -> UnsafeMutableBufferPointer<Double> {
        UnsafeMutableBufferPointer(rebasing: values[index * columnCount..<(index + 1) * columnCount])
    }
}
