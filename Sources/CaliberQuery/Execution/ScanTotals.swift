/// What one scan gives to a set of groups: each fold's state, and how many rows passed.
struct ScanTotals {
    let program: ScanProgram
    var folds: [FoldTotal]
    /// For all rows, then for each mask, by group.
    var rowCounts: [[Int64]]

    /// - Parameter numbers: for each partial, the group of each of its groups.
    init(_ program: ScanProgram, _ partials: [SegmentPartial], _ numbers: [[Int32]], groupCount: Int) {
        self.program = program
        folds = program.folds.map(FoldTotal.init)
        rowCounts = [[Int64]](
            repeating: [Int64](repeating: 0, count: groupCount), count: program.masks.count + 1)
        for fold in folds.indices { folds[fold].grow(to: groupCount) }
        for (partial, numbers) in zip(partials, numbers) {
            for fold in folds.indices { folds[fold].merge(partial.folds[fold], numbers) }
            for mask in rowCounts.indices {
                for (index, number) in numbers.enumerated() {
                    rowCounts[mask][Int(number)] += partial.rowCounts[mask][index]
                }
            }
        }
    }

    /// Makes room for groups that no row belongs to.
    mutating func grow(to groupCount: Int) {
        for fold in folds.indices { folds[fold].grow(to: groupCount) }
        for mask in rowCounts.indices where rowCounts[mask].count < groupCount {
            rowCounts[mask] += [Int64](repeating: 0, count: groupCount - rowCounts[mask].count)
        }
    }
}
