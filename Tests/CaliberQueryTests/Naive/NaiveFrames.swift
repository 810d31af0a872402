import CaliberCore
import CaliberDictionary
import CaliberQuery

/// A step from a period of the answer to the rows of a metric along time.
enum NaiveStep {
    case offset(TimeOffset)
    case window(CumulativeMetric)
}

/// Metrics along time, by listing for every period the days that count, one by one, and then the rows of those days.
///
/// Days are the finest periods; ranges begin and end with days where a metric is offset by months.
extension NaiveQuery {
    /// A period of the answer as the days of it that the query's range holds.
    private struct Days {
        let period: Int32
        let first: Int32
        let last: Int32
        /// It goes on to the end of its grain.
        let isWhole: Bool
    }

    private var grain: TimeGrain? { groupBy.first { $0.name.hasPrefix("metric_time") }?.grain }
    private var timePosition: Int? { groupBy.firstIndex { $0.name.hasPrefix("metric_time") } }

    /// By group, the rows of each day that stands for its period: one, unless days are averaged.
    func frames(
        of simple: SimpleMetric, _ filters: [TypedExpression], _ steps: [NaiveStep]
    ) -> [Key: [[Cell?]]] {
        // A window reaches back before the range; an offset may show rows from before it, too.
        let rows = self.rows(of: simple, filters, in: Int64.min..<scanEnd(steps)).map { row in
            (
                key: withoutTime(row.key), cell: row.cell,
                day: zone.date(of: Timestamp(microseconds: row.moment)).dayNumber
            )
        }
        var found: [Key: [[Cell?]]] = [:]
        let data = dataDays()
        for period in shownPeriods(shownData()) {
            var byKey: [Key: [[Cell?]]] = [:]
            let windows = self.windows(steps, of: period, data)
            for (number, days) in windows.enumerated() {
                for row in rows where days.contains(row.day) {
                    let key = withTime(row.key, period.period)
                    byKey[key, default: Array(repeating: [], count: windows.count)][number].append(row.cell)
                }
            }
            found.merge(byKey) { first, _ in first }
        }
        return found
    }

    func framedValues(
        of simple: SimpleMetric, _ filters: [TypedExpression], _ steps: [NaiveStep], _ keys: [Key], type: LogicalType
    ) -> [AnswerValue] {
        let groups = frames(of: simple, filters, steps)
        let isAveraged = steps.contains { step in
            if case .window(let window) = step { window.periodAggregation == .average && grain != nil } else { false }
        }
        let becomesFraction = steps.contains { step in
            if case .window(let window) = step { window.periodAggregation == .average } else { false }
        }
        let finalType = becomesFraction ? fractional(type) : type
        return keys.map { key in
            let days = groups[key] ?? []
            var values = days.map { $0.isEmpty ? .null : NaiveAggregate.value(simple.aggregation, $0, type) }
            if days.isEmpty, groupBy.isEmpty { values = [NaiveAggregate.value(simple.aggregation, [], type)] }
            if let fill = simple.fillNullsWith {
                values = values.map { $0 == .null ? .integer(Int128(fill)) : $0 }
                if values.isEmpty { values = [.integer(Int128(fill))] }
            }
            let present = values.filter { $0 != .null }
            guard isAveraged else { return converted(present.first ?? .null, finalType) }
            return NaiveAggregate.value(.average, present.map(cell), finalType)
        }
    }

    private func cell(_ value: AnswerValue) -> Cell? {
        switch value {
        case .integer(let value): .integer(Int64(value))
        case .number(let value): .number(value)
        default: .null
        }
    }

    private func converted(_ value: AnswerValue, _ type: LogicalType) -> AnswerValue {
        if case .integer(let integer) = value, type.storage == .float { return .number(Double(integer)) }
        return value
    }

    private func fractional(_ type: LogicalType) -> LogicalType {
        switch type {
        case .integer: .number
        case .money(let currency): .moneyRate(currency)
        default: type
        }
    }

    private func withoutTime(_ key: Key) -> Key {
        var key = key
        if let timePosition { key.remove(at: timePosition) }
        return key
    }

    private func withTime(_ key: Key, _ period: Int32) -> Key {
        var key = key
        if let timePosition { key.insert(.integer(Int128(period)), at: timePosition) }
        return key
    }

    // MARK: Periods and days

    /// Rows at or after the end of the range never count, unless an offset looks at another time altogether.
    private func scanEnd(_ steps: [NaiveStep]) -> Int64 {
        let isOffset = steps.contains { step in if case .offset = step { true } else { false } }
        return isOffset ? Int64.max : range.upperBound
    }

    /// From the first to the last day that has rows of any metric along time of the query.
    private func dataDays() -> ClosedRange<Int32>? { days(ofAll: false) }

    /// The same of every metric: the answer shows the periods of all.
    private func shownData() -> ClosedRange<Int32>? { days(ofAll: true) }

    private func days(ofAll: Bool) -> ClosedRange<Int32>? {
        var days: [Int32] = []
        for reference in query.metrics {
            guard let metric = shop.dictionary.metric(named: reference.name) else { continue }
            days += framedDays(of: metric, [], isFramed: ofAll)
        }
        return days.min().flatMap { low in days.max().map { low...$0 } }
    }

    private func framedDays(
        of metric: MetricDefinition, _ filters: [TypedExpression], isFramed: Bool
    ) -> [Int32] {
        if case .simple(let simple) = metric.content {
            guard isFramed else { return [] }
            return rows(of: simple, filters, in: Int64.min..<range.upperBound)
                .map { zone.date(of: Timestamp(microseconds: $0.moment)).dayNumber }
        }
        var isWindow = false
        if case .cumulative = metric.content { isWindow = true }
        return metric.inputs.flatMap { input -> [Int32] in
            guard let inner = shop.dictionary.metric(named: input.metric) else { return [] }
            return framedDays(
                of: inner, filters + [input.filter].compactMap { $0 },
                isFramed: isFramed || isWindow || input.offset != nil)
        }
    }

    private func shownPeriods(_ data: ClosedRange<Int32>?) -> [Days] {
        let first = range.lowerBound == .min ? data?.lowerBound : day(range.lowerBound)
        let last = range.upperBound == .max ? data?.upperBound : day(range.upperBound - 1)
        guard let grain else {
            return [Days(period: 0, first: first ?? 0, last: last ?? -1, isWhole: false)]
        }
        guard let first, let last, first <= last else { return [] }
        var periods: [Days] = []
        var start = grain.start(of: CivilDate(dayNumber: first))
        while start.dayNumber <= last {
            let next = grain.next(after: start)
            let end = range.upperBound == .max ? next.dayNumber - 1 : min(next.dayNumber - 1, last)
            periods.append(
                Days(
                    period: start.dayNumber,
                    first: range.lowerBound == .min ? start.dayNumber : max(start.dayNumber, first), last: end,
                    isWhole: end == next.dayNumber - 1))
            start = next
        }
        return periods
    }

    private func day(_ moment: Int64) -> Int32 { zone.date(of: Timestamp(microseconds: moment)).dayNumber }

    /// Day by day what counts: one set, or one for each day that is averaged.
    private func windows(
        _ steps: [NaiveStep], of period: Days, _ data: ClosedRange<Int32>?
    ) -> [Range<Int32>] {
        var days = period
        for (position, step) in steps.enumerated() {
            switch step {
            case .offset(.back(let span)): days = moved(days, back: span)
            case .offset(.toStart(let long)):
                guard let grain else { return [] }
                let long = long.common ?? .year
                let first = grain.start(of: long.start(of: CivilDate(dayNumber: period.period)))
                days = Days(
                    period: first.dayNumber, first: first.dayNumber, last: grain.next(after: first).dayNumber - 1,
                    isWhole: true)
            case .offset(.earlier): preconditionFailure("the fixtures have no calendars along time")
            case .window(let cumulative):
                precondition(position == steps.count - 1, "the fixtures take nothing within a window")
                return shownDays(of: days, cumulative.periodAggregation, data).map {
                    window(cumulative.window, upTo: $0)
                }
            }
        }
        return [days.first..<max(days.first, days.last + 1)]
    }

    private func moved(_ days: Days, back span: CalendarSpan) -> Days {
        let first = span.day(before: CivilDate(dayNumber: days.first)).dayNumber
        var last = span.day(before: CivilDate(dayNumber: days.last)).dayNumber
        // Whole weeks, months and longer move by their boundaries: what follows them follows them there.
        let next = CivilDate(dayNumber: days.last + 1)
        let isLong = grain != .day
        if isLong, days.isWhole || next.components.day == 1 { last = span.day(before: next).dayNumber - 1 }
        return Days(period: first, first: first, last: last, isWhole: days.isWhole)
    }

    private func shownDays(
        of days: Days, _ aggregation: CumulativeMetric.PeriodAggregation, _ data: ClosedRange<Int32>?
    ) -> [Int32] {
        guard let data else { return [] }
        let first = range.lowerBound == .min ? max(days.first, data.lowerBound) : days.first
        let last = range.upperBound == .max ? min(days.last, data.upperBound) : days.last
        guard first <= last else { return [] }
        switch grain == nil ? .last : aggregation {
        case .first: return [first]
        case .last: return [last]
        case .average: return Array(first...last)
        }
    }

    private func window(_ window: CumulativeMetric.Window, upTo day: Int32) -> Range<Int32> {
        let last = CivilDate(dayNumber: day)
        let first: Int32 =
            switch window {
            case .trailing(let span): span.day(before: CivilDate(dayNumber: day + 1)).dayNumber
            case .toDate(let grain): (grain.start(of: last) ?? last).dayNumber
            case .allTime: -1_000_000
            }
        return first..<day + 1
    }
}
