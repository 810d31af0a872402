/// Which percentile.
struct PercentileMeasure: Hashable, Sendable {
    let fraction: Double
    let continuous: Bool

    /// The place of the lower neighbour among `count` values in order, and the weight of the upper one.
    ///
    /// Source: PERCENTILE_CONT and PERCENTILE_DISC of SQL:2003, section 10.9.
    func place(among count: Int) -> (index: Int, weight: Double) {
        if continuous {
            let position = fraction * Double(count - 1)
            let index = min(max(Int(position.rounded(.down)), 0), count - 1)
            return (index, position - Double(index))
        }
        // A hair's breadth is taken off so that 0.1 of 30 values is the third, as written, not the fourth.
        let position = (fraction * Double(count) - 1e-9).rounded(.up)
        return (min(max(Int(position) - 1, 0), count - 1), 0)
    }
}

/// Where a percentile lies: `lower` + `weight` · (`upper` − `lower`).
struct Percentile: Equatable, Sendable {
    let lower: Int64
    let upper: Int64
    let weight: Double
}

/// One percentile of every group: which value it was last, and how many are below. A part that goes or comes moves the
/// counts; mostly the value stays, or becomes one of its neighbours.
struct PercentilePlaces: Sendable {
    private let measure: PercentileMeasure
    private var places: [Place?] = []

    private struct Place: Sendable {
        var value: Int64
        /// How many values of the group are less than it, how many are not greater, and how many there are.
        var below: Int
        var through: Int
        var count: Int
        /// nil when it has to be found again.
        var percentile: Percentile?
    }

    init(_ measure: PercentileMeasure) { self.measure = measure }

    mutating func add(_ part: GatheredPart) { count(part, sign: 1) }

    mutating func remove(_ part: GatheredPart) { count(part, sign: -1) }

    private mutating func count(_ part: GatheredPart, sign: Int) {
        let values = part.values
        part.forEachRun { group, range in
            guard group < places.count, var place = places[group] else { return }
            let first = place.value == .min ? range.lowerBound : values.firstIndex(in: range, above: place.value - 1)
            let end = values.firstIndex(in: range, above: place.value)
            place.below += sign * (first - range.lowerBound)
            place.through += sign * (end - range.lowerBound)
            place.count += sign * range.count
            place.percentile = nil
            places[group] = place
        }
    }

    /// - Parameter parts: all there are; their values ascend within each group.
    mutating func percentiles(
        of parts: [GatheredPart], groupCount: Int, parallelism: Int
    ) throws -> [Percentile?] {
        places += [Place?](repeating: nil, count: groupCount - places.count)
        let known = places
        let asked = known.indices.filter { known[$0]?.percentile == nil }
        if !asked.isEmpty {
            let runs = GroupRuns(parts, of: asked, groupCount: groupCount)
            let values = parts.map(\.values)
            let measure = measure
            let found = try ParallelSegments.map(asked.count, parallelism: parallelism) { index -> Place? in
                let own = OrderedRuns(values: values, runs: Array(runs[asked[index]]))
                guard own.count > 0 else { return nil }
                return PercentilePlaces.place(measure, own, near: known[asked[index]])
            }
            for (group, place) in zip(asked, found) { places[group] = place }
        }
        return places.map { $0?.percentile }
    }

    private static func place(_ measure: PercentileMeasure, _ runs: OrderedRuns, near known: Place?) -> Place {
        let (index, weight) = measure.place(among: runs.count)
        let (value, below, through) =
            known.flatMap { step(from: $0, to: index, runs) } ?? runs.value(at: index)
        let upper = index + 1 < through || weight == 0 ? value : runs.next(after: value) ?? value
        return Place(
            value: value, below: below, through: through, count: runs.count,
            percentile: Percentile(lower: value, upper: upper, weight: weight))
    }

    /// The value at a place a few values away from a known one; nil when it is further.
    private static func step(
        from known: Place, to index: Int, _ runs: OrderedRuns
    ) -> (value: Int64, below: Int, through: Int)? {
        var (value, below, through) = (known.value, known.below, known.through)
        for _ in 0..<mostSteps {
            if index < below {
                guard let previous = runs.next(before: value) else { return nil }
                (value, through) = (previous, below)
                below = runs.count(below: previous)
            } else if index >= through {
                guard let next = runs.next(after: value) else { return nil }
                (value, below) = (next, through)
                through = runs.count(through: next)
            } else {
                return (value, below, through)
            }
        }
        return nil
    }

    private static let mostSteps = 8
}

/// Runs of ascending values, taken as one.
private struct OrderedRuns {
    let values: [GroupedValues]
    let runs: [GroupRun]
    let count: Int

    init(values: [GroupedValues], runs: [GroupRun]) {
        self.values = values
        self.runs = runs
        count = runs.reduce(0) { $0 + $1.range.count }
    }

    func count(through value: Int64) -> Int {
        runs.reduce(0) { $0 + values[$1.part].firstIndex(in: $1.range, above: value) - $1.range.lowerBound }
    }

    func count(below value: Int64) -> Int { value == .min ? 0 : count(through: value - 1) }

    func next(after value: Int64) -> Int64? {
        var next: Int64?
        for run in runs {
            let index = values[run.part].firstIndex(in: run.range, above: value)
            guard index < run.range.upperBound else { continue }
            let lane = values[run.part].lane(at: index)
            next = min(next ?? lane, lane)
        }
        return next
    }

    func next(before value: Int64) -> Int64? {
        guard value > .min else { return nil }
        var next: Int64?
        for run in runs {
            let index = values[run.part].firstIndex(in: run.range, above: value - 1)
            guard index > run.range.lowerBound else { continue }
            let lane = values[run.part].lane(at: index - 1)
            next = max(next ?? lane, lane)
        }
        return next
    }

    /// The value that would stand at `index` if all were sorted, and how many are less, and not greater.
    ///
    /// The span of values is halved until one is left; in each run the part that may still hold it shrinks along.
    func value(at index: Int) -> (value: Int64, below: Int, through: Int) {
        var low = Int64.max
        var high = Int64.min
        for run in runs {
            low = min(low, values[run.part].lane(at: run.range.lowerBound))
            high = max(high, values[run.part].lane(at: run.range.upperBound - 1))
        }
        /// In each run the indices up to which values are known to be too small, and from which too large.
        var windows = runs.map(\.range)
        var ends = [Int](repeating: 0, count: runs.count)
        while low < high {
            let middle = low &+ Int64(bitPattern: UInt64(bitPattern: high &- low) / 2)
            var through = 0
            for (position, run) in runs.enumerated() {
                ends[position] = values[run.part].firstIndex(in: windows[position], above: middle)
                through += ends[position] - run.range.lowerBound
            }
            let isReached = through > index
            if isReached { high = middle } else { low = middle + 1 }
            for position in windows.indices {
                windows[position] =
                    isReached
                    ? windows[position].lowerBound..<ends[position] : ends[position]..<windows[position].upperBound
            }
        }
        return (low, count(below: low), count(through: low))
    }
}

extension GroupedValues {
    /// The first index within a range of ascending values whose lane is greater than `lane`; the range's end when none
    /// is.
    func firstIndex(in range: Range<Int>, above lane: Int64) -> Int {
        guard lane >= low else { return range.lowerBound }
        let limit = UInt64(bitPattern: lane &- low) / step
        switch distances {
        case .narrow(let distances):
            return distances.withUnsafeBufferPointer { distances in
                CaliberQuery.firstIndex(in: range) { UInt64(distances[$0]) > limit }
            }
        case .wide(let distances):
            return distances.withUnsafeBufferPointer { distances in
                CaliberQuery.firstIndex(in: range) { distances[$0] > limit }
            }
        }
    }
}
