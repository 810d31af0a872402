import CaliberColumns
import CaliberCore
import CaliberDictionary
import CaliberTables

/// A plan while it runs: scans feed totals, totals become metrics, group by group.
struct QueryEvaluation {
    let plan: QueryPlan
    let parallelism: Int
    private(set) var groups: GroupRegistry
    private(set) var statistics = ScanStatistics()
    /// For each scan, the latest moment that a row counts at.
    private(set) var latestMoments: [Int64?] = []
    private var scans: [Scan] = []

    private struct Scan {
        let execution: ScanExecution
        let totals: ScanTotals
        let contributions: [ScanExecution.Contribution]
        /// The answer's group for each of the scan's.
        let numbers: [Int32]
    }

    init(_ plan: QueryPlan, parallelism: Int) {
        self.plan = plan
        self.parallelism = parallelism
        groups = GroupRegistry(plan.dimensions)
        // Without dimensions there is one group even when no row counts.
        if plan.dimensions.isEmpty { _ = groups.number(of: [0]) }
    }

    mutating func run(_ execution: ScanExecution) throws {
        let (totals, contributions) = try execution.totals(dimensions: plan.dimensions)
        let numbers: [Int32]
        if scans.isEmpty {
            groups = totals.groups
            numbers = (0..<groups.count).map { Int32($0) }
        } else {
            numbers = groups.numbers(of: totals.groups)
        }
        scans.append(
            Scan(execution: execution, totals: totals, contributions: contributions, numbers: numbers))
        for contribution in contributions {
            if contribution.isCached {
                statistics.segmentsCached += 1
            } else if !contribution.partial.isPruned {
                statistics.segmentsScanned += 1
                statistics.rowsScanned += contribution.partial.rowsScanned
            }
            if !contribution.partial.isDense { statistics.segmentsHashed += 1 }
        }
        statistics.segmentsTotal += execution.snapshot.segments.count
        statistics.segmentsPruned =
            statistics.segmentsTotal - statistics.segmentsScanned - statistics.segmentsCached
        latestMoments.append(try execution.latestMoment(contributions.map(\.partial)))
    }

    /// Lets the next query of the same plan go on from here.
    func giveBackTotals() {
        for scan in scans { scan.execution.giveBack(scan.totals) }
    }

    /// Adds the periods that have no rows, for every combination of the other dimensions that occurs.
    mutating func fillPeriods() throws(QueryProblem) {
        guard let dimension = plan.filledDimension else { return }
        try PeriodFilling(plan: plan, dimension: dimension).fill(&groups)
    }

    /// Each metric's values by group.
    func metricValues() throws -> [[MetricValue]] {
        try metricValues(scans.map { ($0.totals.states, $0.numbers) }, groupCount: groups.count)
    }

    /// Each metric's values where groups are put together, from the states of their folds.
    ///
    /// - Parameters:
    ///   - numbers: for each group, the one it goes to, below `count`.
    func metricValues(regrouped numbers: [Int32], count: Int) throws -> [[MetricValue]] {
        let identity = (0..<count).map { Int32($0) }
        let regrouped = scans.map { scan in
            let states = scan.totals.states(
                of: scan.contributions, regrouped: scan.numbers.map { numbers[Int($0)] }, count: count)
            return (states, identity)
        }
        return try metricValues(regrouped, groupCount: count)
    }

    /// - Parameter scans: the states of each scan, and the answer's group for each of its groups.
    private func metricValues(
        _ scans: [(states: FoldStates, numbers: [Int32])], groupCount: Int
    ) throws -> [[MetricValue]] {
        let leaves = try plan.leaves.map { leaf in
            try values(of: leaf, scans[leaf.scan].states, scans[leaf.scan].numbers, groupCount: groupCount)
        }
        return try plan.metrics.map { metric in
            try MetricComputation(
                metric: metric.definition.name, leaves: leaves, groupCount: groupCount, zone: plan.zone
            )
            .values(of: metric.node, type: metric.definition.type)
        }
    }

    private func values(
        of leaf: PlannedLeaf, _ states: FoldStates, _ numbers: [Int32], groupCount: Int
    ) throws -> [MetricValue] {
        let program = scans[leaf.scan].execution.program
        let aggregate = program.scan.aggregates[leaf.aggregate]
        let rows = states.rowCounts[aggregate.mask.map { $0 + 1 } ?? 0]
        let own = try totals(
            states.folds[program.foldOfAggregate[leaf.aggregate]], aggregate, as: leaf.definition.type,
            states.groupCount)
        var values = [MetricValue](repeating: missing(leaf), count: groupCount)
        for (group, number) in numbers.enumerated() {
            let isNull = rows[group] == 0 && (!plan.dimensions.isEmpty || aggregate.aggregation == .sumBoolean)
            var value = isNull ? .null : own[group].conforming(to: leaf.definition.type)
            if value == .null { value = missing(leaf) }
            values[Int(number)] = value
        }
        return values
    }

    /// The value of a group without rows.
    private func missing(_ leaf: PlannedLeaf) -> MetricValue {
        leaf.simple.fillNullsWith.map { MetricValue.integer(Int128($0)).conforming(to: leaf.definition.type) } ?? .null
    }

    private func totals(
        _ total: FoldTotal, _ aggregate: PlannedAggregate, as type: LogicalType, _ groupCount: Int
    ) throws -> [MetricValue] {
        let isFloat = aggregate.expression?.type.storage == .float
        switch total {
        case .counts(let counts):
            return counts.map { .integer(Int128($0)) }
        case .integerSums(let sums, let counts):
            return zip(sums, counts).map { sum, count in
                aggregate.aggregation == .average
                    ? QueryEvaluation.average(sum, count, as: type) : count == 0 ? .null : .integer(sum)
            }
        case .floatSums(let sums, let counts):
            return zip(sums, counts).map { sum, count in
                count == 0 ? .null : .number(aggregate.aggregation == .average ? sum / Double(count) : sum)
            }
        case .extrema(let extrema, let found, _):
            return zip(extrema, found).map { lane, found in
                !found ? .null : isFloat ? .number(FloatOrder.double(lane)) : .integer(Int128(lane))
            }
        case .sorted(let gathering):
            return try collected(gathering, aggregate.aggregation, isFloat: isFloat, groupCount)
        }
    }

    private func collected(
        _ gathering: SortedGathering, _ aggregation: Aggregation, isFloat: Bool, _ groupCount: Int
    ) throws -> [MetricValue] {
        guard case .percentile(let fraction, let continuous) = aggregation else {
            return try gathering.distinctCounts(groupCount: groupCount, parallelism: parallelism)
                .map { .integer(Int128($0)) }
        }
        return try gathering.percentiles(
            fraction: fraction, continuous: continuous, groupCount: groupCount, parallelism: parallelism
        ).map { percentile in percentile.map { $0.value(isFloat: isFloat, continuous: continuous) } ?? .null }
    }

    /// The average of exact totals: of whole-unit types rounded half away from zero, else as a float.
    private static func average(_ sum: Int128, _ count: Int64, as type: LogicalType) -> MetricValue {
        guard count > 0 else { return .null }
        guard type.storage == .integer else { return .number(Double(sum) / Double(count)) }
        let (quotient, remainder) = sum.quotientAndRemainder(dividingBy: Int128(count))
        let isHalfOrMore = remainder.magnitude * 2 >= UInt128(count)
        return .integer(quotient + (isHalfOrMore ? (sum < 0 ? -1 : 1) : 0))
    }
}

extension Percentile {
    func value(isFloat: Bool, continuous: Bool) -> MetricValue {
        if isFloat {
            let low = FloatOrder.double(lower)
            return .number(weight == 0 ? low : low + (FloatOrder.double(upper) - low) * weight)
        }
        guard continuous else { return .integer(Int128(lower)) }
        guard weight > 0 else { return .number(Double(lower)) }
        return .number(Double(lower) + Double(Int128(upper) - Int128(lower)) * weight)
    }
}
