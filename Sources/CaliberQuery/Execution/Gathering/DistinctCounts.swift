import CKernels

/// How many different values each group has, of which only the groups whose parts went or came are counted again.
///
/// For a group with many values the union of the parts that stay is kept as a bitmap, so that a part that changes costs
/// its own values.
struct DistinctCounts: Sendable {
    private(set) var counts: [Int64] = []
    private var isCurrent: [Bool] = []
    private var unions: [Int: KeptUnion] = [:]
    private var line: ValueLine?
    /// The highest part that was counted.
    private var lastPart = -1

    /// Groups of fewer parts are counted anew.
    private static let fewParts = 8

    mutating func outdate(_ part: GatheredPart) {
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
        let firstNew = lastPart + 1
        for result in try DistinctCounts.run(jobs, all, firstNew: firstNew, parallelism: parallelism) {
            counts[result.group] = result.count
            unions[result.group] = result.union
        }
        for group in asked { isCurrent[group] = true }
        line = all.line
        lastPart = max(lastPart, all.parts.map(\.number).max() ?? -1)
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
        _ jobs: [Job], _ all: ComparableParts, firstNew: Int, parallelism: Int
    ) throws -> [JobResult] {
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
            return jobs[batches[batch]].map { count($0, counter, all, firstNew: firstNew) }
        }.flatMap { $0 }
    }

    private static func count(
        _ job: Job, _ counter: UnionCounter, _ all: ComparableParts, firstNew: Int
    ) -> JobResult {
        if let only = job.runs.first, job.runs.count == 1, all.parts[only.part].values.form == .unique {
            return JobResult(group: job.group, count: Int64(only.range.count), union: nil)
        }
        guard job.keepsUnion, let words = all.line.wordCount, words <= job.valueCount else {
            return JobResult(group: job.group, count: counter.count(job.runs[...]), union: nil)
        }
        let numbers = Set(job.runs.map { all.parts[$0.part].number })
        if let known = job.known, known.parts.isSubset(of: numbers) {
            let others = job.runs.filter { !known.parts.contains(all.parts[$0.part].number) }
            if others.reduce(0, { $0 + $1.range.count }) * 4 < job.valueCount {
                return JobResult(
                    group: job.group, count: known.count + counter.count(others, beside: known.words), union: known)
            }
        }
        // Those that have just come are the likeliest to go next.
        let settled = job.runs.filter { all.parts[$0.part].number < firstNew }
        let others = job.runs.filter { all.parts[$0.part].number >= firstNew }
        let union = KeptUnion(
            words: counter.union(settled[...]), parts: Set(settled.map { all.parts[$0.part].number }))
        return JobResult(
            group: job.group, count: union.count + counter.count(others, beside: union.words), union: union)
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

    private func mark(_ run: GroupRun) { withBits(run, UInt32.mark, UInt64.mark) }

    private func markNew(_ run: GroupRun) -> Int { withBits(run, UInt32.markNew, UInt64.markNew) ?? 0 }

    private func clear(_ run: GroupRun) { withBits(run, UInt32.clearMarks, UInt64.clearMarks) }

    /// A loop over the bits of a run's values; nil where there are no values at all.
    @discardableResult
    private func withBits<Result>(
        _ run: GroupRun,
        _ narrow: (UnsafePointer<UInt32>, Int, UInt64, UInt64, UnsafeMutablePointer<UInt64>) -> Result,
        _ wide: (UnsafePointer<UInt64>, Int, UInt64, UInt64, UnsafeMutablePointer<UInt64>) -> Result
    ) -> Result? {
        let part = all.parts[run.part].values
        let (offset, factor, count) = (all.line.offset(of: part), all.line.factor(of: part), run.range.count)
        switch part.distances {
        case .narrow(let distances):
            return distances.withUnsafeBufferPointer { values in
                values.baseAddress.map { narrow($0 + run.range.lowerBound, count, offset, factor, bitmap.pointer) }
            }
        case .wide(let distances):
            return distances.withUnsafeBufferPointer { values in
                values.baseAddress.map { wide($0 + run.range.lowerBound, count, offset, factor, bitmap.pointer) }
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
