import CaliberCore
import CaliberDictionary

/// A stretch of the time line: `from` (inclusive) until `until` (exclusive), UTC microseconds; nil is open.
struct TimeStretch: Equatable {
    var from: Int64?
    var until: Int64?
    /// It ends where a period of the answer ends, and is not cut off before.
    var endsPeriod: Bool
}

/// Takes the periods of an answer to earlier times and to windows, on the calendar of one zone.
///
/// Neighbouring weeks, months, quarters and years stay neighbours wherever they are taken, because what is moved is the
/// boundary between them: no day is lost, none counts twice. Days and hours are moved one by one, so that the 29th to
/// 31st of a month may all fall on the last day of a shorter one.
struct FrameCalendar {
    let zone: BusinessZone
    /// What the answer's rows are cut by; nil: they show the whole range.
    let grain: PeriodGrain?

    /// What windows are put together from.
    var baseGrain: TimeGrain { grain == .common(.hour) ? .hour : .day }

    // MARK: Earlier times

    /// - Returns: nil where a calendar has nothing earlier to put it beside.
    func stretch(_ stretch: TimeStretch, movedBy offset: TimeOffset) -> TimeStretch? {
        switch offset {
        case .back(let span):
            return TimeStretch(
                from: stretch.from.map { moment(span, before: $0) },
                until: stretch.until.map { end($0, movedBy: span, endsPeriod: stretch.endsPeriod) },
                endsPeriod: stretch.endsPeriod)
        case .toStart(let longGrain):
            guard let grain, let from = stretch.from else { return stretch }
            guard let own = period(of: grain, holding: from)?.start,
                let day = longGrain.start(of: zone.date(of: Timestamp(microseconds: own))),
                let first = period(of: grain, holding: zone.timestamp(day).microseconds)
            else { return nil }
            return TimeStretch(from: first.start, until: first.next, endsPeriod: true)
        case .earlier(let count, let longGrain):
            return earlier(stretch, by: count, longGrain)
        }
    }

    /// The same time of an earlier day.
    private func moment(_ span: CalendarSpan, before microseconds: Int64) -> Int64 {
        let moment = Timestamp(microseconds: microseconds)
        let local = microseconds + Int64(zone.offsetSeconds(at: moment)) * Timestamp.microsecondsPerSecond
        let day = local.flooredQuotient(by: Timestamp.microsecondsPerDay)
        let time = TimeOfDay(microseconds: local - day * Timestamp.microsecondsPerDay)
        return zone.timestamp(span.day(before: CivilDate(dayNumber: Int32(clamping: day))), time).microseconds
    }

    private func end(_ until: Int64, movedBy span: CalendarSpan, endsPeriod: Bool) -> Int64 {
        guard span.months != nil else { return moment(span, before: until) }
        let isShort = grain == .common(.day) || grain == .common(.hour)
        let start = zone.start(of: .month, holding: Timestamp(microseconds: until))
        if !isShort, endsPeriod || start.microseconds == until { return moment(span, before: until) }
        // The last moment that counts is moved, so that the 28th of March ends where the 28th of February does.
        return moment(span, before: until - 1) + 1
    }

    // MARK: Windows

    /// The window that ends with the base period that holds a moment.
    ///
    /// - Returns: nil for a moment in no period of the calendar that the window goes by.
    func window(_ window: CumulativeMetric.Window, endingAt moment: Int64) -> TimeStretch? {
        let start = zone.start(of: baseGrain, holding: Timestamp(microseconds: moment))
        let end = zone.next(baseGrain, after: start).microseconds
        switch window {
        case .trailing(let span):
            return TimeStretch(from: self.moment(span, before: end), until: end, endsPeriod: false)
        case .toDate(let grain):
            guard let day = grain.start(of: zone.date(of: start)) else { return nil }
            let first = zone.timestamp(day)
            return TimeStretch(from: first.microseconds, until: end, endsPeriod: false)
        case .allTime:
            return TimeStretch(from: nil, until: end, endsPeriod: false)
        }
    }

    // MARK: Base periods

    func baseKey(holding moment: Int64) -> Int64 {
        PeriodTable.period(of: baseGrain, holding: moment, zone: zone).key
    }

    /// The first moment of a base period.
    func moment(ofBaseKey key: Int64) -> Int64 {
        baseGrain == .hour ? key : zone.timestamp(CivilDate(dayNumber: Int32(clamping: key))).microseconds
    }

    /// The base periods that a stretch touches, as keys; nil when there are none.
    func baseKeys(of stretch: TimeStretch) -> Range<Int64>? {
        let first = stretch.from.map(baseKey) ?? .min
        let past = stretch.until.map { baseKey(holding: $0 - 1) + 1 } ?? .max
        if let from = stretch.from, let until = stretch.until, until <= from { return nil }
        return first < past ? first..<past : nil
    }

    func isBoundary(_ moment: Int64, of grain: TimeGrain) -> Bool {
        zone.start(of: grain, holding: Timestamp(microseconds: moment)).microseconds == moment
    }
}

extension FrameCalendar {
    /// The moments that rows must have to count in any frame of the answer.
    func scanRange(_ steps: [TimeStep], of range: PlannedTimeRange) -> PlannedTimeRange {
        if goesByCalendar(steps) { return calendarScanRange(steps, of: range) }
        return PlannedTimeRange(
            from: range.from.flatMap { scanStart(steps, $0) },
            until: range.until.flatMap { until in
                scanEnd(steps, until, from: range.from)
            })
    }

    private func scanStart(_ steps: [TimeStep], _ from: Int64) -> Int64? {
        var start: Int64? = from
        for step in steps {
            guard let moment = start else { return nil }
            switch step {
            case .offset(let offset):
                start = stretch(TimeStretch(from: moment, until: nil, endsPeriod: true), movedBy: offset)?.from
            case .window(let window, _):
                // No window of the answer ends earlier than this one.
                start = self.window(window, endingAt: moment)?.from
            }
        }
        return start
    }

    private func scanEnd(_ steps: [TimeStep], _ until: Int64, from: Int64?) -> Int64? {
        var last = TimeStretch(from: from, until: until, endsPeriod: false)
        if let grain = grain?.common {
            let start = zone.start(of: grain, holding: Timestamp(microseconds: until - 1))
            last.from = start.microseconds
            last.endsPeriod = zone.next(grain, after: start).microseconds == until
        }
        for step in steps {
            switch step {
            case .offset(let offset): last = stretch(last, movedBy: offset) ?? last
            case .window: last.endsPeriod = false
            }
        }
        return last.until
    }
}
