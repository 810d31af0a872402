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
    /// Of tables that were joined.
    private(set) var problems: [TablesProblem] = []
    /// For each scan, the latest moment that a row counts at.
    private(set) var latestMoments: [Int64?] = []
    private var scans: [Scan] = []
    /// By leaf, groups with their values; nil for those that are counted in the answer's own periods.
    private var framedValues: [[(group: Int, value: MetricValue)]?] = []

    private enum Scan {
        /// In the answer's periods; `numbers` gives the answer's group for each of the scan's.
        case ordinary(ScanExecution, totals: ScanTotals, numbers: [Int32])
        /// In periods of its own, from which windows and earlier periods are put together.
        case framed(FramedScan)
    }

    init(_ plan: QueryPlan, parallelism: Int) {
        self.plan = plan
        self.parallelism = parallelism
        groups = GroupRegistry(plan.dimensions)
        // Without dimensions there is one group even when no row counts.
        if plan.dimensions.isEmpty { _ = groups.number(of: [0]) }
    }

    /// A plan run from its first scan to the values of its metrics, by metric column and group.
    ///
    /// - Parameter snapshots: gives a table by name.
    static func complete(
        _ plan: QueryPlan, options: QueryOptions, cache: PartialCache?,
        _ snapshots: @escaping (String) throws -> TableSnapshot
    ) throws -> (evaluation: QueryEvaluation, values: [[MetricValue]]) {
        var evaluation = QueryEvaluation(plan, parallelism: options.parallelism)
        defer { evaluation.giveBackTotals() }
        for program in plan.programs {
            try evaluation.run(
                execution(of: program, plan, options: options, cache: cache, isOutline: false, snapshots))
        }
        try evaluation.evaluateFrames()
        do throws(QueryProblem) { try evaluation.fillPeriods() } catch { throw error.diagnostic }
        return (evaluation, try evaluation.metricValues())
    }

    /// - Parameter isOutline: no row will be read, but for those that kept marks need to follow a change.
    static func execution(
        of program: ScanProgram, _ plan: QueryPlan, options: QueryOptions, cache: PartialCache?, isOutline: Bool,
        _ snapshots: @escaping (String) throws -> TableSnapshot
    ) throws -> ScanExecution {
        let timeRange = program.scan.frame?.timeRange ?? plan.timeRange
        let table = MarkedTable(
            scan: program.scan, zone: plan.zone, timeRange: timeRange, parallelism: options.parallelism,
            isOutline: isOutline)
        if options.usesCache, let cache, let mark = program.keptMark,
            let marked = try table.snapshots(keeping: mark, in: cache, snapshots)
        {
            return try ScanExecution(
                program, timeRange: timeRange, options: options, cache: cache, keepsMarks: marked.areKept,
                snapshots: marked.snapshots)
        }
        let keepsMarks = program.scan.marks.isEmpty || program.keptMark != nil && cache == nil
        return try ScanExecution(
            program, timeRange: timeRange, options: options, cache: cache, keepsMarks: keepsMarks,
            snapshots: try table.snapshots(snapshots))
    }

    mutating func run(_ execution: ScanExecution) throws {
        let frame = execution.program.scan.frame
        let (totals, account) = try execution.totals(dimensions: frame?.dimensions ?? plan.dimensions)
        latestMoments.append(try execution.latestMoment(totals.members.map(\.partial.latestMoment)))
        if let frame {
            scans.append(.framed(FramedScan(execution, totals, frame: frame)))
        } else {
            let numbers: [Int32]
            if scans.isEmpty {
                groups = totals.groups
                numbers = (0..<groups.count).map { Int32($0) }
            } else {
                numbers = groups.numbers(of: totals.groups)
            }
            scans.append(.ordinary(execution, totals: totals, numbers: numbers))
        }
        problems += account.problems.filter { !problems.contains($0) }
        statistics.segmentsCached += account.cachedSegments
        statistics.segmentsScanned += account.scannedSegments
        statistics.rowsScanned += account.scannedRows
        statistics.segmentsHashed += account.hashedSegments
        statistics.segmentsTotal += execution.snapshot.segments.count
        statistics.segmentsPruned =
            statistics.segmentsTotal - statistics.segmentsScanned - statistics.segmentsCached
    }

    /// Lets the next query of the same plan go on from here.
    func giveBackTotals() {
        for scan in scans {
            switch scan {
            case .ordinary(let execution, let totals, _): execution.giveBack(totals)
            case .framed(let framed): framed.execution.giveBack(framed.totals)
            }
        }
    }

    /// Puts the windows and earlier periods of metrics along time together, with the groups that only they have.
    mutating func evaluateFrames() throws {
        let framed = scans.map { scan -> FramedScan? in
            if case .framed(let framed) = scan { framed } else { nil }
        }
        guard framed.contains(where: { $0 != nil }) else { return }
        framedValues = try FrameEvaluation(plan: plan, scans: framed, parallelism: parallelism).values(&groups)
    }

    /// Adds the periods that have no rows, for every combination of the other dimensions that occurs.
    mutating func fillPeriods() throws(QueryProblem) {
        guard let dimension = plan.filledDimension else { return }
        try PeriodFilling(plan: plan, dimension: dimension).fill(&groups)
    }

    /// By metric column of the answer, values by group.
    func metricValues() throws -> [[MetricValue]] {
        try metricValues(groupCount: groups.count) { position in
            let leaf = plan.leaves[position]
            switch scans[leaf.scan] {
            case .framed:
                return valuesAlongTime(of: leaf, position)
            case .ordinary(let execution, let totals, let numbers):
                return try values(of: leaf, execution.program, totals.states, numbers, groupCount: groups.count)
            }
        }
    }

    /// By metric column, values where groups are put together, from the states of their folds.
    ///
    /// - Parameters:
    ///   - numbers: for each group, the one it goes to, below `count`.
    func metricValues(regrouped numbers: [Int32], count: Int) throws -> [[MetricValue]] {
        let identity = (0..<count).map { Int32($0) }
        let regrouped = scans.map { scan -> FoldStates? in
            guard case .ordinary(_, let totals, let own) = scan else { return nil }
            return totals.states(regrouped: own.map { numbers[Int($0)] }, count: count)
        }
        return try metricValues(groupCount: count) { position in
            let leaf = plan.leaves[position]
            guard case .ordinary(let execution, _, _) = scans[leaf.scan], let states = regrouped[leaf.scan] else {
                preconditionFailure("\(leaf.definition.name) is taken over other periods than the answer's")
            }
            return try values(of: leaf, execution.program, states, identity, groupCount: count)
        }
    }

    /// - Parameter leafValues: by group, for a position among the plan's leaves.
    private func metricValues(
        groupCount: Int, _ leafValues: (Int) throws -> [MetricValue]
    ) throws -> [[MetricValue]] {
        let leaves = try plan.leaves.indices.map { position in
            let leaf = plan.leaves[position]
            var values = try leafValues(position)
            let fill = leaf.simple.fillNullsWith.map { MetricValue.integer(Int128($0)).conforming(to: leaf.type) }
            for group in values.indices {
                switch values[group] {
                case .null: if let fill { values[group] = fill }
                case .integer where leaf.type.storage != .float: break
                case .integer, .number:
                    values[group] = values[group].conforming(to: leaf.type)
                    if let fill, values[group] == .null { values[group] = fill }
                }
            }
            return values
        }
        return try plan.metrics.flatMap { metric in
            let computation = MetricComputation(
                metric: metric.definition.name, leaves: leaves, groupCount: groupCount, zone: plan.zone)
            let values = try computation.values(of: metric.node, type: metric.definition.type)
            guard let prior = metric.prior else { return [values] }
            let before = try computation.values(of: prior, type: metric.definition.type)
            let beside = metric.comparedColumns.map { compared in
                zip(values, before).map { compared.column.value($0, prior: $1).conforming(to: compared.type) }
            }
            return [values] + beside
        }
    }

    private func values(
        of leaf: PlannedLeaf, _ program: ScanProgram, _ states: FoldStates, _ numbers: [Int32], groupCount: Int
    ) throws -> [MetricValue] {
        let aggregate = program.scan.aggregates[leaf.aggregate]
        let rows = states.rowCounts[aggregate.mask.map { $0 + 1 } ?? 0]
        var own = try QueryEvaluation.values(
            of: states.folds[program.foldOfAggregate[leaf.aggregate]], aggregate, type: leaf.definition.type,
            groupCount: states.groupCount, parallelism: parallelism)
        if !plan.dimensions.isEmpty || aggregate.aggregation == .sumBoolean {
            for group in own.indices where rows[group] == 0 { own[group] = .null }
        }
        if groupCount == own.count, numbers.indices.allSatisfy({ numbers[$0] == $0 }) { return own }
        var values = [MetricValue](repeating: .null, count: groupCount)
        for (group, number) in numbers.enumerated() { values[Int(number)] = own[group] }
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
        case .values(let gathering):
            guard case .percentile(let fraction, let continuous) = aggregate.aggregation else {
                return try gathering.distinctCounts(groupCount: groupCount, parallelism: parallelism)
                    .map { .integer(Int128($0)) }
            }
            return try gathering.percentiles(
                fraction: fraction, continuous: continuous, groupCount: groupCount, parallelism: parallelism
            ).map { percentile in percentile.map { $0.value(isFloat: isFloat, continuous: continuous) } ?? .null }
        }
    }

    /// The average of exact totals: of whole-unit types rounded half away from zero, else as a float.
    static func average(_ sum: Int128, _ count: Int64, as type: LogicalType) -> MetricValue {
        guard count > 0 else { return .null }
        guard type.storage == .integer else { return .number(Double(total: sum) / Double(count)) }
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
        return .number(Double(lower) + Double(total: Int128(upper) - Int128(lower)) * weight)
    }
}
