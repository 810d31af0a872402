import CaliberColumns

/// All values of one fold, each segment's apart, with the answer's group of each run: what distinct counts and
/// percentiles are taken from without bringing them together first.
///
/// Results are kept. When a part goes or comes, what is known of its groups is brought up to date from that part alone
/// where that can be done.
final class ValueGathering {
    /// Values are codes of the parts' pools.
    private let isText: Bool
    private var parts: [GatheredPart] = []
    private var distinct: DistinctCounts?
    private var percentiles: [PercentileMeasure: PercentilePlaces] = [:]

    init(isText: Bool) { self.isText = isText }

    func add(_ values: GroupedValues, _ numbers: [Int32], part: Int) {
        guard values.count > 0 else { return }
        let part = GatheredPart(number: part, values: values, numbers: numbers)
        parts.append(part)
        distinct?.add(part)
        for measure in percentiles.keys { percentiles[measure]?.add(part) }
    }

    func remove(part number: Int) {
        guard let position = parts.firstIndex(where: { $0.number == number }) else { return }
        let part = parts.remove(at: position)
        distinct?.remove(part)
        for measure in percentiles.keys { percentiles[measure]?.remove(part) }
    }

    /// How many different values each group has.
    func distinctCounts(groupCount: Int, parallelism: Int) throws -> [Int64] {
        var known = distinct ?? DistinctCounts()
        distinct = nil
        try known.update(
            isText ? ComparableParts(text: parts) : ComparableParts(parts), groupCount: groupCount,
            parallelism: parallelism)
        distinct = known
        return known.counts
    }

    /// The value at a fraction of each group; nil for a group without values.
    func percentiles(
        fraction: Double, continuous: Bool, groupCount: Int, parallelism: Int
    ) throws -> [Percentile?] {
        let measure = PercentileMeasure(fraction: fraction, continuous: continuous)
        var known = percentiles.removeValue(forKey: measure) ?? PercentilePlaces(measure)
        let found = try known.percentiles(of: parts, groupCount: groupCount, parallelism: parallelism)
        percentiles[measure] = known
        return found
    }

    /// What is kept beside the values themselves.
    var byteCount: Int { distinct?.byteCount ?? 0 }
}

/// One segment's values, and where they belong.
struct GatheredPart: Sendable {
    /// Never used again for other values.
    let number: Int
    let values: GroupedValues
    /// The answer's group for each of the segment's; negative for those that don't count.
    let numbers: [Int32]

    /// The answer's groups that have values here, with where they are.
    @inline(__always)
    func forEachRun(_ body: (Int, Range<Int>) -> Void) {
        for (group, number) in numbers.enumerated() where number >= 0 {
            let range = values.range(of: group)
            if !range.isEmpty { body(Int(number), range) }
        }
    }
}

/// A run of values of one group in one part.
struct GroupRun: Sendable {
    /// A position among the parts.
    var part = 0
    var range: Range<Int> = 0..<0
}

/// The runs of some groups, group by group.
struct GroupRuns: Sendable {
    private var runs: [GroupRun]
    private var starts: [Int]

    /// - Parameter groups: those whose runs are wanted; the others have none here.
    init(_ parts: [GatheredPart], of groups: [Int], groupCount: Int) {
        var isWanted = [Bool](repeating: false, count: groupCount)
        for group in groups { isWanted[group] = true }
        var starts = [Int](repeating: 0, count: groupCount + 1)
        for part in parts { part.forEachRun { group, _ in if isWanted[group] { starts[group + 1] += 1 } } }
        for group in 0..<groupCount { starts[group + 1] += starts[group] }
        var next = starts
        var runs = [GroupRun](repeating: GroupRun(), count: starts[groupCount])
        for (position, part) in parts.enumerated() {
            part.forEachRun { group, range in
                guard isWanted[group] else { return }
                runs[next[group]] = GroupRun(part: position, range: range)
                next[group] += 1
            }
        }
        self.runs = runs
        self.starts = starts
    }

    subscript(group: Int) -> ArraySlice<GroupRun> { runs[starts[group]..<starts[group + 1]] }
}
