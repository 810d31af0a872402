import CaliberColumns
import CaliberTables

/// The running state of one fold over one segment, by slot. The last slot takes the rows that don't count.
///
/// One thread's own. Calls are by chunk of rows; the loops inside are plain.
protocol FoldAccumulator: AnyObject {
    func add(_ rows: ChunkRows, _ values: FoldValues)

    /// The state of the slots that became groups, in their order.
    ///
    /// - Parameter rowCounts: how many rows passed the fold's mask, by group.
    func partial(of slots: [Int], rowCounts: [Int64]) -> PartialFold
}

/// The rows of a chunk as one fold sees them.
struct ChunkRows {
    /// Row numbers of the segment.
    let rows: Range<Int>
    let slots: Slots
    /// 1 for each row that passes; nil when all do.
    let mask: UnsafePointer<UInt8>?

    enum Slots {
        /// All rows that pass have this one.
        case same(Int)
        /// One for each row; rows that don't pass have the last one.
        case each(UnsafePointer<UInt32>)
    }

    var count: Int { rows.count }
}

/// What a fold takes in.
enum FoldValues {
    /// Rows alone.
    case rows
    case column(EncodedColumn)
    case chunk(ValueChunk)
}

/// Values of a run of rows: lanes, a validity byte each, and the strings that codes stand for.
struct ValueChunk {
    let lanes: UnsafePointer<Int64>
    let validity: UnsafePointer<UInt8>
    let pool: StringPool?
}

/// What one segment contributes to one fold, by group of the segment.
package enum PartialFold: Sendable {
    case counts([Int64])
    case integerSums([Int128], counts: [Int64])
    case floatSums([Double], counts: [Int64])
    /// Lanes in an order-preserving form (`FloatOrder`); not meaningful where `found` is false.
    case extrema([Int64], found: [Bool])
    case values(GroupedValues)
}

/// Doubles as integers that sort the same way, so that one comparison and one selection serve both.
enum FloatOrder {
    @inline(__always)
    static func sortable(_ bits: Int64) -> Int64 { bits ^ (bits >> 63 & Int64.max) }

    /// The way back is the same.
    @inline(__always)
    static func double(_ sortable: Int64) -> Double {
        Double(bitPattern: UInt64(bitPattern: FloatOrder.sortable(sortable)))
    }
}

extension ScanFold {
    /// - Parameters:
    ///   - slotCount: with the last one for rows that don't count.
    ///   - column: the values, where they stand in a column as they are.
    func accumulator(slotCount: Int, rowCount: Int, column: EncodedColumn?) -> any FoldAccumulator {
        switch kind {
        case .rows: RowCounter()
        case .values: ValueCounter(slotCount: slotCount)
        case .trues:
            column.map { StoredSum($0, slotCount: slotCount, isCount: true) } ?? TrueCounter(slotCount: slotCount)
        case .integerSum:
            if let column, fitsOneWord(column.bounds, rowCount: rowCount) {
                StoredSum(column, slotCount: slotCount, isCount: false)
            } else {
                WideIntegerSum(slotCount: slotCount)
            }
        case .floatSum: FloatSum(slotCount: slotCount)
        case .extremum(let float, let greatest):
            Extremum(slotCount: slotCount, isFloat: float, isGreatest: greatest)
        case .distinct: collector(column, slotCount: slotCount, rowCount: rowCount, .distinct, isFloat: false)
        case .sorted(let float):
            collector(column, slotCount: slotCount, rowCount: rowCount, .ordered, isFloat: float)
        }
    }

    private func collector(
        _ column: EncodedColumn?, slotCount: Int, rowCount: Int, _ purpose: CollectedValues.Purpose, isFloat: Bool
    ) -> any FoldAccumulator {
        column.map { StoredValueCollector($0, slotCount: slotCount, rowCount: rowCount, purpose: purpose) }
            ?? ComputedValueCollector(slotCount: slotCount, rowCount: rowCount, purpose: purpose, isFloat: isFloat)
    }

    /// Whether its values are taken at the width they are stored in.
    func readsColumn(_ column: EncodedColumn, rowCount: Int) -> Bool {
        switch kind {
        case .values, .trues: true
        case .integerSum: fitsOneWord(column.bounds, rowCount: rowCount)
        case .distinct, .sorted(float: false): StoredValueCollector.canCollect(column)
        case .rows, .floatSum, .extremum, .sorted: false
        }
    }

    /// No sum of `rowCount` values can leave an Int64.
    private func fitsOneWord(_ bounds: ClosedRange<Int64>?, rowCount: Int) -> Bool {
        guard let bounds else { return true }
        let largest = max(bounds.lowerBound.magnitude, bounds.upperBound.magnitude)
        let (product, overflow) = largest.multipliedReportingOverflow(by: UInt64(max(rowCount, 1)))
        return !overflow && product <= UInt64(Int64.max)
    }
}
