import CaliberCore
import CaliberDictionary

/// Resolves queries against one dictionary.
public struct QueryPlanner: Sendable {
    let dictionary: MetricDictionary
    let definitionHash: @Sendable (MetricDefinition) -> String

    /// - Parameter definitionHash: the content hash of a metric's meaning, shown with every answer.
    public init(
        dictionary: MetricDictionary, definitionHash: @escaping @Sendable (MetricDefinition) -> String
    ) {
        self.dictionary = dictionary
        self.definitionHash = definitionHash
    }

    /// - Throws: `DiagnosticList` with every problem of the query, not only the first.
    public func plan(_ query: MetricQuery) throws -> QueryPlan {
        var problems = PlanProblems()
        let zone = self.zone(of: query, &problems)
        let timeRange = problems.collect { () throws(QueryProblem) in
            try PlannedTimeRange(start: query.startTime, end: query.endTime, zone: zone)
        }
        var tree = MetricTree(dictionary: dictionary)
        let comparison = self.comparison(of: query, timeRange, zone, &problems)
        let roots = resolveMetrics(query, comparison, in: &tree, &problems)
        var assembly = ScanAssembly(
            dictionary: dictionary, query: query, zone: zone,
            timeRange: timeRange ?? PlannedTimeRange(from: nil, until: nil), leaves: tree.leaves)
        assembly.resolve(&problems)
        if let limit = query.limit, limit < 1 { problems.add(.limitNotPositive(limit: limit)) }
        let metrics = self.metrics(roots)
        let columns = metrics.flatMap(\.columnNames)
        let firstColumns = metrics.map { metric in columns.firstIndex(of: metric.column) ?? 0 }
        // Where a name is unknown already, what refers to it is no second problem.
        let isComplete =
            roots.count == query.metrics.count && assembly.dimensions.count == query.groupBy.count
        var relations = PlannedRelations()
        if isComplete, assembly.plannedLeaves.count == tree.leaves.count {
            relations = RelationPlanning(
                query: query, dimensions: assembly.dimensions, metrics: metrics, leaves: assembly.plannedLeaves
            ).plan(&problems)
        }
        let order =
            isComplete
            ? self.order(
                of: query, dimensions: assembly.dimensions, metrics: columns, firstColumns,
                related: relations.columns.map(\.name), &problems) : []
        let filled = filledDimension(of: query, assembly.dimensions, tree.leaves, &problems)
        try problems.throwAny()

        return QueryPlan(
            query: query, zone: zone, metrics: metrics, dimensions: assembly.dimensions,
            leaves: assembly.plannedLeaves, scans: assembly.scans,
            programs: assembly.scans.map { ScanProgram($0, zone: zone) },
            timeRange: timeRange ?? PlannedTimeRange(from: nil, until: nil), order: order, filledDimension: filled,
            relations: relations, comparison: comparison)
    }

    private func zone(of query: MetricQuery, _ problems: inout PlanProblems) -> BusinessZone {
        guard let text = query.timeZone else { return dictionary.settings.timeZone }
        if let zone = BusinessZone(identifier: text) { return zone }
        problems.add(.unknownTimeZone(text: text))
        return dictionary.settings.timeZone
    }

    private struct Root {
        let definition: MetricDefinition
        let node: MetricNode
        let prior: MetricNode?
    }

    private func resolveMetrics(
        _ query: MetricQuery, _ comparison: PlannedComparison?, in tree: inout MetricTree,
        _ problems: inout PlanProblems
    ) -> [Root] {
        if query.metrics.isEmpty { problems.add(.noMetrics) }
        var roots: [Root] = []
        for reference in query.metrics {
            let root = problems.collect { () throws(QueryProblem) -> Root in
                let definition = try dictionary.definition(of: reference)
                if roots.contains(where: {
                    $0.definition.id == definition.id && $0.definition.version == definition.version
                }) {
                    throw .repeatedMetric(name: definition.name)
                }
                let node = try tree.node(of: definition, filters: [], depth: 0)
                var prior: MetricNode?
                if let comparison {
                    if let timeless = tree.leaves(of: node).first(where: { $0.simple.anchor == nil }) {
                        throw .metricWithoutTime(
                            metric: timeless.definition.name, table: timeless.simple.table, use: "--compare")
                    }
                    prior = try tree.node(
                        of: definition, filters: [], steps: [.offset(comparison.offset)], depth: 0)
                }
                return Root(definition: definition, node: node, prior: prior)
            }
            if let root { roots.append(root) }
        }
        return roots
    }

    private func metrics(_ roots: [Root]) -> [PlannedMetric] {
        zip(roots, columnNames(of: roots.map(\.definition))).map { root, column in
            PlannedMetric(
                definition: root.definition, column: column, definitionHash: definitionHash(root.definition),
                node: root.node, prior: root.prior)
        }
    }

    private func comparison(
        of query: MetricQuery, _ timeRange: PlannedTimeRange?, _ zone: BusinessZone, _ problems: inout PlanProblems
    ) -> PlannedComparison? {
        guard let text = query.comparison else { return nil }
        let grain = query.metricTimeGrain(dictionary)
        let calendars = dictionary.calendars.map(\.calendar)
        guard let comparison = QueryComparison(text: text, calendars: calendars) else {
            problems.add(
                .unknownComparison(
                    text: text, nearest: NameSuggestion.nearest(to: text, among: QueryComparison.names)))
            return nil
        }
        guard let timeRange else { return nil }
        guard let offset = comparison.offset(for: timeRange, grain: grain, zone: zone) else {
            problems.add(.comparisonWithoutTime(text: text))
            return nil
        }
        if case .earlier(let count, let long) = offset,
            !FrameCalendar(zone: zone, grain: grain).hasCounterpart(in: timeRange, earlierBy: count, long)
        {
            problems.add(.nothingEarlier(text: text, calendar: long.calendar.name, offset: "\(offset)"))
            return nil
        }
        return PlannedComparison(comparison: comparison, offset: offset)
    }

    /// Names of the metrics' columns: with the version where one name is asked for in two versions.
    private func columnNames(of definitions: [MetricDefinition]) -> [String] {
        definitions.map { definition in
            definitions.count { $0.name == definition.name } > 1
                ? "\(definition.name)@\(definition.version)" : definition.name
        }
    }

    private func order(
        of query: MetricQuery, dimensions: [PlannedDimension], metrics: [String],
        _ firstColumns: [Int], related: [String], _ problems: inout PlanProblems
    ) -> [PlannedOrder] {
        let columns = dimensions.map(\.name) + metrics + related
        return query.order.compactMap { term in
            let wanted =
                term.name == TableScope.metricTime
                ? dimensions.first { $0.isMetricTime }?.name ?? term.name : term.name
            let position =
                columns.firstIndex(of: wanted) ?? columns.firstIndex(of: wanted + "__day")
                ?? query.metrics.firstIndex { $0.description == wanted || $0.name == wanted }.map {
                    dimensions.count + firstColumns[$0]
                }
            guard let position, position < columns.count else {
                problems.add(
                    .unknownOrder(name: term.name, nearest: NameSuggestion.nearest(to: term.name, among: columns)))
                return nil
            }
            return PlannedOrder(column: position, descending: term.descending)
        }
    }

    private func filledDimension(
        of query: MetricQuery, _ dimensions: [PlannedDimension], _ leaves: [MetricTree.Leaf],
        _ problems: inout PlanProblems
    ) -> Int? {
        let position = dimensions.firstIndex { $0.isMetricTime }
        if query.fillsMissingPeriods {
            if position == nil, !query.groupBy.contains(where: { $0.hasPrefix(TableScope.metricTime) }) {
                problems.add(.fillWithoutTime)
            }
            return position
        }
        return leaves.contains { $0.simple.joinToTimeSpine } ? position : nil
    }
}

/// Problems gathered while planning goes on.
struct PlanProblems {
    private(set) var diagnostics: [Diagnostic] = []

    mutating func add(_ problem: QueryProblem) { add(problem.diagnostic) }

    mutating func add(_ diagnostic: Diagnostic) {
        if !diagnostics.contains(diagnostic) { diagnostics.append(diagnostic) }
    }

    /// The value, or nil with the problem kept.
    mutating func collect<Value>(_ body: () throws(QueryProblem) -> Value) -> Value? {
        do throws(QueryProblem) {
            return try body()
        } catch {
            add(error)
            return nil
        }
    }

    func throwAny() throws {
        if !diagnostics.isEmpty { throw DiagnosticList(diagnostics) }
    }
}

extension MetricDictionary {
    func definition(of reference: MetricReference) throws(QueryProblem) -> MetricDefinition {
        if let found = metric(named: reference.name, version: reference.version) { return found }
        let versions = (metrics + earlierMetrics).filter { $0.name == reference.name || $0.id == reference.name }
        if let version = reference.version,
            let unreachable = unreachableVersion(named: reference.name, version: version)
        {
            throw .unreachableVersion(unreachable)
        }
        if let version = reference.version, !versions.isEmpty {
            throw .unknownVersion(
                name: reference.name, version: version, known: versions.map(\.version).sorted())
        }
        throw .unknownMetric(name: reference.description, nearest: metricNames(near: reference.name))
    }

    /// A synonym leads to the metric it stands for: a figure is asked for by its one name.
    private func metricNames(near name: String) -> [String] {
        let byWord = Dictionary(
            metrics.flatMap { metric in
                ([metric.name, metric.id] + metric.synonyms).map { ($0.lowercased(), metric.name) }
            }, uniquingKeysWith: { first, _ in first })
        let nearest = NameSuggestion.nearest(to: name.lowercased(), among: byWord.keys).compactMap { byWord[$0] }
        return nearest.reduce(into: []) { names, name in if !names.contains(name) { names.append(name) } }
    }
}
