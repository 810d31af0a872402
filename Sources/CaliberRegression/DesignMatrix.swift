/// Rows of numbers as a model takes them: row-major, `columnCount` values a row, on memory that is aligned for the
/// widest registers.
public final class DesignMatrix {
    public let rowCount: Int
    public let columnCount: Int
    /// `rowCount · columnCount` values, row by row. A missing value is NaN until the matrix is prepared.
    public let values: UnsafeMutableBufferPointer<Double>

    private static let alignmentBytes = 64

    /// Filled with zeros.
    public init(rowCount: Int, columnCount: Int) {
        let (count, overflows) = rowCount.multipliedReportingOverflow(by: columnCount)
        precondition(
            rowCount >= 0 && columnCount >= 0 && !overflows, "a matrix of \(rowCount) × \(columnCount) can exist")
        self.rowCount = rowCount
        self.columnCount = columnCount
        let memory = UnsafeMutableRawPointer.allocate(
            byteCount: max(1, count) * MemoryLayout<Double>.stride, alignment: DesignMatrix.alignmentBytes)
        let start = memory.bindMemory(to: Double.self, capacity: max(1, count))
        start.initialize(repeating: 0, count: max(1, count))
        values = UnsafeMutableBufferPointer(start: start, count: count)
    }

    deinit {
        UnsafeMutableRawPointer(mutating: values.baseAddress)?.deallocate()
    }

    public func row(_ index: Int) -> UnsafeMutableBufferPointer<Double> {
        UnsafeMutableBufferPointer(rebasing: values[index * columnCount..<(index + 1) * columnCount])
    }
}
