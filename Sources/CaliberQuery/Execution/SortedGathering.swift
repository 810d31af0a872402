import CKernels
import CaliberColumns

/// All values of one fold, each segment's in their order, with the answer's group of each run: what distinct counts and
/// percentiles are taken from without bringing them together first.
///
/// Results are kept, and found anew only for the groups of parts that came or went since.
final class SortedGathering {
    private struct Part {
        let number: Int
        let values: SortedValues
        /// The answer's group for each of the segment's; negative for those that don't count.
        let numbers: [Int32]
    }

    /// Values are codes of the parts' pools.
    private let isText: Bool
    private var parts: [Part] = []
    private var results: [Measure: Results] = [:]

    private enum Measure: Hashable {
        case distinct
        case percentile(fraction: Double, continuous: Bool)
    }

    private struct Results {
        var counts: [Int64] = []
        var percentiles: [Percentile?] = []
        var isCurrent: [Bool] = []

        mutating func outdate(_ numbers: [Int32]) {
            for number in numbers where number >= 0 && number < isCurrent.count { isCurrent[Int(number)] = false }
        }
    }

    init(isText: Bool) { self.isText = isText }

    func add(_ values: SortedValues, _ numbers: [Int32], part: Int) {
        guard values.count > 0 else { return }
        parts.append(Part(number: part, values: values, numbers: numbers))
        for measure in results.keys { results[measure]?.outdate(numbers) }
    }

    func remove(part: Int) {
        guard let position = parts.firstIndex(where: { $0.number == part }) else { return }
        let numbers = parts.remove(at: position).numbers
        for measure in results.keys { results[measure]?.outdate(numbers) }
    }

    /// The runs of each group, all groups' together: run numbers, and where each group's begin.
    private func runs(_ values: [SortedValues], groupCount: Int) -> (runs: [SortedRun], starts: [Int]) {
        var starts = [Int](repeating: 0, count: groupCount + 1)
        for (part, values) in zip(parts, values) {
            for (group, number) in part.numbers.enumerated() where number >= 0 && !values.range(of: group).isEmpty {
                starts[Int(number) + 1] += 1
            }
        }
        for group in 0..<groupCount { starts[group + 1] += starts[group] }
        var next = starts
        var runs = [SortedRun](repeating: SortedRun(), count: starts[groupCount])
        for (position, part) in parts.enumerated() {
            for (group, number) in part.numbers.enumerated() where number >= 0 {
                let range = values[position].range(of: group)
                guard !range.isEmpty else { continue }
                runs[next[Int(number)]] = SortedRun(part: position, range: range)
                next[Int(number)] += 1
            }
        }
        return (runs, starts)
    }

    /// How many different values each group has.
    func distinctCounts(groupCount: Int, parallelism: Int) throws -> [Int64] {
        var known = results.removeValue(forKey: .distinct) ?? Results()
        let asked = SortedGathering.outdated(&known, groupCount: groupCount)
        known.counts += [Int64](repeating: 0, count: groupCount - known.counts.count)
        let (values, areUnique) = comparableValues()
        let (runs, starts) = runs(values, groupCount: groupCount)
        // Few groups are cut by value as well, so that every thread has work.
        let slices = asked.count < parallelism * 4 ? max(parallelism, 1) : 1
        let counts = try ParallelSegments.map(asked.count * slices, parallelism: parallelism) { piece in
            let group = asked[piece / slices]
            let own = Array(runs[starts[group]..<starts[group + 1]])
            if own.count == 1, areUnique { return piece % slices == 0 ? Int64(own[0].range.count) : 0 }
            return RunUnion(values, own).distinctCount(slice: piece % slices, of: slices)
        }
        for (index, group) in asked.enumerated() {
            known.counts[group] = counts[index * slices..<(index + 1) * slices].reduce(0, +)
        }
        results[.distinct] = known
        return known.counts
    }

    /// The value at a fraction of each group; nil for a group without values.
    func percentiles(
        fraction: Double, continuous: Bool, groupCount: Int, parallelism: Int
    ) throws -> [Percentile?] {
        let measure = Measure.percentile(fraction: fraction, continuous: continuous)
        var known = results.removeValue(forKey: measure) ?? Results()
        let asked = SortedGathering.outdated(&known, groupCount: groupCount)
        known.percentiles += [Percentile?](repeating: nil, count: groupCount - known.percentiles.count)
        let values = parts.map(\.values)
        let (runs, starts) = runs(values, groupCount: groupCount)
        let found = try ParallelSegments.map(asked.count, parallelism: parallelism) { index -> Percentile? in
            let own = Array(runs[starts[asked[index]]..<starts[asked[index] + 1]])
            return own.isEmpty ? nil : Percentile(fraction: fraction, continuous: continuous, of: values, own)
        }
        for (group, percentile) in zip(asked, found) { known.percentiles[group] = percentile }
        results[measure] = known
        return known.percentiles
    }

    /// The groups whose results are to be found, which count as current from now on.
    private static func outdated(_ results: inout Results, groupCount: Int) -> [Int] {
        results.isCurrent += [Bool](repeating: false, count: groupCount - results.isCurrent.count)
        let asked = results.isCurrent.indices.filter { !results.isCurrent[$0] }
        results.isCurrent = [Bool](repeating: true, count: groupCount)
        return asked
    }

    /// Values of which equal ones are equal numbers, and whether a run can't hold one twice.
    private func comparableValues() -> (values: [SortedValues], areUnique: Bool) {
        guard isText else { return (parts.map(\.values), true) }
        let first = parts.first?.values.pool
        if let first, first.isInterned, parts.allSatisfy({ $0.values.pool?.lineage == first.lineage }) {
            return (parts.map(\.values), true)
        }
        let pool = StringPool()
        var known: [ObjectIdentifier: [UInt32]] = [:]
        let values = parts.map { part -> SortedValues in
            guard let own = part.values.pool else { return part.values }
            var table = known[ObjectIdentifier(own)] ?? [UInt32](repeating: .max, count: own.count)
            let codes = (0..<part.values.count).map { index -> UInt32 in
                let code = Int(part.values.lane(at: index))
                if table[code] == .max { table[code] = pool.intern(own[UInt32(code)]) }
                return table[code]
            }
            known[ObjectIdentifier(own)] = table
            return part.values.replacingCodes(codes, pool: pool)
        }
        return (values, false)
    }
}

/// A run of ascending values of one part.
struct SortedRun: Sendable {
    var part = 0
    var range: Range<Int> = 0..<0
}

extension SortedValues {
    /// The same runs with other codes, each run ascending again.
    func replacingCodes(_ codes: [UInt32], pool: StringPool) -> SortedValues {
        var codes = codes
        for group in 0..<groupCount { codes[range(of: group)].sort() }
        return SortedValues(starts: starts, distances: .narrow(codes), low: 0, step: 1, pool: pool)
    }

    /// The first index within a range whose lane is greater than `lane`; the range's end when none is.
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

/// The values of several runs of one group taken together.
private struct RunUnion {
    let values: [SortedValues]
    let runs: [SortedRun]

    init(_ values: [SortedValues], _ runs: [SortedRun]) {
        self.values = values
        self.runs = runs
    }

    /// How many different values there are in one of `slices` equal parts of the span that they lie in.
    func distinctCount(slice: Int, of slices: Int) -> Int64 {
        guard let low = runs.map({ values[$0.part].lane(at: $0.range.lowerBound) }).min(),
            let high = runs.map({ values[$0.part].lane(at: $0.range.upperBound - 1) }).max()
        else { return 0 }
        let span = UInt64(bitPattern: high &- low)
        let width = span / UInt64(slices) + 1
        let first = UInt64(slice).multipliedReportingOverflow(by: width)
        guard !first.overflow, first.partialValue <= span else { return 0 }
        let (start, last) = (first.partialValue, min(span, first.partialValue &+ (width - 1)))
        let lanes = (low &+ Int64(bitPattern: start))...(low &+ Int64(bitPattern: last))
        let own = runs.compactMap { run -> SortedRun? in
            let part = values[run.part]
            let begin = start == 0 ? run.range.lowerBound : part.firstIndex(in: run.range, above: lanes.lowerBound - 1)
            let end = last == span ? run.range.upperBound : part.firstIndex(in: run.range, above: lanes.upperBound)
            return begin < end ? SortedRun(part: run.part, range: begin..<end) : nil
        }
        let total = own.reduce(0) { $0 + $1.range.count }
        // A bitmap costs a bit for every value there could be, sorting some eighty for every value there is.
        return (last - start) / 128 < UInt64(total)
            ? distinctByBitmap(own, lanes) : distinctBySorting(own, total: total, from: lanes.lowerBound)
    }

    private func distinctByBitmap(_ runs: [SortedRun], _ lanes: ClosedRange<Int64>) -> Int64 {
        let wordCount = Int((UInt64(bitPattern: lanes.upperBound &- lanes.lowerBound)) / 64) + 1
        let bits = ScratchBuffer<UInt64>(count: wordCount, repeating: 0)
        for run in runs {
            let part = values[run.part]
            let offset = lanes.lowerBound &- part.low
            if case .narrow(let distances) = part.distances, part.step == 1, let from = UInt32(exactly: offset) {
                distances.withUnsafeBufferPointer { distances in
                    guard let start = distances.baseAddress else { return }
                    kernels_set_bits_32(start + run.range.lowerBound, run.range.count, from, bits.pointer)
                }
                continue
            }
            for index in run.range {
                let bit = UInt64(bitPattern: part.lane(at: index) &- lanes.lowerBound)
                bits[Int(bit >> 6)] |= 1 << (bit & 63)
            }
        }
        return Int64(kernels_count_bits(bits.pointer, wordCount))
    }

    private func distinctBySorting(_ runs: [SortedRun], total: Int, from low: Int64) -> Int64 {
        let keys = ScratchBuffer<UInt64>(uninitializedCount: total)
        let spare = ScratchBuffer<UInt64>(uninitializedCount: total)
        var count = 0
        var highest: UInt64 = 0
        for run in runs {
            for index in run.range {
                let key = UInt64(bitPattern: values[run.part].lane(at: index) &- low)
                keys[count] = key
                highest |= key
                count += 1
            }
        }
        let bits = UInt32(UInt64.bitWidth - highest.leadingZeroBitCount)
        let sorted = UnsafePointer(kernels_sort_64(keys.pointer, spare.pointer, total, bits))
        var distinct: Int64 = total > 0 ? 1 : 0
        for index in 1..<max(total, 1) where sorted[index] != sorted[index - 1] { distinct += 1 }
        return distinct
    }
}

/// Where a percentile lies: `lower` + `weight` · (`upper` − `lower`).
///
/// Source: PERCENTILE_CONT and PERCENTILE_DISC of SQL:2003, section 10.9.
struct Percentile: Sendable {
    let lower: Int64
    let upper: Int64
    let weight: Double

    /// - Parameter runs: at least one, none of them empty.
    init(fraction: Double, continuous: Bool, of values: [SortedValues], _ runs: [SortedRun]) {
        let count = runs.reduce(0) { $0 + $1.range.count }
        if continuous {
            let position = fraction * Double(count - 1)
            let index = min(max(Int(position.rounded(.down)), 0), count - 1)
            weight = position - Double(index)
            (lower, upper) = Percentile.neighbours(index, of: values, runs)
        } else {
            // A hair's breadth is taken off so that 0.1 of 30 values is the third, as written, not the fourth.
            let position = (fraction * Double(count) - 1e-9).rounded(.up)
            lower = Percentile.neighbours(min(max(Int(position) - 1, 0), count - 1), of: values, runs).lower
            upper = lower
            weight = 0
        }
    }

    /// The values that would stand at `index` and behind it if all were sorted; the last stands behind itself.
    ///
    /// The span of values is halved until one is left; in each run the part that may still hold it shrinks along.
    private static func neighbours(
        _ index: Int, of values: [SortedValues], _ runs: [SortedRun]
    ) -> (lower: Int64, upper: Int64) {
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
            var below = 0
            for (position, run) in runs.enumerated() {
                ends[position] = values[run.part].firstIndex(in: windows[position], above: middle)
                below += ends[position] - run.range.lowerBound
            }
            let isReached = below > index
            if isReached { high = middle } else { low = middle + 1 }
            for position in windows.indices {
                windows[position] =
                    isReached
                    ? windows[position].lowerBound..<ends[position] : ends[position]..<windows[position].upperBound
            }
        }
        var upTo = 0
        var next: Int64?
        for run in runs {
            let end = values[run.part].firstIndex(in: run.range, above: low)
            upTo += end - run.range.lowerBound
            if end < run.range.upperBound {
                let lane = values[run.part].lane(at: end)
                next = min(next ?? lane, lane)
            }
        }
        return (low, index + 1 < upTo ? low : next ?? low)
    }
}
