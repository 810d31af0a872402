import CaliberColumns
import CaliberDictionary

/// What a framed scan gave: by base period and the answer's other dimensions.
struct FramedScan {
    let program: ScanProgram
    let partials: [SegmentPartial]
    /// By partial, the base group of each of its groups.
    let numbers: [[Int32]]
    let groups: GroupRegistry
    /// By fold; nil for those whose states are put together window by window.
    let totals: [FoldTotal?]
    /// Rows that passed: for all, then for each mask, by base group.
    let rowCounts: [[Int64]]
    /// Groups by what they have apart from time.
    let combinations: Combinations

    /// The base groups of each combination of the other dimensions, in the order of time.
    struct Combinations {
        /// By base group.
        let ofGroup: [Int32]
        /// By combination, lanes and null bits of the dimensions but time.
        let keys: [[Int64]]
        /// Base groups in the order of combination, then time.
        let order: [Int32]
        /// Where each combination begins in `order`, with the end of the last.
        let starts: [Int]
    }

    init(_ execution: ScanExecution, _ partials: [SegmentPartial], frame: ScanFrame) {
        let program = execution.program
        var groups = GroupRegistry(frame.dimensions)
        let merged = Set(
            program.scan.aggregates.indices.filter { !program.scan.aggregates[$0].aggregation.isRunning }
                .map { program.foldOfAggregate[$0] })
        var totals: [FoldTotal?] = program.folds.indices.map {
            merged.contains($0) ? nil : FoldTotal(program.folds[$0])
        }
        var counts = [[Int64]](repeating: [], count: program.masks.count + 1)
        var allNumbers: [[Int32]] = []
        for partial in partials {
            let numbers = groups.numbers(of: partial)
            for fold in totals.indices {
                totals[fold]?.grow(to: groups.count)
                totals[fold]?.merge(partial.folds[fold], numbers, part: allNumbers.count)
            }
            for mask in counts.indices {
                counts[mask] += [Int64](repeating: 0, count: groups.count - counts[mask].count)
                for (index, number) in numbers.enumerated() {
                    counts[mask][Int(number)] += partial.rowCounts[mask][index]
                }
            }
            allNumbers.append(numbers)
        }
        for fold in totals.indices { totals[fold]?.grow(to: groups.count) }
        self.program = program
        self.partials = partials
        self.groups = groups
        self.totals = totals
        numbers = allNumbers
        rowCounts = counts.map { $0 + [Int64](repeating: 0, count: groups.count - $0.count) }
        combinations = FramedScan.combinations(groups, frame.dimensions)
    }

    /// The key of a group's base period.
    func baseKey(_ group: Int) -> Int64 { groups.lane(group, groups.dimensionCount - 1) }

    private static func combinations(_ groups: GroupRegistry, _ dimensions: [PlannedDimension]) -> Combinations {
        let time = groups.dimensionCount - 1
        var registry = GroupRegistry(Array(dimensions.dropLast()))
        var keys: [[Int64]] = []
        var ofGroup: [Int32] = []
        ofGroup.reserveCapacity(groups.count)
        var key = [Int64](repeating: 0, count: time + 1)
        for group in 0..<groups.count {
            for dimension in 0..<time { key[dimension] = groups.lane(group, dimension) }
            key[time] = groups.key(group).last ?? 0
            let number = registry.number(of: key)
            if number == keys.count { keys.append(key) }
            ofGroup.append(Int32(number))
        }
        let order = (0..<Int32(groups.count)).sorted { left, right in
            let (first, second) = (ofGroup[Int(left)], ofGroup[Int(right)])
            return first == second
                ? groups.lane(Int(left), time) < groups.lane(Int(right), time) : first < second
        }
        var starts = [Int](repeating: 0, count: keys.count + 1)
        for number in ofGroup { starts[Int(number) + 1] += 1 }
        for index in keys.indices { starts[index + 1] += starts[index] }
        return Combinations(ofGroup: ofGroup, keys: keys, order: order, starts: starts)
    }
}

extension Aggregation {
    /// Totals of parts give the total of the whole, so windows are put together from the values of base periods.
    var isRunning: Bool {
        switch self {
        case .sum, .count, .sumBoolean, .countNew, .min, .max, .average: true
        case .countDistinct, .percentile: false
        }
    }
}
