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
    private var totals: [[FoldTotal]] = []
    /// For each scan rows that passed, for all and for each mask, by group.
    private var rowCounts: [[[Int64]]] = []
    private var programs: [ScanProgram] = []
    /// By scan; nil for those whose periods are the answer's.
    private var framedScans: [FramedScan?] = []
    /// By leaf, groups with their values; nil for ordinary leaves.
    private var framedValues: [[(group: Int, value: MetricValue)]?] = []

    init(_ plan: QueryPlan, parallelism: Int) {
        self.plan = plan
        self.parallelism = parallelism
        groups = GroupRegistry(plan.dimensions)
        // Without dimensions there is one group even when no row counts.
        if plan.dimensions.isEmpty { _ = groups.number(of: [0]) }
    }

    mutating func run(_ execution: ScanExecution) throws {
        if let frame = execution.program.scan.frame { return try run(execution, frame) }
        let partials = try execution.partials(parallelism: parallelism)
        let program = execution.program
        var totals = program.folds.map(FoldTotal.init)
        var counts = [[Int64]](repeating: [], count: program.masks.count + 1)
        for partial in partials {
            let numbers = groups.numbers(of: partial)
            for fold in totals.indices {
                totals[fold].grow(to: groups.count)
                totals[fold].merge(partial.folds[fold], numbers)
            }
            for mask in counts.indices {
                if groups.count > counts[mask].count {
                    counts[mask] += [Int64](repeating: 0, count: groups.count - counts[mask].count)
                }
                for (index, number) in numbers.enumerated() {
                    counts[mask][Int(number)] += partial.rowCounts[mask][index]
                }
            }
        }
        try finish(execution, partials)
        self.totals.append(totals)
        rowCounts.append(counts)
        framedScans.append(nil)
    }

    private mutating func finish(_ execution: ScanExecution, _ partials: [SegmentPartial]) throws {
        for partial in partials {
            statistics.rowsScanned += partial.rowsScanned
            if !partial.isDense { statistics.segmentsHashed += 1 }
        }
        statistics.segmentsTotal += execution.snapshot.segments.count
        statistics.segmentsScanned += partials.count
        statistics.segmentsPruned += execution.snapshot.segments.count - partials.count
        latestMoments.append(try execution.latestMoment(partials))
        programs.append(execution.program)
    }

    private mutating func run(_ execution: ScanExecution, _ frame: ScanFrame) throws {
        let scan = try FramedScan(execution, frame: frame, parallelism: parallelism)
        try finish(execution, scan.partials)
        totals.append([])
        rowCounts.append([])
        framedScans.append(scan)
    }

    /// Puts the windows and earlier periods of metrics along time together, with the groups that only they have.
    mutating func evaluateFrames() throws {
        guard framedScans.contains(where: { $0 != nil }) else { return }
        framedValues = try FrameEvaluation(plan: plan, scans: framedScans, parallelism: parallelism).values(&groups)
    }

    /// Adds the periods that have no rows, for every combination of the other dimensions that occurs.
    mutating func fillPeriods() throws(QueryProblem) {
        guard let dimension = plan.filledDimension else { return }
        try PeriodFilling(plan: plan, dimension: dimension).fill(&groups)
    }

    /// By metric column of the answer, values by group.
    mutating func metricValues() throws -> [[MetricValue]] {
        for scan in totals.indices {
            for fold in totals[scan].indices { totals[scan][fold].grow(to: groups.count) }
            for mask in rowCounts[scan].indices {
                rowCounts[scan][mask] += [Int64](
                    repeating: 0, count: groups.count - rowCounts[scan][mask].count)
            }
        }
        let leaves = try plan.leaves.indices.map { try values(ofLeaf: $0) }
        return try plan.metrics.flatMap { metric in
            let computation = MetricComputation(
                metric: metric.definition.name, leaves: leaves, groupCount: groups.count, zone: plan.zone)
            let values = try computation.values(of: metric.node, type: metric.definition.type)
            guard let prior = metric.prior else { return [values] }
            let before = try computation.values(of: prior, type: metric.definition.type)
            let beside = metric.comparedColumns.map { compared in
                zip(values, before).map { compared.column.value($0, prior: $1).conforming(to: compared.type) }
            }
            return [values] + beside
        }
    }

    private func values(ofLeaf position: Int) throws -> [MetricValue] {
        let leaf = plan.leaves[position]
        var values = try leaf.steps.isEmpty ? ordinaryValues(of: leaf) : valuesAlongTime(of: leaf, position)
        for group in values.indices {
            values[group] = values[group].conforming(to: leaf.type)
            if values[group] == .null, let fill = leaf.simple.fillNullsWith {
                values[group] = MetricValue.integer(Int128(fill)).conforming(to: leaf.type)
            }
        }
        return values
    }

    private func ordinaryValues(of leaf: PlannedLeaf) throws -> [MetricValue] {
        let program = programs[leaf.scan]
        let aggregate = program.scan.aggregates[leaf.aggregate]
        let rows = rowCounts[leaf.scan][aggregate.mask.map { $0 + 1 } ?? 0]
        var values = try QueryEvaluation.values(
            of: totals[leaf.scan][program.foldOfAggregate[leaf.aggregate]], aggregate, type: leaf.definition.type,
            groupCount: groups.count, parallelism: parallelism)
        for group in values.indices where rows[group] == 0 {
            if !plan.dimensions.isEmpty || aggregate.aggregation == .sumBoolean { values[group] = .null }
        }
        return values
    }

    private func valuesAlongTime(of leaf: PlannedLeaf, _ position: Int) -> [MetricValue] {
        let isCount = leaf.simple.aggregation == .count || leaf.simple.aggregation == .countDistinct
        let empty: MetricValue = plan.dimensions.isEmpty && isCount ? .integer(0) : .null
        var values = [MetricValue](repeating: empty, count: groups.count)
        for (group, value) in framedValues[position] ?? [] { values[group] = value }
        return values
    }

    /// What a fold comes to by group.
    ///
    /// - Parameter type: of the metric's values.
    static func values(
        of total: FoldTotal, _ aggregate: PlannedAggregate, type: LogicalType, groupCount: Int, parallelism: Int
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
        case .collection(let gathering):
            return try collected(
                gathering, aggregate.aggregation, isFloat: isFloat, groupCount: groupCount, parallelism: parallelism)
        }
    }

    private static func collected(
        _ gathering: ValueGathering, _ aggregation: Aggregation, isFloat: Bool, groupCount: Int, parallelism: Int
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
    static func average(_ sum: Int128, _ count: Int64, as type: LogicalType) -> MetricValue {
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
