import CaliberColumns
import CaliberDictionary

/// What a framed scan gave: by base period and the answer's other dimensions.
final class FramedScan {
    let execution: ScanExecution
    let totals: ScanTotals
    /// By base group, the key of its base period.
    let baseKeys: [Int64]
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

    /// - Parameter totals: by the frame's dimensions, the base period last.
    init(_ execution: ScanExecution, _ totals: ScanTotals, frame: ScanFrame) {
        self.execution = execution
        self.totals = totals
        let time = totals.groups.dimensionCount - 1
        let groups = totals.groups
        baseKeys = (0..<groups.count).map { groups.lane($0, time) }
        combinations = FramedScan.combinations(totals.groups, frame.dimensions)
    }

    var program: ScanProgram { execution.program }
    var groups: GroupRegistry { totals.groups }

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
