/// What one scan gives to a set of groups: each fold's state, and how many rows passed.
struct FoldStates {
    private(set) var folds: [FoldTotal]
    /// For all rows, then for each mask, by group.
    private(set) var rowCounts: [[Int64]]
    private(set) var groupCount = 0

    init(_ program: ScanProgram) {
        folds = program.folds.map(FoldTotal.init)
        rowCounts = .init(repeating: [], count: program.masks.count + 1)
    }

    /// Makes room for groups up to `count`.
    mutating func grow(to count: Int) {
        guard count > groupCount else { return }
        for fold in folds.indices { folds[fold].grow(to: count) }
        for mask in rowCounts.indices {
            rowCounts[mask] += [Int64](repeating: 0, count: count - rowCounts[mask].count)
        }
        groupCount = count
    }

    /// - Parameters:
    ///   - numbers: the group here for each of the segment's; negative leaves that group out.
    ///   - part: by which the contribution can be taken back; a number of its own.
    mutating func merge(_ partial: SegmentPartial, _ numbers: [Int32], part: Int) {
        for fold in folds.indices { folds[fold].merge(partial.folds[fold], numbers, part: part) }
        for mask in rowCounts.indices {
            for (index, number) in numbers.enumerated() where number >= 0 {
                rowCounts[mask][Int(number)] += partial.rowCounts[mask][index]
            }
        }
    }

    /// Undoes a merge.
    mutating func takeBack(_ partial: SegmentPartial, _ numbers: [Int32], part: Int) {
        for fold in folds.indices { folds[fold].takeBack(partial.folds[fold], numbers, part: part) }
        for mask in rowCounts.indices {
            for (index, number) in numbers.enumerated() {
                rowCounts[mask][Int(number)] -= partial.rowCounts[mask][index]
            }
        }
    }
}
