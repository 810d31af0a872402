import CaliberDictionary

/// Where the figures of one key stand in its record.
///
/// A record begins with what is known of the key for good, and has then for each window: the oldest fact, the count, and
/// for each measure how many facts have a value, and what the plan asks for of: sum, sum of squares (two words), the
/// fact with the greatest value, the number of different values.
struct TrackLayout {
    static let newestFact = 0
    static let firstTime = 1
    /// The newest moment, the row it is of, and the newest of any other row.
    static let newestTime = 2
    static let newestRow = 3
    static let otherTime = 4
    private static let headCount = 5

    // From the window's beginning.
    static let oldest = 0
    static let count = 1
    private static let windowHeadCount = 2

    let stride: Int
    /// nil when no window ends.
    let longestWindow: Int64?
    let hasEver: Bool
    let keepsDistinct: Bool
    private let windowStride: Int
    private let windowCount: Int
    private let measureStarts: [Int]
    private let measures: [TrackPlan.Measure]

    /// No time is known.
    static let never = Int64.min

    init(_ plan: TrackPlan) {
        measures = plan.measures
        var starts: [Int] = []
        var place = TrackLayout.windowHeadCount
        for measure in plan.measures {
            starts.append(place)
            place += 1 + (measure.keepsSum ? 1 : 0) + (measure.keepsSquares ? 2 : 0)
            place += (measure.keepsGreatest ? 1 : 0) + (measure.keepsDistinct ? 1 : 0)
        }
        measureStarts = starts
        windowStride = place
        windowCount = plan.windows.count
        stride = TrackLayout.headCount + plan.windows.count * place
        longestWindow = plan.windows.last { $0 != TrackPlan.ever }
        hasEver = plan.windows.last == TrackPlan.ever
        keepsDistinct = plan.measures.contains(where: \.keepsDistinct)
    }

    @inline(__always)
    func window(_ index: Int) -> Int { TrackLayout.headCount + index * windowStride }
    @inline(__always)
    func valued(_ measure: Int) -> Int { measureStarts[measure] }
    @inline(__always)
    func sum(_ measure: Int) -> Int { measureStarts[measure] + 1 }
    @inline(__always)
    func squares(_ measure: Int) -> Int { measureStarts[measure] + 2 }

    @inline(__always)
    func greatest(_ measure: Int) -> Int {
        let kept = measures[measure]
        return measureStarts[measure] + 1 + (kept.keepsSum ? 1 : 0) + (kept.keepsSquares ? 2 : 0)
    }

    @inline(__always)
    func distinct(_ measure: Int) -> Int { greatest(measure) + (measures[measure].keepsGreatest ? 1 : 0) }

    func clear(_ record: UnsafeMutablePointer<Int64>) {
        record.update(repeating: 0, count: stride)
        record[TrackLayout.newestFact] = -1
        record[TrackLayout.firstTime] = .max
        record[TrackLayout.newestTime] = TrackLayout.never
        record[TrackLayout.newestRow] = -1
        record[TrackLayout.otherTime] = TrackLayout.never
        for index in 0..<windowCount {
            let start = record + window(index)
            start[TrackLayout.oldest] = -1
            for (measure, kept) in measures.enumerated() where kept.keepsGreatest { start[greatest(measure)] = -1 }
        }
    }

    /// The moments of the first and newest facts, and of the newest of another row than that one's.
    @inline(__always)
    func remember(time: Int64, row: Int32, in record: UnsafeMutablePointer<Int64>) {
        record[TrackLayout.firstTime] = min(record[TrackLayout.firstTime], time)
        let row = Int64(row)
        if row == record[TrackLayout.newestRow] {
            record[TrackLayout.newestTime] = max(record[TrackLayout.newestTime], time)
        } else if time > record[TrackLayout.newestTime] || record[TrackLayout.newestRow] < 0 {
            record[TrackLayout.otherTime] = record[TrackLayout.newestTime]
            record[TrackLayout.newestTime] = time
            record[TrackLayout.newestRow] = row
        } else {
            record[TrackLayout.otherTime] = max(record[TrackLayout.otherTime], time)
        }
    }

    @inline(__always)
    func add(
        _ value: Int64, _ fact: Int, _ index: Int, _ measure: TrackPlan.Measure, to start: UnsafeMutablePointer<Int64>,
        isEver: Bool, _ facts: FactMemory
    ) {
        start[valued(index)] += 1
        if measure.keepsSum { start[sum(index)] &+= value }
        if measure.keepsSquares { change(start + squares(index)) { $0 &+ Int128(value) &* Int128(value) } }
        guard measure.keepsGreatest else { return }
        let place = greatest(index)
        if isEver {
            if start[valued(index)] == 1 || value > start[place] { start[place] = value }
        } else if start[valued(index)] == 1 {
            start[place] = Int64(fact)
        } else if start[place] >= 0 {
            let best = Int(start[place])
            let known = facts.value(best, measure.value)
            // Of equal values the one that stays longest.
            if value > known || value == known && facts.time(fact) >= facts.time(best) { start[place] = Int64(fact) }
        }
    }

    @inline(__always)
    func take(
        _ value: Int64, _ fact: Int, _ index: Int, _ measure: TrackPlan.Measure,
        from start: UnsafeMutablePointer<Int64>
    ) {
        start[valued(index)] -= 1
        if measure.keepsSum { start[sum(index)] &-= value }
        if measure.keepsSquares { change(start + squares(index)) { $0 &- Int128(value) &* Int128(value) } }
        if measure.keepsGreatest, start[greatest(index)] == Int64(fact) { start[greatest(index)] = -1 }
    }

    /// Two words as one number.
    @inline(__always)
    private func change(_ words: UnsafeMutablePointer<Int64>, _ body: (Int128) -> Int128) {
        let number = body(TrackLayout.wide(words))
        words[0] = Int64(truncatingIfNeeded: number)
        words[1] = Int64(truncatingIfNeeded: number >> 64)
    }

    @inline(__always)
    static func wide(_ words: UnsafePointer<Int64>) -> Int128 {
        Int128(words[1]) << 64 | Int128(UInt64(bitPattern: words[0]))
    }
}
