import CaliberCore

/// The periods of one grain between two moments, tabled so that a row costs a shift and a look-up, not a calendar.
///
/// The time line is cut into intervals in which both the zone's offset and the period stay the same. A period's key is
/// the number of its first day, or for hours the first moment in UTC microseconds.
package struct PeriodTable: Sendable {
    /// Where each interval starts, ascending; the first starts at or before the first moment asked for.
    package let starts: [Int64]
    /// The position in `keys` that each interval stands for.
    package let codes: [UInt32]
    /// Distinct periods, ascending.
    package let keys: [Int64]
    /// The interval that holds the first moment of each bucket of 2^`shift` microseconds.
    private let buckets: [UInt32]
    private let shift: Int64
    private let origin: Int64

    /// More intervals than this are not tabled: outliers of centuries, cut by hours.
    package static let mostIntervals = 1 << 20

    /// - Returns: nil when the span has more than `mostIntervals` periods, or reaches outside years 1 to 9999.
    package init?(grain: TimeGrain, span: ClosedRange<Int64>, zone: BusinessZone) {
        guard span.lowerBound >= Timestamp.earliest.microseconds - Timestamp.microsecondsPerDay,
            span.upperBound <= Timestamp.latest.microseconds + Timestamp.microsecondsPerDay
        else { return nil }
        var starts: [Int64] = []
        var intervalKeys: [Int64] = []
        var moment = span.lowerBound
        while moment <= span.upperBound {
            let (key, end) = PeriodTable.period(of: grain, holding: moment, zone: zone)
            if intervalKeys.last != key {
                guard starts.count < PeriodTable.mostIntervals else { return nil }
                starts.append(moment)
                intervalKeys.append(key)
            }
            moment = end
        }
        let keys = Set(intervalKeys).sorted()
        let positions = Dictionary(uniqueKeysWithValues: zip(keys, 0...))
        self.starts = starts
        self.keys = keys
        codes = intervalKeys.map { UInt32(positions[$0] ?? 0) }
        origin = span.lowerBound
        let length = span.upperBound - span.lowerBound
        var shift: Int64 = grain == .hour ? 31 : 36
        while length >> shift > Int64(PeriodTable.mostIntervals) { shift += 1 }
        self.shift = shift
        var buckets: [UInt32] = []
        buckets.reserveCapacity(Int(length >> shift) + 1)
        var interval = 0
        for bucket in 0...(length >> shift) {
            let first = span.lowerBound + bucket << shift
            while interval + 1 < starts.count, starts[interval + 1] <= first { interval += 1 }
            buckets.append(UInt32(interval))
        }
        self.buckets = buckets
    }

    /// No periods: what stands in where none is needed.
    static let empty = PeriodTable()

    private init() {
        starts = []
        codes = []
        keys = []
        buckets = []
        shift = 0
        origin = 0
    }

    /// The period that holds a moment, and the first moment past it or past the span of one offset.
    package static func period(
        of grain: TimeGrain, holding microseconds: Int64, zone: BusinessZone
    ) -> (key: Int64, end: Int64) {
        let span = zone.offsetSpan(at: Timestamp(microseconds: microseconds))
        let offset = Int64(span.offsetSeconds) * Timestamp.microsecondsPerSecond
        let local = microseconds + offset
        if grain == .hour {
            let hour: Int64 = 3_600_000_000
            let start = local.flooredQuotient(by: hour) * hour - offset
            return (start, min(span.to, start + hour))
        }
        let day = CivilDate(dayNumber: Int32(clamping: local.flooredQuotient(by: Timestamp.microsecondsPerDay)))
        let first = grain.start(of: day)
        let next = Int64(grain.next(after: first).dayNumber) * Timestamp.microsecondsPerDay - offset
        return (Int64(first.dayNumber), min(span.to, next))
    }

    /// The position in `keys` of the period that holds a moment within the table's span.
    @inline(__always)
    package func code(of microseconds: Int64) -> UInt32 {
        codes[interval(holding: microseconds)]
    }

    @inline(__always)
    private func interval(holding microseconds: Int64) -> Int {
        var interval = Int(buckets[Int((microseconds - origin) >> shift)])
        while interval + 1 < starts.count, starts[interval + 1] <= microseconds { interval += 1 }
        return interval
    }

    /// Cuts rows that stand in the order of their moments into runs of one period.
    ///
    /// - Parameter moment: of a row.
    func runs(over rows: Range<Int>, moment: (Int) -> Int64) -> [PeriodRun] {
        var runs: [PeriodRun] = []
        var row = rows.lowerBound
        while row < rows.upperBound {
            let interval = interval(holding: moment(row))
            var end = rows.upperBound
            if interval + 1 < starts.count {
                let boundary = starts[interval + 1]
                end = firstIndex(in: row..<rows.upperBound) { moment($0) >= boundary }
            }
            runs.append(PeriodRun(end: end, code: codes[interval]))
            row = end
        }
        return runs
    }
}

/// Neighbouring rows of one period, from the end of the run before up to `end`.
struct PeriodRun {
    let end: Int
    let code: UInt32
}

/// The first index for which a condition holds that, once true, stays true; the range's end when there is none.
func firstIndex(in range: Range<Int>, where condition: (Int) -> Bool) -> Int {
    var low = range.lowerBound
    var high = range.upperBound
    while low < high {
        let middle = low + (high - low) / 2
        if condition(middle) { high = middle } else { low = middle + 1 }
    }
    return low
}

extension TimeGrain {
    /// Every period key from the one that holds `first` to the one that holds `last`.
    ///
    /// - Returns: nil when there are more than `limit`.
    func keys(from first: Int64, through last: Int64, zone: BusinessZone, limit: Int) -> [Int64]? {
        var keys: [Int64] = []
        var moment = first
        while moment <= last {
            let (key, end) = PeriodTable.period(of: self, holding: moment, zone: zone)
            if keys.last != key {
                guard keys.count < limit else { return nil }
                keys.append(key)
            }
            moment = end
        }
        return keys
    }
}
