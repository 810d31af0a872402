import CaliberColumns

/// What one segment contributes to an answer: its groups by value, and each fold's state for them.
///
/// It depends on the segment and the plan alone, so it can be kept as long as both stay the same.
package final class SegmentPartial: Sendable {
    let groupCount: Int
    /// For each group one lane a dimension, then a lane whose bit d says that dimension d is null.
    let keys: [Int64]
    /// For each dimension of strings, what its lanes are codes of.
    let pools: [StringPool?]
    /// Rows that passed: for all, then for each mask, by group.
    let rowCounts: [[Int64]]
    let folds: [PartialFold]
    let rowsScanned: Int
    /// The columns' bounds and strings told that no row passes.
    let isPruned: Bool
    let isDense: Bool
    /// The size of the space that slots were taken from.
    let slotCapacity: Int
    /// The latest moment that a scanned row counts at; nil when none has one.
    let latestMoment: Int64?

    init(
        groupCount: Int, keys: [Int64], pools: [StringPool?], rowCounts: [[Int64]], folds: [PartialFold],
        rowsScanned: Int, isPruned: Bool = false, isDense: Bool, slotCapacity: Int, latestMoment: Int64?
    ) {
        self.groupCount = groupCount
        self.keys = keys
        self.pools = pools
        self.rowCounts = rowCounts
        self.folds = folds
        self.rowsScanned = rowsScanned
        self.isPruned = isPruned
        self.isDense = isDense
        self.slotCapacity = slotCapacity
        self.latestMoment = latestMoment
    }
}

extension SegmentPartial {
    /// No row of the segment passes.
    convenience init(noRowsOf program: ScanProgram, latestMoment: Int64?) {
        self.init(
            groupCount: 0, keys: [], pools: program.dimensions.map { _ in nil },
            rowCounts: (0...program.masks.count).map { _ in [] }, folds: program.folds.map(\.emptyPartial),
            rowsScanned: 0, isPruned: true, isDense: true, slotCapacity: 0, latestMoment: latestMoment)
    }
}

extension ScanFold {
    var emptyPartial: PartialFold {
        switch kind {
        case .rows, .values, .trues: .counts([])
        case .integerSum: .integerSums([], counts: [])
        case .floatSum: .floatSums([], counts: [])
        case .extremum: .extrema([], found: [])
        case .distinct, .sorted:
            .values(.none(groupCount: 0))
        }
    }
}
