import CKernels
import CaliberTables

/// Rows of a stored column at the width they are kept in, and the loops over them.
///
/// Stored values are unsigned distances from the column's base, in steps of its scale; a null's is 0.
struct StoredValues {
    let column: EncodedColumn
    let rows: Range<Int>

    private func start<Value>(_: Value.Type) -> UnsafePointer<Value> {
        column.values.assumingMemoryBound(to: Value.self) + rows.lowerBound
    }

    /// mask[i] = low ≤ stored value ≤ low + span.
    func mask(low: UInt64, span: UInt64, into mask: UnsafeMutablePointer<UInt8>) {
        let count = rows.count
        switch column.width {
        case .constant: mask.update(repeating: low == 0 ? 1 : 0, count: count)
        case .one:
            kernels_mask_span_8(start(UInt8.self), count, UInt8(truncatingIfNeeded: low), UInt8(clamping: span), mask)
        case .two:
            kernels_mask_span_16(
                start(UInt16.self), count, UInt16(truncatingIfNeeded: low), UInt16(clamping: span), mask)
        case .four:
            kernels_mask_span_32(
                start(UInt32.self), count, UInt32(truncatingIfNeeded: low), UInt32(clamping: span), mask)
        case .eight: kernels_mask_span_64(start(UInt64.self), count, low, span, mask)
        }
    }

    /// mask[i] = table[stored value].
    ///
    /// - Precondition: the width is four bytes at most.
    func mask(table: UnsafePointer<UInt8>, into mask: UnsafeMutablePointer<UInt8>) {
        let count = rows.count
        switch column.width {
        case .constant: mask.update(repeating: table[0], count: count)
        case .one: kernels_mask_table_8(start(UInt8.self), count, table, mask)
        case .two: kernels_mask_table_16(start(UInt16.self), count, table, mask)
        case .four: kernels_mask_table_32(start(UInt32.self), count, table, mask)
        case .eight: preconditionFailure("values of eight bytes are not looked up in a table")
        }
    }

    /// codes[i] = stored value + offset.
    func codes(offset: UInt32, into codes: UnsafeMutablePointer<UInt32>) {
        let count = rows.count
        switch column.width {
        case .constant: codes.update(repeating: offset, count: count)
        case .one: kernels_codes_8(start(UInt8.self), count, offset, codes)
        case .two: kernels_codes_16(start(UInt16.self), count, offset, codes)
        case .four: kernels_codes_32(start(UInt32.self), count, offset, codes)
        case .eight: kernels_codes_64(start(UInt64.self), count, offset, codes)
        }
    }

    /// The sum of stored values, of the rows that pass where there is a mask, wrapping.
    func sum(mask: UnsafePointer<UInt8>?) -> UInt64 {
        let count = rows.count
        guard let mask else {
            switch column.width {
            case .constant: return 0
            case .one: return kernels_sum_8(start(UInt8.self), count)
            case .two: return kernels_sum_16(start(UInt16.self), count)
            case .four: return kernels_sum_32(start(UInt32.self), count)
            case .eight: return kernels_sum_64(start(UInt64.self), count)
            }
        }
        switch column.width {
        case .constant: return 0
        case .one: return kernels_sum_masked_8(start(UInt8.self), mask, count)
        case .two: return kernels_sum_masked_16(start(UInt16.self), mask, count)
        case .four: return kernels_sum_masked_32(start(UInt32.self), mask, count)
        case .eight: return kernels_sum_masked_64(start(UInt64.self), mask, count)
        }
    }

    /// Adds each stored value to its slot's sum, wrapping.
    func sum(by slots: UnsafePointer<UInt32>, into sums: SlotBanks<UInt64>) {
        let (count, target, bank) = (rows.count, sums.pointer, sums.bankLength)
        switch column.width {
        case .constant: return
        case .one: kernels_sum_slots_8(start(UInt8.self), slots, count, target, bank)
        case .two: kernels_sum_slots_16(start(UInt16.self), slots, count, target, bank)
        case .four: kernels_sum_slots_32(start(UInt32.self), slots, count, target, bank)
        case .eight: kernels_sum_slots_64(start(UInt64.self), slots, count, target, bank)
        }
    }
}

/// A running number for each slot, kept four times over while slots are few, so that neighbouring rows of one slot need
/// not wait for each other.
final class SlotBanks<Number: FixedWidthInteger & BitwiseCopyable> {
    let pointer: UnsafeMutablePointer<Number>
    /// The distance from one bank to the next; 0 when there is one.
    let bankLength: Int
    private let bankCount: Int

    private static var mostBankedSlots: Int { 4096 }

    init(slotCount: Int) {
        let isBanked = slotCount <= SlotBanks.mostBankedSlots
        bankLength = isBanked ? slotCount : 0
        bankCount = isBanked ? 4 : 1
        pointer = .allocate(capacity: slotCount * bankCount)
        pointer.initialize(repeating: 0, count: slotCount * bankCount)
    }

    deinit {
        pointer.deallocate()
    }

    @inline(__always)
    func add(_ number: Number, to slot: Int) { pointer[slot] &+= number }

    /// A slot's number over all banks, wrapping.
    func total(of slot: Int) -> Number {
        var total: Number = 0
        for bank in 0..<bankCount { total &+= pointer[slot + bank * bankLength] }
        return total
    }
}
