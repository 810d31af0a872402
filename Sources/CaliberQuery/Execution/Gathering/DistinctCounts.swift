import CKernels
import CaliberColumns

/// How many different values each group has, of which only the groups whose parts went or came are counted again.
///
/// For a group with many values the union of the parts that stay is kept as a bitmap, so that a part that changes costs
/// its own values: mostly it comes again with all the values it had, which the union then still is of.
struct DistinctCounts: Sendable {
    private(set) var counts: [Int64] = []
    private var isCurrent: [Bool] = []
    private var unions: [Int: KeptUnion] = [:]
    private var line: ValueLine?
    /// Parts that unions have and that went since.
    private var gone: [Int: GatheredPart] = [:]
    /// The highest part that was counted.
    private var lastPart = -1

    /// Groups of fewer parts are counted anew.
    private static let fewParts = 8

    mutating func add(_ part: GatheredPart) { outdate(part) }

    mutating func remove(_ part: GatheredPart) {
        outdate(part)
        if !unions.isEmpty { gone[part.number] = part }
    }

    private mutating func outdate(_ part: GatheredPart) {
        part.forEachRun { group, _ in if group < isCurrent.count { isCurrent[group] = false } }
    }

    var byteCount: Int { unions.values.reduce(0) { $0 + $1.words.count * 8 } }

    /// - Parameter all: the parts as they are now.
    mutating func update(_ all: ComparableParts, groupCount: Int, parallelism: Int) throws {
        let wasCounted = counts.count
        counts += [Int64](repeating: 0, count: groupCount - counts.count)
        isCurrent += [Bool](repeating: false, count: groupCount - isCurrent.count)
        let asked = isCurrent.indices.filter { !isCurrent[$0] }
        if asked.isEmpty { return }
        if line != all.line || !all.areStable { unions = [:] }
        let runs = GroupRuns(all.parts, of: asked, groupCount: groupCount)
        let jobs = asked.map { group in
            Job(
                group: group, runs: Array(runs[group]), known: unions[group],
                keepsUnion: all.areStable && group < wasCounted && runs[group].count >= DistinctCounts.fewParts)
        }
        let change = Change(all: all, gone: gone, firstNew: lastPart + 1)
        gone = [:]
        for result in try DistinctCounts.run(jobs, change, parallelism: parallelism) {
            counts[result.group] = result.count
            unions[result.group] = result.union
        }
        for group in asked { isCurrent[group] = true }
        line = all.line
        lastPart = max(lastPart, all.parts.map(\.number).max() ?? -1)
    }

    /// From the last count to this one.
    private struct Change: Sendable {
        let all: ComparableParts
        let gone: [Int: GatheredPart]
        /// The lowest number of a part that has come.
        let firstNew: Int

        func number(of run: GroupRun) -> Int { all.parts[run.part].number }

        /// What a group had in parts that went; nil where they are not known, or their values are others' codes.
        func runs(of group: Int, inGone numbers: Set<Int>) -> [(values: GroupedValues, range: Range<Int>)]? {
            let lineage = all.parts.first?.values.pool?.lineage
            var runs: [(values: GroupedValues, range: Range<Int>)] = []
            for number in numbers {
                guard let part = gone[number], part.values.pool?.lineage == lineage else { return nil }
                part.forEachRun { if $0 == group { runs.append((part.values, $1)) } }
            }
            return runs
        }
    }

    private struct Job: Sendable {
        let group: Int
        let runs: [GroupRun]
        let known: KeptUnion?
        let keepsUnion: Bool

        var valueCount: Int { runs.reduce(0) { $0 + $1.range.count } }
    }

    private struct JobResult: Sendable {
        let group: Int
        let count: Int64
        let union: KeptUnion?
    }

    private static func run(
        _ jobs: [Job], _ change: Change, parallelism: Int
    ) throws -> [JobResult] {
        let all = change.all
        if jobs.count < parallelism, let words = all.line.wordCount, jobs.allSatisfy({ $0.valueCount >= words }) {
            // Few groups are cut by parts, so that every thread has work.
            return try jobs.map { job in
                let pieces = try ParallelSegments.map(parallelism, parallelism: parallelism) { piece in
                    let from = job.runs.count * piece / parallelism
                    let until = job.runs.count * (piece + 1) / parallelism
                    return UnionCounter(all).union(job.runs[from..<until])
                }
                return JobResult(group: job.group, count: join(pieces), union: nil)
            }
        }
        let batches = batches(of: jobs, count: parallelism * 4)
        return try ParallelSegments.map(batches.count, parallelism: parallelism) { batch in
            let counter = UnionCounter(all)
            return jobs[batches[batch]].map { count($0, counter, change) }
        }.flatMap { $0 }
    }

    private static func count(_ job: Job, _ counter: UnionCounter, _ change: Change) -> JobResult {
        let all = change.all
        if let only = job.runs.first, job.runs.count == 1, all.parts[only.part].values.form == .unique {
            return JobResult(group: job.group, count: Int64(only.range.count), union: nil)
        }
        guard job.keepsUnion, let words = all.line.wordCount, words <= job.valueCount else {
            return JobResult(group: job.group, count: counter.count(job.runs[...]), union: nil)
        }
        if let known = stillKnown(job, counter, change) {
            let others = job.runs.filter { !known.parts.contains(change.number(of: $0)) }
            if others.reduce(0, { $0 + $1.range.count }) * 4 < job.valueCount {
                return JobResult(
                    group: job.group, count: known.count + counter.count(others, beside: known.words), union: known)
            }
        }
        // Those that have just come are the likeliest to go next.
        let settled = job.runs.filter { change.number(of: $0) < change.firstNew }
        let others = job.runs.filter { change.number(of: $0) >= change.firstNew }
        let union = KeptUnion(words: counter.union(settled[...]), parts: Set(settled.map(change.number)))
        return JobResult(
            group: job.group, count: union.count + counter.count(others, beside: union.words), union: union)
    }

    /// A group's kept union, of parts that are all there. Where some went and others have all of their values, those take
    /// their place; nil where a value may be nowhere any more.
    private static func stillKnown(_ job: Job, _ counter: UnionCounter, _ change: Change) -> KeptUnion? {
        guard let known = job.known else { return nil }
        let missing = known.parts.subtracting(job.runs.map(change.number))
        if missing.isEmpty { return known }
        let others = job.runs.filter { !known.parts.contains(change.number(of: $0)) }
        guard others.reduce(0, { $0 + $1.range.count }) * 4 < job.valueCount,
            let gone = change.runs(of: job.group, inGone: missing), counter.holds(others, all: gone)
        else { return nil }
        return KeptUnion(
            words: counter.union(others, with: known.words),
            parts: known.parts.subtracting(missing).union(others.map(change.number)))
    }

    /// How many bits are set in any of some bitmaps of one length.
    private static func join(_ bitmaps: [[UInt64]]) -> Int64 {
        guard var all = bitmaps.first else { return 0 }
        for bitmap in bitmaps.dropFirst() { kernels_join_bits(&all, bitmap, all.count) }
        return Int64(kernels_count_bits(all, all.count))
    }

    /// Ranges of neighbouring jobs with about as many values each.
    private static func batches(of jobs: [Job], count: Int) -> [Range<Int>] {
        let share = jobs.reduce(0) { $0 + $1.valueCount } / max(count, 1) + 1
        var batches: [Range<Int>] = []
        var (start, values) = (0, 0)
        for (position, job) in jobs.enumerated() {
            values += job.valueCount
            guard values >= share || position == jobs.count - 1 else { continue }
            batches.append(start..<position + 1)
            (start, values) = (position + 1, 0)
        }
        return batches
    }
}

/// The values of some parts of one group, by position.
struct KeptUnion: Sendable {
    let words: [UInt64]
    let count: Int64
    /// The numbers of the parts.
    let parts: Set<Int>

    init(words: [UInt64], parts: Set<Int>) {
        self.words = words
        self.parts = parts
        count = Int64(kernels_count_bits(words, words.count))
    }
}

/// Counts the different values of several runs taken together.
///
/// One thread's own.
private final class UnionCounter {
    private let all: ComparableParts
    /// A bit for each position, clear between calls; made when first needed.
    private lazy var bitmap = ScratchBuffer<UInt64>(count: all.line.wordCount ?? 0, repeating: 0)

    init(_ all: ComparableParts) { self.all = all }

    func count(_ runs: ArraySlice<GroupRun>) -> Int64 {
        let total = runs.reduce(0) { $0 + $1.range.count }
        guard total > 0 else { return 0 }
        guard let wordCount = all.line.wordCount else { return countBySorting(runs, total: total) }
        guard wordCount > total else {
            for run in runs { mark(run) }
            defer { bitmap.pointer.update(repeating: 0, count: wordCount) }
            return Int64(kernels_count_bits(bitmap.pointer, wordCount))
        }
        let count = runs.reduce(0) { $0 + markNew($1) }
        for run in runs { clear(run) }
        return Int64(count)
    }

    /// The bitmap of all values. Only where positions have one.
    func union(_ runs: ArraySlice<GroupRun>) -> [UInt64] {
        for run in runs { mark(run) }
        let words = Array(UnsafeBufferPointer(start: bitmap.pointer, count: bitmap.count))
        bitmap.pointer.update(repeating: 0, count: bitmap.count)
        return words
    }

    /// How many different values there are that a bitmap does not have.
    func count(_ runs: [GroupRun], beside known: [UInt64]) -> Int64 {
        if runs.isEmpty { return 0 }
        bitmap.pointer.update(from: known, count: known.count)
        defer { bitmap.pointer.update(repeating: 0, count: known.count) }
        return Int64(runs.reduce(0) { $0 + markNew($1) })
    }

    /// A bitmap, and the values of runs beside what it has.
    func union(_ runs: [GroupRun], with known: [UInt64]) -> [UInt64] {
        var words = known
        words.withUnsafeMutableBufferPointer { words in
            guard let start = words.baseAddress else { return }
            for run in runs { withBits(values(of: run), run.range, start, UInt32.mark, UInt64.mark) }
        }
        return words
    }

    /// Whether runs have all values of others, which lie on the same line.
    func holds(_ runs: [GroupRun], all others: [(values: GroupedValues, range: Range<Int>)]) -> Bool {
        for run in runs { mark(run) }
        var lackingCount = 0
        for (values, range) in others {
            lackingCount += withBits(values, range, bitmap.pointer, UInt32.markNew, UInt64.markNew) ?? 0
        }
        for run in runs { clear(run) }
        for (values, range) in others {
            withBits(values, range, bitmap.pointer, UInt32.clearMarks, UInt64.clearMarks)
        }
        return lackingCount == 0
    }

    private func values(of run: GroupRun) -> GroupedValues { all.parts[run.part].values }

    private func mark(_ run: GroupRun) {
        withBits(values(of: run), run.range, bitmap.pointer, UInt32.mark, UInt64.mark)
    }

    private func markNew(_ run: GroupRun) -> Int {
        withBits(values(of: run), run.range, bitmap.pointer, UInt32.markNew, UInt64.markNew) ?? 0
    }

    private func clear(_ run: GroupRun) {
        withBits(values(of: run), run.range, bitmap.pointer, UInt32.clearMarks, UInt64.clearMarks)
    }

    /// A loop over the bits of some values; nil where a part has no values at all.
    @discardableResult
    private func withBits<Result>(
        _ part: GroupedValues, _ range: Range<Int>, _ bits: UnsafeMutablePointer<UInt64>,
        _ narrow: (UnsafePointer<UInt32>, Int, UInt64, UInt64, UnsafeMutablePointer<UInt64>) -> Result,
        _ wide: (UnsafePointer<UInt64>, Int, UInt64, UInt64, UnsafeMutablePointer<UInt64>) -> Result
    ) -> Result? {
        let (offset, factor, count) = (all.line.offset(of: part), all.line.factor(of: part), range.count)
        switch part.distances {
        case .narrow(let distances):
            return distances.withUnsafeBufferPointer { values in
                values.baseAddress.map { narrow($0 + range.lowerBound, count, offset, factor, bits) }
            }
        case .wide(let distances):
            return distances.withUnsafeBufferPointer { values in
                values.baseAddress.map { wide($0 + range.lowerBound, count, offset, factor, bits) }
            }
        }
    }

    private func countBySorting(_ runs: ArraySlice<GroupRun>, total: Int) -> Int64 {
        let keys = ScratchBuffer<UInt64>(uninitializedCount: total)
        let spare = ScratchBuffer<UInt64>(uninitializedCount: total)
        var count = 0
        var highest: UInt64 = 0
        for run in runs {
            let part = all.parts[run.part].values
            for index in run.range {
                let key = UInt64(bitPattern: part.lane(at: index) &- all.line.lowest)
                keys[count] = key
                highest |= key
                count += 1
            }
        }
        let bits = UInt32(UInt64.bitWidth - highest.leadingZeroBitCount)
        let sorted = UnsafePointer(kernels_sort_64(keys.pointer, spare.pointer, total, bits))
        var distinct: Int64 = 1
        for index in 1..<total where sorted[index] != sorted[index - 1] { distinct += 1 }
        return distinct
    }
}
