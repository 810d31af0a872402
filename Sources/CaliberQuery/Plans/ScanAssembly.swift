import CaliberCore
import CaliberDictionary

/// Gathers the aggregates of a query into as few passes over rows as there are pairs of table and anchor.
struct ScanAssembly {
    let dictionary: MetricDictionary
    let query: MetricQuery
    let zone: BusinessZone
    let timeRange: PlannedTimeRange
    let leaves: [MetricTree.Leaf]
    private(set) var dimensions: [PlannedDimension] = []
    private(set) var scans: [PlannedScan] = []
    private(set) var plannedLeaves: [PlannedLeaf] = []

    init(
        dictionary: MetricDictionary, query: MetricQuery, zone: BusinessZone, timeRange: PlannedTimeRange,
        leaves: [MetricTree.Leaf]
    ) {
        self.dictionary = dictionary
        self.query = query
        self.zone = zone
        self.timeRange = timeRange
        self.leaves = leaves
    }

    /// Metrics of one table that are counted at one moment.
    private struct Group {
        let scope: TableScope
        let anchor: String?
        /// Marked rows are scanned apart, so that what other metrics give can be kept.
        let isMarked: Bool
        var leaves: [Int]
        var metric: String
        var frame: FrameRange?
    }

    /// A group's nulls are the bits of one lane.
    static let mostDimensions = 32

    mutating func resolve(_ problems: inout PlanProblems) {
        guard query.groupBy.count <= ScanAssembly.mostDimensions else {
            problems.add(.tooManyDimensions(count: query.groupBy.count, limit: ScanAssembly.mostDimensions))
            return
        }
        checkFrames(&problems)
        let groups = self.groups(&problems)
        let scanDimensions = resolveDimensions(groups, &problems)
        guard problems.diagnostics.isEmpty else {
            for group in groups { _ = filter(of: group, &problems) }
            return
        }
        var placed = [PlannedLeaf?](repeating: nil, count: leaves.count)
        for (group, dimensions) in zip(groups, scanDimensions) {
            let filter = filter(of: group, &problems)
            let scan = problems.collect { () throws(QueryProblem) in
                try self.scan(group, dimensions: dimensions, filter: filter, &placed)
            }
            if let scan { scans.append(scan) }
        }
        plannedLeaves = placed.compactMap { $0 }
    }

    private func groups(_ problems: inout PlanProblems) -> [Group] {
        var groups: [Group] = []
        for (position, leaf) in leaves.enumerated() {
            guard let table = dictionary.table(named: leaf.simple.table) else {
                problems.add(
                    .unknownTable(
                        name: leaf.simple.table,
                        nearest: NameSuggestion.nearest(
                            to: leaf.simple.table, among: dictionary.tables.map(\.name))))
                continue
            }
            let anchor = leaf.simple.anchor ?? table.anchor
            if anchor == nil, query.startTime != nil || query.endTime != nil {
                problems.add(
                    .metricWithoutTime(metric: leaf.definition.name, table: table.name, use: "a time range"))
            }
            let isMarked = leaf.mark != nil
            let frame = FrameRange(leaf.steps, of: timeRange, calendar)
            let same = groups.firstIndex { group in
                guard group.scope.table.name == table.name, group.anchor == anchor, group.isMarked == isMarked else {
                    return false
                }
                guard let frame, let other = group.frame else { return frame == nil && group.frame == nil }
                return other.canShare(with: frame)
            }
            if let same {
                groups[same].leaves.append(position)
                if let frame { groups[same].frame?.extend(by: frame) }
            } else {
                groups.append(
                    Group(
                        scope: TableScope(table: table, dictionary: dictionary), anchor: anchor, isMarked: isMarked,
                        leaves: [position], metric: leaf.definition.name, frame: frame))
            }
        }
        return groups
    }

    /// - Returns: for each group, what to compute for each dimension.
    private mutating func resolveDimensions(_ groups: [Group], _ problems: inout PlanProblems) -> [[ScanDimension]] {
        var result = [[ScanDimension]](repeating: [], count: groups.count)
        for name in query.groupBy {
            var found: [(group: Int, planned: PlannedDimension, scan: ScanDimension)] = []
            var missing: [(group: Int, problem: QueryProblem)] = []
            for (position, group) in groups.enumerated() {
                let resolution = DimensionResolution(
                    scope: group.scope, metric: group.metric, anchor: group.anchor, dictionary: dictionary)
                do throws(QueryProblem) {
                    let (planned, scan) = try resolution.resolve(name)
                    found.append((position, planned, scan))
                } catch {
                    missing.append((position, error))
                }
            }
            report(missing, of: name, found: found.map { groups[$0.group].metric }, groups, &problems)
            guard let first = found.first else { continue }
            for other in found where !other.planned.isComparable(with: first.planned) {
                problems.add(
                    .dimensionTypesDiffer(
                        name: name, metric: groups[other.group].metric, type: other.planned.type.name,
                        otherMetric: groups[first.group].metric, otherType: first.planned.type.name))
            }
            if dimensions.contains(where: { $0.name == first.planned.name }) {
                problems.add(.repeatedDimension(name: name))
                continue
            }
            dimensions.append(first.planned)
            for dimension in found { result[dimension.group].append(dimension.scan) }
        }
        return result
    }

    private func report(
        _ missing: [(group: Int, problem: QueryProblem)], of name: String, found: [String], _ groups: [Group],
        _ problems: inout PlanProblems
    ) {
        for (group, problem) in missing {
            if case .unknownDimension = problem, !found.isEmpty {
                problems.add(
                    .dimensionNotShared(
                        name: name, metric: groups[group].metric, table: groups[group].scope.table.name,
                        found: found))
            } else {
                problems.add(problem)
            }
        }
    }

    /// The query's filters, compiled for one group.
    private func filter(of group: Group, _ problems: inout PlanProblems) -> TypedExpression? {
        guard !query.filters.isEmpty else { return nil }
        var columns: [ColumnReference: LogicalType] = [:]
        for column in group.scope.columns { columns[column.reference] = column.type }
        if group.anchor != nil { columns[ColumnReference(name: TableScope.metricTime)] = .timestamp }
        let scope = ExpressionScope(
            description: "metric \(group.metric) (table \(group.scope.table.name))", columns: columns,
            currency: dictionary.settings.currency, zone: zone,
            metrics: dictionary.metricScope(of: query.filters.joined(separator: " ")))
        var conditions: [TypedExpression] = []
        for (position, text) in query.filters.enumerated() {
            let option = query.filters.count == 1 ? "--where" : "--where (\(position + 1))"
            let place = SourceLocation(file: option, line: 1, column: 1)
            switch ExpressionCompiler.compile(text, in: scope, at: place, expecting: .condition) {
            case .failure(let list): list.diagnostics.forEach { problems.add($0) }
            case .success(let expression):
                let stored = problems.collect { () throws(QueryProblem) in
                    try group.scope.storedForm(of: expression, anchor: group.anchor)
                }
                if let stored { conditions.append(stored) }
            }
        }
        return .conjunction(conditions)
    }

    private func scan(
        _ group: Group, dimensions: [ScanDimension], filter: TypedExpression?, _ placed: inout [PlannedLeaf?]
    ) throws(QueryProblem) -> PlannedScan {
        var masks: [TypedExpression] = []
        var aggregates: [PlannedAggregate] = []
        var marks: [PlannedMark] = []
        for position in group.leaves {
            let leaf = leaves[position]
            var mask: Int?
            var mark: PlannedMark?
            if let asked = leaf.mark {
                mark = marks.first { $0.name == asked.name }
                if mark == nil {
                    let planned = try MarkPlanning(
                        dictionary: dictionary, scope: group.scope, anchor: group.anchor,
                        dimensions: Array(zip(self.dimensions, dimensions)), filter: filter,
                        timeZone: query.timeZone
                    ).mark(named: asked.name, for: asked.request)
                    marks.append(planned)
                    mark = planned
                }
            }
            if let condition = leaf.mark == nil ? leaf.filter : leaf.mark?.filter {
                let stored = try group.scope.storedForm(of: condition, anchor: group.anchor)
                mask = masks.firstIndex(of: stored)
                if mask == nil {
                    masks.append(stored)
                    mask = masks.count - 1
                }
            }
            var expression: TypedExpression?
            // Rows with the mark of a first row have a value: they are counted without reading it.
            if let value = leaf.simple.expression, leaf.simple.aggregation != .countNew {
                expression = try group.scope.storedForm(of: value, anchor: group.anchor)
            }
            func place(_ aggregation: Aggregation) -> Int {
                let aggregate = PlannedAggregate(aggregation: aggregation, expression: expression, mask: mask)
                if let known = aggregates.firstIndex(of: aggregate) { return known }
                aggregates.append(aggregate)
                return aggregates.count - 1
            }
            // The average of a window is no average of averages.
            let isFramedAverage = group.frame != nil && leaf.simple.aggregation == .average
            placed[position] = PlannedLeaf(
                definition: leaf.definition, simple: leaf.simple, filter: leaf.filter, scan: scans.count,
                aggregate: place(isFramedAverage ? .sum : leaf.simple.aggregation), mark: mark,
                countAggregate: isFramedAverage ? place(.count) : nil, steps: leaf.steps)
        }
        var anchor: TypedExpression?
        if let name = group.anchor {
            anchor = try group.scope.storedForm(
                of: TypedExpression(.column(ColumnReference(name: name)), .timestamp), anchor: nil)
        }
        var dimensions = dimensions
        var frame: ScanFrame?
        if let range = group.frame, let anchor {
            (dimensions, frame) = try self.frame(
                range, dimensions: dimensions, anchor: anchor, metric: leaves[group.leaves[0]].root)
        }
        let expressions =
            [anchor, filter].compactMap { $0 } + dimensions.map(\.expression) + masks
            + aggregates.compactMap(\.expression)
        let scan = PlannedScan(
            table: group.scope.table, anchor: anchor, anchorName: group.anchor, dimensions: dimensions, filter: filter,
            masks: masks, aggregates: aggregates, joins: try group.scope.joins(of: expressions), marks: marks,
            frame: frame)
        return try MetricValuePlanning(
            dictionary: dictionary, scope: group.scope, timeZone: query.timeZone
        ).marked(scan)
    }
}
