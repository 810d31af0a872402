import CKernels
import CaliberColumns
import CaliberCore
import CaliberDictionary

/// One column of one segment, fixed width at the narrowest integer that holds it: lane = `base` + `scale` · stored value.
///
/// Floats are kept at full width as bit patterns, codes and integers at 0 (all the same value), 1, 2, 4 or 8 bytes.
/// A scale other than 1 is what all lanes are apart by a multiple of, where that makes the column narrower: times of
/// whole seconds, amounts of whole yuan.
package final class EncodedColumn: @unchecked Sendable {
    // Safe to share: never written after `init`.
    package enum Width: UInt8, Sendable { case constant = 0, one = 1, two = 2, four = 4, eight = 8 }

    package let rowCount: Int
    package let width: Width
    package let base: Int64
    /// At least 1; 1 for `eight` and for floats.
    package let scale: Int64
    /// `rowCount` values of `width` bytes, unsigned but for `eight`, which holds whole lanes (`base` is 0). 0 for null.
    package let values: UnsafeRawPointer
    /// One bit a row, lowest first, 1 where the row has a value; nil when every row has one.
    package let validity: UnsafePointer<UInt64>?
    package let nullCount: Int
    /// The smallest and largest lane among rows that have a value; nil when none has. Not meaningful for floats.
    package let bounds: ClosedRange<Int64>?
    /// The strings that codes stand for: the table's dictionary of this column, or the segment's own for `text` and keys.
    package let pool: StringPool?
    /// `values` and the words of `validity` behind them, as they are written to the file.
    package var body: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: memory.start, count: memory.byteCount) }
    private let memory: Memory

    /// Shared by columns that differ in their pool alone.
    private final class Memory {
        let start: UnsafeMutableRawPointer
        let byteCount: Int

        init(byteCount: Int) {
            self.byteCount = byteCount
            start = .allocate(byteCount: byteCount + 8, alignment: 64)
        }

        deinit { start.deallocate() }
    }

    /// Encodes lanes at the narrowest width.
    package init(
        lanes: UnsafePointer<Int64>, validity bytes: UnsafePointer<UInt8>, rowCount: Int, isFloat: Bool,
        pool: StringPool?
    ) {
        var (low, high) = (Int64.max, Int64.min)
        let nulls = rowCount - kernels_bounds(lanes, bytes, rowCount, &low, &high)
        let bounds: ClosedRange<Int64>? = low <= high ? low...high : nil
        var width = EncodedColumn.narrowestWidth(bounds, isFloat: isFloat)
        var step = CommonStep(1)
        if let bounds, !isFloat, width.rawValue > 1 {
            let common = CommonStep(of: lanes, validity: bytes, rowCount: rowCount, from: bounds.lowerBound)
            let (span, overflow) = bounds.upperBound.subtractingReportingOverflow(bounds.lowerBound)
            if let scale = Int64(exactly: common.step), scale > 1, !overflow,
                EncodedColumn.width(ofSpan: span / scale).rawValue < width.rawValue
            {
                step = common
                width = EncodedColumn.width(ofSpan: span / scale)
            }
        }
        let base = width == .eight ? 0 : bounds?.lowerBound ?? 0
        let wordCount = nulls == 0 ? 0 : (rowCount + 63) / 64
        let valueByteCount = EncodedColumn.valueByteCount(rowCount: rowCount, width: width)
        let owner = Memory(byteCount: valueByteCount + wordCount * 8)
        let memory = owner.start
        func store<Value: FixedWidthInteger>(
            _ narrow: (
                UnsafePointer<Int64>, UnsafePointer<UInt8>, Int, Int64, UInt64, UInt32, UnsafeMutablePointer<Value>
            ) -> Void
        ) {
            narrow(
                lanes, bytes, rowCount, base, step.inverse, step.zeros,
                memory.bindMemory(to: Value.self, capacity: rowCount))
        }
        switch width {
        case .constant: break
        case .one: store(kernels_narrow_8)
        case .two: store(kernels_narrow_16)
        case .four: store(kernels_narrow_32)
        case .eight: store(kernels_narrow_64)
        }
        if wordCount > 0 {
            let words = (memory + valueByteCount).bindMemory(to: UInt64.self, capacity: wordCount)
            kernels_pack_bits(bytes, rowCount, words)
            validity = UnsafePointer(words)
        } else {
            validity = nil
        }
        self.rowCount = rowCount
        self.width = width
        self.base = base
        scale = Int64(step.step)
        self.bounds = bounds
        self.pool = pool
        nullCount = nulls
        values = UnsafeRawPointer(memory)
        self.memory = owner
    }

    /// A column as it was written; nil when `body` has another length than the rest says, or `scale` is none.
    package init?(
        rowCount: Int, width: Width, base: Int64, scale: Int64, bounds: ClosedRange<Int64>?, nullCount: Int,
        body: UnsafeRawBufferPointer, pool: StringPool?
    ) {
        guard scale == 1 || scale > 1 && width != .eight else { return nil }
        let wordCount = nullCount == 0 ? 0 : (rowCount + 63) / 64
        let valueByteCount = EncodedColumn.valueByteCount(rowCount: rowCount, width: width)
        guard body.count == valueByteCount + wordCount * 8 else { return nil }
        let owner = Memory(byteCount: body.count)
        if let source = body.baseAddress { owner.start.copyMemory(from: source, byteCount: body.count) }
        self.rowCount = rowCount
        self.width = width
        self.base = base
        self.scale = scale
        self.bounds = bounds
        self.nullCount = nullCount
        self.pool = pool
        values = UnsafeRawPointer(owner.start)
        validity =
            wordCount == 0
            ? nil : UnsafePointer((owner.start + valueByteCount).bindMemory(to: UInt64.self, capacity: wordCount))
        memory = owner
    }

    /// A column in which no row has a value.
    package init(allNullRowCount rowCount: Int, pool: StringPool?) {
        let wordCount = (rowCount + 63) / 64
        memory = Memory(byteCount: wordCount * 8)
        let words = memory.start.bindMemory(to: UInt64.self, capacity: max(wordCount, 1))
        words.update(repeating: 0, count: wordCount)
        self.rowCount = rowCount
        width = .constant
        base = 0
        scale = 1
        bounds = nil
        nullCount = rowCount
        values = UnsafeRawPointer(memory.start)
        validity = rowCount == 0 ? nil : UnsafePointer(words)
        self.pool = pool
    }

    /// The same rows, their codes read in a pool that begins with the strings of `other`'s.
    package init(_ other: EncodedColumn, pool: StringPool?) {
        rowCount = other.rowCount
        width = other.width
        base = other.base
        scale = other.scale
        values = other.values
        validity = other.validity
        nullCount = other.nullCount
        bounds = other.bounds
        memory = other.memory
        self.pool = pool
    }

    private static func valueByteCount(rowCount: Int, width: Width) -> Int {
        (rowCount * Int(width.rawValue) + 7) / 8 * 8
    }

    private static func narrowestWidth(_ bounds: ClosedRange<Int64>?, isFloat: Bool) -> Width {
        guard let bounds else { return .constant }
        let (span, overflow) = bounds.upperBound.subtractingReportingOverflow(bounds.lowerBound)
        if overflow { return .eight }
        if span == 0 { return .constant }
        return isFloat ? .eight : width(ofSpan: span)
    }

    private static func width(ofSpan span: Int64) -> Width {
        span <= 0xFF ? .one : span <= 0xFFFF ? .two : span <= 0xFFFF_FFFF ? .four : .eight
    }

    /// Copies rows out as lanes and validity bytes; nulls are lane 0, validity 0.
    package func read(
        rows: Range<Int>, into lanes: UnsafeMutablePointer<Int64>, validity target: UnsafeMutablePointer<UInt8>
    ) {
        let count = rows.count
        readLanes(rows: rows, into: lanes)
        readValidity(rows: rows, into: target)
        if validity != nil { kernels_clear_lanes(lanes, target, count) }
    }

    /// Copies rows out as lanes; those of nulls mean nothing.
    package func readLanes(rows: Range<Int>, into lanes: UnsafeMutablePointer<Int64>) {
        precondition(rows.upperBound <= rowCount, "rows \(rows) are outside a column of \(rowCount)")
        let (start, count) = (rows.lowerBound, rows.count)
        switch width {
        case .constant: lanes.update(repeating: base, count: count)
        case .one: kernels_widen_8(values.assumingMemoryBound(to: UInt8.self) + start, count, base, scale, lanes)
        case .two: kernels_widen_16(values.assumingMemoryBound(to: UInt16.self) + start, count, base, scale, lanes)
        case .four: kernels_widen_32(values.assumingMemoryBound(to: UInt32.self) + start, count, base, scale, lanes)
        case .eight: lanes.update(from: values.assumingMemoryBound(to: Int64.self) + start, count: count)
        }
    }

    /// Copies out a byte a row: 1 where it has a value.
    package func readValidity(rows: Range<Int>, into target: UnsafeMutablePointer<UInt8>) {
        precondition(rows.upperBound <= rowCount, "rows \(rows) are outside a column of \(rowCount)")
        guard let validity else {
            target.update(repeating: 1, count: rows.count)
            return
        }
        kernels_expand_bits(validity, rows.lowerBound, rows.count, target)
    }
}
