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
    private var totals: [ScanTotals] = []
    /// For each scan what segments gave, and the groups of it, where it is merged once more.
    private var kept: [(partials: [SegmentPartial], numbers: [[Int32]])] = []
    /// Set where groups are put together.
    private var mergedGroupCount: Int?

    private var groupCount: Int { mergedGroupCount ?? groups.count }

    init(_ plan: QueryPlan, parallelism: Int) {
        self.plan = plan
        self.parallelism = parallelism
        groups = GroupRegistry(plan.dimensions)
        // Without dimensions there is one group even when no row counts.
        if plan.dimensions.isEmpty { _ = groups.number(of: [0]) }
    }

    /// A plan run from its first scan to the values of its metrics, by metric and group.
    ///
    /// - Parameter snapshots: gives a table by name.
    static func complete(
        _ plan: QueryPlan, parallelism: Int, _ snapshots: @escaping (String) throws -> TableSnapshot
    ) throws -> (evaluation: QueryEvaluation, values: [[MetricValue]]) {
        var evaluation = QueryEvaluation(plan, parallelism: parallelism)
        for scan in plan.scans {
            let table = MarkedTable(
                scan: scan, zone: plan.zone, timeRange: plan.timeRange, parallelism: parallelism)
            try evaluation.run(
                ScanExecution(
                    scan, zone: plan.zone, timeRange: plan.timeRange, snapshots: try table.snapshots(snapshots)))
        }
        do throws(QueryProblem) { try evaluation.fillPeriods() } catch { throw error.diagnostic }
        let values = try evaluation.metricValues()
        return (evaluation, values)
    }

    mutating func run(_ execution: ScanExecution) throws {
        let partials = try execution.partials(parallelism: parallelism)
        var numbers: [[Int32]] = []
        for partial in partials {
            numbers.append(groups.numbers(of: partial))
            statistics.rowsScanned += partial.rowsScanned
            if !partial.isDense { statistics.segmentsHashed += 1 }
        }
        totals.append(ScanTotals(execution.program, partials, numbers, groupCount: groups.count))
        if plan.relations.mergesGroups { kept.append((partials, numbers)) }
        statistics.segmentsTotal += execution.snapshot.segments.count
        statistics.segmentsScanned += partials.count
        statistics.segmentsPruned += execution.snapshot.segments.count - partials.count
        latestMoments.append(try execution.latestMoment(partials))
    }

    /// Adds the periods that have no rows, for every combination of the other dimensions that occurs.
    mutating func fillPeriods() throws(QueryProblem) {
        guard let dimension = plan.filledDimension else { return }
        try PeriodFilling(plan: plan, dimension: dimension).fill(&groups)
    }

    /// Each metric's values by group.
    mutating func metricValues() throws -> [[MetricValue]] {
        for scan in totals.indices { totals[scan].grow(to: groupCount) }
        let leaves = try plan.leaves.map { try values(of: $0) }
        return try plan.metrics.map { metric in
            try MetricComputation(
                metric: metric.definition.name, leaves: leaves, groupCount: groupCount, zone: plan.zone
            )
            .values(of: metric.node, type: metric.definition.type)
        }
    }

    /// Each metric's values where groups are put together, from the states of their folds.
    ///
    /// - Parameters:
    ///   - numbers: for each group, the one it goes to, below `count`.
    func metricValues(regrouped numbers: [Int32], count: Int) throws -> [[MetricValue]] {
        precondition(plan.relations.mergesGroups, "what segments gave was not kept for merging it once more")
        var merged = self
        merged.mergedGroupCount = count
        merged.totals = zip(totals, kept).map { total, kept in
            let regrouped = kept.numbers.map { own in own.map { numbers[Int($0)] } }
            return ScanTotals(total.program, kept.partials, regrouped, groupCount: count)
        }
        return try merged.metricValues()
    }

    private func values(of leaf: PlannedLeaf) throws -> [MetricValue] {
        let program = totals[leaf.scan].program
        let aggregate = program.scan.aggregates[leaf.aggregate]
        let fold = program.foldOfAggregate[leaf.aggregate]
        let rows = totals[leaf.scan].rowCounts[aggregate.mask.map { $0 + 1 } ?? 0]
        let isFloat = aggregate.expression?.type.storage == .float
        var values: [MetricValue]
        switch totals[leaf.scan].folds[fold] {
        case .counts(let counts):
            values = counts.map { .integer(Int128($0)) }
        case .integerSums(let sums, let counts):
            values = zip(sums, counts).map { sum, count in
                aggregate.aggregation == .average
                    ? QueryEvaluation.average(sum, count, as: leaf.definition.type)
                    : count == 0 ? .null : .integer(sum)
            }
        case .floatSums(let sums, let counts):
            values = zip(sums, counts).map { sum, count in
                count == 0 ? .null : .number(aggregate.aggregation == .average ? sum / Double(count) : sum)
            }
        case .extrema(let extrema, let found, _):
            values = zip(extrema, found).map { lane, found in
                !found ? .null : isFloat ? .number(FloatOrder.double(lane)) : .integer(Int128(lane))
            }
        case .collection(let gathering):
            values = try collected(gathering, aggregate.aggregation, isFloat: isFloat)
        }
        for group in values.indices {
            if rows[group] == 0, !plan.dimensions.isEmpty || aggregate.aggregation == .sumBoolean {
                values[group] = .null
            }
            values[group] = values[group].conforming(to: leaf.definition.type)
            if values[group] == .null, let fill = leaf.simple.fillNullsWith {
                values[group] = MetricValue.integer(Int128(fill)).conforming(to: leaf.definition.type)
            }
        }
        return values
    }

    private func collected(
        _ gathering: ValueGathering, _ aggregation: Aggregation, isFloat: Bool
    ) throws -> [MetricValue] {
        guard case .percentile(let fraction, let continuous) = aggregation else {
            return try gathering.distinctCounts(groupCount: groupCount, parallelism: parallelism)
                .map { .integer(Int128($0)) }
        }
        return try gathering.percentiles(
            fraction: fraction, continuous: continuous, isFloat: isFloat, groupCount: groupCount,
            parallelism: parallelism
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
