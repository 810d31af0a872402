import CaliberCore
import CaliberFeatures
import CaliberRegression
import CaliberScoring

/// Scored rows beside those that their model was trained on, day by day: what `ScoredRows.drift` says of a span, counted
/// while orders are scored.
///
/// Of each order its first training moment counts, on the business day of that moment. The clock of arrival never falls,
/// so a day is over as soon as a moment of a later one comes, and nothing is added to it afterwards. Then it is said how
/// far the day has moved, and the seven days that end with it: in whole weeks, a Sunday is no drift.
struct DailyDrift {
    /// The contract that measurements come in by; without it in the dictionary, nothing is counted.
    static let contract = "model.drift_measured"
    static let windowDayCount: Int32 = 7

    let baseline: DriftBaseline
    /// Of all versions.
    let name: String
    let model: String
    private(set) var state = State()
    private let zone: BusinessZone
    /// The end of the open day, UTC microseconds; no moment is before it where no day is open.
    private var openUntil = Int64.min
    private var lines = EventText()

    /// What is known of the days up to a position of the log.
    struct State: Equatable {
        /// Since when rows are counted.
        var firstDay: CivilDate?
        /// The day that is not over.
        var openDay: CivilDate?
        /// The open day, and those of the window before it that have rows; in order.
        var days: [Day] = []
    }

    struct Day: Equatable {
        let date: CivilDate
        var counts: DriftCounts
    }

    init(_ file: ModelFile, zone: BusinessZone) {
        baseline = DriftBaseline(file)
        name = file.name
        model = "\(file.name)@\(file.version)"
        self.zone = zone
    }

    mutating func goOn(from state: State) {
        self.state = state
        openUntil = state.openDay.map { zone.timestamp($0.next).microseconds } ?? .min
    }

    var waitingByteCount: Int { lines.byteCount }

    mutating func takeBytes<Result>(_ body: ([UInt8]) throws -> Result) rethrows -> Result {
        try lines.takeBytes(body)
    }

    /// - Parameters:
    ///   - values: of the moment's row.
    ///   - probability: what the model makes of it.
    @inline(__always)
    mutating func take(_ moment: FeatureBlock.Moment, _ values: UnsafeBufferPointer<Double>, probability: Double) {
        if moment.now >= openUntil { begin(at: moment.now) }
        guard moment.isTraining, state.openDay != nil else { return }
        state.days[state.days.count - 1].counts.add(row: values, probability: probability, by: baseline)
    }

    private mutating func begin(at now: Int64) {
        close()
        let date = zone.date(of: Timestamp(microseconds: now))
        // A log whose events have no time has no days.
        guard (1...9999).contains(date.components.year) else { return }
        state.firstDay = state.firstDay ?? date
        state.openDay = date
        state.days.removeAll { $0.date.dayNumber <= date.dayNumber - DailyDrift.windowDayCount }
        state.days.append(Day(date: date, counts: DriftCounts(baseline)))
        openUntil = zone.timestamp(date.next).microseconds
    }

    /// Says how far the open day has moved.
    private mutating func close() {
        defer {
            state.openDay = nil
            openUntil = .min
        }
        guard let open = state.openDay, let first = state.firstDay, let day = state.days.last else { return }
        guard day.counts.rowCount > 0 else {
            state.days.removeLast()
            return
        }
        var window = DriftCounts(baseline)
        for day in state.days { window.add(day.counts) }
        let measured = baseline.measurements(of: day.counts)
        let measuredWindow = baseline.measurements(of: window)
        let dayCount = min(DailyDrift.windowDayCount, open.dayNumber - first.dayNumber + 1)
        let said = SaidDay(open, in: zone)
        for (index, entry) in baseline.entries.enumerated() {
            say(entry, of: said, measured[index], rows: day.counts.rowCount)
            lines.append(#","days_7d":\#(dayCount)"#)
            say(measuredWindow[index], rows: window.rowCount, suffix: "_7d")
            lines.append("}}\n")
        }
    }

    /// A day as its events say it.
    private struct SaidDay {
        let date: String
        let start: String
        let end: String

        init(_ date: CivilDate, in zone: BusinessZone) {
            self.date = date.description
            start = zone.timestamp(date).description
            end = zone.timestamp(date.next).description
        }
    }

    /// The event of a subject's day, up to what is said of its window.
    private mutating func say(
        _ entry: DriftBaseline.Entry, of day: SaidDay, _ measured: DriftMeasurement, rows: Int
    ) {
        let (kind, feature, suffix) =
            switch entry.subject {
            case .score: ("score", "score", "")
            case .feature(let id): ("feature", id, "/\(id)")
            }
        lines.append(#"{"specversion":"1.0","id":""#)
        lines.appendEscaped("drift-\(model)-\(day.date)-\(kind)-\(feature)")
        lines.append(#"","source":"caliber/scoring","type":"\#(DailyDrift.contract)","time":""#)
        lines.append(day.end)
        lines.append(#"","data":{"measurement":""#)
        lines.appendEscaped("\(model)\(suffix)/\(day.date)")
        lines.append(#"","subject":""#)
        lines.appendEscaped("\(name)\(suffix)")
        lines.append(#"","model":""#)
        lines.appendEscaped(model)
        lines.append(#"","kind":"\#(kind)","feature":""#)
        lines.appendEscaped(feature)
        lines.append(#"","measured_day":"\#(day.start)""#)
        if let weight = entry.weight { say("weight", weight) }
        say("missing_before", measured.missingShareBefore)
        say(measured, rows: rows, suffix: "")
    }

    private mutating func say(_ measured: DriftMeasurement, rows: Int, suffix: String) {
        lines.append(#","rows\#(suffix)":\#(rows)"#)
        say("psi\(suffix)", measured.stability.value)
        say("chance_limit\(suffix)", measured.stability.noiseLimit)
        say("missing\(suffix)", measured.missingShareNow)
        lines.append(#","verdict\#(suffix)":"\#(measured.stability.verdict.rawValue)""#)
    }

    /// A field that is left out where there is no number.
    private mutating func say(_ field: String, _ value: Double?) {
        guard let value, value.isFinite else { return }
        lines.append(#","\#(field)":\#(value)"#)
    }
}

extension CivilDate {
    fileprivate var next: CivilDate { CivilDate(dayNumber: dayNumber + 1) }
}
