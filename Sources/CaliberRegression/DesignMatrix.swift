#if canImport(Glibc)
    import Glibc
#endif

/// Rows of numbers as a model takes them: row-major, `columnCount` values a row, on memory that is aligned for the
/// widest registers.
public final class DesignMatrix {
    public let rowCount: Int
    public let columnCount: Int
    /// `rowCount · columnCount` values, row by row. A missing value is NaN until the matrix is prepared.
    public let values: UnsafeMutableBufferPointer<Double>

    /// Who has the memory, if not this matrix.
    private let owner: DesignMatrix?

    private static let alignmentBytes = 64
    private static let hugePageBytes = 2 << 20

    /// Filled with zeros.
    public init(rowCount: Int, columnCount: Int) {
        let (count, overflows) = rowCount.multipliedReportingOverflow(by: columnCount)
        precondition(
            rowCount >= 0 && columnCount >= 0 && !overflows, "a matrix of \(rowCount) × \(columnCount) can exist")
        self.rowCount = rowCount
        self.columnCount = columnCount
        let byteCount = max(1, count) * MemoryLayout<Double>.stride
        let isLarge = byteCount >= 2 * DesignMatrix.hugePageBytes
        let memory = UnsafeMutableRawPointer.allocate(
            byteCount: byteCount, alignment: isLarge ? DesignMatrix.hugePageBytes : DesignMatrix.alignmentBytes)
        #if canImport(Glibc)
            // Large pages where the system has them: passes over many rows then miss fewer addresses. It's advice only.
            if isLarge { _ = madvise(memory, byteCount, MADV_HUGEPAGE) }
        #endif
        let start = memory.bindMemory(to: Double.self, capacity: max(1, count))
        start.initialize(repeating: 0, count: max(1, count))
        values = UnsafeMutableBufferPointer(start: start, count: count)
        owner = nil
    }

    /// Rows of as many or fewer columns, one behind the other from where another matrix's memory starts. Whatever is
    /// written to the one is written over the other.
    init(inMemoryOf other: DesignMatrix, columnCount: Int) {
        precondition(
            columnCount <= other.columnCount, "\(columnCount) columns fit into the memory of \(other.columnCount)")
        rowCount = other.rowCount
        self.columnCount = columnCount
        values = UnsafeMutableBufferPointer(rebasing: other.values[0..<other.rowCount * columnCount])
        owner = other
    }

    /// Some of the rows, in the same memory: a change of one is a change of the other.
    public func rows(_ range: Range<Int>) -> DesignMatrix { DesignMatrix(self, rows: range) }

    private init(_ whole: DesignMatrix, rows range: Range<Int>) {
        precondition(
            range.lowerBound >= 0 && range.upperBound <= whole.rowCount, "rows \(range) of \(whole.rowCount)")
        rowCount = range.count
        columnCount = whole.columnCount
        values = UnsafeMutableBufferPointer(
            rebasing: whole.values[range.lowerBound * columnCount..<range.upperBound * columnCount])
        owner = whole
    }

    deinit {
        guard owner == nil else { return }
        UnsafeMutableRawPointer(mutating: values.baseAddress)?.deallocate()
    }

    public func row(_ index: Int) -> UnsafeMutableBufferPointer<Double> {
        UnsafeMutableBufferPointer(rebasing: values[index * columnCount..<(index + 1) * columnCount])
    }
}
