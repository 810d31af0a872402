import CaliberCore
import CaliberDictionary

/// Periods without rows: from the query's first to its last (or the data's), for every combination of the other
/// dimensions that occurs.
struct PeriodFilling {
    let plan: QueryPlan
    let dimension: Int

    /// More rows than this are refused.
    static let mostRows = 1_000_000

    func fill(_ groups: inout GroupRegistry) throws(QueryProblem) {
        guard let grain = plan.dimensions[dimension].grain else { return }
        guard let span = span(groups, grain) else { return }
        let combinations = self.combinations(groups)
        guard !combinations.isEmpty else { return }
        let limit = PeriodFilling.mostRows / combinations.count
        let periods = plan.dimensions[dimension].calendarGrain.map { calendarGrain in
            let keys = calendarGrain.keys(from: span.lowerBound, through: span.upperBound, zone: plan.zone)
            return keys.count > limit ? nil : keys
        }
        guard
            let periods = periods
                ?? grain.keys(from: span.lowerBound, through: span.upperBound, zone: plan.zone, limit: limit)
        else {
            let periods = (span.upperBound - span.lowerBound) / grain.shortestLength
            throw .tooManyPeriods(
                count: max(Int(periods), limit) * combinations.count, limit: PeriodFilling.mostRows,
                grain: plan.dimensions[dimension].cut?.name ?? grain.rawValue)
        }
        for combination in combinations {
            var key = combination
            for period in periods {
                key[dimension] = period
                _ = groups.number(of: key)
            }
        }
    }

    /// A moment in the first period and one in the last; nil when neither the query nor the data has any.
    private func span(_ groups: GroupRegistry, _ grain: TimeGrain) -> ClosedRange<Int64>? {
        let keys = (0..<groups.count).filter { !groups.isNull($0, dimension) }.map { groups.lane($0, dimension) }
        func moment(_ key: Int64) -> Int64 {
            grain == .hour ? key : plan.zone.timestamp(CivilDate(dayNumber: Int32(clamping: key))).microseconds
        }
        let first = plan.timeRange.from ?? keys.min().map(moment)
        let last = plan.timeRange.until.map { $0 - 1 } ?? keys.max().map(moment)
        guard let first, let last, first <= last else { return nil }
        return first...last
    }

    /// What the other dimensions take together, with the filled one's lane to be set.
    private func combinations(_ groups: GroupRegistry) -> [[Int64]] {
        if plan.dimensions.count == 1 { return [[0, 0]] }
        var seen: Set<[Int64]> = []
        var found: [[Int64]] = []
        for group in 0..<groups.count {
            var key = Array(groups.key(group))
            key[dimension] = 0
            key[groups.dimensionCount] &= ~(1 << Int64(dimension))
            if seen.insert(key).inserted { found.append(key) }
        }
        return found
    }
}

extension CalendarGrain {
    /// The keys of all periods from one moment to another.
    func keys(from first: Int64, through last: Int64, zone: BusinessZone) -> [Int64] {
        let firstDay = zone.date(of: Timestamp(microseconds: first))
        let pastDay = CivilDate(dayNumber: zone.date(of: Timestamp(microseconds: last)).dayNumber + 1)
        return periods(from: firstDay, until: pastDay).map { Int64($0.first.dayNumber) }
    }
}

extension TimeGrain {
    /// A period has at least this many microseconds, clock changes apart.
    fileprivate var shortestLength: Int64 {
        switch self {
        case .hour: 3_600_000_000
        case .day: Timestamp.microsecondsPerDay
        case .week: 7 * Timestamp.microsecondsPerDay
        case .month: 28 * Timestamp.microsecondsPerDay
        case .quarter: 90 * Timestamp.microsecondsPerDay
        case .year: 365 * Timestamp.microsecondsPerDay
        }
    }
}
