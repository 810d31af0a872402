import CaliberColumns
import CaliberCore
import CaliberDictionary

/// Puts the values of metrics along time in the places of an answer: for each of its periods and every combination of
/// its other dimensions that has a row in the metric's window.
struct FrameEvaluation {
    let plan: QueryPlan
    /// By scan; nil for ordinary ones.
    let scans: [FramedScan?]
    let parallelism: Int

    /// More rows than this are refused.
    static let mostValues = 10_000_000

    /// - Returns: by leaf, groups of the answer with their values; nil for ordinary leaves.
    func values(_ groups: inout GroupRegistry) throws -> [[(group: Int, value: MetricValue)]?] {
        let frame = try framePoints(groups)
        let points = plan.framePoints.points(of: frame, plan.leaves.map(\.steps))
        return try plan.leaves.indices.map { position in
            let leaf = plan.leaves[position]
            guard !leaf.steps.isEmpty, let scan = scans[leaf.scan] else { return nil }
            return try values(of: leaf, scan, frame, points[position], &groups)
        }
    }

    private func values(
        of leaf: PlannedLeaf, _ scan: FramedScan, _ frame: FramePoints, _ points: [FramePoints.Point],
        _ groups: inout GroupRegistry
    ) throws -> [(group: Int, value: MetricValue)] {
        let framed = FramedValues(scan: scan, leaf: leaf, points: points, parallelism: parallelism)
        var place = AnswerPlaces(plan: plan, scan: scan)
        var averages = PeriodAverages(leaf: leaf, points: points)
        var found: [(group: Int, value: MetricValue)] = []
        var keys = groups
        func put(_ period: Int, _ combination: Int32, _ value: MetricValue) throws {
            guard found.count < FrameEvaluation.mostValues else {
                throw QueryProblem.tooManyPeriods(
                    count: points.count * scan.combinations.keys.count, limit: FrameEvaluation.mostValues,
                    grain: frame.calendar.grain?.name ?? "day"
                ).diagnostic
            }
            let key = place.key(of: combination, period: frame.periods[period].key, &keys)
            found.append((keys.number(of: key), value))
        }
        let isAveraged = leaf.isAveraged && frame.calendar.grain != nil
        try framed.values { value in
            if isAveraged {
                averages.add(value)
            } else {
                try put(points[value.point].period, value.combination, value.value)
            }
        }
        for (period, combination, value) in averages.values() { try put(period, combination, value) }
        groups = keys
        return found
    }

    // MARK: Periods

    private func framePoints(_ groups: GroupRegistry) throws -> FramePoints {
        let time = plan.dimensions.firstIndex { $0.isMetricTime }
        let calendar = FrameCalendar(zone: plan.zone, grain: time.flatMap { plan.dimensions[$0].cut })
        let data = dataSpan()
        return FramePoints(
            calendar: calendar, periods: try periods(groups, time, calendar, data), data: data,
            timeRange: plan.timeRange)
    }

    /// From the first base period with rows to the last, over all framed scans.
    private func dataSpan() -> Range<Int64>? {
        var low: Int64?
        var high: Int64?
        for scan in scans.compactMap({ $0 }) {
            for key in scan.baseKeys {
                low = min(low ?? key, key)
                high = max(high ?? key, key)
            }
        }
        return low.flatMap { low in high.map { low..<$0 + 1 } }
    }

    private func periods(
        _ groups: GroupRegistry, _ time: Int?, _ calendar: FrameCalendar, _ data: Range<Int64>?
    ) throws -> [FramePoints.Period] {
        guard let grain = calendar.grain, let time else {
            let whole = TimeStretch(from: plan.timeRange.from, until: plan.timeRange.until, endsPeriod: false)
            return [FramePoints.Period(key: 0, stretch: whole)]
        }
        let isHourly = grain == .common(.hour)
        let shown = (0..<groups.count).filter { !groups.isNull($0, time) }.map { groups.lane($0, time) }.map { key in
            isHourly ? key : plan.zone.timestamp(CivilDate(dayNumber: Int32(clamping: key))).microseconds
        }
        let moments =
            shown + (data.map { [$0.lowerBound, $0.upperBound - 1].map(calendar.moment(ofBaseKey:)) } ?? [])
        guard let first = plan.timeRange.from ?? moments.min(),
            let last = plan.timeRange.until.map({ $0 - 1 }) ?? moments.max(), first <= last
        else { return [] }
        let common: TimeGrain
        switch grain {
        case .common(let grain): common = grain
        case .custom(let grain):
            return calendar.periods(of: grain, from: first, until: last + 1).map { period, stretch in
                FramePoints.Period(
                    key: Int64(period.first.dayNumber),
                    stretch: calendar.clipped(stretch, to: plan.timeRange))
            }
        }
        guard let keys = common.keys(from: first, through: last, zone: plan.zone, limit: PeriodFilling.mostRows) else {
            throw QueryProblem.tooManyPeriods(
                count: PeriodFilling.mostRows + 1, limit: PeriodFilling.mostRows, grain: common.rawValue
            ).diagnostic
        }
        return keys.map { key in
            let start =
                isHourly
                ? Timestamp(microseconds: key) : plan.zone.timestamp(CivilDate(dayNumber: Int32(clamping: key)))
            let end = plan.zone.next(common, after: start).microseconds
            let until = plan.timeRange.until.map { min($0, end) } ?? end
            return FramePoints.Period(
                key: key,
                stretch: TimeStretch(
                    from: max(plan.timeRange.from ?? .min, start.microseconds), until: until, endsPeriod: until == end))
        }
    }
}

/// From a combination of a framed scan's dimensions and a period to the key of a group of the answer.
private struct AnswerPlaces {
    let plan: QueryPlan
    let scan: FramedScan
    private let time: Int?
    private var known: [Int32: [Int64]] = [:]

    init(plan: QueryPlan, scan: FramedScan) {
        self.plan = plan
        self.scan = scan
        time = plan.dimensions.firstIndex(where: \.isMetricTime)
    }

    mutating func key(of combination: Int32, period: Int64, _ groups: inout GroupRegistry) -> [Int64] {
        var key: [Int64]
        if let made = known[combination] {
            key = made
        } else {
            key = template(of: scan.combinations.keys[Int(combination)], groups)
            known[combination] = key
        }
        if let time { key[time] = period }
        return key
    }

    /// Lanes in the order of the answer's dimensions, strings in its codes.
    private func template(of own: [Int64], _ groups: GroupRegistry) -> [Int64] {
        var key = [Int64](repeating: 0, count: plan.dimensions.count + 1)
        var position = 0
        for (dimension, planned) in plan.dimensions.enumerated() where !planned.isMetricTime {
            defer { position += 1 }
            if own[own.count - 1] >> Int64(position) & 1 != 0 {
                key[plan.dimensions.count] |= 1 << Int64(dimension)
            } else if let pool = groups.pools[dimension], let ownPool = scan.groups.pools[position] {
                key[dimension] = Int64(pool.intern(ownPool[UInt32(truncatingIfNeeded: own[position])]))
            } else {
                key[dimension] = own[position]
            }
        }
        return key
    }
}

/// Averages of the days of each period, for metrics that ask for them.
private struct PeriodAverages {
    let leaf: PlannedLeaf
    let points: [FramePoints.Point]
    private var sums: [Place: (sum: MetricValue, count: Int64)] = [:]
    private var order: [Place] = []

    private struct Place: Hashable {
        let period: Int
        let combination: Int32
    }

    init(leaf: PlannedLeaf, points: [FramePoints.Point]) {
        self.leaf = leaf
        self.points = points
    }

    mutating func add(_ value: FramedValues.Value) {
        // A day without a value still has rows, so the group is there.
        let counted: Int64 = value.value == .null ? 0 : 1
        let place = Place(period: points[value.point].period, combination: value.combination)
        if let known = sums[place] {
            sums[place] = (known.sum.sum(value.value), known.count + counted)
        } else {
            sums[place] = (value.value, counted)
            order.append(place)
        }
    }

    /// Days without a value are left out, unless something stands in for it.
    func values() -> [(period: Int, combination: Int32, value: MetricValue)] {
        var days: [Int: Int64] = [:]
        if leaf.simple.fillNullsWith != nil { for point in points { days[point.period, default: 0] += 1 } }
        return order.map { place in
            guard var (sum, count) = sums[place] else { return (place.period, place.combination, .null) }
            if let fill = leaf.simple.fillNullsWith, let all = days[place.period], all > count {
                sum = sum.sum(.integer(Int128(fill) * Int128(all - count)))
                count = all
            }
            let value: MetricValue =
                switch sum {
                case .null: .null
                case .integer(let sum): QueryEvaluation.average(sum, count, as: leaf.type)
                case .number(let sum): .number(sum / Double(count))
                }
            return (place.period, place.combination, value)
        }
    }
}
