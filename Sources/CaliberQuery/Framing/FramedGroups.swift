import CaliberCore
import CaliberDictionary

/// Metrics of one table that share a scan because they are counted at one moment and taken over the same stretch of time.
struct FrameRange: Equatable {
    /// Of every frame's rows.
    var timeRange: PlannedTimeRange
    /// Both ends lie between base periods, so frames may share a scan over a longer stretch.
    let isAligned: Bool

    init?(_ steps: [TimeStep], of range: PlannedTimeRange, _ calendar: FrameCalendar) {
        guard !steps.isEmpty else { return nil }
        timeRange = calendar.scanRange(steps, of: range)
        isAligned = [timeRange.from, timeRange.until].allSatisfy { moment in
            moment.map { calendar.isBoundary($0, of: calendar.baseGrain) } ?? true
        }
    }

    /// Whether one scan can feed both; it then covers both.
    func canShare(with other: FrameRange) -> Bool { self == other || isAligned && other.isAligned }

    mutating func extend(by other: FrameRange) {
        let (from, until) = (timeRange.from, timeRange.until)
        timeRange = PlannedTimeRange(
            from: from.flatMap { from in other.timeRange.from.map { min(from, $0) } },
            until: until.flatMap { until in other.timeRange.until.map { max(until, $0) } })
    }
}

extension ScanAssembly {
    /// The periods and windows of this query's answer.
    var calendar: FrameCalendar {
        FrameCalendar(zone: zone, grain: query.metricTimeGrain(dictionary))
    }

    /// Reports what metrics along time can't be asked for together with.
    func checkFrames(_ problems: inout PlanProblems) {
        for leaf in leaves where !leaf.steps.isEmpty {
            let times = query.groupBy.filter { $0.split(separator: "__").first == TableScope.metricTime[...] }
            if times.count > 1 {
                problems.add(.severalGrains(metric: leaf.root, names: times))
            }
            guard times.isEmpty else { continue }
            for case .offset(let offset) in leaf.steps {
                switch offset {
                case .back where timeRange.from != nil && timeRange.until != nil,
                    .earlier where timeRange.from != nil && timeRange.until != nil:
                    continue
                case .back, .toStart, .earlier:
                    problems.add(.offsetWithoutTime(metric: leaf.root, offset: "\(offset)"))
                }
            }
        }
    }

    /// What a framed scan computes for each row: the answer's other dimensions, then the base period.
    func frame(
        _ frame: FrameRange, dimensions: [ScanDimension], anchor: TypedExpression, metric: String
    ) throws(QueryProblem) -> (dimensions: [ScanDimension], frame: ScanFrame) {
        let baseGrain = calendar.baseGrain
        var scanned: [ScanDimension] = []
        var planned: [PlannedDimension] = []
        for (dimension, own) in zip(self.dimensions, dimensions) where !dimension.isMetricTime {
            if own.grain != nil, own.expression == anchor {
                throw .ownTimeGrouped(metric: metric, name: dimension.name)
            }
            scanned.append(own)
            planned.append(dimension)
        }
        scanned.append(ScanDimension(expression: anchor, grain: baseGrain))
        planned.append(
            PlannedDimension(
                name: "\(TableScope.metricTime)__\(baseGrain.rawValue)", type: baseGrain == .hour ? .timestamp : .date,
                grain: baseGrain, isMetricTime: true))
        return (
            scanned, ScanFrame(timeRange: frame.timeRange, baseGrain: baseGrain, dimensions: planned)
        )
    }
}

extension MetricQuery {
    /// What the answer's rows are cut by along metric_time; nil where they are not.
    func metricTimeGrain(_ dictionary: MetricDictionary) -> PeriodGrain? {
        groupBy.lazy.compactMap { name -> PeriodGrain? in
            let parts = name.split(separator: "__", omittingEmptySubsequences: false)
            guard parts.first == TableScope.metricTime[...] else { return nil }
            return parts.count == 1 ? .common(.day) : dictionary.grain(named: String(parts[1]))
        }.first
    }
}
