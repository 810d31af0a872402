import CaliberCore
import CaliberDictionary

/// Periods of declared calendars: where they are, and what is put beside them.
extension FrameCalendar {
    /// The first moment of the period that holds a moment, and that of the next period or the gap after it; nil where no
    /// period holds it.
    func period(of grain: PeriodGrain, holding moment: Int64) -> (start: Int64, next: Int64)? {
        let moment = Timestamp(microseconds: moment)
        switch grain {
        case .common(let grain):
            let start = zone.start(of: grain, holding: moment)
            return (start.microseconds, zone.next(grain, after: start).microseconds)
        case .custom(let grain):
            guard let period = grain.period(holding: zone.date(of: moment)) else { return nil }
            let stretch = stretch(of: period)
            return stretch.from.flatMap { from in stretch.until.map { (from, $0) } }
        }
    }

    func stretch(of period: CalendarPeriod) -> TimeStretch {
        TimeStretch(
            from: zone.timestamp(period.first).microseconds, until: zone.timestamp(period.past).microseconds,
            endsPeriod: true)
    }

    /// The periods that have a moment in a range, in the order of time.
    ///
    /// - Parameters:
    ///   - from: nil from the calendar's beginning.
    ///   - until: exclusive; nil to its end.
    func periods(
        of grain: CalendarGrain, from: Int64?, until: Int64?
    ) -> [(period: CalendarPeriod, stretch: TimeStretch)] {
        let first = from.map { zone.date(of: Timestamp(microseconds: $0)) }
        let past = until.map { CivilDate(dayNumber: zone.date(of: Timestamp(microseconds: $0 - 1)).dayNumber + 1) }
        return grain.periods(from: first, until: past).map { ($0, stretch(of: $0)) }
    }

    func clipped(_ stretch: TimeStretch, to range: PlannedTimeRange) -> TimeStretch {
        var clipped = stretch
        if let from = range.from { clipped.from = max(stretch.from ?? from, from) }
        if let until = range.until {
            clipped.until = min(stretch.until ?? until, until)
            clipped.endsPeriod = stretch.endsPeriod && clipped.until == stretch.until
        }
        return clipped
    }

    // MARK: Earlier periods

    func earlier(_ stretch: TimeStretch, by count: Int, _ longGrain: CalendarGrain) -> TimeStretch? {
        var earlier = stretch
        if let from = stretch.from {
            guard let start = start(from, earlierBy: count, longGrain) else { return nil }
            earlier.from = start
        }
        if let until = stretch.until {
            guard let end = end(until, earlierBy: count, longGrain) else { return nil }
            earlier.until = end
        }
        return earlier
    }

    /// The same time of the day that is beside a moment's.
    private func start(_ moment: Int64, earlierBy count: Int, _ longGrain: CalendarGrain) -> Int64? {
        let day = zone.date(of: Timestamp(microseconds: moment))
        let time = TimeOfDay(microseconds: clock(moment) - Int64(day.dayNumber) * Timestamp.microsecondsPerDay)
        return longGrain.start(day, earlierBy: count, shownBy: grain?.custom).map {
            zone.timestamp($0, time).microseconds
        }
    }

    private func end(_ until: Int64, earlierBy count: Int, _ longGrain: CalendarGrain) -> Int64? {
        guard isBoundary(until, of: .day) else {
            return start(until - 1, earlierBy: count, longGrain).map { $0 + 1 }
        }
        let past = CivilDate(dayNumber: zone.date(of: Timestamp(microseconds: until - 1)).dayNumber + 1)
        return longGrain.end(past, earlierBy: count, shownBy: grain?.custom).map { zone.timestamp($0).microseconds }
    }

    private func clock(_ moment: Int64) -> Int64 {
        moment + Int64(zone.offsetSeconds(at: Timestamp(microseconds: moment))) * Timestamp.microsecondsPerSecond
    }

    /// Whether anything of a range has something beside it so many periods earlier.
    func hasCounterpart(in range: PlannedTimeRange, earlierBy count: Int, _ longGrain: CalendarGrain) -> Bool {
        let pieces = longGrain.pieces(shownBy: grain?.custom)
        return periods(of: pieces, from: range.from, until: range.until).contains { piece, _ in
            longGrain.start(piece.first, earlierBy: count, shownBy: grain?.custom) != nil
        }
    }

    // MARK: What is scanned

    /// Whether periods of a calendar decide which rows count; where they are is then found by going through them.
    func goesByCalendar(_ steps: [TimeStep]) -> Bool {
        grain?.custom != nil || steps.contains { $0.calendarGrain != nil }
    }

    /// The moments that rows must have, found period by period: seasons need not keep their order from year to year.
    func calendarScanRange(_ steps: [TimeStep], of range: PlannedTimeRange) -> PlannedTimeRange {
        guard range.from != nil || range.until != nil else { return range }
        let frames = stretches(in: range, steps).compactMap { scanned(steps, $0) }
        let starts = frames.map(\.from)
        let ends = frames.map(\.until)
        let from = range.from == nil || starts.contains(nil) ? nil : starts.compactMap { $0 }.min() ?? range.from
        let until = range.until == nil || ends.contains(nil) ? nil : ends.compactMap { $0 }.max() ?? range.from
        return PlannedTimeRange(from: from, until: until)
    }

    /// What the answer's rows show, where either end of the range is known.
    private func stretches(in range: PlannedTimeRange, _ steps: [TimeStep]) -> [TimeStretch] {
        switch grain {
        case nil: return [TimeStretch(from: range.from, until: range.until, endsPeriod: false)]
        case .custom(let grain)?:
            return periods(of: grain, from: range.from, until: range.until).map { clipped($0.stretch, to: range) }
        case .common(let grain)?:
            let calendars = steps.compactMap(\.calendarGrain)
            let limits = calendars.compactMap(\.periods.first?.first) + calendars.compactMap(\.periods.last?.past)
            guard let first = range.from ?? limits.min().map({ zone.timestamp($0).microseconds }),
                let last = range.until.map({ $0 - 1 }) ?? limits.max().map({ zone.timestamp($0).microseconds })
            else { return [] }
            var stretches: [TimeStretch] = []
            var start = zone.start(of: max(grain, .day), holding: Timestamp(microseconds: first))
            while start.microseconds <= last {
                let next = zone.next(max(grain, .day), after: start)
                stretches.append(
                    clipped(
                        TimeStretch(from: start.microseconds, until: next.microseconds, endsPeriod: true), to: range))
                start = next
            }
            return stretches
        }
    }

    /// From the first to the last moment of any window of a stretch.
    private func scanned(_ steps: [TimeStep], _ stretch: TimeStretch) -> TimeStretch? {
        var current = stretch
        for step in steps {
            guard let next = scanned(step, current) else { return nil }
            current = next
        }
        return current
    }

    private func scanned(_ step: TimeStep, _ stretch: TimeStretch) -> TimeStretch? {
        switch step {
        case .offset(let offset): return self.stretch(stretch, movedBy: offset)
        case .window(let window, _):
            var covered = stretch
            covered.endsPeriod = false
            guard let from = stretch.from else { return covered }
            guard let until = stretch.until else {
                covered.from = self.window(window, endingAt: from)?.from
                return covered
            }
            let starts = days(from: from, until: until).compactMap { self.window(window, endingAt: $0) }
            guard !starts.isEmpty else { return nil }
            covered.from = starts.contains { $0.from == nil } ? nil : starts.compactMap(\.from).min()
            return covered
        }
    }

    /// Every stretch on the way from the periods of a range to the rows of their windows.
    func lookedUp(_ steps: [TimeStep], in range: PlannedTimeRange) -> [TimeStretch] {
        guard !steps.isEmpty else { return [] }
        return stretches(in: range, steps).flatMap { stretch in
            var found: [TimeStretch] = []
            var current = stretch
            for step in steps {
                if case .offset(.toStart(let grain)) = step, let from = current.from,
                    let own = self.grain.flatMap({ period(of: $0, holding: from) }),
                    let long = period(of: grain, holding: own.start)
                {
                    found.append(TimeStretch(from: long.start, until: own.next, endsPeriod: true))
                }
                guard let next = scanned(step, current) else { break }
                found.append(next)
                current = next
            }
            return found
        }
    }

    /// A moment of each day.
    private func days(from: Int64, until: Int64) -> [Int64] {
        var days: [Int64] = []
        var moment = Timestamp(microseconds: from)
        while moment.microseconds < until {
            days.append(moment.microseconds)
            moment = zone.next(.day, after: zone.start(of: .day, holding: moment))
        }
        return days
    }
}

extension TimeStep {
    /// The calendar that decides where it leads; nil for the common one.
    var calendarGrain: CalendarGrain? {
        switch self {
        case .offset(let offset): offset.calendarGrain
        case .window(let window, _): window.calendarGrain
        }
    }
}
